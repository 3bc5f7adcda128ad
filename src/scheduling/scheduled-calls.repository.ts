import type { CallStatus } from '../calls/call-status';
import type { Owner } from '../common/owner';
import type { Statement } from '../database/pipeline';
import { snakeCase } from '../database/snake-case-names';
import type { PlannedTime } from './schedule-reading';
import type { ScheduledCallAttempt } from './scheduled-call-attempt.entity';
import type { ScheduledCallStatus } from './scheduled-call-status';
import type { ScheduledCall } from './scheduled-call.entity';

const TOLD = [
  'id',
  'userId',
  'phoneNumber',
  'scenario',
  'scheduledTime',
  'timezone',
  'localTime',
  'note',
  'variables',
  'metadata',
  'record',
  'maxDurationSeconds',
  'retry',
  'ifLate',
  'notAfter',
  'quietHours',
  'status',
  'dueAt',
  'waitingCode',
  'waitingDetail',
  'revision',
  'attempts',
  'troubleSince',
  'callId',
  'claim',
  'lastError',
  'seriesId',
  'recurrence',
  'seriesStart',
  'occurrenceAt',
  'hasNext',
  'finishedAt',
  'createdAt',
  'updatedAt',
] as const satisfies readonly (keyof ScheduledCall)[];

/** The latest attempt's call, where there is one. */
interface LatestCall {
  callSid: string | null;
  callStatus: CallStatus | null;
}

export type ListedScheduledCall = Pick<ScheduledCall, (typeof TOLD)[number]> & LatestCall;

export type ListedAttempt = Omit<ScheduledCallAttempt, 'user' | 'scheduledCall' | 'id'> &
  LatestCall & { callDuration: number | null };

export interface ScheduledCallFilter {
  status?: ScheduledCallStatus;
  scenario?: string;
  seriesId?: string;
  /** Scheduled at or after. */
  from?: Date;
  /** Scheduled before. */
  before?: Date;
  /** A part of the number. */
  q?: string;
  isNewestFirst: boolean;
  limit: number;
  offset: number;
}

/** The only clock that counts. */
export const NOW = 'clock_timestamp()';
export const TOUCHED = `updated_at = ${NOW}`;
export const NOT_WAITING = 'waiting_code = NULL, waiting_detail = NULL';
const columns = (alias: string) => TOLD.map((name) => `${alias}.${snakeCase(name)} AS "${name}"`).join(', ');

export const WITH_CALL = `scheduled_calls s LEFT JOIN calls c ON c.user_id = s.user_id AND c.id = s.call_id`;
export const SELECT_LISTED = `SELECT ${columns('s')}, c.call_sid AS "callSid", c.status AS "callStatus"`;

export function scheduledCall({ userId }: Owner, id: number): Statement<ListedScheduledCall & { now: Date }> {
  return {
    name: 'scheduled-call',
    text: `${SELECT_LISTED}, ${NOW} AS now FROM ${WITH_CALL} WHERE s.user_id = $1 AND s.id = $2`,
    values: [userId, id],
  };
}

/** How many of its owner's are due before it; no row where it is not due. */
export function queuePosition({ userId }: Owner, id: number): Statement<{ ahead: number }> {
  return {
    text: `SELECT (SELECT count(*)::integer FROM scheduled_calls o WHERE o.user_id = $1 AND o.status = 'scheduled'
        AND (o.due_at, o.id) < (s.due_at, s.id)) AS ahead
      FROM scheduled_calls s WHERE s.user_id = $1 AND s.id = $2 AND s.status = 'scheduled' AND s.due_at <= ${NOW}`,
    values: [userId, id],
  };
}

export function scheduledCallsPage(owner: Owner, filter: ScheduledCallFilter): Statement<ListedScheduledCall> {
  const { conditions, values } = sieve(owner, filter);
  const direction = filter.isNewestFirst ? 'DESC' : 'ASC';
  const order = `s.scheduled_time ${direction}, s.id ${direction}`;
  return {
    text: `${SELECT_LISTED} FROM ${WITH_CALL} WHERE ${conditions} ORDER BY ${order}
      LIMIT $${values.length + 1} OFFSET $${values.length + 2}`,
    values: [...values, filter.limit, filter.offset],
  };
}

export function scheduledCallsTotal(owner: Owner, filter: ScheduledCallFilter): Statement<{ total: number }> {
  const { conditions, values } = sieve(owner, filter);
  return { text: `SELECT count(*)::integer AS total FROM scheduled_calls s WHERE ${conditions}`, values };
}

export function attemptsOf({ userId }: Owner, id: number): Statement<ListedAttempt> {
  return {
    text: `SELECT a.scheduled_call_id AS "scheduledCallId", a.user_id AS "userId", a.number, a.call_id AS "callId",
        a.due_at AS "dueAt", a.started_at AS "startedAt", a.ended_at AS "endedAt", a.outcome, a.error,
        c.call_sid AS "callSid", c.status AS "callStatus", c.call_duration AS "callDuration"
      FROM scheduled_call_attempts a LEFT JOIN calls c ON c.user_id = a.user_id AND c.id = a.call_id
      WHERE a.user_id = $1 AND a.scheduled_call_id = $2 ORDER BY a.number`,
    values: [userId, id],
  };
}

