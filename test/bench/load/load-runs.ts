import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench';
import { type Measured, undisturbed } from '../core-watch';
import { median } from '../driver/latency-histogram';
import { isCarried, type Ledger, ledgerOf } from './ledger';
import { untilCallsAreGone } from '../sides';
import { measureTraffic, type Strain, strainOf, type Traffic } from './traffic';

export type SideName = 'floor' | 'relay';

/** From the first words to the stretch that is measured: every conversation has come to its first answer by then. */
const SETTLE_MS = 5000;

export interface Run extends Traffic, Omit<Measured<Traffic>, 'result'> {}

/** Runs of one side with the same calls. */
export interface Block {
  side: SideName;
  runs: Run[];
  ledger: Ledger;
  /** Calls that were there at the end. */
  carried: number;
}

/** Both sides at one number of streams. */
export interface Load {
  streams: number;
  /** In the order in which they were measured: the first makes a pair with the first, and so on. */
  floor: Run[];
  relay: Run[];
  blocks: Block[];
}

/**
 * Pairs in the order floor, relay, relay, floor, floor, ...: what changes slowly (a machine that gets warm, a neighbour)
 * meets both alike. Neighbours of one side share their calls, which saves setting them up again.
 */
export function blocksOf(pairs: number): { side: SideName; runs: number }[] {
  const blocks: { side: SideName; runs: number }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    for (const side of pair % 2 === 0 ? (['floor', 'relay'] as const) : (['relay', 'floor'] as const)) {
      const last = blocks.at(-1);
      if (last?.side === side) last.runs++;
      else blocks.push({ side, runs: 1 });
    }
  }
  return blocks;
}

/** Calls begin in silence, so that as many come under way as are asked for, also where the relay will be saturated. */
export async function measureBlock(bench: Bench, name: SideName, streams: number, count: number): Promise<Block> {
  const { driver, seconds, say } = bench;
  const side = name === 'floor' ? await bench.floor() : await bench.relay();
  const calls = await driver.begin(side.target, streams, { isTalking: false });
  await untilCallsAreGone(driver);
  driver.talk(calls);
  await sleep(SETTLE_MS);
  const runs: Run[] = [];
  for (let run = 0; run < count; run++) {
    const { result, ...circumstances } = await undisturbed(
      side.process.pid,
      async () => measureTraffic(driver, side.process, calls, seconds),
      say,
    );
    runs.push({ ...result, ...circumstances });
    say(`load, ${streams} streams, ${name}: ${lineOf({ ...result, ...circumstances })}`);
  }
  const carried = calls.filter(isCarried).length;
  await driver.end(calls);
  return { side: name, runs, ledger: ledgerOf(calls), carried };
}

type Pairs = Pick<Load, 'floor' | 'relay'>;

/** The pairs that strangers have left alone, when they are the most; else all of them. */
export function judged({ floor, relay }: Pairs): Pairs & { isDoubtful: boolean } {
  const isUndisturbed = (_: Run, i: number) => !(floor[i] as Run).isDisturbed && !(relay[i] as Run).isDisturbed;
  const left = floor.filter(isUndisturbed);
  if (2 * left.length <= floor.length) return { floor, relay, isDoubtful: true };
  return { floor: left, relay: relay.filter(isUndisturbed), isDoubtful: false };
}

/** Who was saturated: in the median, since a hiccup of one run is none of its load. */
export function saturated(load: Pairs): string[] {
  const { floor, relay } = judged(load);
  const strain = (runs: readonly Run[], who: keyof Strain) => median(runs.map((run) => strainOf(run)[who]));
  return [
    ...(strain(floor, 'measured') > 1 ? ['the floor'] : []),
    ...(strain(relay, 'measured') > 1 ? ['the relay'] : []),
    ...(Math.max(strain(floor, 'driver'), strain(relay, 'driver')) > 1 ? ['the driver'] : []),
  ];
}

function lineOf({ cpuUs, latencyMs, utilisation, foreignShare, driver, gc, forwardedShare }: Run): string {
  const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return (
    `${cpuUs.toFixed(2)} µs a frame, p99 ${latencyMs.p99.toFixed(2)} ms, p99.9 ${latencyMs.p999.toFixed(2)} ms, ` +
    `at work ${share(utilisation)}, driver ${share(driver.utilisation)} (latest ${driver.latestMs.toFixed(1)} ms), ` +
    `forwarded ${share(forwardedShare.caller)} and ${share(forwardedShare.agent)}, ${gc.majors} major collections, others took ${share(foreignShare)}`
  );
}
