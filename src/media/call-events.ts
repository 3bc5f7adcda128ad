/** Why a call is over, as far as the bridge can know it. */
export type BridgeEnd =
  | 'customer_hung_up'
  | 'agent_ended'
  | 'owner_hung_up'
  | 'max_duration'
  | 'demo_limit'
  | 'silence'
  | 'voicemail'
  | 'model_error'
  | 'carrier_error'
  | 'server_error';

/** One speaker until the other. All times are milliseconds since the answer (attach). */
export interface Turn {
  /** Place in the conversation; grows with it, and may have gaps (tool calls and empty turns take numbers too). */
  sequence: number;
  itemId: string;
  role: 'agent' | 'customer' | 'operator';
  /** What was heard. */
  text: string;
  /** What the model had written by then; null for anyone but the agent. */
  generatedText: string | null;
  startMs: number;
  endMs: number;
  wasInterrupted: boolean;
  /** End of the customer's speech to first audio handed to the carrier; only on the agent turn that answers. */
  latencyMs: number | null;
}

export interface ToolCall {
  toolCallId: string;
  name: string;
  argumentsJson: string;
  /** Set when the customer cut in while the agent spoke beside the call. The call stands; no answer follows its result. */
  wasInterrupted?: true;
}

/** What came of a call that a machine has answered. */
export interface VoicemailResult {
  detectedBy: 'carrier' | 'words' | 'both';
  /** The whole message was heard by the machine, as far as marks can tell. */
  messageLeft: boolean;
  /** What was said to it; null where nothing was. */
  message: string | null;
}

/** What the bridge tells its owner. Handlers must return quickly and must not throw: they run between two frames. */
export interface CallBridgeEvents {
  /** Each finished turn once. Arrival may differ from conversation order: sort by `sequence`. */
  onTurn(turn: Turn): void;
  onToolCall(call: ToolCall): void;
  /** The raw usage object of every response and of every input transcription. */
  onUsage(usage: Record<string, unknown>, source: 'response' | 'transcription'): void;
  /** For the log: a stable word, and a code or a count beside it. Never contains what anybody said. */
  onTrouble(what: string, detail?: string): void;
  /** Before `onFinished` of a `voicemail` end. */
  onVoicemail(result: VoicemailResult): void;
  /**
   * Exactly once, the last event: all is said and played (or the bounded wait is over). Hang up and close the carrier's
   * socket; the model's is closed. `unsaid`: last words that the model could not say any more, for whoever else can.
   */
  onFinished(end: BridgeEnd, unsaid: string | null): void;
}

/** Counted, not logged, while the call runs. */
export interface BridgeStats {
  /** Media frames from the carrier, and messages with audio to it. */
  framesIn: number;
  framesOut: number;
  framesQueuedAtSetup: number;
  /** Frames that went to the model in a message together with one before them. */
  framesJoined: number;
  framesDropped: number;
  malformedFrames: number;
  malformedEvents: number;
  /** Audio deltas of responses that had been cut. */
  lateDeltas: number;
  appendedBytes: number;
  marksOut: number;
  marksReturned: number;
  clears: number;
  bargeIns: number;
  /** Sessions of the model that the call has talked to; one when nothing went wrong. */
  modelSessions: number;
}
