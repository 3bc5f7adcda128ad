import type { CancelTimer, Clock } from './clock';

/** How often a response under way is looked at. */
const LOOK_MS = 2000;
/** Looks without a sign of it (6 s) after which it is taken to have died; a tool call that is being written shows signs. */
const LOOKS_UNTIL_STALLED = 3;
/** A customer turn that the server is to answer by itself and has not begun to by then will not be. */
export const ANSWER_LIMIT_MS = 3000;

/**
 * "Speaking, but nothing goes out", and "they spoke, but no answer came": notices when a response that was begun does not
 * go on, and when one that is owed is not begun. What is done about it is up to its owner.
 */
export class ProgressWatch {
  private look: CancelTimer | null = null;
  private answer: CancelTimer | null = null;
  private seen = 0;
  private looksWithout = 0;

  constructor(
    private readonly clock: Clock,
    private readonly options: {
      /** Grows with everything that the model's server says. */
      signs(): number;
      /** True while we do not read what it says. */
      isDeaf(): boolean;
      onStalled(): void;
      onNoAnswer(): void;
    },
  ) {}

  /** A response has begun. */
  responseBegan(): void {
    this.answerCame();
    this.look?.();
    this.sawProgress();
    this.lookLater();
  }

  responseEnded(): void {
    this.look?.();
    this.look = null;
  }

  /** The server is to answer by itself. */
  expectAnswer(): void {
    this.answerCame();
    this.answer = this.clock.after(ANSWER_LIMIT_MS, () => {
      this.answer = null;
      if (this.options.isDeaf()) this.expectAnswer();
      else this.options.onNoAnswer();
    });
  }

  /** It does, or needs not any more. */
  answerCame(): void {
    this.answer?.();
    this.answer = null;
  }

  stop(): void {
    this.responseEnded();
    this.answerCame();
  }

  private lookLater(): void {
    this.look = this.clock.after(LOOK_MS, () => {
      if (this.options.isDeaf() || this.options.signs() !== this.seen) this.sawProgress();
      else if (++this.looksWithout >= LOOKS_UNTIL_STALLED) {
        this.look = null;
        this.options.onStalled();
        return;
      }
      this.lookLater();
    });
  }

  private sawProgress(): void {
    this.seen = this.options.signs();
    this.looksWithout = 0;
  }
}
