import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CAN_PIN } from './cores';

const NS_PER_MS = 1e6;

interface CoreReading {
  atMs: number;
  /** What the main thread has waited for a core although it had something to do; NaN where the system does not tell. */
  waitedMs: number;
}

/** Tells whether a process had its core when it wanted it: what it measures otherwise says nothing about itself. */
export class CoreWatch {
  private readonly begun: CoreReading;

  constructor(private readonly pid: number) {
    this.begun = this.read();
  }

  /** Share of the time since the beginning that the main thread was kept waiting. NaN where the system does not tell. */
  get waitedShare(): number {
    const now = this.read();
    return (now.waitedMs - this.begun.waitedMs) / (now.atMs - this.begun.atMs);
  }

  private read(): CoreReading {
    return { atMs: performance.now(), waitedMs: CAN_PIN ? waitedMsOf(this.pid) : NaN };
  }
}

/** A process that waits for its core longer than this share of the time was disturbed by others. */
const DISTURBED_SHARE = 0.03;
const ATTEMPTS = 4;
const BEFORE_ANOTHER_MS = 3000;

/** Something measured, and whether the measured process and this one had their cores meanwhile. */
export interface Measured<T> {
  result: T;
  waitedShare: number;
  driverWaitedShare: number;
  isValid: boolean;
  attempts: number;
}

/** Measures again, a few times at most, when other processes took the core. */
export async function undisturbed<T>(
  pid: number,
  measure: () => Promise<T>,
  say: (line: string) => void,
): Promise<Measured<T>> {
  for (let attempts = 1; ; attempts++) {
    const [its, ours] = [new CoreWatch(pid), new CoreWatch(process.pid)];
    const result = await measure();
    const [waitedShare, driverWaitedShare] = [its.waitedShare, ours.waitedShare];
    // NaN, where the system does not tell, disturbs nobody.
    const isValid = !(waitedShare > DISTURBED_SHARE || driverWaitedShare > DISTURBED_SHARE);
    if (isValid || attempts === ATTEMPTS) return { result, waitedShare, driverWaitedShare, isValid, attempts };
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    say(
      `disturbed: the measured process waited ${percent(waitedShare)} of the time for its core, the bench ${percent(driverWaitedShare)}; once more`,
    );
    await sleep(BEFORE_ANOTHER_MS);
  }
}

export const DISTURBED =
  'Other processes took the core, also when it was measured again: do not trust the times of this part.';

/** Linux: run time, run-queue wait (both in nanoseconds) and time slices. Documentation/scheduler/sched-stats.rst */
function waitedMsOf(pid: number): number {
  const [, waitedNs = 'NaN'] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return Number(waitedNs) / NS_PER_MS;
}
