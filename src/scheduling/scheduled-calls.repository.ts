import type { RefusalReason } from '../calls/call-permission';
import type { CallStatus } from '../calls/call-status';
import type { Owner } from '../common/owner';
import type { Statement } from '../database/pipeline';
import { snakeCase } from '../database/snake-case-names';
import type { AttemptOutcome } from './retry-policy';
import type { PlannedTime } from './schedule-reading';
import type { ScheduledCallAttempt } from './scheduled-call-attempt.entity';
import { ScheduledCallStatus, statusesBefore } from './scheduled-call-status';
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

/** Whoever has taken a scheduled call up; it stops being theirs when somebody else does. */
export interface Claim {
  owner: Owner;
  id: number;
  callId: string;
  claim: string;
}

/** A process that has taken a call up and is silent for so long has died: longer than a request to the carrier may take. */
const LEASE_SECONDS = 30;
/** What has not ended is looked at as often, should nobody tell: where it is not known whether it rings, and where it does. */
const LOOK_SECONDS = { open: 15, placed: 60 };
/** What was due so long before a server came back is late. */
const LATE_AFTER = `interval '15 minutes'`;

const NOW = 'clock_timestamp()';
const TOUCHED = `updated_at = ${NOW}`;
/** Whoever was silent for longer than this was not there: a server says far more often that it is. */
export const ALIVE_SECONDS = 60;

const NOT_WAITING = 'waiting_code = NULL, waiting_detail = NULL';
/**
 * It came due while nobody was there, or waited while nobody was there for long, and is too late now. A process that has stood
 * still finds that it was not there itself.
 */
const IS_STALE = `p.alive_at < ${NOW} - interval '${ALIVE_SECONDS} seconds'`;
const RESUMED_AT = `CASE WHEN ${IS_STALE} THEN ${NOW} ELSE p.resumed_at END`;
const GONE_AT = `CASE WHEN ${IS_STALE} THEN p.alive_at ELSE p.gone_at END`;
const IS_LATE = `(s.due_at < ${RESUMED_AT} - ${LATE_AFTER}
          AND (s.due_at > ${GONE_AT} - interval '${ALIVE_SECONDS} seconds' OR ${GONE_AT} < ${RESUMED_AT} - ${LATE_AFTER}))`;
const LEASE = `${NOW} + interval '${LEASE_SECONDS} seconds'`;

const columns = (alias: string) => TOLD.map((name) => `${alias}.${snakeCase(name)} AS "${name}"`).join(', ');

const WITH_CALL = `scheduled_calls s LEFT JOIN calls c ON c.user_id = s.user_id AND c.id = s.call_id`;
const SELECT_LISTED = `SELECT ${columns('s')}, c.call_sid AS "callSid", c.status AS "callStatus"`;

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

/** A call that may be due, and whether it came due while nobody was there. */
export function dueCall(
  { userId }: Owner,
  id: number,
): Statement<ListedScheduledCall & { isDue: boolean; isLate: boolean; now: Date }> {
  return {
    name: 'scheduled-call-due',
    text: `${SELECT_LISTED}, s.status = 'scheduled' AND s.due_at <= ${NOW} AS "isDue",
        ${IS_LATE} AS "isLate", ${NOW} AS now
      FROM ${WITH_CALL} CROSS JOIN dial_pace p WHERE s.user_id = $1 AND s.id = $2`,
    values: [userId, id],
  };
}

/** Given to the job queue for this time: not again for a while. */
export function handedOver({ userId }: Owner, due: readonly { id: number; dueAt: Date }[]): Statement<object> {
  return {
    // A Date has whole milliseconds.
    text: `UPDATE scheduled_calls s SET handed_at = ${NOW}
      FROM unnest($2::integer[], $3::timestamptz[]) AS d (id, due_at)
      WHERE s.user_id = $1 AND s.id = d.id AND s.status = 'scheduled' AND date_trunc('milliseconds', s.due_at) = d.due_at`,
    values: [
      userId,
      `{${due.map(({ id }) => id).join(',')}}`,
      `{${due.map(({ dueAt }) => dueAt.toISOString()).join(',')}}`,
    ],
  };
}

/** It was taken from the queue and nothing was done: it is given to it again. */
export function notHandled({ userId }: Owner, id: number): Statement<object> {
  return {
    text: `UPDATE scheduled_calls SET handed_at = NULL WHERE user_id = $1 AND id = $2 AND status = 'scheduled'`,
    values: [userId, id],
  };
}

