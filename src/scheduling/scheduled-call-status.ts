/**
 * Where a scheduled call stands. Dialling lasts until the call is over; `scheduled` comes again where it is dialled once more
 * (its retry policy, caps, quiet hours, a carrier that cannot be reached).
 */
export const SCHEDULED_CALL_STATUSES = [
  'scheduled',
  'dialing',
  'completed',
  'failed',
  'canceled',
  'blocked',
  'outcome_unknown',
] as const;

export type ScheduledCallStatus = (typeof SCHEDULED_CALL_STATUSES)[number];

const MOVES: Record<ScheduledCallStatus, readonly ScheduledCallStatus[]> = {
  scheduled: ['dialing', 'canceled', 'blocked', 'failed'],
  dialing: ['scheduled', 'completed', 'failed', 'canceled', 'outcome_unknown'],
  // Twilio's callback or its list tells after all.
  outcome_unknown: ['scheduled', 'dialing', 'completed', 'failed', 'canceled'],
  completed: [],
  failed: [],
  canceled: [],
  blocked: [],
};

export function canBecome(from: ScheduledCallStatus, to: ScheduledCallStatus): boolean {
  return MOVES[from].includes(to);
}

/** The statuses that may become this one, for the condition of an UPDATE. */
export function statusesBefore(to: ScheduledCallStatus): ScheduledCallStatus[] {
  return SCHEDULED_CALL_STATUSES.filter((from) => canBecome(from, to));
}

export function isFinished(status: ScheduledCallStatus): boolean {
  return MOVES[status].length === 0;
}
