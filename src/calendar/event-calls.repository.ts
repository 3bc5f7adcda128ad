import type { Owner } from '../common/owner';
import type { Statement } from '../database/pipeline';
import type { ScheduledCallStatus } from '../scheduling/scheduled-call-status';
import type { KnownEventCall } from './event-call-decision';

export type KnownRow = KnownEventCall & { eventId: string; seriesId: string; scheduledCallId: number | null };

export interface ListedEventCall {
  eventId: string;
  summary: string;
  eventStart: Date;
  scheduledCallId: number | null;
  scheduledTime: Date | null;
  callStatus: ScheduledCallStatus | null;
  problem: string | null;
}

export interface EventCallFilter {
  /** Events that begin at or after. */
  from?: Date;
  /** Events that begin before. */
  before?: Date;
  isLatestFirst: boolean;
  limit: number;
  offset: number;
}

const CALL = `LEFT JOIN scheduled_calls s ON s.user_id = e.user_id AND s.id = e.scheduled_call_id`;

/** All that may have to be done something about: these events, those to come, and those whose call waits. */
export function knownEventCalls({ userId }: Owner, eventIds: readonly string[]): Statement<KnownRow> {
  return {
    text: `SELECT e.event_id AS "eventId", e.series_id AS "seriesId", e.summary, e.event_start AS "eventStart",
        e.scheduled_call_id AS "scheduledCallId", s.status AS "callStatus", e.called_for AS "calledFor", e.asked, e.fingerprint, e.is_withdrawn AS "isWithdrawn", e.problem,
        e.plans
      FROM event_calls e ${CALL} WHERE e.user_id = $1 AND e.id IN (
        SELECT id FROM event_calls WHERE user_id = $1 AND event_start > clock_timestamp()
        UNION SELECT id FROM event_calls WHERE user_id = $1 AND event_id IN (SELECT jsonb_array_elements_text($2::jsonb))
        UNION SELECT w.id FROM scheduled_calls c JOIN event_calls w ON w.user_id = c.user_id AND w.scheduled_call_id = c.id
          WHERE c.user_id = $1 AND c.status = 'scheduled')`,
    values: [userId, JSON.stringify(eventIds)],
  };
}

export function eventCallsPage(owner: Owner, filter: EventCallFilter): Statement<ListedEventCall> {
  const { conditions, values } = sieve(owner, filter);
  const direction = filter.isLatestFirst ? 'DESC' : 'ASC';
  return {
    // Whoever follows the calendar no more cannot know whether a call is still right.
    text: `SELECT e.event_id AS "eventId", e.summary, e.event_start AS "eventStart", e.scheduled_call_id AS "scheduledCallId",
        s.scheduled_time AS "scheduledTime", s.status AS "callStatus",
        coalesce(e.problem, CASE WHEN s.status = 'scheduled' THEN y.trouble END) AS problem
      FROM event_calls e ${CALL} LEFT JOIN calendar_syncs y ON y.user_id = e.user_id
      WHERE ${conditions} ORDER BY e.event_start ${direction}, e.id ${direction}
      LIMIT $${values.length + 1} OFFSET $${values.length + 2}`,
    values: [...values, filter.limit, filter.offset],
  };
}

export function eventCallsTotal(owner: Owner, filter: EventCallFilter): Statement<{ total: number }> {
  const { conditions, values } = sieve(owner, filter);
  return { text: `SELECT count(*)::integer AS total FROM event_calls e WHERE ${conditions}`, values };
}

function sieve({ userId }: Owner, { from, before }: EventCallFilter) {
  const values: (string | number)[] = [userId];
  const conditions = ['e.user_id = $1'];
  const bind = (value: Date) => `$${values.push(value.toISOString())}::timestamptz`;
  if (from !== undefined) conditions.push(`e.event_start >= ${bind(from)}`);
  if (before !== undefined) conditions.push(`e.event_start < ${bind(before)}`);
  return { conditions: conditions.join(' AND '), values };
}

/** $1 user, $2 event, $3 series, $4 summary, $5 start, $6 scheduled call, $7 asked, $8 fingerprint, $9: 1 where it is a new call. */
export const LINK_CALL = `INSERT INTO event_calls AS e
    (user_id, event_id, series_id, summary, event_start, scheduled_call_id, called_for, asked, fingerprint, plans)
  VALUES ($1, $2, $3, $4, $5::timestamptz, $6, $5::timestamptz, $7, $8, $9)
  ON CONFLICT (user_id, event_id) DO UPDATE SET summary = EXCLUDED.summary, event_start = EXCLUDED.event_start,
    scheduled_call_id = EXCLUDED.scheduled_call_id, called_for = EXCLUDED.called_for, asked = EXCLUDED.asked,
    fingerprint = EXCLUDED.fingerprint, plans = e.plans + EXCLUDED.plans, is_withdrawn = false, problem = NULL,
    updated_at = clock_timestamp()`;

/** $1 user, $2 event, $3 series, $4 summary, $5 start, $6 problem, $7 whether it is gone. */
export const NOTE_PROBLEM = `INSERT INTO event_calls AS e (user_id, event_id, series_id, summary, event_start, problem, is_withdrawn)
  VALUES ($1, $2, $3, $4, $5::timestamptz, $6, $7)
  ON CONFLICT (user_id, event_id) DO UPDATE SET summary = EXCLUDED.summary, event_start = EXCLUDED.event_start,
    problem = EXCLUDED.problem, is_withdrawn = EXCLUDED.is_withdrawn, updated_at = clock_timestamp()`;

/** $1 user, $2 event, $3 why. */
export const WITHDRAW = `UPDATE event_calls SET is_withdrawn = true, problem = $3, updated_at = clock_timestamp()
  WHERE user_id = $1 AND event_id = $2`;