/**
 * Takes it up, if it is still to be dialled now and as it was read; with its attempt and, of a series, the next occurrence.
 * No row: it is canceled, moved, or somebody else's.
 */
export function takenUp(
  { owner: { userId }, id, callId, claim }: Claim,
  read: Pick<ScheduledCall, 'revision' | 'hasNext'>,
  next: PlannedTime | null,
): Statement<{ attempts: number }> {
  return {
    text: `WITH claimed AS (
        UPDATE scheduled_calls SET status = 'dialing', attempts = attempts + 1, call_id = $3::uuid, claim = $4::uuid,
          check_at = ${LEASE}, handed_at = NULL, has_next = true, ${NOT_WAITING}, ${TOUCHED}
        WHERE user_id = $1 AND id = $2 AND status = 'scheduled' AND due_at <= ${NOW} AND revision = $5 AND has_next = $7::boolean
        RETURNING *
      ), attempt AS (
        INSERT INTO scheduled_call_attempts (user_id, scheduled_call_id, number, call_id, due_at, started_at)
        SELECT user_id, id, attempts, call_id, due_at, ${NOW} FROM claimed
      ), ${nextOccurrenceOf('claimed', '$6')}
      SELECT attempts FROM claimed`,
    values: [userId, id, callId, claim, read.revision, toJson(next), String(read.hasNext)],
  };
}

/** Takes up again what a process has left behind. No row: it is not left. */
export function takenOver({ owner: { userId }, id, callId, claim }: Claim): Statement<{ id: number }> {
  return {
    text: `UPDATE scheduled_calls SET claim = $4::uuid, check_at = ${LEASE}
      WHERE user_id = $1 AND id = $2 AND status = 'dialing' AND call_id = $3::uuid AND check_at <= ${NOW} RETURNING id`,
    values: [userId, id, callId, claim],
  };
}

/** Its series was canceled while it was dialled: it is not dialled once more. */
const AGAIN_UNLESS_CANCELED = (at: string) => `status = CASE WHEN is_canceled THEN 'canceled' ELSE 'scheduled' END,
          due_at = CASE WHEN NOT is_canceled THEN ${at} END, finished_at = CASE WHEN is_canceled THEN ${NOW} END`;

/** Whether it is still theirs, and not too late by now. Until the end of the transaction nobody else can take it over. */
export const CONFIRM_CLAIM = `SELECT s.id FROM scheduled_calls s CROSS JOIN dial_pace p
  WHERE s.user_id = $1 AND s.id = $2 AND s.call_id = $3 AND s.claim = $4 AND s.status = 'dialing'
    AND NOT (s.if_late = 'skip' AND ${IS_LATE}) FOR UPDATE OF s`;

/** No attempt was made after all: it is due as it was. */
export function givenBack({ owner: { userId }, id, callId, claim }: Claim): Statement<{ id: number }> {
  return {
    text: `WITH back AS (
        UPDATE scheduled_calls SET ${AGAIN_UNLESS_CANCELED('due_at')}, attempts = attempts - 1, call_id = NULL, claim = NULL,
          check_at = NULL, handed_at = NULL, ${TOUCHED}
        WHERE user_id = $1 AND id = $2 AND status = 'dialing' AND call_id = $3::uuid AND claim = $4::uuid RETURNING id
      ), gone AS (
        DELETE FROM scheduled_call_attempts WHERE user_id = $1 AND call_id = $3::uuid AND EXISTS (SELECT FROM back)
      )
      SELECT id FROM back`,
    values: [userId, id, callId, claim],
  };
}

/** One that is due, as it was read, waits until a later time, for a reason that its owner reads. */
export function postponed(
  { userId }: Owner,
  { id, revision }: Pick<ScheduledCall, 'id' | 'revision'>,
  until: { at: Date } | { inMs: number },
  { code, detail }: RefusalReason,
): Statement<{ id: number }> {
  const time = 'at' in until ? '$3::timestamptz' : `${NOW} + make_interval(secs => $3::double precision / 1000)`;
  return {
    text: `UPDATE scheduled_calls SET due_at = ${time}, handed_at = NULL, trouble_since = NULL, waiting_code = $4,
        waiting_detail = $5, ${TOUCHED}
      WHERE user_id = $1 AND id = $2 AND status = 'scheduled' AND revision = $6 AND due_at <= ${NOW} RETURNING id`,
    values: [userId, id, 'at' in until ? until.at.toISOString() : until.inMs, code, detail, revision],
  };
}

