import { CallPermission } from '../calls/call-permission';
import { CallNotAllowed } from '../calls/calls.errors';
import type { ScheduleCallFields, ScheduledCallChanges } from './dto/schedule-requests.dto';
import type { PlannedTime } from './schedule-reading';
import type { ScheduledCall } from './scheduled-call.entity';
import { ScheduledInThePast, ScheduledTooFarAhead } from './scheduling.errors';

const MAX_YEARS_AHEAD = 5;
const YEAR_MS = 366 * 24 * 60 * 60_000;

/** What its owner says about a call, beside its number and its time. */
const COLUMNS = {
  scenario: 'scenario',
  variables: 'variables',
  metadata: 'metadata',
  record: 'record',
  max_duration_seconds: 'maxDurationSeconds',
  retry: 'retry',
  if_late: 'ifLate',
  quiet_hours: 'quietHours',
} as const satisfies Partial<Record<keyof ScheduleCallFields, keyof ScheduledCall>>;

type Wishes = Pick<ScheduledCall, (typeof COLUMNS)[keyof typeof COLUMNS]>;
export type PlannedCall = Wishes & PlannedTime & Pick<ScheduledCall, 'phoneNumber'>;

/** Where nothing is said. */
const DEFAULTS = {
  variables: {},
  metadata: {},
  record: false,
  maxDurationSeconds: null,
  retry: null,
  ifLate: 'skip',
  quietHours: 'block',
} as const satisfies Partial<Wishes>;

export function wishesOf(fields: ScheduleCallFields): Wishes {
  return { ...DEFAULTS, scenario: fields.scenario, ...said(fields) };
}

/** What is not said stays as it was. */
export function changedWishes(before: Wishes, changes: ScheduledCallChanges): Wishes {
  const same = Object.fromEntries(Object.values(COLUMNS).map((column) => [column, before[column]]));
  return { ...(same as unknown as Wishes), ...said(changes) };
}

function said(fields: ScheduledCallChanges): Partial<Wishes> {
  return Object.fromEntries(
    Object.entries(COLUMNS).flatMap(([field, column]) => {
      const value = fields[field as keyof typeof COLUMNS];
      return value === undefined ? [] : [[column, value]];
    }),
  );
}

/** @throws ScheduledInThePast, ScheduledTooFarAhead */
export function requireFuture(at: Date, now: Date): void {
  if (at <= now) throw new ScheduledInThePast();
  if (at.getTime() - now.getTime() > MAX_YEARS_AHEAD * YEAR_MS) throw new ScheduledTooFarAhead(MAX_YEARS_AHEAD);
}

/** At its time, or when quiet hours are over where its owner waits for that. @throws CallNotAllowed */
export function whenDue(
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
