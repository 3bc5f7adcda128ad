import type { Turn, VoicemailResult } from './call-events';
import type { CallPlan } from './call-plan';
import type { Clock } from './clock';
import { sentenceOverlap } from './heard-text';
import { VoicemailWatch, type VoicemailDetection } from './voicemail-watch';

/** Share of the message's words that must have been said for it to count as left. */
const LEFT_OVERLAP = 0.8;

export interface MachineAnswerActions {
  /** A machine may be talking: nothing is said to it. */
  suspend(): void;
  /** It is a person after all. */
  resume(): void;
  /** The greeting is over: `message` is said, if there is one, and the call ends. */
  end(message: string | undefined): void;
}

/** A call that a machine may have answered: finds it out, has the message left, and keeps what came of it. */
export class MachineAnswer {
  private readonly watch: VoicemailWatch;
  private readonly message: string | undefined;
  private detection: VoicemailDetection | null = null;
  private said: string | null = null;
  private isLeft = false;

  constructor(clock: Clock, { phraseIn, message }: NonNullable<CallPlan['voicemail']>, actions: MachineAnswerActions) {
    this.message = message;
    this.watch = new VoicemailWatch({
      clock,
      phraseIn,
      onSuspect: () => actions.suspend(),
      onCleared: () => actions.resume(),
      onReady: (detection) => {
        this.detection = detection;
        actions.end(detection.takesMessage ? message : undefined);
      },
    });
  }

  answered(): void {
    this.watch.answered();
  }

  carrierSays(answeredBy: string): void {
    this.watch.carrierSays(answeredBy);
  }

  speechStarted(): void {
    this.watch.customerSpeechStarted();
  }

  speechStopped(): void {
    this.watch.customerSpeechStopped();
  }

  turnEnded(turn: Turn): void {
    this.watch.turnEnded(turn);
    if (this.detection === null || this.message === undefined || turn.role !== 'agent') return;
    const isWhole = sentenceOverlap(this.message, turn.text) >= LEFT_OVERLAP;
    // Cut short, it is still the message.
    if (!isWhole && sentenceOverlap(turn.text, this.message) < LEFT_OVERLAP) return;
    this.said = turn.text;
    this.isLeft = isWhole && !turn.wasInterrupted;
  }

  stop(): void {
    this.watch.stop();
  }

  /** Null when no machine was found. */
  get result(): VoicemailResult | null {
    if (this.detection === null) return null;
    return { detectedBy: this.detection.detectedBy, messageLeft: this.isLeft, message: this.said };
  }
}
