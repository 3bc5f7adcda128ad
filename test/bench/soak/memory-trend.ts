import { type Point, slopeOf } from '../least-squares';
import type { Reading } from '../measured-process';

const KB = 1024;
const MS_PER_HOUR = 3_600_000;

/** Growth in KB an hour, by least squares over readings that follow a garbage collection. */
export interface Trend {
  readings: number;
  hours: number;
  heapKbPerHour: number;
  rssKbPerHour: number;
}

/** Of the whole soak, and of its second half: by then everything that is made once is there. */
export function trendsOf(readings: readonly Reading[]): { whole: Trend; secondHalf: Trend } {
  return { whole: trendOf(readings), secondHalf: trendOf(readings.slice(readings.length >> 1)) };
}

/** What the garbage collector keeps, inside its heap and outside. */
export function heapKbOf({ memory }: Reading): number {
  return (memory.heapUsed + memory.external) / KB;
}

function trendOf(readings: readonly Reading[]): Trend {
  const slope = (kb: (reading: Reading) => number): number =>
    slopeOf(readings.map((reading): Point => ({ x: reading.atMs / MS_PER_HOUR, y: kb(reading) })));
  return {
    readings: readings.length,
    hours: ((readings.at(-1)?.atMs ?? 0) - (readings[0]?.atMs ?? 0)) / MS_PER_HOUR,
    heapKbPerHour: slope(heapKbOf),
    rssKbPerHour: slope(({ memory }) => memory.rss / KB),
  };
}
