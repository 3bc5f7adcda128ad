import type { CancelTimer, Clock } from '../media/clock';

/** The real clock behind the media room's injected one: monotonic milliseconds and timers. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  soon: (run) => process.nextTick(run),
  after(ms: number, run: () => void): CancelTimer {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
