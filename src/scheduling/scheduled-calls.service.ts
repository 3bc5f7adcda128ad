import { Injectable } from '@nestjs/common';
import { EntityManager } from 'typeorm';
import { CallPermission } from '../calls/call-permission';
import { CallPermissionService } from '../calls/call-permission.service';
import { CallNotAllowed } from '../calls/calls.errors';
import type { PhoneNumber } from '../calls/phone-number';
import { AppError } from '../common/app-error';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import { mapSoftly } from '../common/softly';
import { Database } from '../database/database';
import { ScenariosService } from '../scenarios/scenarios.service';
import { UsersService } from '../users/users.service';
import type { ScheduleCallFields, ScheduledCallChanges } from './dto/schedule-requests.dto';
import { nextOccurrence, PlannedTime, readPlannedTime } from './schedule-reading';
import { ScheduledCall } from './scheduled-call.entity';
import {
  attemptsOf,
  endedUndialled,
  ListedAttempt,
  ListedScheduledCall,
  queuePosition,
  scheduledCall,
  ScheduledCallFilter,
  scheduledCallsPage,
  scheduledCallsTotal,
} from './scheduled-calls.repository';
import { ScheduledCallHandover } from './scheduled-call-handover.service';
import {
  ScheduledCallNotFound,
  ScheduledCallTakenUp,
  ScheduledInThePast,
  ScheduledTooFarAhead,
  TooManyScheduledCalls,
} from './scheduling.errors';
import { ScheduledCallUpdated } from './scheduling.events';

/** Of one user, waiting to be dialled. */
export const MAX_SCHEDULED_CALLS = 10_000;
const MAX_YEARS_AHEAD = 5;
const YEAR_MS = 366 * 24 * 60 * 60_000;
/** Rows that are inserted together: calls are on the line meanwhile. */
const ROWS_AT_ONCE = 50;

/** A request that could be read, or why not; `row` is where it stands among those that came with it. */
export type BatchRow = { row: number } & ({ fields: ScheduleCallFields } | { detail: string });

export interface BatchAnswer {
  scheduled: ListedScheduledCall[];
  rejected: { row: number; detail: string }[];
}

/** What its owner says about it, beside the time. */
type RequestedCall = Pick<
  ScheduledCall,
  | 'phoneNumber'
  | 'scenario'
  | 'variables'
  | 'metadata'
  | 'record'
  | 'maxDurationSeconds'
  | 'retry'
  | 'ifLate'
  | 'quietHours'
>;

type NewScheduledCall = RequestedCall & PlannedTime;

/** null takes away what may be left out. */
type RequestedFields = Omit<ScheduleCallFields, 'phone_number' | 'scheduled_time' | 'timezone' | 'recurrence'>;
type Changed<Fields> = { [Field in keyof Fields]: Fields[Field] | null | undefined };

interface Planned {
  row: number;
  number: PhoneNumber;
  call: NewScheduledCall;
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
  async schedule(owner: Owner, fields: ScheduleCallFields): Promise<ListedScheduledCall> {
    const planned = await this.plan(1, fields, (await this.users.get(owner)).timezone, this.scenarioCheck(owner));
    const [id] = await this.db.asOwner(owner, (tx) =>
      this.insert(tx, owner, [planned], (_row, error) => {
        throw error;
      }),
    );
    this.announce(owner, [id ?? 0]);
    return this.get(owner, id ?? 0);
  }

