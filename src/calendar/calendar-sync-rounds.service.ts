import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Drain } from '../common/drain';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import { CalendarProvider } from '../integrations/calendar/calendar-provider';
import { UserUpdated } from '../users/users.events';
import { CalendarSyncs } from './calendar-syncs.service';
import { CalendarSyncRows } from './calendar-syncs.repository';
import { CalendarConnected, CalendarDisconnected } from './calendar.events';

/** One look at an index. */
const INTERVAL_MS = 1000;
const UNFOLLOWED_INTERVAL_MS = 10 * 60_000;
const MOST_UNFOLLOWED = 500;
/** Followed at the same time by this process: each waits for Google most of the time. */
const MOST_AT_ONCE = 25;
/** Whoever stops the server waits for a question to Google that is under way, and not for more. */
const STOP_WITHIN_MS = 5000;

/** Has calendars followed when they are due: by whichever process has time, one at a time each. */
@Injectable()
export class CalendarSyncRounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(CalendarSyncRounds.name);
  private readonly underWay = new Map<number, Promise<void>>();
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.startDue(),
    (error) => this.log.error({ msg: 'Calendars that are due could not be looked for', err: error }),
  );
  private readonly findings = new Rounds(
    UNFOLLOWED_INTERVAL_MS,
    () => this.beginUnfollowed(),
    (error) => this.log.error({ msg: 'Calendars that nobody follows could not be looked for', err: error }),
  );

  constructor(
    private readonly rows: CalendarSyncRows,
    private readonly syncs: CalendarSyncs,
    private readonly provider: CalendarProvider,
    private readonly drain: Drain,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.provider.isConfigured) return;
    this.findings.callForOne();
    for (const rounds of [this.findings, this.rounds]) rounds.begin();
  }

  /** A sync that is broken off is begun again by somebody else, when its lease is over. */
  async beforeApplicationShutdown(): Promise<void> {
    await settledWithin(
      Promise.all([this.rounds.stop(), this.findings.stop(), ...this.underWay.values()]).then(() => undefined),
      STOP_WITHIN_MS,
    );
  }

  @OnEvent(CalendarConnected.type)
  async onConnected({ owner }: CalendarConnected): Promise<void> {
    await this.rows.begin(owner);
    this.rounds.callForOne();
  }

  /** The calls that were planned for its events are taken back: it is due since it was removed. */
  @OnEvent(CalendarDisconnected.type)
  onDisconnected(): void {
    this.rounds.callForOne();
  }

  /** They may have another time zone. */
  @OnEvent(UserUpdated.type)
  async onUserUpdated({ owner }: UserUpdated): Promise<void> {
    await this.rows.lookAgain(owner);
  }

  private async startDue(): Promise<void> {
    const free = MOST_AT_ONCE - this.underWay.size;
    if (free <= 0 || this.drain.isDraining) return;
    for (const owner of await this.rows.due(free)) this.start(owner);
  }

  private start(owner: Owner): void {
    const { userId } = owner;
    if (this.underWay.has(userId)) return;
    const work = this.syncs
      .sync(owner)
      .catch((error: unknown) => {
        // Its lease runs out, and it is due as before.
        this.log.error({ msg: 'A calendar could not be followed', user_id: userId, err: error });
      })
      .finally(() => {
        this.underWay.delete(userId);
        this.rounds.callForOne();
      });
    this.underWay.set(userId, work);
  }

  private async beginUnfollowed(): Promise<void> {
    if (this.drain.isDraining) return;
    const owners = await this.rows.unfollowed(MOST_UNFOLLOWED);
    for (const owner of owners) {
      await this.rows.begin(owner).catch((error: unknown) => {
        this.log.warn({ msg: 'A calendar could not be begun to be followed', user_id: owner.userId, err: error });
      });
    }
    this.rounds.callForOne();
    if (owners.length === MOST_UNFOLLOWED) this.findings.callForOne();
  }
}
