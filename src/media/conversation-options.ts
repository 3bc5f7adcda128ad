import type { CallBridgeEvents, Turn } from './call-events';
import type { CallPlan } from './call-plan';
import type { CallerAudio } from './caller-audio';
import type { Clock } from './clock';
import type { ModelFailure } from './model-line';
import type { ModelSession } from './model-session';

/** What a conversation works with, and whom it tells what came of it. */
export interface ConversationOptions {
  plan: CallPlan;
  clock: Clock;
  session: ModelSession;
  callerAudio: CallerAudio;
  events: CallBridgeEvents;
  /** Milliseconds since the answer, of now and of a moment on the call's clock. */
  sinceAnswer(momentMs?: number): number;
  /** The customer began to speak. */
  onSpeech(): void;
  onSpeechStopped(): void;
  /** After it was told to the owner. */
  onTurn(turn: Turn): void;
  /** A response was made: the model is well. */
  onProved(): void;
  /** Something asked of the session failed; see ModelLine.failed. */
  onFailed(failure: ModelFailure): 'again' | 'renewed' | 'given-up';
  /** The session has come to its end. */
  onExpired(): void;
  /** The carrier has stopped reading: nobody hears anything. */
  onCarrierStuck(): void;
  /** Something moved on without an event: what follows from it is due. */
  onMoved(): void;
}
