import type { TurnRole } from '../calls/turn.entity';

/** Something that one speaker said. Times are milliseconds since the answer. */
export interface Utterance {
  /** 0 is the customer where nothing else is set, 1 the agent, 2 an operator. */
  channel: number;
  role: TurnRole;
  text: string;
  startMs: number;
  endMs: number;
  /** How sure the transcription is, 0 to 1; null where it did not say. */
  confidence: number | null;
  /** The other side began to speak before the end. */
  wasInterrupted: boolean;
  /** From the end of the speech before to the first audio of this; null where it was not measured. */
  latencyMs: number | null;
}

/*
 * What is stored of an enhanced transcript, in the members that the API shows. Times and durations are seconds.
 */

export interface Speaker {
  channel: number;
  role: TurnRole;
  name: string;
}

export interface Participant extends Speaker {
  total_speaking_time: number;
  word_count: number;
  sentence_count: number;
}

export interface FlowEntry {
  /** From 1. */
  sequence: number;
  speaker: Speaker;
  text: string;
  start_time: number;
  end_time: number;
  duration: number;
  confidence: number | null;
  word_count: number;
  interrupted: boolean;
  latency_ms: number | null;
}

export interface SummaryData {
  total_duration_seconds: number;
  total_sentences: number;
  total_words: number;
  participant_count: number;
  /** Of the entries that have one; null where none has. */
  average_confidence: number | null;
}

/** Figures of one conversation, for lists and statistics. */
export interface ConversationFigures {
  /** The agent's share of all speaking time, 0 to 1; null where nobody spoke. An operator counts as the agent's side. */
  talkRatio: number | null;
  agentSpeakingMs: number;
  customerSpeakingMs: number;
  /** The longest that one side spoke before the other side said something. */
  longestMonologueMs: number;
  /** Over the speaking time of everybody; null where nobody spoke. */
  wordsPerMinute: number | null;
  interruptions: number;
  /** Latencies of the agent's answers that were measured, in order. */
  latenciesMs: number[];
}

export interface EnhancedContent {
  /** By channel. */
  participantInfo: Record<string, Participant>;
  conversationFlow: FlowEntry[];
  summaryData: SummaryData;
  /** What was said, an utterance a line. */
  fullText: string;
  figures: ConversationFigures;
}
