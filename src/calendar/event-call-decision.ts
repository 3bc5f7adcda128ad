import type { ScheduledCallStatus } from '../scheduling/scheduled-call-status';
import { askedOf, EventCallWish, fingerprintOf } from './event-call-wish';

/** What is known of an event that asks for a call, or did. */
export interface KnownEventCall {
  summary: string;
  eventStart: Date;
  /** Of its latest call; null where there is none. */
  callStatus: ScheduledCallStatus | null;
  /** The start that this call is, or was, made for. */
  calledFor: Date | null;
  asked: string | null;
  fingerprint: string | null;
  isWithdrawn: boolean;
  problem: string | null;
  /** How many calls were planned for it. */
  plans: number;
}

export type EventCallStep =
  | { kind: 'leave' }
  /** It is being dialled, and would be changed: whether it comes about is not known yet. */
  | { kind: 'wait' }
  /** Nothing is planned; what is shown of it changes. */
  | { kind: 'note'; problem: string | null; isWithdrawn: boolean }
  | { kind: 'plan'; at: Date }
  | { kind: 'move'; at: Date }
  /** The planned call is taken back. */
  | { kind: 'withdraw'; why: string };

/** A call whose time has just passed is made all the same, as long as the event has not begun. */
export const GRACE_MS = 5 * 60_000;
/** A time to come, while the step is taken. */
const AT_ONCE_MS = 5000;
/** Whoever moves an event again and again, who may be a stranger, has its owner called so often and not more. */
const MOST_PLANS = 10;

export const TOO_LATE = 'It was too late for the call when the event was seen.';

const LEAVE: EventCallStep = { kind: 'leave' };

/**
 * What is to be done about an event. A call that is over is left alone. After one another is planned only
 * - where the event was moved so far that the call comes after the start that the last one was for: whoever was told that it
 *   begins at ten is called again when that would be after ten, and not for a delay of minutes;
 * - where the last one did not come about (failed, blocked, canceled by hand) and the event now asks for something else.
 */
export function decide(wish: EventCallWish, known: KnownEventCall | null, now: Date): EventCallStep {
  const isPlanned = known?.callStatus === 'scheduled';
  if (known?.callStatus === 'dialing') return isAsItWas(wish, known) ? LEAVE : { kind: 'wait' };
  if (wish.kind !== 'call') {
    const why = wish.kind === 'none' ? wish.why : wish.sentence;
    // One that its owner has moved to a time after the event: that this is over changes nothing.
    if (isPlanned) return wish.kind === 'none' && known.eventStart <= now ? LEAVE : { kind: 'withdraw', why };
    if (wish.kind === 'none') return known === null ? LEAVE : afterAll(known, why, now);
    return hasCall(known) ? LEAVE : noted(known, wish.sentence, wish.event);
  }
  const { call, event } = wish;
  const at = timeToCall(call.at, event.start, now);
  if (known !== null && isPlanned) {
    if (known.fingerprint === fingerprintOf(call)) return LEAVE;
    return at === null ? { kind: 'withdraw', why: TOO_LATE } : { kind: 'move', at };
  }
  if (known !== null && hasCall(known) && !isDue(wish.call.at, known, askedOf(call))) return LEAVE;
  if (known !== null && known.plans >= MOST_PLANS) return LEAVE;
  if (at !== null) return { kind: 'plan', at };
  return hasCall(known) || event.start <= now ? LEAVE : noted(known, TOO_LATE, event);
}

function isAsItWas(wish: EventCallWish, { fingerprint }: KnownEventCall): boolean {
  return wish.kind === 'call' && fingerprintOf(wish.call) === fingerprint;
}

/** Whether the event is to be called for once more. */
function isDue(callAt: Date, { callStatus, calledFor, asked }: KnownEventCall, askedNow: string): boolean {
  const isMovedFar = calledFor !== null && callAt > calledFor;
  const isAskedAnew = asked !== askedNow;
  switch (callStatus) {
    case 'canceled':
      return isAskedAnew;
    case 'failed':
    case 'blocked':
      return isAskedAnew || isMovedFar;
    default:
      return isMovedFar;
  }
}

/** When to call; null: not any more. */
function timeToCall(wanted: Date, start: Date, now: Date): Date | null {
  if (wanted > now) return wanted;
  const soon = new Date(now.getTime() + AT_ONCE_MS);
  return soon < start && now.getTime() - wanted.getTime() <= GRACE_MS ? soon : null;
}

/** There is, or was, a call that we have not taken back. */
function hasCall(known: KnownEventCall | null): boolean {
  return known !== null && known.callStatus !== null && !known.isWithdrawn;
}

/** The event is gone or asks for nothing: that is shown of one that had no call. */
function afterAll(known: KnownEventCall, why: string, now: Date): EventCallStep {
  const isOver = known.eventStart <= now;
  if (hasCall(known) || known.isWithdrawn || isOver) return LEAVE;
  return { kind: 'note', problem: why, isWithdrawn: true };
}

function noted(known: KnownEventCall | null, problem: string, event: { summary: string; start: Date }): EventCallStep {
  const isSame =
    known !== null &&
    known.problem === problem &&
    known.summary === event.summary &&
    known.eventStart.getTime() === event.start.getTime();
  return isSame ? LEAVE : { kind: 'note', problem, isWithdrawn: known?.isWithdrawn ?? false };
}

/** Until when the call makes sense: five minutes, and not when the event has begun, unless it is called for at its start. */
export function notAfter(at: Date, start: Date): Date {
  const atStartMs = at.getTime() + 60_000;
  return new Date(Math.max(Math.min(at.getTime() + GRACE_MS, start.getTime()), atStartMs));
}
