import type { AudioFormat } from './audio-format';
import type { InterruptionPolicy } from './interruption-policy';
import type { VoicemailPhrase } from './voicemail-watch';

/** A function that the model may call, as the Realtime session wants it (JSON Schema parameters). */
export interface ToolDefinition {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
}

/** What is said in the language of a conversation, which may turn out to be another one than it began in. */
export interface SpokenPlan {
  instructions: string;
  /** Primary BCP 47 subtag for the transcriber (`en`, `de`); absent = the transcriber finds out. */
  language?: string | undefined;
  /** The sentence that must be the agent's first words, or its next ones; absent = switched off. */
  disclosure?: string | undefined;
  /** Exact sentences that the agent is told to say. */
  phrases: { stillThere: string; silenceGoodbye: string; timeUpGoodbye: string; troubleGoodbye: string };
}

/** Everything the bridge needs to know about a conversation before it begins. Made by the owner; CallBridge.changeLanguage alone changes it. */
export interface CallPlan extends SpokenPlan {
  /** Of both voices, at the customer's end and in the model's sessions. */
  audio: AudioFormat;
  voice: string;
  transcriptionModel: string;
  tools: ToolDefinition[];
  /** The exact first sentence after the disclosure; absent = the model greets in its own words. */
  greeting?: string;
  whoSpeaksFirst: 'agent' | 'customer';
  /** From the answer (attach). The spoken end starts early enough to be over by then. */
  maxDurationMs: number;
  /** Which end the maximum duration is; `demo_limit` for a demo call. Absent = `max_duration`. */
  maxDurationEnd?: 'max_duration' | 'demo_limit';
  /** Counted after the agent has been heard and nobody speaks; `endAfterMs` counts from the end of the re-prompt. */
  silence: { repromptAfterMs: number; endAfterMs: number };
  /**
   * How the words of a machine that answers are recognised, and what is said to it after its greeting; without a message it
   * is hung up on. Absent = not looked for (inbound).
   */
  voicemail?: { phraseIn(words: string): VoicemailPhrase | null; message?: string };
  /** What it takes to interrupt the agent. */
  interruption: InterruptionPolicy;
}
