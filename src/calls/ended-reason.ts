import type { CallStatus } from './call-status';

/** Why a call is over; each ended call has exactly one. */
export const ENDED_REASONS = [
  'customer_hung_up',
  'agent_ended',
  'owner_hung_up',
  'max_duration',
  'demo_limit',
  'silence',
  'voicemail',
  'busy',
  'no_answer',
  'rejected',
  'canceled',
  'budget',
  'model_error',
  'carrier_error',
  'server_error',
] as const;

export type EndedReason = (typeof ENDED_REASONS)[number];

/**
 * SIP answers of somebody who will not take the call: Decline (RFC 3261 section 21.6.2), Unwanted (RFC 8197) and Rejected
 * (RFC 8688).
 */
const SIP_DECLINED = new Set([603, 607, 608]);

/** The reason that a final status alone tells, for a call that has none yet; null while the call is not over. */
export function reasonOf(status: CallStatus, sipResponseCode: number | null): EndedReason | null {
  switch (status) {
    case 'completed':
      return 'customer_hung_up';
    case 'busy':
      return 'busy';
    case 'no-answer':
      return 'no_answer';
    case 'canceled':
      return 'canceled';
    case 'failed':
      return sipResponseCode !== null && SIP_DECLINED.has(sipResponseCode) ? 'rejected' : 'carrier_error';
    case 'queued':
    case 'initiated':
    case 'ringing':
    case 'in-progress':
      return null;
  }
}