/**
 * All of the owner's that are due wait for a cap, so many at a time: those that have waited for it already keep their turn, the
 * others go behind all that wait.
 * @param from when it is free again; null: nobody knows, a step from now
 */
export function spread(
  { userId }: Owner,
  cap: { from: Date | null; atATime: number; stepSeconds: number },
  { code, detail }: RefusalReason,
): Statement<{ id: number }> {
  const step = `make_interval(secs => $4::double precision)`;
  return {
    text: `WITH free AS (
        SELECT greatest(coalesce($2::timestamptz, ${NOW} + ${step}), ${NOW}) AS at
      ), last AS (
        SELECT w.due_at AS at, count(*) AS used FROM scheduled_calls w
        WHERE w.user_id = $1 AND w.status = 'scheduled' AND w.waiting_code = $5 AND w.due_at > ${NOW}
        GROUP BY w.due_at ORDER BY w.due_at DESC LIMIT 1
      ), behind AS (
        SELECT greatest(f.at, l.at) AS at, CASE WHEN l.at >= f.at THEN l.used ELSE 0 END AS used
        FROM free f LEFT JOIN last l ON true
      ), due AS (
        SELECT d.id, d.waiting_code IS NOT DISTINCT FROM $5 AS has_waited,
          row_number() OVER (PARTITION BY d.waiting_code IS NOT DISTINCT FROM $5 ORDER BY d.due_at, d.id) - 1 AS place
        FROM scheduled_calls d WHERE d.user_id = $1 AND d.status = 'scheduled' AND d.due_at <= ${NOW}
      )
      UPDATE scheduled_calls s SET handed_at = NULL, trouble_since = NULL, waiting_code = $5, waiting_detail = $6, ${TOUCHED},
        due_at = CASE WHEN d.has_waited THEN f.at + floor(d.place / $3::integer) * ${step}
          ELSE b.at + floor((b.used + d.place) / $3::integer) * ${step} END
      FROM due d, free f, behind b
      WHERE s.user_id = $1 AND s.id = d.id AND s.status = 'scheduled' AND s.due_at <= ${NOW} RETURNING s.id`,
    values: [userId, cap.from?.toISOString() ?? null, cap.atATime, cap.stepSeconds, code, detail],
  };
}

