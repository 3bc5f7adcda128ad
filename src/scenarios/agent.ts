/** What an agent can do in the calendar of the one it speaks for, where one is connected. */
export const CALENDAR_TOOLS = ['look_up_day', 'find_free_slots', 'book_event', 'move_event', 'cancel_event'] as const;
export type CalendarTool = (typeof CALENDAR_TOOLS)[number];

/** What an agent can do beside talking. */
export type AgentTool = 'end_call' | 'record_order' | 'send_text' | CalendarTool;

export type WhoSpeaksFirst = 'agent' | 'customer';

/** What nobody can interrupt; `opening` is the disclosure and the greeting. */
export const PROTECTED_WORDS = ['nothing', 'disclosure', 'opening'] as const;

/** What it takes to interrupt an agent. */
export interface InterruptionSettings {
  protect: (typeof PROTECTED_WORDS)[number];
  /** Shorter speech does not stop the agent by itself, only by its words. 0 to 2000. */
  minSpeechMs: number;
  /** Words that do not stop the agent, such as "mhm". */
  ignoreWords: string[];
  /** An agent that was stopped for nothing takes up where it stopped. */
  resumesAfterFalseAlarm: boolean;
}

/** Any speech stops the agent, at once. */
export const DEFAULT_INTERRUPTION: Readonly<InterruptionSettings> = {
  protect: 'nothing',
  minSpeechMs: 0,
  ignoreWords: [],
  resumesAfterFalseAlarm: false,
};

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
  /** BCP 47; of one that detects the language, the one that it begins in. */
  language: string;
  /** Goes on in the language that the other person turns out to speak. */
  detectsLanguage?: boolean;
  /** Null: the limit of the server. */
  maxDurationSeconds: number | null;
  voicemailMessage: string | null;
  tools: AgentTool[];
  /** JSON Schema of what to pull out of the finished call. */
  extractionSchema: Record<string, unknown> | null;
  /** Texted to the person once the call is over. Absent: nothing. */
  followUpText?: string;
  /** Absent: {@link DEFAULT_INTERRUPTION}. Read it by {@link interruptionOf}. */
  interruption?: InterruptionSettings;
}

/** What it takes to interrupt this agent. A call's copy of it may be older than the setting. */
export function interruptionOf(agent: Agent): InterruptionSettings {
  return { ...DEFAULT_INTERRUPTION, ...agent.interruption };
}

export function isCalendarTool(tool: AgentTool): tool is CalendarTool {
  return CALENDAR_TOOLS.some((name) => name === tool);
}

export const DEFAULT_LANGUAGE = 'en-US';

/** In the place of a language: whichever the other person speaks. */
export const AUTO_LANGUAGE = 'auto';
