/** What an agent can do beside talking. */
export type AgentTool = 'end_call' | 'record_order';

export type WhoSpeaksFirst = 'agent' | 'customer';

/**
 * Everything a conversation needs to know of its scenario. A call keeps a copy of it, so that a scenario that is edited or
 * deleted later does not change a call under way.
 */
export interface Agent {
  /** A built-in name or `custom_…`. */
  scenarioName: string;
  displayName: string;
  persona: string;
  prompt: string;
  /** The Realtime API's name of the voice. */
  voice: string;
  /** What the user chose, which may be a name of ours. */
  voiceType: string;
  /** 0 to 1.2; used by engines that take one (the Realtime API does not). */
  temperature: number;
  /** The first sentence after the disclosure; null leaves it to the model. */
  greeting: string | null;
  whoSpeaksFirst: WhoSpeaksFirst;
  /** BCP 47. */
  language: string;
  /** Null: the limit of the server. */
  maxDurationSeconds: number | null;
  voicemailMessage: string | null;
  tools: AgentTool[];
  /** JSON Schema of what to pull out of the finished call. */
  extractionSchema: Record<string, unknown> | null;
}

export const DEFAULT_LANGUAGE = 'en-US';
