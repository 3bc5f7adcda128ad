import { type Point, slopeOf } from '../least-squares';
import type { Reading } from '../measured-process';

const KB = 1024;
const MS_PER_HOUR = 3_600_000;

/** Growth in KB an hour, by least squares over readings that follow a garbage collection. */
export interface Trend {
  readings: number;
  heapKbPerHour: number;
  rssKbPerHour: number;
}

/** Of the whole soak, and of its second half: by then everything that is made once is there. */
export function trendsOf(readings: readonly Reading[]): { whole: Trend; secondHalf: Trend } {
  return { whole: trendOf(readings), secondHalf: trendOf(readings.slice(readings.length >> 1)) };
}

function trendOf(readings: readonly Reading[]): Trend {
  const slope = (bytes: (reading: Reading) => number): number =>
    slopeOf(readings.map((reading): Point => ({ x: reading.atMs / MS_PER_HOUR, y: bytes(reading) / KB })));
  return {
    readings: readings.length,
    heapKbPerHour: slope(({ memory }) => memory.heapUsed + memory.external),
    rssKbPerHour: slope(({ memory }) => memory.rss),
  };
}
