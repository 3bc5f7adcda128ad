import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { ThrottlerStorageRedisService } from '@nest-lab/throttler-storage-redis';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { ThrottlerStorageRecord } from '@nestjs/throttler/dist/throttler-storage-record.interface';
import { Redis } from 'ioredis';
import { OwnRateLimitStorage } from './own-rate-limit-storage';

/** Longer than any request may wait for a counter. */
const COMMAND_TIMEOUT_MS = 500;

/** The storage's own blocking is not used: a limit it never reaches keeps it to counting. */
const NEVER_BLOCK = Number.MAX_SAFE_INTEGER;

/**
 * Counters that several instances share. When Redis does not answer, each instance counts for itself: limits grow softer
 * for that time, but nobody is locked out.
 */
@Injectable()
export class SharedRateLimitStorage implements ThrottlerStorage, OnApplicationShutdown {
  private readonly logger = new Logger(SharedRateLimitStorage.name);
  private readonly redis: Redis;
  private readonly shared: ThrottlerStorageRedisService;
  private readonly own = new OwnRateLimitStorage();
  private isReachable = true;

  constructor(redisUrl: string) {
    this.redis = new Redis(redisUrl, {
      commandTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      disconnectTimeout: COMMAND_TIMEOUT_MS,
    });
    this.redis.on('error', (error: Error) => this.noteUnreachable(error));
    this.redis.on('ready', () => {
      this.isReachable = true;
    });
    this.shared = new ThrottlerStorageRedisService(this.redis);
  }

  async increment(
    key: string,
    ttlMs: number,
    limit: number,
    _blockDurationMs: number,
    name: string,
  ): Promise<ThrottlerStorageRecord> {
    try {
      const { totalHits, timeToExpire } = await this.shared.increment(key, ttlMs, NEVER_BLOCK, ttlMs, name);
      const isBlocked = totalHits > limit;
      return { totalHits, timeToExpire, isBlocked, timeToBlockExpire: isBlocked ? timeToExpire : 0 };
    } catch (error) {
      this.noteUnreachable(error);
      return this.own.increment(key, ttlMs, limit);
    }
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }

  private noteUnreachable(error: unknown): void {
    if (this.isReachable)
      this.logger.error({ msg: 'Redis does not answer: rate limits are counted by each instance', err: error });
    this.isReachable = false;
  }
}
