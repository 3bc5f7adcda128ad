/** Latencies are counted by the microsecond up to here, then by the millisecond; what is longer still is the longest. */
const FINE_US = 200_000;
const LIMIT_MS = 60_000;

export class LatencyHistogram {
  private readonly fine = new Uint32Array(FINE_US);
  private readonly coarse = new Uint32Array(LIMIT_MS);
  count = 0;
  maxMs = 0;

  record(ms: number): void {
    const us = Math.max(0, Math.round(ms * 1000));
    if (us < FINE_US) this.fine[us]!++;
    else this.coarse[Math.min(LIMIT_MS - 1, Math.round(ms))]!++;
    this.count++;
    if (ms > this.maxMs) this.maxMs = ms;
  }

  reset(): void {
    this.fine.fill(0);
    this.coarse.fill(0);
    this.count = 0;
    this.maxMs = 0;
  }

  /** In milliseconds; `share` from 0 to 1. NaN when nothing was recorded. */
  quantile(share: number): number {
    if (this.count === 0) return NaN;
    let left = Math.ceil(share * this.count);
    for (let us = 0; us < FINE_US; us++) {
      left -= this.fine[us] as number;
      if (left <= 0) return us / 1000;
    }
    for (let ms = 0; ms < LIMIT_MS; ms++) {
      left -= this.coarse[ms] as number;
      if (left <= 0) return Math.min(ms, this.maxMs);
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
