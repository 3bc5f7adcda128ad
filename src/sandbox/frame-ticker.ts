import { FRAME_MS } from '../media/g711';

/** A thing that wants to be called once every 20 ms of audio. */
export interface Tickable {
  tick(): void;
  /** So many beats are left out, because the process stood still: their time has passed all the same. */
  skip?(frames: number): void;
}

export interface TickerClock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  setTimer(run: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

const realClock: TickerClock = {
  nowMs: () => performance.now(),
  setTimer: (run, delayMs) => setTimeout(run, delayMs),
  clearTimer: (timer) => {
    clearTimeout(timer as NodeJS.Timeout);
  },
};

/**
 * A process that was held up (garbage, a debugger, a sleeping laptop) makes up for this much at once. More would be a
 * burst no phone line produces: it is skipped and counted.
 */
const MAX_CATCH_UP_FRAMES = 25;

/**
 * One 20 ms clock for all calls. Each beat is due at start + n × 20 ms, so a late beat does not delay the ones after
 * it; the timer sleeps while nobody is on the phone.
 */
export class FrameTicker {
  /** Beats that came in a bunch, because the process was held up for longer than a frame. */
  lateFrames = 0;
  /** Beats that were left out after a standstill of more than half a second. */
  skippedFrames = 0;

  private readonly members = new Set<Tickable>();
  private timer: unknown;
  private startedAtMs = 0;
  private beats = 0;
  /** While true the timer is not touched: `wake` looks at the members itself when it is through. */
  private isBeating = false;

  constructor(
    private readonly onError: (error: unknown, member: Tickable) => void,
    private readonly clock: TickerClock = realClock,
  ) {}

  add(member: Tickable): void {
    this.members.add(member);
    if (this.timer !== undefined || this.isBeating) return;
    this.startedAtMs = this.clock.nowMs();
    this.beats = 0;
    this.schedule();
  }

  remove(member: Tickable): void {
    this.members.delete(member);
    if (this.members.size > 0 || this.timer === undefined || this.isBeating) return;
    this.clock.clearTimer(this.timer);
    this.timer = undefined;
  }

  private schedule(): void {
    const dueAtMs = this.startedAtMs + (this.beats + 1) * FRAME_MS;
    this.timer = this.clock.setTimer(
      () => {
        this.wake();
      },
      Math.max(0, dueAtMs - this.clock.nowMs()),
    );
  }

  private wake(): void {
    // A timer may fire a fraction of a millisecond early; that must not cost a whole beat.
    const elapsedFrames = Math.floor((this.clock.nowMs() - this.startedAtMs + 0.5) / FRAME_MS);
    let due = elapsedFrames - this.beats;
    if (due > MAX_CATCH_UP_FRAMES) {
      const skipped = due - MAX_CATCH_UP_FRAMES;
      this.skippedFrames += skipped;
      this.beats += skipped;
      due = MAX_CATCH_UP_FRAMES;
      for (const member of this.members) member.skip?.(skipped);
    }
    if (due > 1) this.lateFrames += due - 1;
    this.isBeating = true;
    for (; due > 0; due--) {
      this.beats += 1;
      this.beat();
    }
    this.isBeating = false;
    if (this.members.size > 0) this.schedule();
    else this.timer = undefined;
  }

  private beat(): void {
    for (const member of this.members) {
      try {
        member.tick();
      } catch (error) {
        this.members.delete(member);
        this.onError(error, member);
      }
    }
  }
}
