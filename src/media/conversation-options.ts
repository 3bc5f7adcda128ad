import type { CallBridgeEvents } from './call-events';
import type { CallPlan } from './call-plan';
import type { CallerAudio } from './caller-audio';
import type { Clock } from './clock';
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
  onConfigured(): void;
  /** The customer began to speak. */
  onSpeech(): void;
  /** The model cannot go on; what it has said so far may still be playing. */
  onModelLost(): void;
  /** Something moved on without an event: what follows from it is due. */
  onMoved(): void;
}