/** A place may have become free: whichever has waited longest for one is due. */
export function wokenUp({ userId }: Owner, code: string): Statement<{ id: number }> {
  return {
    text: `UPDATE scheduled_calls SET due_at = ${NOW}, handed_at = NULL, ${TOUCHED}
      WHERE user_id = $1 AND status = 'scheduled' AND waiting_code = $2 AND due_at > ${NOW} AND id = (
        SELECT id FROM scheduled_calls WHERE user_id = $1 AND status = 'scheduled' AND waiting_code = $2 AND due_at > ${NOW}
        ORDER BY due_at, id LIMIT 1)
      RETURNING id`,
    values: [userId, code],
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

/** What hangs on an attempt, and how many of them reached the carrier. */
export function attempted(
  { userId }: Owner,
  callId: string,
): Statement<ListedScheduledCall & { reached: number; isLate: boolean; now: Date }> {
  return {
    name: 'scheduled-call-attempted',
    text: `${SELECT_LISTED}, (SELECT count(*)::integer FROM scheduled_call_attempts a
        WHERE a.user_id = s.user_id AND a.scheduled_call_id = s.id AND a.outcome IS DISTINCT FROM 'not_dialled') AS reached,
        ${IS_LATE} AS "isLate", ${NOW} AS now
      FROM ${WITH_CALL} CROSS JOIN dial_pace p WHERE s.user_id = $1 AND s.call_id = $2::uuid AND s.status IN ('dialing', 'outcome_unknown')`,
    values: [userId, callId],
  };
}

/** Those of its attempts that are not over yet are looked at again. */
export function waitedFor(
  { userId }: Owner,
  callId: string,
  { status, isPlaced }: { status: Extract<ScheduledCallStatus, 'dialing' | 'outcome_unknown'>; isPlaced: boolean },
): Statement<{ id: number; isChanged: boolean }> {
  const seconds = isPlaced ? LOOK_SECONDS.placed : LOOK_SECONDS.open;
  return {
    text: `UPDATE scheduled_calls s SET status = $3, check_at = ${NOW} + interval '${seconds} seconds',
        updated_at = CASE WHEN s.status = $3 THEN s.updated_at ELSE ${NOW} END
      FROM (SELECT id, status FROM scheduled_calls WHERE user_id = $1 AND call_id = $2::uuid FOR UPDATE) before
      WHERE s.user_id = $1 AND s.id = before.id AND s.status = ANY ($4::text[])
      RETURNING s.id, before.status <> $3 AS "isChanged"`,
    values: [userId, callId, status, texts([status, ...statusesBefore(status)].filter((one) => one !== 'scheduled'))],
  };
}

/** The attempt is over and another one follows. */
export function toBeDialledAgain(
  { userId }: Owner,
  callId: string,
  step: { outcome: AttemptOutcome; inMs: number; isTrouble: boolean; error: string },
): Statement<{ id: number }> {
  return {
    text: `WITH again AS (
        UPDATE scheduled_calls SET ${AGAIN_UNLESS_CANCELED(`${NOW} + make_interval(secs => $3::double precision / 1000)`)},
          handed_at = NULL, check_at = NULL, claim = NULL, call_id = NULL, last_error = $5,
          trouble_since = CASE WHEN $4::boolean THEN coalesce(trouble_since, (SELECT a.started_at FROM scheduled_call_attempts a
            WHERE a.user_id = $1 AND a.call_id = $2::uuid)) END, ${TOUCHED}
        WHERE user_id = $1 AND call_id = $2::uuid AND status = ANY ($7::text[]) RETURNING id
      ), ${attemptOver('again')}
      SELECT id FROM again`,
    values: [
      userId,
      callId,
      step.inMs,
      String(step.isTrouble),
      step.error,
      step.outcome,
      texts(statusesBefore('scheduled')),
    ],
  };
}

/** The attempt is over, and with it the scheduled call. */
export function finished(
  { userId }: Owner,
  callId: string,
  step: { outcome: AttemptOutcome; status: ScheduledCallStatus; error: string | null },
): Statement<{ id: number }> {
  return {
    text: `WITH over AS (
        UPDATE scheduled_calls SET status = $3, due_at = NULL, check_at = NULL, claim = NULL, last_error = $5, trouble_since = NULL,
          finished_at = ${NOW}, ${TOUCHED}
        WHERE user_id = $1 AND call_id = $2::uuid AND status = ANY ($4::text[]) RETURNING id
      ), ${attemptOver('over')}
      SELECT id FROM over`,
    values: [
      userId,
      callId,
      step.status,
      texts([step.status, ...statusesBefore(step.status)]),
      step.error,
      step.outcome,
    ],
  };
}

/** An attempt that whoever has it cannot make, whenever it is tried. */
export function givenUp(
  { owner: { userId }, callId, claim }: Claim,
  outcome: AttemptOutcome,
  error: string,
): Statement<{ id: number }> {
  return {
    text: `WITH over AS (
        UPDATE scheduled_calls SET status = $3, due_at = NULL, check_at = NULL, claim = NULL, last_error = $5, trouble_since = NULL,
          finished_at = ${NOW}, ${TOUCHED}
        WHERE user_id = $1 AND call_id = $2::uuid AND claim = $4::uuid AND status = 'dialing' RETURNING id
      ), ${attemptOver('over')}
      SELECT id FROM over`,
    values: [userId, callId, 'failed', claim, error, outcome],
  };
}

/** $1 user, $2 call, $5 error, $6 outcome. */
function attemptOver(source: string): string {
  return `attempt AS (
        UPDATE scheduled_call_attempts SET outcome = $6, error = nullif($5, ''), ended_at = ${NOW}
        WHERE user_id = $1 AND call_id = $2::uuid AND EXISTS (SELECT FROM ${source}))`;
}

/** Made once, whoever takes its predecessor up. */
function nextOccurrenceOf(source: string, json: string): string {
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

function toJson(next: PlannedTime | null): string | null {
  return next === null ? null : JSON.stringify(next);
}

/** None of them has a character that an array's text would need quotes for. */
function texts(words: readonly string[]): string {
  return `{${words.join(',')}}`;
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
