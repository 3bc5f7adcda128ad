import type { Bench } from '../bench';
import { blocksOf, type Load, measureBlock, saturated } from '../load/load-runs';
import type { PartReport } from '../figures';
import { reportOf } from '../load/load-report';

/**
 * CPU, latency and loss at each number of streams. Latency is judged where neither side nor the driver is saturated: beyond
 * that it says how long the queue has become.
 */
export async function loadPart(bench: Bench): Promise<PartReport[]> {
  const loads: Load[] = [];
  for (const streams of bench.streams) loads.push(await atStreams(bench, streams));
  const calm = loads.filter((load) => saturated(load).length === 0).map(({ streams }) => streams);
  const most = calm.length === 0 ? null : Math.max(...calm);
  bench.calmStreams = most;
  return [
    ...loads.map((load) => reportOf(load, { ...bench, judgesLatency: load.streams === most })),
    {
      part: 'load, where latency is judged',
      how: 'the most streams with which floor, relay and driver leave 15 % of their core, and the driver is in time',
      figures: [{ what: 'streams', value: most ?? NaN, unit: 'calls', goal: { atLeast: Math.min(...bench.streams) } }],
      data: { calm },
      warnings: [],
    },
  ];
}

async function atStreams(bench: Bench, streams: number): Promise<Load> {
  const load: Load = { streams, floor: [], relay: [], blocks: [] };
  for (const { side, runs } of blocksOf(bench.runs)) {
    const block = await measureBlock(bench, side, streams, runs);
    load[side].push(...block.runs);
    load.blocks.push(block);
  }
  return load;
}
