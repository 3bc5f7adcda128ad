import { Redis } from 'ioredis';
import type { AppConfig } from '../config/app-config';
import { Finding, findingsOn } from './finding';

const LIMIT_MS = 3000;

const redis = findingsOn('Redis');

export async function redisCheckup({ redisUrl }: AppConfig): Promise<Finding[]> {
  if (redisUrl === undefined) return [redis.off('No REDIS_URL is set: each server counts rate limits for itself.')];
  const client = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: LIMIT_MS,
    commandTimeout: LIMIT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // What it says here is said again by the command that fails.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
    return [redis.ok('It answers.')];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [redis.failure(`The server of REDIS_URL does not answer (${reason}).`)];
  } finally {
    client.disconnect();
  }
}
