import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { ThrottlerStorageRecord } from '@nestjs/throttler/dist/throttler-storage-record.interface';

/** Times of the requests that count, the oldest first; those before `from` count no more. */
interface Window {
  times: number[];
  from: number;
  ttlMs: number;
}

/** Expired times are cut off when there are this many of them, so that each is moved seldom. */
const CUT_AT = 256;

/**
 * Counts in this process: a request counts for exactly its time to live, and one that is refused not at all, so waiting is
 * always enough. Unlike the storage of @nestjs/throttler, whose every request looks at all others of the last minute, a
 * request costs the same however many there were; it needs no timer either.
 */
@Injectable()
export class OwnRateLimitStorage implements ThrottlerStorage {
  private readonly windows = new Map<string, Window>();
  private tidiedAt = 0;

  /** @param now milliseconds of any clock that only goes forward */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** How many callers it remembers. */
  get size(): number {
    return this.windows.size;
  }

  increment(key: string, ttlMs: number, limit: number): Promise<ThrottlerStorageRecord> {
    const now = this.now();
    this.tidy(now, ttlMs);
    const window = this.windows.get(key) ?? { times: [], from: 0, ttlMs };
    this.windows.set(key, window);
    forget(window, now);
    const isBlocked = window.times.length - window.from >= limit;
    if (!isBlocked) window.times.push(now);
    const oldest = window.times[window.from] ?? now;
    // Summed up the other way, fractions of a millisecond round a whole minute up to 61 s.
    const timeToExpire = Math.ceil((ttlMs - (now - oldest)) / 1000);
    return Promise.resolve({
      totalHits: window.times.length - window.from + (isBlocked ? 1 : 0),
      timeToExpire,
      isBlocked,
      timeToBlockExpire: isBlocked ? timeToExpire : 0,
    });
  }

  /** Once in a while those go of whom nothing counts any more. */
  private tidy(now: number, everyMs: number): void {
    if (now - this.tidiedAt < everyMs) return;
    this.tidiedAt = now;
    for (const [key, window] of this.windows) {
      forget(window, now);
      if (window.from === window.times.length) this.windows.delete(key);
    }
  }
}

function forget(window: Window, now: number): void {
  const { times, ttlMs } = window;
  while (window.from < times.length && (times[window.from] ?? now) + ttlMs <= now) window.from += 1;
  if (window.from < CUT_AT && window.from < times.length) return;
  times.splice(0, window.from);
  window.from = 0;
}
