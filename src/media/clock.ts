/** Takes a timer back; harmless after it has fired. */
export type CancelTimer = () => void;

/** Time, injected, so that a spec can replay a call in a millisecond. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean something. */
  nowMs(): number;
  /** The time of day, in milliseconds since 1970: only for moments that somebody else names (a session's end). */
  epochMs(): number;
  /** Runs once, `ms` milliseconds from now. */
  after(ms: number, run: () => void): CancelTimer;
  /** Runs once, as soon as what is being done now is done: what arrived in one piece is then all there. */
  soon(run: () => void): void;
}

/** The timers of one call: all of them can be taken back at once, so that nothing fires after the call is over. */
export class CallTimers implements Clock {
  private readonly running = new Set<CancelTimer>();

  constructor(private readonly clock: Clock) {}

  nowMs(): number {
    return this.clock.nowMs();
  }

  epochMs(): number {
    return this.clock.epochMs();
  }

  soon(run: () => void): void {
    this.clock.soon(run);
  }

  after(ms: number, run: () => void): CancelTimer {
    const cancelTimer = this.clock.after(Math.max(0, ms), () => {
      this.running.delete(cancel);
      run();
    });
    const cancel = (): void => {
      cancelTimer();
      this.running.delete(cancel);
    };
    this.running.add(cancel);
    return cancel;
  }

  cancelAll(): void {
    for (const cancel of [...this.running]) cancel();
  }
}
