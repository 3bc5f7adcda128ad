import type { CallStatus } from '../calls/call-status';
import { DialState, isOpen, mayDialAgain } from '../calls/dial-ledger';
import type { EndedReason } from '../calls/ended-reason';
import type { ScheduledCallStatus } from './scheduled-call-status';

/** What was found at the other end that another attempt may find otherwise. */
export const RETRIED_OUTCOMES = ['busy', 'no_answer', 'voicemail'] as const;
export type RetriedOutcome = (typeof RETRIED_OUTCOMES)[number];

/** not_dialled: certainly nobody's phone rang; unknown: it could not be found out. */
export type AttemptOutcome = RetriedOutcome | 'completed' | 'failed' | 'canceled' | 'not_dialled' | 'unknown';

export interface RetryPolicy {
  /** Attempts that reached the carrier, the first one included. */
  max_attempts: number;
  delay_minutes: number;
  on: RetriedOutcome[];
}

/** What becomes of a call that was due while no server was there: `skip` from 15 minutes on, `run` whenever. */
export type IfLate = 'skip' | 'run';
/** What becomes of a call that is due in the quiet hours of who is called. */
export type QuietHoursPolicy = 'block' | 'wait';

/** For how long a call is tried that the carrier cannot be asked for. */
const TROUBLE_LIMIT_MS: Record<IfLate, number> = { skip: 15 * 60_000, run: 24 * 60 * 60_000 };
/** What can be said only when it is due. */
const MISSED = 'No server was running when this call was due. It was not dialled, as it was too late.';
const OVERTAKEN = 'This call could not be dialled at its time, and after that it was too late for it.';

/** Of a call that is not dialled any more, in a sentence. */
export function whyTooLate({ notAfter }: { notAfter: Date | null }, now: Date): string {
  return notAfter !== null && notAfter < now ? OVERTAKEN : MISSED;
}

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 120_000;

/** Of the call that an attempt has made: what the ledger and the carrier say. */
export interface AttemptedCall {
  dialState: DialState;
  status: CallStatus;
  isOver: boolean;
  endedReason: EndedReason | null;
  errorDetail: string | null;
}

/** Of the scheduled call, what the next step hangs on. */
export interface AttemptHistory {
  retry: RetryPolicy | null;
  ifLate: IfLate;
  /** Attempts that reached the carrier, this one included. */
  attempts: number;
  /** Null: the carrier could be asked the last time. */
  troubleSince: Date | null;
  /** It came due while no server was there, and that was too long ago; or it makes no sense any more. */
  isLate: boolean;
  notAfter: Date | null;
}

/** What follows from an attempt. */
export type NextStep =
  /** It is not over: it is looked at again after a while. */
  | { kind: 'wait'; status: Extract<ScheduledCallStatus, 'dialing' | 'outcome_unknown'>; isPlaced: boolean }
  /** It is dialled once more. */
  | { kind: 'again'; outcome: AttemptOutcome; inMs: number; isTrouble: boolean; error: string }
  | { kind: 'finish'; outcome: AttemptOutcome; status: ScheduledCallStatus; error: string | null };

/** Pure: the one place where it is decided whether a scheduled call is dialled again. */
export function nextStep(call: AttemptedCall, history: AttemptHistory, now: Date): NextStep {
  if (call.dialState === 'unknown' && call.isOver) {
    return { kind: 'finish', outcome: 'unknown', status: 'outcome_unknown', error: call.errorDetail };
  }
  if (isOpen(call.dialState))
    return { kind: 'wait', status: call.dialState === 'unknown' ? 'outcome_unknown' : 'dialing', isPlaced: false };
  if (!call.isOver) return { kind: 'wait', status: 'dialing', isPlaced: true };
  const error = call.errorDetail ?? '';
  // Its owner does not want it any more, whatever it came to.
  if (call.endedReason === 'owner_hung_up' && call.status !== 'completed') {
    return { kind: 'finish', outcome: 'canceled', status: 'canceled', error: SENTENCES.canceled ?? null };
  }
  if (call.dialState === 'absent') return afterTrouble(error, history, now);
  if (mayDialAgain(call.dialState)) return { kind: 'finish', outcome: 'failed', status: 'failed', error };
  return afterCall(outcomeOf(call), call, history);
}

/** The carrier cannot be asked: nobody's phone rang. */
function afterTrouble(error: string, history: AttemptHistory, now: Date): NextStep {
  const { ifLate, isLate, troubleSince } = history;
  if (isLate && ifLate === 'skip') {
    return { kind: 'finish', outcome: 'not_dialled', status: 'failed', error: whyTooLate(history, now) };
  }
  const sinceMs = now.getTime() - (troubleSince ?? now).getTime();
  if (sinceMs >= TROUBLE_LIMIT_MS[ifLate]) return { kind: 'finish', outcome: 'not_dialled', status: 'failed', error };
  // As long again as it has lasted, so that it is asked often at first and seldom later.
  const inMs = Math.min(Math.max(sinceMs, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
  return { kind: 'again', outcome: 'not_dialled', inMs, isTrouble: true, error };
}

function afterCall(outcome: AttemptOutcome, call: AttemptedCall, { retry, attempts }: AttemptHistory): NextStep {
  const error = call.errorDetail ?? SENTENCES[outcome] ?? null;
  const isRetried = retry !== null && attempts < retry.max_attempts && retry.on.some((on) => on === outcome);
  if (isRetried) {
    return { kind: 'again', outcome, inMs: retry.delay_minutes * 60_000, isTrouble: false, error: error ?? '' };
  }
  // A machine was spoken to: the call as such took place.
  if (outcome === 'voicemail') return { kind: 'finish', outcome, status: 'completed', error: null };
  return { kind: 'finish', outcome, status: STATUS_AFTER[outcome], error };
}

function outcomeOf({ status, endedReason }: AttemptedCall): Exclude<AttemptOutcome, 'not_dialled' | 'unknown'> {
  switch (status) {
    case 'completed':
      return endedReason === 'voicemail' ? 'voicemail' : 'completed';
    case 'busy':
      return 'busy';
    case 'no-answer':
      return 'no_answer';
    case 'canceled':
      return 'canceled';
    default:
      return 'failed';
  }
}

const STATUS_AFTER: Record<AttemptOutcome, ScheduledCallStatus> = {
  completed: 'completed',
  voicemail: 'completed',
  busy: 'failed',
  no_answer: 'failed',
  failed: 'failed',
  not_dialled: 'failed',
  canceled: 'canceled',
  unknown: 'outcome_unknown',
};

const SENTENCES: Partial<Record<AttemptOutcome, string>> = {
  busy: 'The line was busy.',
  no_answer: 'Nobody answered.',
  voicemail: 'A machine answered.',
  failed: 'Twilio could not connect the call.',
  canceled: 'The call was ended before it was answered.',
};
