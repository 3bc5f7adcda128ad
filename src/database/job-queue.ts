import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import PgBoss from 'pg-boss';
import { Database } from './database';
import { QUEUE_SCHEMA, QueueName } from './job-queue-schema';

export interface NewJob {
  /** A job with the same key that still waits is left as it is, and this one is not added. */
  key: string;
  data: object;
  /** Greater is sooner, among those that may run. */
  priority: number;
  /** By the clock of the database. */
  notBefore: Date;
}

export interface TakenJob<Data> {
  id: string;
  data: Data;
}

/**
 * Jobs for whichever process has time, by pg-boss over the application's own connections. A job is a hint and nothing more:
 * it may come twice, or never come back from a process that died, so what is true must stand in a table of the room.
 */
@Injectable()
export class JobQueue implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(JobQueue.name);
  private readonly boss: PgBoss;

  constructor(db: Database) {
    this.boss = new PgBoss({
      // Maintenance comes without values, as several statements in one text.
      db: { executeSql: async (text, values?: unknown[]) => ({ rows: await db.unowned(text, values) }) },
      schema: QUEUE_SCHEMA,
      migrate: false,
      schedule: false,
    });
    this.boss.on('error', (error) => this.log.error({ msg: 'The job queue has trouble', err: error }));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.boss.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.boss.stop({ close: false, graceful: false, wait: false });
  }

  async add(queue: QueueName, jobs: readonly NewJob[]): Promise<void> {
    if (jobs.length === 0) return;
    await this.boss.insert(
      jobs.map(({ key, data, priority, notBefore }) => ({
        name: queue,
        data,
        priority,
        startAfter: notBefore.toISOString(),
        singletonKey: key,
        retryLimit: 0,
      })),
    );
  }

  /** Those that may run, the most urgent first, at most `count`; nobody else gets them. */
  async take<Data extends object>(queue: QueueName, count: number): Promise<TakenJob<Data>[]> {
    return this.boss.fetch<Data>(queue, { batchSize: count });
  }

  async done(queue: QueueName, jobs: readonly TakenJob<object>[]): Promise<void> {
    if (jobs.length === 0) return;
    await this.boss.deleteJob(
      queue,
      jobs.map(({ id }) => id),
    );
  }
}
