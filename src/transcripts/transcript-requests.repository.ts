import type { CallDirection } from '../calls/call.entity';
import type { Owner } from '../common/owner';
import type { Statement } from '../database/pipeline';
import type { TranscriptRequestState } from './transcript-request.entity';

/** Longer than all questions to Twilio take that stand before a create, and much longer than the create itself. */
const LEASE_SECONDS = 120;
/** What Twilio was told to make shows in its list within moments. What does not after this long was not made. */
const ABSENT_AFTER_SECONDS = 120;
/** Looked at again after this long, then after twice as long, and so on up to the most. */
const FIRST_PAUSE_SECONDS = 30;
const MOST_PAUSE_SECONDS = 32 * 60;

/** A row that somebody may work on, and what they need for it, until the lease is over. */
export interface ClaimedRequest {
  owner: Owner;
  id: number;
  /** Writes of whoever has lost it do not count. */
  token: string;
  state: TranscriptRequestState;
  /** This one counted. */
  tries: number;
  /** How often Twilio may have been told to make the transcript. */
  asks: number;
  /** If it had been done when Twilio was told so last, that would show by now. */
  isAskedLongAgo: boolean;
  callId: string;
  callSid: string;
  /** Only the carrier records: there is a phone. */
  direction: Exclude<CallDirection, 'browser'>;
  /** Null: recordings of the call are looked for. */
  recordingSid: string | null;
  channels: number | null;
}

type Fence = Pick<ClaimedRequest, 'owner' | 'id' | 'token'>;

const UNTIL = `clock_timestamp() + interval '${LEASE_SECONDS} seconds'`;
const IS_OURS = 'user_id = $1 AND id = $2 AND claim = $3::uuid';
const RELEASED = 'claim = NULL, claimed_until = NULL, updated_at = clock_timestamp()';
const PAUSE = `make_interval(secs => least(${FIRST_PAUSE_SECONDS} * 2 ^ (tries - 1), ${MOST_PAUSE_SECONDS}))`;

/** Its recordings are looked for; a call is noted once. */
export function callNoted({ userId }: Owner, callId: string, now: Date): Statement<object> {
  return {
    text: `INSERT INTO transcript_requests (user_id, call_id, state, check_at) VALUES ($1, $2, 'due', $3)
      ON CONFLICT (user_id, call_id) WHERE recording_sid IS NULL DO NOTHING`,
    values: [userId, callId, now.toISOString()],
  };
}

/** A transcript of each is due; those that have a row already are left out. */
export function recordingsNoted(
  { owner, callId }: ClaimedRequest,
  recordings: readonly { recordingSid: string; channels: number }[],
  now: Date,
): Statement<{ id: number }> {
  return {
    text: `INSERT INTO transcript_requests (user_id, call_id, recording_sid, channels, state, check_at)
      SELECT $1::integer, $2::uuid, r."recordingSid", r.channels, 'due', $4::timestamptz
      FROM jsonb_to_recordset($3::jsonb) AS r ("recordingSid" text, channels integer)
      ON CONFLICT (recording_sid) DO NOTHING RETURNING id`,
    values: [owner.userId, callId, JSON.stringify(recordings), now.toISOString()],
  };
}

/** No row: it is not due, or somebody else is at it. If whoever has it dies, it is due again when the lease is over. */
export function claimed({ userId }: Owner, id: number, now: Date): Statement<Omit<ClaimedRequest, 'owner'>> {
  return {
    text: `UPDATE transcript_requests r SET claim = gen_random_uuid(), claimed_until = ${UNTIL}, check_at = ${UNTIL},
        tries = r.tries + 1, updated_at = clock_timestamp()
      FROM calls c
      WHERE r.user_id = $1 AND r.id = $2 AND r.check_at <= $3
        AND (r.claimed_until IS NULL OR r.claimed_until < clock_timestamp())
        AND c.user_id = $1 AND c.id = r.call_id AND c.call_sid IS NOT NULL
      RETURNING r.id, r.claim AS token, r.state, r.tries, r.asks,
        coalesce(r.asked_at < $3::timestamptz - interval '${ABSENT_AFTER_SECONDS} seconds', true) AS "isAskedLongAgo",
        r.call_id AS "callId", c.call_sid AS "callSid", c.direction, r.recording_sid AS "recordingSid", r.channels`,
    values: [userId, id, now.toISOString()],
  };
}

/** To be committed before Twilio is told to make a transcript. No row: it must not be told, others have it. */
export function asked(claim: Fence): Statement<{ id: number }> {
  return {
    text: `UPDATE transcript_requests SET state = 'asked', asks = asks + 1, asked_at = clock_timestamp(),
        claimed_until = ${UNTIL}, check_at = ${UNTIL}, updated_at = clock_timestamp()
      WHERE ${IS_OURS} AND claimed_until > clock_timestamp() RETURNING id`,
    values: fenced(claim),
  };
}

/** Twilio has certainly not done what it was told just now. */
export function notAsked(claim: Fence): Statement<object> {
  return {
    text: `UPDATE transcript_requests SET state = 'due', asks = asks - 1 WHERE ${IS_OURS} AND state = 'asked'`,
    values: fenced(claim),
  };
}

/** It is looked at again, a little later each time. */
export function postponed(claim: Fence, error: string): Statement<object> {
  return {
    text: `UPDATE transcript_requests SET error = $4, check_at = clock_timestamp() + ${PAUSE}, ${RELEASED}
      WHERE ${IS_OURS}`,
    values: [...fenced(claim), error],
  };
}

export function done(claim: Fence, transcriptSid: string | null): Statement<object> {
  return {
    text: `UPDATE transcript_requests SET state = 'done', transcript_sid = $4, error = NULL, check_at = NULL, ${RELEASED}
      WHERE ${IS_OURS}`,
    values: [...fenced(claim), transcriptSid],
  };
}

export function failed(claim: Fence, error: string): Statement<object> {
  return {
    text: `UPDATE transcript_requests SET state = 'failed', error = $4, check_at = NULL, ${RELEASED} WHERE ${IS_OURS}`,
    values: [...fenced(claim), error],
  };
}

function fenced({ owner, id, token }: Fence): (string | number)[] {
  return [owner.userId, id, token];
}
