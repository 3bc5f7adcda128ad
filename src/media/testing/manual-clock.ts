import type { CancelTimer, Clock } from '../clock';

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** More timers than this that are due at one moment set each other again, without end: a real clock would spin. */
const DUE_AT_ONCE = 10_000;
/** An ordinary day. */
const EPOCH_MS = Date.UTC(2026, 10, 21);

/** A clock that only moves when a spec says so; what is due runs in the order of its time. */
export class ManualClock implements Clock {
  private now = 1_000_000;
  private readonly timers = new Set<Timer>();

  /** Timers that wait; a call that is over leaves none. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  nowMs(): number {
    return this.now;
  }

  epochMs(): number {
    return EPOCH_MS + this.now;
  }

  /** At once: in a spec every message is a piece of its own. */
  soon(run: () => void): void {
    run();
  }

  after(ms: number, run: () => void): CancelTimer {
    const timer: Timer = { atMs: this.now + ms, run };
    this.timers.add(timer);
    return () => {
      this.timers.delete(timer);
    };
  }

  advance(ms: number): void {
    const endMs = this.now + ms;
    let dueAtOnce = 0;
    for (let timer = this.nextDue(endMs); timer !== null; timer = this.nextDue(endMs)) {
      this.timers.delete(timer);
      dueAtOnce = timer.atMs > this.now ? 0 : dueAtOnce + 1;
      if (dueAtOnce > DUE_AT_ONCE)
        throw new Error('A timer is set again for the moment in which it runs, without end.');
      this.now = timer.atMs;
      timer.run();
    }
    this.now = endMs;
  }

  private nextDue(endMs: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.timers) {
      if (timer.atMs <= endMs && (next === null || timer.atMs < next.atMs)) next = timer;
    }
    return next;
  }
}
