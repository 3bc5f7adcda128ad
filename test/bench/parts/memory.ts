import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, ECHO, SHORT_TURNS } from '../bench';
import type { BenchCall } from '../driver/bench-call';
import { median } from '../driver/latency-histogram';
import type { PartReport } from '../figures';
import { slopeOf } from '../least-squares';
import { calmStreams } from '../load/calm-streams';
import { type Side, untilCallsAreGone } from '../sides';

const KB = 1024;
const GOAL_KB = 80;
/** A dozen turns of every conversation. */
const TALK_MS = 12_000;
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
 * What one more call takes: the slope over none, half and all of the calls, after the warm-up has made everything that is
 * made once. The heap is what the goal is about; rss beside it has the kernel's view, with what the collector keeps.
 */
export async function memoryPart(bench: Bench): Promise<PartReport[]> {
  const most = Math.max(...bench.streams);
  const atOnce = await calmStreams(bench);
  const floor = await perCall(bench, await bench.floor(), most, atOnce);
  const relay = await perCall(bench, await bench.relay(), most, atOnce);
  return [
    {
      part: `memory, ${most} calls`,
      how: `slope over 0, ${Math.round(most / 2)} and ${most} calls that have talked for ${TALK_MS / 1000} s in short turns, ${atOnce} at a time, after a garbage collection`,
      figures: [
        {
          what: 'heap and external memory per call',
          value: relay.heapKb,
          unit: 'KB',
          goal: { atMost: GOAL_KB },
          detail: `floor ${floor.heapKb.toFixed(1)} KB; ${relay.readings.map(describe).join('; ')}`,
        },
        {
          what: 'resident memory per call, from half of them to all',
          value: relay.rssKb,
          unit: 'KB',
          goal: null,
          detail: `floor ${floor.rssKb.toFixed(1)} KB`,
        },
        {
          what: 'heap left over when all calls are over, per call',
          value: relay.leftKb,
          unit: 'KB',
          goal: null,
          detail: `floor ${floor.leftKb.toFixed(1)} KB`,
        },
      ],
      data: { floor, relay },
      warnings: [],
    },
  ];
}

async function perCall(bench: Bench, side: Side, most: number, atOnce: number) {
  const { driver, say } = bench;
  await untilCallsAreGone(driver);
  const none = await inUse(side, 0);
  const calls: BenchCall[] = [];
  const more = async (count: number): Promise<InUse> => {
    driver.model.script = SHORT_TURNS;
    const added = await driver.begin(side.target, count - calls.length, { isTalking: false });
    driver.model.script = ECHO;
    calls.push(...added);
    for (let at = 0; at < added.length; at += atOnce) await talkAWhile(bench, added.slice(at, at + atOnce));
    const reading = await inUse(side, calls.length);
    say(`memory of the ${side.name}: ${describe(reading)}`);
    return reading;
  };
  const half = await more(Math.round(most / 2));
  const all = await more(most);
  await driver.end(calls);
  await untilCallsAreGone(driver);
  const after = await inUse(side, 0);
  const readings = [none, half, all];
  return {
    heapKb: slopeOf(readings.map(({ calls: x, heap }) => ({ x, y: heap / KB }))),
    rssKb: (all.rss - half.rss) / KB / (all.calls - half.calls),
    leftKb: (after.heap - none.heap) / KB / most,
    readings,
    after,
  };
}

/** Not all together: a saturated core would have them wait for their turns. */
async function talkAWhile({ driver }: Bench, calls: readonly BenchCall[]): Promise<void> {
  driver.talk(calls);
  await sleep(TALK_MS);
  await driver.rest(calls);
}

async function inUse({ process: measured }: Side, calls: number): Promise<InUse> {
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
