import type { RefusalReason } from '../calls/call-permission';
import type { Owner } from '../common/owner';
import type { Statement } from '../database/pipeline';
import type { AttemptOutcome } from './retry-policy';
import type { PlannedTime } from './schedule-reading';
import { ScheduledCallStatus, statusesBefore } from './scheduled-call-status';
import type { ScheduledCall } from './scheduled-call.entity';
import {
  ListedScheduledCall,
  nextOccurrenceOf,
  NOT_WAITING,
  NOW,
  SELECT_LISTED,
  toJson,
  TOUCHED,
  WITH_CALL,
} from './scheduled-calls.repository';

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

/** Whoever was silent for longer than this was not there: a server says far more often that it is. */
export const ALIVE_SECONDS = 60;

/**
 * It came due while nobody was there, or waited while nobody was there for long, and is too late now. A process that has stood
 * still finds that it was not there itself.
 */
const IS_STALE = `p.alive_at < ${NOW} - interval '${ALIVE_SECONDS} seconds'`;
const RESUMED_AT = `CASE WHEN ${IS_STALE} THEN ${NOW} ELSE p.resumed_at END`;
const GONE_AT = `CASE WHEN ${IS_STALE} THEN p.alive_at ELSE p.gone_at END`;
const IS_LATE = `((s.not_after < ${NOW}) IS TRUE OR s.due_at < ${RESUMED_AT} - ${LATE_AFTER}
          AND (s.due_at > ${GONE_AT} - interval '${ALIVE_SECONDS} seconds' OR ${GONE_AT} < ${RESUMED_AT} - ${LATE_AFTER}))`;
const LEASE = `${NOW} + interval '${LEASE_SECONDS} seconds'`;

/** A call that may be due, and whether it is too late for it: it came due while nobody was there, or makes no sense any more. */
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
    text: `UPDATE scheduled_calls s SET status = $3, check_at = ${NOW} + interval '${seconds} seconds', finished_at = NULL,
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

/** None of them has a character that an array's text would need quotes for. */
function texts(words: readonly string[]): string {
  return `{${words.join(',')}}`;
}
