import { Injectable } from '@nestjs/common';
import { EntityManager, In } from 'typeorm';
import { CallPermissionService } from '../calls/call-permission.service';
import type { PhoneNumber } from '../calls/phone-number';
import { AppError } from '../common/app-error';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import { Patience } from '../common/softly';
import { Database } from '../database/database';
import { ScenariosService } from '../scenarios/scenarios.service';
import { UsersService } from '../users/users.service';
import type { ScheduleCallFields, ScheduledCallChanges } from './dto/schedule-requests.dto';
import { changedWishes, PlannedCall, requireFuture, whenDue, wishesOf } from './planned-call';
import { changedTime, isNewSeries, nextOccurrence, readPlannedTime } from './schedule-reading';
import { ScheduledCall } from './scheduled-call.entity';
import {
  attemptsOf,
  endedUndialled,
  FORGET_OLD_KEYS,
  INSERT_SCHEDULED,
  ListedAttempt,
  ListedScheduledCall,
  queuePosition,
  scheduledCall,
  ScheduledCallFilter,
  scheduledCallsPage,
  scheduledCallsTotal,
  seriesCanceled,
} from './scheduled-calls.repository';
import { ScheduledCallHandover } from './scheduled-call-handover.service';
import { ScheduledCallNotFound, ScheduledCallTakenUp, TooManyScheduledCalls } from './scheduling.errors';
import { ScheduledCallUpdated } from './scheduling.events';

/** Of one user, waiting to be dialled. */
export const MAX_SCHEDULED_CALLS = 10_000;
/** Rows that are inserted together: calls are on the line meanwhile. */
const ROWS_AT_ONCE = 50;

/** A request that could be read, or why not; `row` is where it stands among those that came with it. */
export type BatchRow = { row: number } & ({ fields: ScheduleCallFields } | { detail: string });

export interface BatchAnswer {
  scheduled: ListedScheduledCall[];
  rejected: { row: number; detail: string }[];
}

/** What another room plans by itself, for a reason that may go as it came. */
export interface PlannedForAReason {
  /** After this moment it is not dialled any more. */
  notAfter: Date;
  /** In the same transaction: what it throws undoes everything. */
  confirm: (tx: EntityManager, id: number) => Promise<void>;
}

type NewRow = PlannedCall &
  Pick<ScheduledCall, 'dueAt' | 'waitingCode' | 'waitingDetail' | 'idempotencyKey' | 'notAfter'> & { row: number };

interface Planned {
  row: number;
  number: PhoneNumber;
  call: PlannedCall;
}

/** What its owner does with calls in the future. */
@Injectable()
export class ScheduledCalls {
  constructor(
    private readonly db: Database,
    private readonly users: UsersService,
    private readonly scenarios: ScenariosService,
    private readonly permission: CallPermissionService,
    private readonly handover: ScheduledCallHandover,
    private readonly events: DomainEvents,
  ) {}

  /**
   * @throws InvalidPhoneNumber, InvalidScenario, CustomScenarioNotFound, NoScheduleTime, NoRecurrence, ScheduledInThePast,
   * ScheduledTooFarAhead, CallNotAllowed, TooManyScheduledCalls
   */
  async schedule(
    owner: Owner,
    fields: ScheduleCallFields,
    idempotencyKey?: string,
    reason?: PlannedForAReason,
  ): Promise<ListedScheduledCall> {
    const planned = await this.plan(1, fields, (await this.users.get(owner)).timezone, this.scenarioCheck(owner));
    const id = await this.db.asOwner(owner, async (tx) => {
      const reject = (_row: number, error: unknown) => {
        throw error;
      };
      const [made = 0] = await this.insert(tx, owner, [planned], idempotencyKey, reject, reason?.notAfter);
      await reason?.confirm(tx, made);
      return made;
    });
    this.announce(owner, [id]);
    return this.get(owner, id);
  }

