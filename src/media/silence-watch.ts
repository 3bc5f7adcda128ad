import type { CancelTimer, Clock } from './clock';

export interface SilenceLimits {
  repromptAfterMs: number;
  endAfterMs: number;
}

/**
 * Notices that nobody speaks: first the caller is asked whether they are still there, then the call ends. It counts only
 * while the line is quiet, which its owner says; any sign of life from the customer begins the count anew.
 */
export class SilenceWatch {
  private isQuiet = false;
  private hasReprompted = false;
  private timer: CancelTimer | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly limits: SilenceLimits,
    private readonly onReprompt: () => void,
    private readonly onGiveUp: () => void,
  ) {}

  /** Tells whether the line is quiet now: the agent has been heard, and nobody speaks or is about to. */
  update(isQuiet: boolean): void {
    if (isQuiet === this.isQuiet) return;
    this.isQuiet = isQuiet;
    this.timer?.();
    this.timer = null;
    if (!isQuiet) return;
    const { repromptAfterMs, endAfterMs } = this.limits;
    this.timer = this.clock.after(this.hasReprompted ? endAfterMs : repromptAfterMs, () => this.expire());
  }

  /** The customer spoke or pressed a key. */
  signOfLife(): void {
    this.hasReprompted = false;
    this.update(false);
  }

  private expire(): void {
    this.timer = null;
    if (this.hasReprompted) {
      this.onGiveUp();
      return;
    }
    this.hasReprompted = true;
    this.isQuiet = false;
    this.onReprompt();
  }
}
