/** What the simulated model is given to think about. */
export interface BrainInput {
  sessionInstructions: string;
  /** Instructions of this one response, which go before the session's. */
  responseInstructions: string;
  turns: BrainTurn[];
  tools: BrainTool[];
  toolChoice: 'auto' | 'none' | 'required' | { type: 'function'; name: string };
}

export type BrainTurn =
  | { role: 'user' | 'assistant' | 'system'; text: string }
  | { role: 'call'; name: string; callId: string; arguments: string }
  | { role: 'result'; callId: string; output: string };

export interface BrainTool {
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>;
}

/** What it answers: sentences to say and tools to call, in order. */
export type BrainPart =
  { kind: 'say'; text: string } | { kind: 'call'; name: string; arguments: Record<string, unknown> };