  /** Those that can be scheduled are; the others come back with the reason. @throws TooManyScheduledCalls */
  async scheduleAll(owner: Owner, rows: readonly BatchRow[], idempotencyKey?: string): Promise<BatchAnswer> {
    const { timezone } = await this.users.get(owner);
    const rejected: BatchAnswer['rejected'] = [];
    const reject = (row: number, error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      rejected.push({ row, detail: error.detail });
    };
    const requireScenario = this.scenarioCheck(owner);
    const planned: Planned[] = [];
    const patience = new Patience();
    for (const given of rows) {
      if ('detail' in given) {
        rejected.push(given);
        continue;
      }
      try {
        planned.push(await this.plan(given.row, given.fields, timezone, requireScenario));
      } catch (error) {
        reject(given.row, error);
      }
      await patience.pause();
    }
    const ids = await this.db.asOwner(owner, (tx) => this.insert(tx, owner, planned, idempotencyKey, reject));
    this.announce(owner, ids);
    const scheduled = await this.byIds(owner, ids);
    return { scheduled, rejected: rejected.toSorted((a, b) => a.row - b.row) };
  }

  async list(owner: Owner, filter: ScheduledCallFilter): Promise<Page<ListedScheduledCall>> {
    const [rows, [total]] = await this.db.readAsOwner(
      owner,
      scheduledCallsPage(owner, filter),
      scheduledCallsTotal(owner, filter),
    );
    return { rows, total: total?.total ?? 0 };
  }

  /** @throws ScheduledCallNotFound */
  async get(owner: Owner, id: number): Promise<ListedScheduledCall & { now: Date; ahead: number | null }> {
    const [[call], [position]] = await this.db.readAsOwner(owner, scheduledCall(owner, id), queuePosition(owner, id));
    if (call === undefined) throw new ScheduledCallNotFound();
    return { ...call, ahead: position?.ahead ?? null };
  }

  /** Oldest first. @throws ScheduledCallNotFound */
  async attempts(owner: Owner, id: number): Promise<ListedAttempt[]> {
    const [[call], attempts] = await this.db.readAsOwner(owner, scheduledCall(owner, id), attemptsOf(owner, id));
    if (call === undefined) throw new ScheduledCallNotFound();
    return attempts;
  }

  /** Changes what is given, until it is dialled. @throws as `schedule`, ScheduledCallNotFound, ScheduledCallTakenUp */
  async update(
    owner: Owner,
    id: number,
    changes: ScheduledCallChanges,
    reason?: PlannedForAReason,
  ): Promise<ListedScheduledCall> {
    const before = await this.get(owner, id);
    if (changes.scenario !== undefined) await this.scenarioCheck(owner)(changes.scenario);
    const number = this.permission.read(changes.phone_number ?? before.phoneNumber);
    const time = changedTime(before, changes);
    const call: PlannedCall = { ...changedWishes(before, changes), ...time, phoneNumber: e164Of(number) };
    await this.db.asOwner(owner, async (tx) => {
      const current = await locked(tx, owner, id);
      if (current.status !== 'scheduled') throw new ScheduledCallTakenUp(current.status);
      // Another request of its owner was faster.
      if (current.revision !== before.revision) throw new ScheduledCallTakenUp('scheduled');
      const now = await databaseNow(tx);
      const isMoved = time.scheduledTime.getTime() !== current.scheduledTime.getTime();
      if (isMoved) requireFuture(time.scheduledTime, now);
      const at = (isMoved ? null : current.dueAt) ?? time.scheduledTime;
      const [permission] = await this.permission.checkAhead(tx, owner, [{ number, at }]);
      const due = whenDue(permission, at, call.quietHours, now);
      await tx.update(ScheduledCall, { userId: owner.userId, id }, {
        ...call,
        // What it waits for already stays.
        ...(isMoved || due.waitingCode !== null ? { ...due, troubleSince: null } : {}),
        // Whoever moves it by hand knows better.
        ...(isMoved || reason !== undefined ? { notAfter: reason?.notAfter ?? null } : {}),
        hasNext: isNewSeries(before, time) ? false : current.hasNext,
        // Whoever has it from the queue has an older one.
        handedAt: null,
        revision: current.revision + 1,
      } as object);
      // With the change, or not at all; what is made of it meanwhile comes after.
      if (isNewSeries(before, time) && before.seriesId !== null && before.occurrenceAt !== null) {
        const { text, values } = seriesCanceled(owner, before.seriesId, before.occurrenceAt);
        await tx.query(text, [...values]);
      }
      await reason?.confirm(tx, id);
    });
    if (isNewSeries(before, time)) await this.cancelFollowing(owner, before);
    this.announce(owner, [id]);
    return this.get(owner, id);
  }