  /** Those that can be scheduled are; the others come back with the reason. @throws TooManyScheduledCalls */
  async scheduleAll(owner: Owner, rows: readonly BatchRow[]): Promise<BatchAnswer> {
    const { timezone } = await this.users.get(owner);
    const rejected: BatchAnswer['rejected'] = [];
    const reject = (row: number, error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      rejected.push({ row, detail: error.detail });
    };
    const requireScenario = this.scenarioCheck(owner);
    const planned: Planned[] = [];
    await eachSoftly(rows, async (given) => {
      if ('detail' in given) {
        rejected.push(given);
        return;
      }
      try {
        planned.push(await this.plan(given.row, given.fields, timezone, requireScenario));
      } catch (error) {
        reject(given.row, error);
      }
    });
    const ids = await this.db.asOwner(owner, (tx) => this.insert(tx, owner, planned, reject));
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
  async update(owner: Owner, id: number, changes: ScheduledCallChanges): Promise<ListedScheduledCall> {
    const before = await this.get(owner, id);
    if (changes.scenario !== undefined) await this.scenarioCheck(owner)(changes.scenario);
    const number = this.permission.read(changes.phone_number ?? before.phoneNumber);
    const time = changedTime(before, changes);
    const call: NewScheduledCall = { ...requested({ ...toFields(before), ...changes }, number), ...time };
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
        ...columnsOf(call),
        // What it waits for already stays.
        ...(isMoved || due.waitingCode !== null ? { ...due, handedAt: null } : {}),
        revision: current.revision + 1,
      } as object);
    });
    this.announce(owner, [id]);
    return this.get(owner, id);
  }

  /**
   * It is not dialled. Of one that recurs, with `series` nothing after it either.
   * @throws ScheduledCallNotFound, ScheduledCallTakenUp
   */
  async cancel(owner: Owner, id: number, scope: 'series' | 'occurrence'): Promise<void> {
    const before = await this.get(owner, id);
    if (before.status === 'canceled') return;
    const next = scope === 'occurrence' ? nextOccurrence(before, before.now) : null;
    const [[ended]] = await this.db.writeAsOwner(
      owner,
      endedUndialled(owner, id, { status: 'canceled', revision: before.revision, error: null }, next),
    );
    if (ended === undefined) {
      const { status } = await this.get(owner, id);
      if (status === 'canceled') return;
      throw new ScheduledCallTakenUp(status);
    }
    this.announce(owner, [id]);
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
      call: { ...requested(fields, number), ...time },
    };
  }

  /** @returns the ids of those that are scheduled now, in their order; `reject` is told of the others */
  private async insert(
    tx: EntityManager,
    owner: Owner,
    planned: readonly Planned[],
    reject: (row: number, error: unknown) => void,
  ): Promise<number[]> {
    const now = await databaseNow(tx);
    const waiting = await tx.countBy(ScheduledCall, { userId: owner.userId, status: 'scheduled' });
    if (waiting + planned.length > MAX_SCHEDULED_CALLS) throw new TooManyScheduledCalls(MAX_SCHEDULED_CALLS);
    const permissions = await this.permission.checkAhead(
      tx,
      owner,
      planned.map(({ number, call }) => ({ number, at: call.scheduledTime })),
    );
    const rows: Partial<ScheduledCall>[] = [];
    for (const [at, { row, call }] of planned.entries()) {
      try {
        requireFuture(call.scheduledTime, now);
        const due = whenDue(permissions[at], call.scheduledTime, call.quietHours, now);
        rows.push({ ...call, ...due, userId: owner.userId, status: 'scheduled' });
      } catch (error) {
        reject(row, error);
      }
    }
    const ids: number[] = [];
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const { identifiers } = await tx.insert(ScheduledCall, rows.slice(from, from + ROWS_AT_ONCE) as never);
      ids.push(...identifiers.map(({ id }) => Number(id)));
    }
    return ids;
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

function requested(fields: Changed<RequestedFields>, number: PhoneNumber): RequestedCall {
  return {
    phoneNumber: number.kind === 'subscriber' ? number.e164 : '',
    scenario: fields.scenario ?? '',
    variables: fields.variables ?? {},
    metadata: fields.metadata ?? {},
    record: fields.record ?? false,
    maxDurationSeconds: fields.max_duration_seconds ?? null,
    retry: fields.retry ?? null,
    ifLate: fields.if_late ?? 'skip',
    quietHours: fields.quiet_hours ?? 'block',
  };
}

