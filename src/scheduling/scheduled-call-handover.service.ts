import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Drain } from '../common/drain';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { Database } from '../database/database';
import { JobQueue } from '../database/job-queue';
import { DialPace } from './dial-pace.service';
import { handedOver } from './scheduled-dialling.repository';

const INTERVAL_MS = 5_000;
/** So many of one user are in the queue, or twice as many as can be dialled until the next round. */
const FEWEST_OF_A_USER = 10;

/** A scheduled call that may be due; what is true of it stands in its row. */
export interface DialJob {
  user_id: number;
  id: number;
}

export const DIAL_QUEUE = 'scheduled-calls';

/**
 * Gives what is due within the next minute to the job queue, so that it comes at its second to whichever process has time.
 * Whatever becomes of the jobs: what is due and was not taken up is given again.
 */
@Injectable()
export class ScheduledCallHandover implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(ScheduledCallHandover.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.handOver(),
    (error) => this.log.error({ msg: 'Scheduled calls could not be looked for', err: error }),
  );

  constructor(
    private readonly db: Database,
    private readonly queue: JobQueue,
    private readonly pace: DialPace,
    private readonly drain: Drain,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.callForOne();
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** Something may be due soon. */
  callForOne(): void {
    this.rounds.callForOne();
  }

  private async handOver(): Promise<void> {
    // Whoever dials no more is not there, as far as calls are concerned that come due now.
    if (this.drain.isDraining) return;
    // First, since what was due while nobody was there is told by it.
    await this.pace.beat();
    const due = await this.db.lookup<{ user_id: number; id: number; due_at: Date; rank: number }>(
      'SELECT user_id, id, due_at, rank FROM lookup_scheduled_calls_due($1)',
      [Math.max(FEWEST_OF_A_USER, Math.ceil((2 * this.pace.perSecond * INTERVAL_MS) / 1000))],
    );
    await this.queue.add(
      DIAL_QUEUE,
      due.map(({ user_id, id, due_at: dueAt, rank }) => ({
        key: `${id} ${dueAt.toISOString()}`,
        data: { user_id, id } satisfies DialJob,
        priority: -rank,
        // A Date has whole milliseconds, and a job that comes before its time does nothing.
        notBefore: new Date(dueAt.getTime() + 1),
      })),
    );
    const byUser = new Map<number, { id: number; dueAt: Date }[]>();
    for (const { user_id: userId, id, due_at: dueAt } of due) {
      byUser.set(userId, [...(byUser.get(userId) ?? []), { id, dueAt }]);
    }
    for (const [userId, theirs] of byUser) {
      const owner: Owner = { userId };
      try {
        await this.db.writeAsOwner(owner, handedOver(owner, theirs));
      } catch (error) {
        // Their jobs are in the queue, and another round's are the same ones.
        this.log.warn({ msg: 'Scheduled calls could not be noted as given to the queue', user_id: userId, err: error });
      }
    }
  }
}