/** Is over without having been dialled; of a series the next occurrence is made. */
export function endedUndialled(
  { userId }: Owner,
  id: number,
  end: {
    status: Extract<ScheduledCallStatus, 'failed' | 'blocked' | 'canceled'>;
    error: string | null;
    read: Pick<ScheduledCall, 'revision' | 'hasNext'>;
  },
  next: PlannedTime | null,
): Statement<{ id: number }> {
  return {
    text: `WITH ended AS (
        UPDATE scheduled_calls SET status = $3, due_at = NULL, handed_at = NULL, ${NOT_WAITING}, last_error = coalesce($4, last_error),
          has_next = true, finished_at = ${NOW}, ${TOUCHED}
        WHERE user_id = $1 AND id = $2 AND status = 'scheduled' AND revision = $5 AND has_next = $7::boolean RETURNING *
      ), ${nextOccurrenceOf('ended', '$6')}
      SELECT id FROM ended`,
    values: [userId, id, end.status, end.error, end.read.revision, toJson(next), String(end.read.hasNext)],
  };
}

/**
 * Those of the series that come after it are not dialled either, and one that is being dialled is not dialled again. What is made
 * meanwhile is found by asking again.
 */
export function seriesCanceled({ userId }: Owner, seriesId: string, after: Date): Statement<{ id: number }> {
  const waits = `status = 'scheduled'`;
  return {
    text: `UPDATE scheduled_calls SET is_canceled = true, status = CASE WHEN ${waits} THEN 'canceled' ELSE status END,
        due_at = CASE WHEN NOT ${waits} THEN due_at END, finished_at = CASE WHEN ${waits} THEN ${NOW} END,
        handed_at = NULL, ${NOT_WAITING}, has_next = true, ${TOUCHED}
      WHERE user_id = $1 AND series_id = $2::uuid AND occurrence_at > $3::timestamptz AND NOT is_canceled
        AND (${waits} OR status IN ('dialing', 'outcome_unknown') AND finished_at IS NULL) RETURNING id`,
    values: [userId, seriesId, after.toISOString()],
  };
}

/** Made once, whoever takes its predecessor up. */
export function nextOccurrenceOf(source: string, json: string): string {
  return `next AS (
        INSERT INTO scheduled_calls (user_id, phone_number, scenario, variables, metadata, record, max_duration_seconds, retry,
          if_late, quiet_hours, status, scheduled_time, due_at, timezone, local_time, note, series_id, recurrence, series_start,
          occurrence_at)
        SELECT o.user_id, o.phone_number, o.scenario, o.variables, o.metadata, o.record, o.max_duration_seconds, o.retry,
          o.if_late, o.quiet_hours, 'scheduled', n."scheduledTime", n."scheduledTime", n.timezone, n."localTime", n.note,
          n."seriesId", n.recurrence, n."seriesStart", n."occurrenceAt"
        FROM ${source} o, jsonb_to_record(${json}::jsonb) AS n ("scheduledTime" timestamptz, timezone text, "localTime" text, note text,
          "seriesId" uuid, recurrence text, "seriesStart" text, "occurrenceAt" timestamptz)
        WHERE ${json}::jsonb IS NOT NULL
        ON CONFLICT (user_id, series_id, occurrence_at) DO NOTHING)`;
}

export function toJson(next: PlannedTime | null): string | null {
  return next === null ? null : JSON.stringify(next);
}

function sieve({ userId }: Owner, filter: ScheduledCallFilter): { conditions: string; values: (string | number)[] } {
  const values: (string | number)[] = [userId];
  const bind = (value: string | number) => `$${values.push(value)}`;
  const conditions = ['s.user_id = $1'];
  if (filter.status !== undefined) conditions.push(`s.status = ${bind(filter.status)}`);
  if (filter.scenario !== undefined) conditions.push(`s.scenario = ${bind(filter.scenario)}`);
  if (filter.seriesId !== undefined) conditions.push(`s.series_id = ${bind(filter.seriesId)}::uuid`);
  if (filter.from !== undefined) conditions.push(`s.scheduled_time >= ${bind(filter.from.toISOString())}::timestamptz`);
  if (filter.before !== undefined) {
    conditions.push(`s.scheduled_time < ${bind(filter.before.toISOString())}::timestamptz`);
  }
  if (filter.q !== undefined) conditions.push(`strpos(s.phone_number, ${bind(filter.q)}) > 0`);
  return { conditions: conditions.join(' AND '), values };
}

/** How long a key of a request protects against a second call (product.md section 2). */
export const FORGET_OLD_KEYS = `UPDATE scheduled_calls SET idempotency_key = NULL
  WHERE user_id = $1 AND idempotency_key = ANY ($2) AND created_at < now() - interval '24 hours'`;

/** $1: whose; $2: rows as JSON. The ids come in their order. */
export const INSERT_SCHEDULED = `INSERT INTO scheduled_calls (user_id, phone_number, scenario, scheduled_time, timezone, local_time, note,
    variables, metadata, record, max_duration_seconds, retry, if_late, not_after, quiet_hours, status, due_at, waiting_code,
    waiting_detail, series_id, recurrence, series_start, occurrence_at, idempotency_key)
  SELECT $1, n."phoneNumber", n.scenario, n."scheduledTime", n.timezone, n."localTime", n.note, n.variables, n.metadata, n.record,
    n."maxDurationSeconds", n.retry, n."ifLate", n."notAfter", n."quietHours", 'scheduled', n."dueAt", n."waitingCode", n."waitingDetail",
    n."seriesId", n.recurrence, n."seriesStart", n."occurrenceAt", n."idempotencyKey"
  FROM jsonb_to_recordset($2::jsonb) AS n (row integer, "phoneNumber" text, scenario text, "scheduledTime" timestamptz, timezone text,
    "localTime" text, note text, variables jsonb, metadata jsonb, record boolean, "maxDurationSeconds" integer, retry jsonb,
    "ifLate" text, "notAfter" timestamptz, "quietHours" text, "dueAt" timestamptz, "waitingCode" text, "waitingDetail" text, "seriesId" uuid,
    recurrence text, "seriesStart" text, "occurrenceAt" timestamptz, "idempotencyKey" text)
  ORDER BY n.row RETURNING id`;
