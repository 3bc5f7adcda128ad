import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { AppError } from '../common/app-error';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import { Patience } from '../common/softly';
import { Database } from '../database/database';
import type { Statement } from '../database/pipeline';
import { DeliveryRounds } from './delivery-rounds.service';
import { EVERY_EVENT, LOOKS_BACK_MS, TOLD_EVENTS, ToldEvent, ToldSources } from './told-events';

const INTERVAL_MS = 1000;
/** Of one user in a row: a thousand calls that are scheduled at once do not keep others waiting. */
const AT_ONCE = 20;
/** Of one user; what comes on top of that is left to the sweep. */
const MOST_WAITING = 10_000;
/** Who answered when is what the carrier says, in whole seconds and by a clock of its own. */
const CLOCKS_DIFFER = `interval '2 seconds'`;
const STOP_WITHIN_MS = 3000;
/** A database that is away comes back, mostly. */
const TRY_AGAIN_MS = 5000;
const MOST_TRIES = 12;

const END_OF_TIME = new Date(8.64e15);

/** Something that happened and is to be written down for the owner's webhooks. */
interface Happened {
  told: ToldEvent;
  owner: Owner;
  subject: string;
  dueAt: number;
  tries: number;
}

/**
 * Writes down what the rooms announce, a row for each webhook that listens to it: from there on it is told whatever dies. Until
 * then it stands in memory, which is why event-sweep.service.ts looks for what was missed.
 */
@Injectable()
export class EventRecorder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(EventRecorder.name);
  /** By user, then by what happened to what: the same twice in a moment is told once, as it is then. */
  private readonly waiting = new Map<number, Map<string, Happened>>();
  private isOver = false;
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.recordDue(),
    (error) => this.log.error({ msg: 'Events could not be written down', err: error }),
  );

  constructor(
    private readonly db: Database,
    private readonly events: DomainEvents,
    private readonly sources: ToldSources,
    private readonly deliveries: DeliveryRounds,
  ) {}

  onApplicationBootstrap(): void {
    for (const told of TOLD_EVENTS) this.events.listen(told.on, (event) => this.note(told, event));
    this.rounds.begin();
  }

  /** What has happened by then is written down, also what would wait a little longer otherwise. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    await settledWithin(
      this.rounds.stop().then(() => this.recordDue(END_OF_TIME)),
      STOP_WITHIN_MS,
    );
  }

  /** One round. @param now moves the clock in tests */
  async recordDue(now = new Date()): Promise<void> {
    const patience = new Patience();
    for (let due = this.takeDue(now); due.length > 0; due = this.takeDue(now)) {
      for (const happened of due) {
        await this.recordAll(happened);
        await patience.pause();
      }
    }
  }

  /** Writes a delivery for each of the owner's webhooks that listened to it when it happened, and has none yet. */
  async record(owner: Owner, told: ToldEvent, subject: string): Promise<void> {
    const telling = await told.tell(this.sources, owner, subject).catch((error: unknown) => {
      if (error instanceof AppError && error.kind === 'not-found') return null;
      throw error;
    });
    if (telling === null) return;
    const { data, at, version = '' } = telling;
    // Something else of it has changed: who was to be told of this has been, and the log may have forgotten.
    if (at.getTime() < Date.now() - LOOKS_BACK_MS) return;
    const payload = JSON.stringify({ type: told.type, timestamp: at.toISOString(), data });
    const [rows] = await this.db.writeAsOwner(owner, {
      name: 'webhook-record',
      text: `INSERT INTO webhook_deliveries (id, user_id, webhook_id, event, subject, version, payload, status, due_at)
        SELECT gen_random_uuid(), w.user_id, w.id, $2, $3, $4, $5, 'pending', clock_timestamp() FROM webhooks w
        WHERE w.user_id = $1 AND w.is_active AND ($2 = ANY (w.events) OR '${EVERY_EVENT}' = ANY (w.events))
          AND w.listening_since <= $6::timestamptz + ${CLOCKS_DIFFER}
        ON CONFLICT (user_id, webhook_id, event, subject, version) DO NOTHING RETURNING id::text`,
      values: [owner.userId, told.type, subject, version, payload, at.toISOString()],
    });
    if (rows.length > 0) this.deliveries.callForOne();
  }

  private note(told: ToldEvent, event: object): void {
    this.wait({ ...told.subjectOf(event), told, dueAt: Date.now() + told.settleMs, tries: 0 });
    if (told.settleMs === 0) this.rounds.callForOne();
  }

  private wait(happened: Happened): void {
    const { told, owner, subject } = happened;
    const ofUser = this.waiting.get(owner.userId) ?? new Map<string, Happened>();
    const key = `${told.type} ${subject}`;
    if (ofUser.has(key)) return;
    if (ofUser.size >= MOST_WAITING) {
      this.log.warn({ msg: 'Too many events wait; one is not noted', event: told.type, user_id: owner.userId });
      return;
    }
    ofUser.set(key, happened);
    this.waiting.set(owner.userId, ofUser);
  }

  /** A few of each user. */
  private takeDue(now: Date): Happened[][] {
    const taken: Happened[][] = [];
    for (const [userId, ofUser] of this.waiting) {
      const due: Happened[] = [];
      for (const [key, happened] of ofUser) {
        if (due.length >= AT_ONCE) break;
        if (happened.dueAt > now.getTime()) continue;
        due.push(happened);
        ofUser.delete(key);
      }
      if (ofUser.size === 0) this.waiting.delete(userId);
      if (due.length > 0) taken.push(due);
    }
    return taken;
  }

  /** Of one user. Most have no webhooks, and cost no more than this question. */
  private async recordAll(happened: readonly Happened[]): Promise<void> {
    const [first] = happened;
    if (first === undefined) return;
    const { owner } = first;
    try {
      const listening = await this.listening(owner);
      for (const one of happened) {
        const { told, subject } = one;
        if (!listening.has(told.type) && !listening.has(EVERY_EVENT)) continue;
        await this.record(owner, told, subject).catch((error: unknown) => this.tryAgain(owner, [one], error));
      }
    } catch (error) {
      this.tryAgain(owner, happened, error);
    }
  }

  private tryAgain(owner: Owner, failed: readonly Happened[], error: unknown): void {
    // A user who is gone meanwhile is told nothing.
    if (error instanceof AppError && error.kind === 'unauthenticated') return;
    this.log.warn({ msg: 'Events could not be written down', user_id: owner.userId, err: error });
    if (this.isOver) return;
    for (const one of failed) {
      if (one.tries < MOST_TRIES) this.wait({ ...one, dueAt: Date.now() + TRY_AGAIN_MS, tries: one.tries + 1 });
    }
  }

  private async listening(owner: Owner): Promise<ReadonlySet<string>> {
    const events: Statement<{ event: string }> = {
      name: 'webhook-events',
      text: 'SELECT DISTINCT unnest(events) AS event FROM webhooks WHERE user_id = $1 AND is_active',
      values: [owner.userId],
    };
    const [rows] = await this.db.readAsOwner(owner, events);
    return new Set(rows.map(({ event }) => event));
  }
}
