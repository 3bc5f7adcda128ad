/** Somebody whom the model plays against an agent. */
export interface SimulatedCaller {
  name: string;
  /** Who they are. */
  persona: string;
  /** What they want of the call. */
  goal: string;
  /** How they are today: patient, in a hurry, rude. */
  temper: string | null;
}

/** What a run must show to have passed. */
export type SimulationCheck =
  | { type: 'said'; text: string }
  | { type: 'not_said'; text: string }
  | { type: 'tool_called'; tool: string }
  | { type: 'tool_not_called'; tool: string }
  /** In words, for a model to judge. */
  | { type: 'outcome'; expected: string };

export interface SimulationPlan {
  callers: SimulatedCaller[];
  checks: SimulationCheck[];
  /** With each caller. */
  runs: number;
  /** After so many lines of the agent the call is over. */
  maxTurns: number;
  /** `audio`: each line is spoken and written down again before the other hears it, with all that is lost by that. */
  through: 'text' | 'audio';
  /** For the scenario's `{{names}}`. */
  variables: Record<string, string>;
}

/** A line of a simulated call. */
export interface SimulatedLine {
  role: 'agent' | 'caller';
  said: string;
  /** What the other one heard, where it went through audio. */
  heard: string | null;
}

export interface CalledTool {
  name: string;
  arguments: string;
}

export interface CheckResult {
  check: SimulationCheck;
  passed: boolean;
  /** Why, in a sentence. */
  reason: string;
}

export interface SimulationResult {
  lines: SimulatedLine[];
  tools: CalledTool[];
  end: 'agent_hung_up' | 'caller_hung_up' | 'too_long';
  checks: CheckResult[];
  durationMs: number;
}
