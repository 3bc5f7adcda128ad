import { setTimeout as sleep } from 'node:timers/promises';
import { busyMsOfCores, cpuMsOfTree } from './cpu-times';
import { CAN_PIN, RELAY_CORE } from './cores';

/** Others that take more than this share of a core have disturbed what was measured. */
const DISTURBED_SHARE = 0.03;
const ATTEMPTS = 3;
const BEFORE_ANOTHER_MS = 2000;

interface CpuReading {
  atMs: number;
  /** Time that the measured process' core was busy, and the others together. */
  relayCoreMs: number;
  otherCoresMs: number;
  otherCores: number;
  /** CPU time of the measured process, and of the bench with everything else that it has started (PostgreSQL). */
  measuredMs: number;
  benchMs: number;
}

/**
 * Tells how much of the cores strangers took. Waiting for a core would tell less: the measured process also waits for its own
 * helper threads, which collect garbage, and the bench for the relay's PostgreSQL. Runs with much of either are no worse
 * than others, and must not be measured again until one is without.
 */
class CoreWatch {
  private readonly begun: CpuReading;

  constructor(private readonly pid: number) {
    this.begun = this.read();
  }

  /** Share of a core: the measured process' own, or the mean of the others, whichever is worse. */
  get foreignShare(): number {
    const [before, now] = [this.begun, this.read()];
    const elapsedMs = now.atMs - before.atMs;
    const relayCore = now.relayCoreMs - before.relayCoreMs - (now.measuredMs - before.measuredMs);
    const others = now.otherCoresMs - before.otherCoresMs - (now.benchMs - before.benchMs);
    return Math.max(0, relayCore, others / now.otherCores) / elapsedMs;
  }

  private read(): CpuReading {
    const cores = busyMsOfCores();
    const relayCoreMs = cores[RELAY_CORE] as number;
    const measuredMs = cpuMsOfTree(this.pid);
    return {
      atMs: performance.now(),
      relayCoreMs,
      otherCoresMs: cores.reduce((sum, ms) => sum + ms, 0) - relayCoreMs,
      otherCores: cores.length - 1,
      measuredMs,
      benchMs: cpuMsOfTree(process.pid) - measuredMs,
    };
  }
}

/** Something measured, and how much strangers took of the cores meanwhile. */
export interface Measured<T> {
  result: T;
  /** NaN where the system does not tell. */
  foreignShare: number;
  isDisturbed: boolean;
  attempts: number;
}

/** Measures again when others took a core, a few times at most; of all attempts the least disturbed one counts. */
export async function undisturbed<T>(
  pid: number,
  measure: () => Promise<T>,
  say: (line: string) => void,
): Promise<Measured<T>> {
  if (!CAN_PIN) return { result: await measure(), foreignShare: NaN, isDisturbed: false, attempts: 1 };
  let best = await attempt(pid, measure);
  for (let attempts = 2; best.isDisturbed && attempts <= ATTEMPTS; attempts++) {
    say(`disturbed: others took ${(100 * best.foreignShare).toFixed(1)} % of a core; once more`);
    await sleep(BEFORE_ANOTHER_MS);
    const next = await attempt(pid, measure);
    best = { ...(next.foreignShare < best.foreignShare ? next : best), attempts };
  }
  return best;
}

async function attempt<T>(pid: number, measure: () => Promise<T>): Promise<Measured<T>> {
  const watch = new CoreWatch(pid);
  const result = await measure();
  const { foreignShare } = watch;
  return { result, foreignShare, isDisturbed: foreignShare > DISTURBED_SHARE, attempts: 1 };
}

export const DISTURBED =
  'Other processes took the core, also when it was measured again: do not trust the times of this part.';
