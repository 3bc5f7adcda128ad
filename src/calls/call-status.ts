/** Where a call stands, in Twilio's words (reference/twilio.md section 2). */
export const CALL_STATUSES = [
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'no-answer',
  'failed',
  'canceled',
] as const;

export type CallStatus = (typeof CALL_STATUSES)[number];

const RANK: Record<CallStatus, number> = {
  queued: 0,
  initiated: 1,
  ringing: 2,
  'in-progress': 3,
  completed: 4,
  busy: 4,
  'no-answer': 4,
  failed: 4,
  canceled: 4,
};

export const LIVE_STATUSES: readonly CallStatus[] = CALL_STATUSES.filter((status) => !isOver(status));

/** A call only moves forward; a late or repeated report leaves it where it is. */
export function advance(now: CallStatus, reported: CallStatus): CallStatus {
  return RANK[reported] > RANK[now] ? reported : now;
}

export function isOver(status: CallStatus): boolean {
  return RANK[status] === RANK.completed;
}

export function isCallStatus(word: unknown): word is CallStatus {
  return CALL_STATUSES.some((status) => status === word);
}