  /**
   * It is not dialled. Of one that recurs, with `series` nothing after it either.
   * @throws ScheduledCallNotFound, ScheduledCallTakenUp
   */
  async cancel(owner: Owner, id: number, scope: 'series' | 'occurrence'): Promise<void> {
    const before = await this.get(owner, id);
    if (before.status !== 'canceled') {
      const next = scope === 'occurrence' && !before.hasNext ? nextOccurrence(before, before.now) : null;
      const [[ended]] = await this.db.writeAsOwner(
        owner,
        endedUndialled(owner, id, { status: 'canceled', read: before, error: null }, next),
      );
      if (ended === undefined) {
        const { status } = await this.get(owner, id);
        if (status !== 'canceled') throw new ScheduledCallTakenUp(status);
      }
    }
    if (scope === 'series') await this.cancelFollowing(owner, before);
    this.announce(owner, [id]);
  }

  /**
   * The same for what another room has planned and takes back. One that its owner has made a series of is the owner's by now, and
   * stays.
   * @throws ScheduledCallNotFound; ScheduledCallTakenUp: it is being dialled, or over, or was just changed
   */
  async takeBack(owner: Owner, id: number, confirm: PlannedForAReason['confirm']): Promise<void> {
    const before = await this.get(owner, id);
    const { text, values } = endedUndialled(owner, id, { status: 'canceled', read: before, error: null }, null);
    await this.db.asOwner(owner, async (tx) => {
      if (before.recurrence === null) {
        const ended = await tx.query<unknown[]>(text, [...values]);
        if (ended.length === 0) throw new ScheduledCallTakenUp(before.status);
      }
      await confirm(tx, id);
    });
    this.announce(owner, [id]);
  }

  /** Those after it, which are there where it waited to be dialled once more. */
  private async cancelFollowing(owner: Owner, { seriesId, occurrenceAt }: ListedScheduledCall): Promise<void> {
    if (seriesId === null || occurrenceAt === null) return;
    // One that is just being taken up leaves another one behind, which shows to whoever asks after it.
    for (let emptyInARow = 0; emptyInARow < 2;) {
      const [canceled] = await this.db.writeAsOwner(owner, seriesCanceled(owner, seriesId, occurrenceAt));
      emptyInARow = canceled.length === 0 ? emptyInARow + 1 : 0;
      for (const { id } of canceled) this.events.emit(new ScheduledCallUpdated(owner, id));
    }
  }

  /** Everything that can be said without the database, but for the scenario. */
  private async plan(
    row: number,
    fields: ScheduleCallFields,
    userTimezone: string,
    requireScenario: (scenario: string) => Promise<void>,
  ): Promise<Planned> {
    const number = this.permission.read(fields.phone_number);
    await requireScenario(fields.scenario);
    const time = readPlannedTime(fields, fields.timezone ?? userTimezone);
    return {
      row,
      number,
      call: { ...wishesOf(fields), ...time, phoneNumber: e164Of(number) },
    };
  }

