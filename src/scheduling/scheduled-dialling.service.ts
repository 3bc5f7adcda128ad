import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { CallPermission, RefusalCode, RefusalReason } from '../calls/call-permission';
import { CallPermissionService } from '../calls/call-permission.service';
import { CallPlacing } from '../calls/call-placing.service';
import { CallNotAllowed } from '../calls/calls.errors';
import type { PhoneNumber } from '../calls/phone-number';
import { AppError } from '../common/app-error';
import { DomainEvents } from '../common/domain-events';
import { Drain } from '../common/drain';
import type { Owner } from '../common/owner';
import { settledWithin } from '../common/settled-within';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { JobQueue, TakenJob } from '../database/job-queue';
import type { Statement } from '../database/pipeline';
import { DialPace } from './dial-pace.service';
import { nextOccurrence, PlannedTime } from './schedule-reading';
import { DIAL_QUEUE, DialJob, ScheduledCallHandover } from './scheduled-call-handover.service';
import { ScheduledCallOutcomes } from './scheduled-call-outcomes.service';
import { endedUndialled, ListedScheduledCall } from './scheduled-calls.repository';
import {
  Claim,
  CONFIRM_CLAIM,
  dueCall,
  givenBack,
  givenUp,
  notHandled,
  postponed,
  spread,
  takenUp,
} from './scheduled-dialling.repository';
import { whyTooLate } from './retry-policy';
import { ScheduledCallUpdated } from './scheduling.events';

const POLL_MS = 250;
/** While the database is away. */
const TROUBLE_PAUSE_MS = 2_000;
/** Dialled at the same time by this process: each waits for the carrier's answer. */
const MOST_AT_ONCE = 50;
/** More than this many jobs are never kept from others while they wait for the pace. */
const TAKEN_FOR_SECONDS = 0.5;
const SHUTDOWN_LIMIT_MS = 15_000;

/** A place at the server or among the user's own calls may become free at any time. */
const AT_ONCE_STEP_SECONDS = 10;
const FULL_SERVER_PAUSE_MS = 5_000;
const MINUTE_SECONDS = 60;

/** As it was read, and when that was. */
type TakenCall = ListedScheduledCall & { now: Date };

/** The claim was lost before the intent was committed: whoever has it now goes on. */
class ClaimLost extends Error {}

/**
 * Dials scheduled calls. A job of the queue says which may be due; what happens is decided by the row, which is taken up
 * under a claim, and by the dial ledger, to which the attempt's call is known by its id before it is made.
 */
