/** Latencies counted by the microsecond up to 200 ms; what is longer is kept as the longest. */
const LIMIT_US = 200_000;

export class LatencyHistogram {
  private readonly counts = new Uint32Array(LIMIT_US + 1);
  count = 0;
  maxMs = 0;

  record(ms: number): void {
    this.counts[Math.min(LIMIT_US, Math.max(0, Math.round(ms * 1000)))]!++;
    this.count++;
    if (ms > this.maxMs) this.maxMs = ms;
  }

  reset(): void {
    this.counts.fill(0);
    this.count = 0;
    this.maxMs = 0;
  }

  /** In milliseconds; `share` from 0 to 1. NaN when nothing was recorded. */
  quantile(share: number): number {
    if (this.count === 0) return NaN;
    let left = Math.ceil(share * this.count);
    for (let us = 0; us < LIMIT_US; us++) {
      left -= this.counts[us] as number;
      if (left <= 0) return us / 1000;
    }
    return this.maxMs;
  }
}

/** The same of a few values. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