  /**
   * @returns the ids of those that are scheduled, in their order, among them those that the same request has scheduled before;
   * `reject` is told of the others
   */
  private async insert(
    tx: EntityManager,
    owner: Owner,
    planned: readonly Planned[],
    idempotencyKey: string | undefined,
    reject: (row: number, error: unknown) => void,
    notAfter: Date | null = null,
  ): Promise<number[]> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('scheduled_calls'), $1)`, [owner.userId]);
    const now = await databaseNow(tx);
    const earlier = await this.earlier(tx, owner, planned, idempotencyKey);
    const permissions = await this.permission.checkAhead(
      tx,
      owner,
      planned.map(({ number, call }) => ({ number, at: call.scheduledTime })),
    );
    const rows: NewRow[] = [];
    for (const [at, { row, call }] of planned.entries()) {
      if (earlier.has(row)) continue;
      try {
        requireFuture(call.scheduledTime, now);
        const due = whenDue(permissions[at], call.scheduledTime, call.quietHours, now);
        rows.push({ ...call, ...due, row, notAfter, idempotencyKey: keyOf(idempotencyKey, row) });
      } catch (error) {
        reject(row, error);
      }
    }
    const waiting = await tx.countBy(ScheduledCall, { userId: owner.userId, status: 'scheduled' });
    if (waiting + rows.length > MAX_SCHEDULED_CALLS) throw new TooManyScheduledCalls(MAX_SCHEDULED_CALLS);
    const ids = new Map(earlier);
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const some = rows.slice(from, from + ROWS_AT_ONCE);
      const made = await tx.query<{ id: number }[]>(INSERT_SCHEDULED, [owner.userId, JSON.stringify(some)]);
      for (const [at, { row }] of some.entries()) ids.set(row, made[at]?.id ?? 0);
    }
    return [...ids].toSorted(([a], [b]) => a - b).map(([, id]) => id);
  }

  /** What the same request has scheduled before its answer was lost: row by row. */
  private async earlier(
    tx: EntityManager,
    owner: Owner,
    planned: readonly Planned[],
    idempotencyKey: string | undefined,
  ): Promise<ReadonlyMap<number, number>> {
    if (idempotencyKey === undefined) return new Map();
    const rows = new Map(planned.map(({ row }) => [keyOf(idempotencyKey, row) ?? '', row]));
    await tx.query(FORGET_OLD_KEYS, [owner.userId, [...rows.keys()]]);
    const found = await tx.find(ScheduledCall, {
      where: { userId: owner.userId, idempotencyKey: In([...rows.keys()]) },
      select: { id: true, idempotencyKey: true },
    });
    return new Map(found.map(({ id, idempotencyKey: key }) => [rows.get(key ?? '') ?? 0, id]));
  }

  /** Looks each scenario up once. */
  private scenarioCheck(owner: Owner): (scenario: string) => Promise<void> {
    const checks = new Map<string, Promise<void>>();
    return (scenario) => {
      const check = checks.get(scenario) ?? this.scenarios.resolveAgent(owner, scenario).then(() => undefined);
      checks.set(scenario, check);
      return check;
    };
  }

  private async byIds(owner: Owner, ids: readonly number[]): Promise<ListedScheduledCall[]> {
    const calls: ListedScheduledCall[] = [];
    for (let from = 0; from < ids.length; from += ROWS_AT_ONCE) {
      const some = ids.slice(from, from + ROWS_AT_ONCE).map((id) => scheduledCall(owner, id));
      calls.push(...(await this.db.readAsOwner(owner, ...some)).flat());
    }
    return calls;
  }

  private announce(owner: Owner, ids: readonly number[]): void {
    for (const id of ids) this.events.emit(new ScheduledCallUpdated(owner, id));
    this.handover.callForOne();
  }
}

async function locked(tx: EntityManager, owner: Owner, id: number): Promise<ScheduledCall> {
  const call = await tx.findOne(ScheduledCall, {
    where: { userId: owner.userId, id },
    lock: { mode: 'pessimistic_write' },
  });
  if (call === null) throw new ScheduledCallNotFound();
  return call;
}

function keyOf(idempotencyKey: string | undefined, row: number): string | null {
  return idempotencyKey === undefined ? null : `${row} ${idempotencyKey}`;
}

/** The only clock that counts. */
async function databaseNow(tx: EntityManager): Promise<Date> {
  const [row] = await tx.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
  return row?.now ?? new Date();
}

/** Of a number that cannot be dialled nothing is kept: it is refused before. */
function e164Of(number: PhoneNumber): string {
  return number.kind === 'subscriber' ? number.e164 : '';
}