function toFields(call: RequestedCall): Changed<RequestedFields> {
  return {
    scenario: call.scenario,
    variables: call.variables,
    metadata: call.metadata,
    record: call.record,
    max_duration_seconds: call.maxDurationSeconds,
    retry: call.retry,
    if_late: call.ifLate,
    quiet_hours: call.quietHours,
  };
}

/** Moved to another time or clock; on another rule, or on none, from here on. */
function changedTime(before: PlannedTime, changes: ScheduledCallChanges): PlannedTime {
  const { scheduled_time: to, timezone, recurrence } = changes;
  const isMoved = to !== undefined || timezone !== undefined;
  const text = to ?? (isMoved ? before.localTime : before.scheduledTime.toISOString());
  const time = readPlannedTime({ scheduled_time: text, recurrence }, timezone ?? before.timezone);
  if (recurrence !== undefined) return isMoved ? time : { ...time, note: before.note };
  // The series goes on as it would have without the move, on the clock that it now has.
  const { seriesId, seriesStart, occurrenceAt } = before;
  const series = { seriesId, recurrence: before.recurrence, seriesStart };
  return isMoved
    ? {
        ...time,
        ...series,
        occurrenceAt: timezone === undefined || occurrenceAt === null ? occurrenceAt : time.scheduledTime,
      }
    : { ...time, ...series, occurrenceAt, note: before.note };
}

/** What a change may write. */
function columnsOf(call: NewScheduledCall): NewScheduledCall {
  const { phoneNumber, scenario, variables, metadata, record, maxDurationSeconds, retry, ifLate, quietHours } = call;
  const { scheduledTime, timezone, localTime, note, seriesId, recurrence, seriesStart, occurrenceAt } = call;
  return {
    ...{ phoneNumber, scenario, variables, metadata, record, maxDurationSeconds, retry, ifLate, quietHours },
    ...{ scheduledTime, timezone, localTime, note, seriesId, recurrence, seriesStart, occurrenceAt },
  };
}

async function locked(tx: EntityManager, owner: Owner, id: number): Promise<ScheduledCall> {
  const call = await tx.findOne(ScheduledCall, {
    where: { userId: owner.userId, id },
    lock: { mode: 'pessimistic_write' },
  });
  if (call === null) throw new ScheduledCallNotFound();
  return call;
}

async function eachSoftly<One>(items: readonly One[], work: (one: One) => Promise<void>): Promise<void> {
  // One after the other: each is a few tenths of a millisecond of computing.
  for (const pending of await mapSoftly(items, (one) => () => work(one))) await pending();
}

/** The only clock that counts. */
async function databaseNow(tx: EntityManager): Promise<Date> {
  const [row] = await tx.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
  return row?.now ?? new Date();
}

function requireFuture(at: Date, now: Date): void {
  if (at <= now) throw new ScheduledInThePast();
  if (at.getTime() - now.getTime() > MAX_YEARS_AHEAD * YEAR_MS) throw new ScheduledTooFarAhead(MAX_YEARS_AHEAD);
}

/** @throws CallNotAllowed */
function whenDue(
  permission: CallPermission | undefined,
  at: Date,
  quietHours: ScheduledCall['quietHours'],
  now: Date,
): Pick<ScheduledCall, 'dueAt' | 'waitingCode' | 'waitingDetail'> {
  const reasons = permission?.reasons ?? [];
  const isQuietAlone = reasons.length > 0 && reasons.every(({ code }) => code === 'quiet_hours');
  const [reason] = reasons;
  if (permission === undefined || reason === undefined) return { dueAt: at, waitingCode: null, waitingDetail: null };
  if (!isQuietAlone || quietHours !== 'wait' || permission.earliestAt === null)
    throw new CallNotAllowed(permission, now);
  return { dueAt: permission.earliestAt, waitingCode: reason.code, waitingDetail: reason.detail };
}