@Injectable()
export class ScheduledDialling implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(ScheduledDialling.name);
  private readonly underWay = new Set<Promise<void>>();
  private readonly over = new AbortController();
  private loop: Promise<void> | undefined;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly queue: JobQueue,
    private readonly pace: DialPace,
    private readonly drain: Drain,
    private readonly permission: CallPermissionService,
    private readonly placing: CallPlacing,
    private readonly outcomes: ScheduledCallOutcomes,
    private readonly handover: ScheduledCallHandover,
    private readonly events: DomainEvents,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = this.work();
  }

  /** What is taken and not taken up yet is given to somebody else within moments. */
  async beforeApplicationShutdown(): Promise<void> {
    this.over.abort();
    await settledWithin(
      Promise.all([this.loop, ...this.underWay]).then(() => undefined),
      SHUTDOWN_LIMIT_MS,
    );
  }

  private async work(): Promise<void> {
    while (!this.isWorkOver) {
      try {
        await this.pace.beat();
        if (!(await this.takeSome())) await this.pause(POLL_MS);
      } catch (error) {
        this.log.error({ msg: 'Scheduled calls could not be taken from the queue', err: error });
        await this.pause(TROUBLE_PAUSE_MS);
      }
    }
  }

  /** Others dial what this server, on its way out, must not begin. */
  private get isWorkOver(): boolean {
    return this.over.signal.aborted || this.drain.isDraining;
  }

  /** A stop is not kept waiting. */
  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.over.signal }).catch(() => undefined);
  }

  /** @returns whether there were any */
  private async takeSome(): Promise<boolean> {
    const atATime = Math.max(1, Math.ceil(this.pace.perSecond * TAKEN_FOR_SECONDS));
    const count = Math.min(atATime, MOST_AT_ONCE - this.underWay.size);
    const jobs = count > 0 ? await this.queue.take<DialJob>(DIAL_QUEUE, count) : [];
    await Promise.all(jobs.map((job) => this.attend(job)));
    await this.queue.done(DIAL_QUEUE, jobs);
    return jobs.length > 0;
  }

  /** Until it is taken up; the dialling itself is not waited for. */
  private async attend({ data }: TakenJob<DialJob>): Promise<void> {
    const owner: Owner = { userId: data.user_id };
    try {
      const claimed = await this.takeUp(owner, data.id);
      if (claimed === null) return;
      this.start(claimed.call, claimed.claim);
    } catch (error) {
      // It is due as before, and given to the queue again.
      this.log.error({
        msg: 'A scheduled call could not be taken up',
        scheduled_call_id: data.id,
        ...whose(owner),
        err: error,
      });
    }
  }

  private async takeUp(owner: Owner, id: number): Promise<{ call: TakenCall; claim: Claim } | null> {
    const [[call]] = await this.db.readAsOwner(owner, dueCall(owner, id));
    if (call === undefined || !call.isDue) return null;
    let next: PlannedTime | null;
    let number: PhoneNumber;
    try {
      [next, number] = [followingOccurrence(call), this.permission.read(call.phoneNumber)];
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // What was right when it was scheduled is not any more.
      await this.write(owner, endedUndialled(owner, id, { status: 'failed', read: call, error: error.detail }, null));
      return null;
    }
    if (call.isLate && call.ifLate === 'skip') {
      await this.write(
        owner,
        endedUndialled(owner, id, { status: 'failed', read: call, error: whyTooLate(call, call.now) }, next),
      );
      return null;
    }
    const permission = await this.permission.check(owner, number, call.now);
    if (!permission.allowed) {
      await this.refused(owner, call, permission);
      return null;
    }
    await this.pause(await this.pace.reserve());
    if (this.isWorkOver) {
      await this.db.writeAsOwner(owner, notHandled(owner, id));
      return null;
    }
    const claim: Claim = { owner, id, callId: randomUUID(), claim: randomUUID() };
    const [[taken]] = await this.db.writeAsOwner(owner, takenUp(claim, call, next));
    if (taken === undefined) return null;
    this.events.emit(new ScheduledCallUpdated(owner, id));
    if (next !== null) this.handover.callForOne();
    return { call, claim };
  }

  /** Has the attempt's call made, or goes on with it. What goes wrong is found as soon as the claim has run out. */
  start(call: TakenCall, claim: Claim): void {
    const dialling = this.dial(call, claim).finally(() => this.underWay.delete(dialling));
    this.underWay.add(dialling);
  }

  /** What a process has left behind and is too late by now. */
  async miss(claim: Claim, why: string): Promise<void> {
    await this.write(claim.owner, givenUp(claim, 'not_dialled', why));
  }

  private async dial(call: TakenCall, claim: Claim): Promise<void> {
    const { owner, id, callId } = claim;
    try {
      await this.placing.place(owner, {
        phoneNumber: call.phoneNumber,
        scenario: call.scenario,
        variables: call.variables,
        maxDurationSeconds: call.maxDurationSeconds ?? undefined,
        record: call.record,
        metadata: call.metadata,
        planned: {
          callId,
          confirm: async (tx) => {
            const rows = await tx.query<unknown[]>(CONFIRM_CLAIM, [owner.userId, id, callId, claim.claim]);
            if (rows.length === 0) throw new ClaimLost();
          },
        },
      });
      await this.outcomes.settle(owner, callId);
    } catch (error) {
      if (error instanceof ClaimLost) return;
      await this.notPlaced(call, claim, error).catch((trouble: unknown) => {
        this.log.error({
          msg: 'A scheduled call could not be settled yet',
          scheduled_call_id: id,
          ...whose(owner),
          err: trouble,
        });
      });
    }
  }

  private async notPlaced(call: TakenCall, claim: Claim, error: unknown): Promise<void> {
    const { owner, id, callId } = claim;
    // The ledger knows best: with a row there, what became of it is what counts.
    if (await this.outcomes.settle(owner, callId)) return;
    if (error instanceof CallNotAllowed) {
      const [[back]] = await this.db.writeAsOwner(owner, givenBack(claim));
      if (back !== undefined) await this.refused(owner, call, error.permission);
    } else if (error instanceof AppError && error.kind === 'unavailable') {
      await this.write(owner, givenBack(claim));
    } else if (error instanceof AppError && error.kind !== 'unauthenticated') {
      // Its scenario is gone, or its texts are too long by now.
      await this.write(owner, givenUp(claim, 'failed', error.detail));
    } else {
      this.log.error({
        msg: 'A scheduled call could not be dialled',
        scheduled_call_id: id,
        ...whose(owner),
        err: error,
      });
    }
  }

  /** What waiting helps against is waited for. */
  private async refused(owner: Owner, call: TakenCall, permission: CallPermission): Promise<void> {
    const { id } = call;
    const reason = decisiveReason(permission);
    if (reason.code === 'capacity_full') {
      await this.write(owner, postponed(owner, call, { inMs: FULL_SERVER_PAUSE_MS }, reason));
    } else if (reason.code === 'calls_per_minute' || reason.code === 'calls_at_once') {
      const { limits } = this.config;
      const isPerMinute = reason.code === 'calls_per_minute';
      const cap = {
        from: isPerMinute ? (reason.until ?? null) : null,
        atATime: isPerMinute ? limits.callsPerMinute : limits.maxConcurrentCalls,
        stepSeconds: isPerMinute ? MINUTE_SECONDS : AT_ONCE_STEP_SECONDS,
      };
      await this.write(owner, spread(owner, cap, reason));
    } else if (reason.code === 'quiet_hours' && call.quietHours === 'wait' && permission.earliestAt !== null) {
      await this.write(owner, postponed(owner, call, { at: permission.earliestAt }, reason));
    } else {
      const end = { status: 'blocked', read: call, error: reason.detail } as const;
      const next = followingOccurrence(call);
      await this.write(owner, endedUndialled(owner, id, end, next));
    }
  }

  private async write(owner: Owner, statement: Statement<{ id: number }>): Promise<void> {
    const [rows] = await this.db.writeAsOwner(owner, statement);
    for (const { id } of rows) this.events.emit(new ScheduledCallUpdated(owner, id));
  }
}

/** The one to be made now; null where it was made before, and where there is none. */
function followingOccurrence(call: TakenCall): PlannedTime | null {
  return call.hasNext ? null : nextOccurrence(call, call.now);
}

/** What ends it outweighs what can be waited for, and of the latter quiet hours last longest. */
const BY_WEIGHT: readonly RefusalCode[] = [
  'destination_not_allowed',
  'do_not_call',
  'calls_per_day',
  'quiet_hours',
  'calls_per_minute',
  'calls_at_once',
  'capacity_full',
];

function decisiveReason({ reasons }: CallPermission): RefusalReason {
  const [decisive] = reasons.toSorted((a, b) => BY_WEIGHT.indexOf(a.code) - BY_WEIGHT.indexOf(b.code));
  if (decisive === undefined) throw new Error('A call that is allowed was refused');
  return decisive;
}

function whose({ userId }: Owner): { user_id: number } {
  return { user_id: userId };
}
