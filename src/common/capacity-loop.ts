import { IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';

/**
 * How often Node looks at its own loop. Half a frame: fine enough to see a turn that takes longer than a frame, at a cost
 * (no JavaScript runs for it) of about a thousandth of a core.
 */
const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

/** Everything about the loop since the process began; two of them make a window. */
export interface LoopReading {
  atMs: number;
  /** How many times Node's timer fired, the sum of the intervals between, and the sum of their squares. */
  ticks: number;
  intervalsMs: number;
  squaredMs2: number;
  /** At work, and waiting for something to do. */
  activeMs: number;
  idleMs: number;
}

/** What the loop did between two readings. */
export interface LoopWindow {
  spanMs: number;
  /** What something that arrives at any moment, such as a frame, waits on average for its turn. An idle loop has 0. */
  waitMs: number;
  /** Share of the time that the loop was at work: 0 to 1. */
  utilisation: number;
}

/**
 * A moment at random falls into an interval with a chance in proportion to its length, and waits half of it: the mean of
 * the squares over twice the mean. So one long stop weighs what it costs, however few intervals it leaves in the window,
 * where a percentile of the intervals would leave it out. What an idle loop has by it, half of the resolution, is no wait.
 */
export function windowBetween(before: LoopReading, after: LoopReading): LoopWindow {
  const spanMs = after.atMs - before.atMs;
  const intervalsMs = after.intervalsMs - before.intervalsMs;
  const activeMs = after.activeMs - before.activeMs;
  const wholeMs = activeMs + after.idleMs - before.idleMs;
  const waitMs = intervalsMs > 0 ? (after.squaredMs2 - before.squaredMs2) / (2 * intervalsMs) : spanMs / 2;
  return {
    spanMs,
    waitMs: Math.max(0, waitMs - RESOLUTION_MS / 2),
    utilisation: wholeMs > 0 ? activeMs / wholeMs : 0,
  };
}

/** Reads this process's own loop; what other processes do on the same machine counts only by what it does to this one. */
export class LoopMeter {
  private readonly intervals: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.intervals.enable();
  }

  read(): LoopReading {
    const { active, idle } = performance.eventLoopUtilization();
    // An empty histogram has no mean.
    const ticks = this.intervals.count;
    const meanMs = ticks === 0 ? 0 : this.intervals.mean / NS_PER_MS;
    const deviationMs = ticks === 0 ? 0 : this.intervals.stddev / NS_PER_MS;
    return {
      atMs: performance.now(),
      ticks,
      intervalsMs: ticks * meanMs,
      squaredMs2: ticks * (meanMs * meanMs + deviationMs * deviationMs),
      activeMs: active,
      idleMs: idle,
    };
  }

  stop(): void {
    this.intervals.disable();
  }
}
