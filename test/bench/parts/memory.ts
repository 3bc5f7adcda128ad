import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, ECHO } from '../bench';
import type { BenchCall } from '../driver/bench-call';
import { median } from '../driver/latency-histogram';
import type { PartReport } from '../figures';
import { slopeOf } from '../least-squares';
import { type Relay, untilCallsAreGone } from '../sides';

const KB = 1024;
const GOAL_KB = 80;
/** Long enough for a few turns of every conversation. */
const TALK_MS = 15_000;
/** What is on its way differs from one moment to the next. */
const READINGS = 5;
const APART_MS = 700;

/** Bytes that are in use after a garbage collection. */
interface InUse {
  calls: number;
  heap: number;
  rss: number;
}

/**
 * What one more call takes: the slope over none, half and all of the calls, after a wave that has made everything that is
 * made once. The heap is what the goal is about; rss beside it has the kernel's view, with what the collector keeps.
 */
export async function memoryPart(bench: Bench): Promise<PartReport[]> {
  const { driver } = bench;
  driver.model.script = ECHO;
  const most = Math.max(...bench.streams);
  const relay = await bench.relay();
  const readings = [await inUse(relay, 0)];
  const calls: BenchCall[] = [];
  for (const share of [0.5, 1]) {
    calls.push(...(await driver.begin(relay.target, Math.round(most * share) - calls.length)));
    await sleep(TALK_MS);
    readings.push(await inUse(relay, calls.length));
    bench.say(`memory: ${describe(readings.at(-1) as InUse)}`);
  }
  const [none, half, all] = readings;
  await driver.end(calls);
  await untilCallsAreGone();
  const after = await inUse(relay, 0);
  const slope = (bytes: (reading: InUse) => number) =>
    slopeOf(readings.map((reading) => ({ x: reading.calls, y: bytes(reading) / KB })));
  return [
    {
      part: `memory, ${most} calls`,
      how: `slope over 0, ${Math.round(most / 2)} and ${most} calls, each after ${TALK_MS / 1000} s of talk and a garbage collection`,
      figures: [
        {
          what: 'heap and external memory per call',
          value: slope(({ heap }) => heap),
          unit: 'KB',
          goal: { atMost: GOAL_KB },
          detail: readings.map(describe).join('; '),
        },
        {
          what: 'resident memory per call, from half of them to all',
          value: ((all as InUse).rss - (half as InUse).rss) / KB / ((all as InUse).calls - (half as InUse).calls),
          unit: 'KB',
          goal: null,
          detail: `${slope(({ rss }) => rss).toFixed(1)} KB from none on, with the room that the collector takes for itself`,
        },
        {
          what: 'heap left over when all calls are over, per call',
          value: (after.heap - (none as InUse).heap) / KB / most,
          unit: 'KB',
          goal: null,
        },
      ],
      data: { readings, after },
      warnings: [],
    },
  ];
}

async function inUse({ process: measured }: Relay, calls: number): Promise<InUse> {
  const heap: number[] = [];
  const rss: number[] = [];
  for (let i = 0; i < READINGS; i++) {
    const { memory } = await measured.ask('settle');
    heap.push(memory.heapUsed + memory.external);
    rss.push(memory.rss);
    await sleep(APART_MS);
  }
  return { calls, heap: median(heap), rss: median(rss) };
}

function describe({ calls, heap, rss }: InUse): string {
  const mb = (bytes: number) => (bytes / KB / KB).toFixed(1);
  return `${calls} calls: heap ${mb(heap)} MB, rss ${mb(rss)} MB`;
}
