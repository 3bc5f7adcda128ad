import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import { Patience } from '../common/softly';
import { Database } from '../database/database';
import type { Statement } from '../database/pipeline';
import { EventRecorder } from './event-recorder.service';
import { EVERY_EVENT, LOOKS_BACK_MS, TOLD_EVENTS, ToldEvent } from './told-events';

const INTERVAL_MS = 300_000;
/** Whoever saw it has had this long to write it down. */
const LEFT_BEHIND_MS = 60_000;
const STOP_WITHIN_MS = 3000;
/** Of one user and event; the rest by the next sweep. */
const AT_ONCE = 500;

/**
 * Looks for what happened and was written down for no webhook, since the process died that saw it. The key of a delivery sees to
 * it that nothing is told twice.
 */
@Injectable()
export class EventSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(EventSweep.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.sweep(),
    (error) => this.log.error({ msg: 'Missed events could not be looked for', err: error }),
  );
  private isOver = false;

  constructor(
    private readonly db: Database,
    private readonly recorder: EventRecorder,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.begin();
    this.rounds.callForOne();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    await settledWithin(this.rounds.stop(), STOP_WITHIN_MS);
  }

  /** One round. @param now moves the clock in tests */
  async sweep(now = new Date()): Promise<void> {
    const patience = new Patience();
    let after = 0;
    for (;;) {
      const owners = await this.db.lookup<{ user_id: number }>('SELECT user_id FROM lookup_webhook_owners($1)', [
        after,
      ]);
      if (owners.length === 0) return;
      for (const { user_id: userId } of owners) {
        if (this.isOver) return;
        after = userId;
        await this.sweepOf({ userId }, now);
        await patience.pause();
      }
    }
  }

  private async sweepOf(owner: Owner, now: Date): Promise<void> {
    try {
      for (const told of TOLD_EVENTS) {
        const subjects = await this.missedOf(owner, told, now);
        for (const { subject } of subjects) await this.recorder.record(owner, told, subject);
        if (subjects.length > 0) {
          this.log.log({
            msg: 'Missed events were found',
            event: told.type,
            count: subjects.length,
            user_id: owner.userId,
          });
        }
      }
    } catch (error) {
      this.log.warn({ msg: 'Missed events of a user could not be told', user_id: owner.userId, err: error });
    }
  }

  private async missedOf(owner: Owner, told: ToldEvent, now: Date): Promise<{ subject: string }[]> {
    const missing: Statement<{ subject: string }> = {
      name: `webhook-missed-${told.type}`,
      text: `SELECT DISTINCT m.subject FROM (${told.missed}) m
        JOIN webhooks w ON w.user_id = $1 AND w.is_active AND w.listening_since <= m.at
          AND ($4 = ANY (w.events) OR '${EVERY_EVENT}' = ANY (w.events))
        WHERE NOT EXISTS (SELECT FROM webhook_deliveries d
          WHERE d.user_id = $1 AND d.webhook_id = w.id AND d.event = $4 AND d.subject = m.subject
            AND d.version = m.version)
        LIMIT ${AT_ONCE}`,
      values: [
        owner.userId,
        new Date(now.getTime() - LOOKS_BACK_MS).toISOString(),
        new Date(now.getTime() - LEFT_BEHIND_MS).toISOString(),
        told.type,
      ],
    };
    const [rows] = await this.db.readAsOwner(owner, missing);
    return rows;
  }
}
