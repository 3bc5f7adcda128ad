import { randomUUID } from 'node:crypto';
import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { NotAuthenticated } from '../common/app-error';
import { Capacity } from '../common/capacity';
import { DomainEvents } from '../common/domain-events';
import { Drain } from '../common/drain';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { ScenariosService } from '../scenarios/scenarios.service';
import { CallPermissionService } from './call-permission.service';
import { isOver } from './call-status';
import { BROWSER, Call } from './call.entity';
import { CallEnded, CallUpdated } from './calls.events';
import { CallNotAllowed } from './calls.errors';
import { LiveCall, LiveCalls } from './live-calls.service';

/** So often it is said of each call here that somebody carries it, and looked for those of which nobody does. */
const INTERVAL_MS = 20_000;
/** A call of which nobody has said so for this long was in a process that died. */
const UNCARRIED_AFTER_SECONDS = 90;
/** Between the answer to the handshake and the conversation lies the reading of a calendar. */
const EXPECTED_MS = 15_000;

/**
 * Calls without a phone: somebody talks to an agent from a web page. They are asked for, counted and written down as
 * phone calls are; what a carrier would report is written here. Nobody can be asked what became of one whose process died,
 * so each process says from time to time which ones it carries.
 */
@Injectable()
export class BrowserCalls implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(BrowserCalls.name);
  /** Those of this process. */
  private readonly carried = new Map<string, Owner>();
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.goRound(),
    (error) => this.log.error({ msg: 'Calls from browsers could not be looked at', err: error }),
  );

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly drain: Drain,
    private readonly capacity: Capacity,
    private readonly scenarios: ScenariosService,
    private readonly permission: CallPermissionService,
    private readonly liveCalls: LiveCalls,
    private readonly events: DomainEvents,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.callForOne();
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /**
   * Begins a call, if it may start now.
   * @throws InvalidScenario, CustomScenarioNotFound, CallNotAllowed
   */
  async begin(owner: Owner, scenario: string): Promise<LiveCall> {
    this.drain.refuseNewWork();
    const agent = await this.scenarios.resolveAgent(owner, scenario);
    const id = randomUUID();
    const giveBack = this.capacity.claimPlace();
    try {
      await this.db.asOwner(owner, async (tx) => {
        const permission = await this.permission.decideForBrowser(tx, owner, giveBack !== null);
        if (!permission.allowed) throw new CallNotAllowed(permission, new Date());
        const now = () => 'clock_timestamp()';
        await tx.insert(Call, {
          id,
          userId: owner.userId,
          dialState: 'placed',
          direction: 'browser',
          status: 'in-progress',
          phoneNumber: BROWSER,
          fromNumber: BROWSER,
          scenarioName: agent.scenarioName,
          // TypeORM takes jsonb for a part of the entity, with functions allowed at every depth.
          agent: agent as never,
          maxDurationSeconds: Math.min(
            agent.maxDurationSeconds ?? this.config.limits.maxCallSeconds,
            this.config.limits.maxCallSeconds,
          ),
          createdAt: now,
          startedAt: now,
          answeredAt: now,
          carriedAt: now,
        });
      });
      this.capacity.expect(id, EXPECTED_MS);
    } finally {
      giveBack?.();
    }
    this.carried.set(id, owner);
    this.events.emit(new CallUpdated(owner, id));
    const call = await this.liveCalls.find(owner, id);
    // Erased in this moment.
    if (call === null) throw new NotAuthenticated();
    return call;
  }

  /** The call is over: its socket is, and everything that was said is written. Harmless when it was over before. */
  async end(owner: Owner, callId: string): Promise<void> {
    this.carried.delete(callId);
    this.capacity.forget(callId);
    const ended = await this.db.asOwner(owner, async (tx) => {
      const call = await tx.findOne(Call, {
        where: { userId: owner.userId, id: callId },
        lock: { mode: 'pessimistic_write' },
      });
      if (call === null || isOver(call.status)) return null;
      const endedReason = call.endedReason ?? 'server_error';
      await tx.update(
        Call,
        { userId: owner.userId, id: callId },
        {
          status: 'completed',
          endedReason,
          endedAt: () => 'clock_timestamp()',
          callDuration: () => 'round(extract(epoch FROM clock_timestamp() - answered_at))::integer',
          wordsVersion: () => 'words_version + 1',
        },
      );
      return endedReason;
    });
    if (ended === null) return;
    this.events.emit(new CallUpdated(owner, callId));
    this.events.emit(new CallEnded(owner, callId, null, 'completed', ended));
  }

  /** Whoever began it has gone before anything was said. */
  async abandon(owner: Owner, callId: string): Promise<void> {
    await this.db.asOwner(owner, (tx) =>
      tx.update(Call, { userId: owner.userId, id: callId, endedReason: IsNull() }, { endedReason: 'customer_hung_up' }),
    );
    await this.end(owner, callId);
  }

  /** One round. @param uncarriedAfterSeconds shortens the wait in tests */
  async goRound(uncarriedAfterSeconds = UNCARRIED_AFTER_SECONDS): Promise<void> {
    for (const [owner, callIds] of byOwner(this.carried)) {
      await this.softly(owner, () =>
        this.db.asOwner(owner, (tx) =>
          tx.query(
            `UPDATE calls SET carried_at = clock_timestamp() WHERE user_id = $1 AND id = ANY ($2) AND direction = 'browser'`,
            [owner.userId, callIds],
          ),
        ),
      );
    }
    const lost = await this.db.lookup<{ user_id: number; id: string }>(
      'SELECT user_id, id FROM lookup_uncarried_calls($1)',
      [uncarriedAfterSeconds],
    );
    for (const { user_id: userId, id } of lost) {
      if (!this.carried.has(id)) await this.softly({ userId }, () => this.end({ userId }, id));
    }
  }

  /** One user's trouble, such as being erased in this moment, is no other's. */
  private async softly(owner: Owner, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof NotAuthenticated) return;
      this.log.warn({ msg: 'A call from a browser could not be seen to', user_id: owner.userId, err: error });
    }
  }
}

function byOwner(calls: ReadonlyMap<string, Owner>): Map<Owner, string[]> {
  const all = new Map<number, { owner: Owner; callIds: string[] }>();
  for (const [callId, owner] of calls) {
    const entry = all.get(owner.userId) ?? { owner, callIds: [] };
    entry.callIds.push(callId);
    all.set(owner.userId, entry);
  }
  return new Map([...all.values()].map(({ owner, callIds }) => [owner, callIds]));
}
