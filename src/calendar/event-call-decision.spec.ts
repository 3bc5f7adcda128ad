import * as fc from 'fast-check';
import { SCHEDULED_CALL_STATUSES } from '../scheduling/scheduled-call-status';
import { decide, KnownEventCall, notAfter } from './event-call-decision';
import { askedOf, EventCallWish, fingerprintOf, WantedCall } from './event-call-wish';

const NOW = new Date('2026-12-02T12:00:00Z');
const MINUTE_MS = 60_000;
const after = (minutes: number) => new Date(NOW.getTime() + minutes * MINUTE_MS);

/** A call ten minutes before something that begins in so many minutes. */
function wanted(minutes: number, more: Partial<WantedCall> = {}): Extract<EventCallWish, { kind: 'call' }> {
  const minutesBefore = more.minutesBefore ?? 10;
  const call: WantedCall = {
    phoneNumber: '+12025550100',
    scenario: 'sales',
    minutesBefore,
    at: after(minutes - minutesBefore),
    variables: {},
    ...more,
  };
  return { kind: 'call', event: { eventId: 'e', seriesId: 'e', summary: 'E', start: after(minutes) }, call };
}

/** As it stands after the call for such an event was planned. */
function known(of: ReturnType<typeof wanted>, more: Partial<KnownEventCall> = {}): KnownEventCall {
  return {
    summary: of.event.summary,
    eventStart: of.event.start,
    callStatus: 'scheduled',
    calledFor: of.event.start,
    asked: askedOf(of.call),
    fingerprint: fingerprintOf(of.call),
    isWithdrawn: false,
    problem: null,
    plans: 1,
    ...more,
  };
}

const NONE: EventCallWish = { kind: 'none', why: 'Gone' };
const LEAVE = { kind: 'leave' };
const WAIT = { kind: 'wait' };

it.each<[string, EventCallWish, KnownEventCall | null, object]>([
  ['a new one is planned', wanted(60), null, { kind: 'plan', at: after(50) }],
  ['the same is left alone', wanted(60), known(wanted(60)), LEAVE],
  ['the same is left alone when its time has come', wanted(5), known(wanted(5)), LEAVE],
  ['one that moved is moved', wanted(90), known(wanted(60)), { kind: 'move', at: after(80) }],
  ['one that moved too near is taken back', wanted(2), known(wanted(60)), { kind: 'withdraw' }],
  ['one that is gone is taken back', NONE, known(wanted(60)), { kind: 'withdraw', why: 'Gone' }],
  [
    'one that is moved by hand to after the event is left alone',
    NONE,
    known(wanted(60), { eventStart: after(-5) }),
    LEAVE,
  ],
  ['one that is being dialled is left alone', wanted(60), known(wanted(60), { callStatus: 'dialing' }), LEAVE],
  ['one that is being dialled, and gone, is waited for', NONE, known(wanted(60), { callStatus: 'dialing' }), WAIT],
  [
    'one that is being dialled, and moved, is waited for',
    wanted(600),
    known(wanted(60), { callStatus: 'dialing' }),
    WAIT,
  ],
  [
    'one that is moved again and again is left alone in the end',
    wanted(600),
    known(wanted(60), { callStatus: 'completed', plans: 10 }),
    LEAVE,
  ],
  ['what was never known is left alone', NONE, null, LEAVE],
  ['a time that has just passed is made up for', wanted(7), null, { kind: 'plan' }],
  ['a time that passed long ago is not', wanted(4), null, { kind: 'note' }],
  ['a start that has passed is not called for', wanted(-1, { minutesBefore: 0 }), null, LEAVE],
  [
    'one taken back is planned when it asks again',
    wanted(60),
    known(wanted(60), { callStatus: 'canceled', isWithdrawn: true }),
    { kind: 'plan' },
  ],
  ['one that its owner canceled is not', wanted(600), known(wanted(60), { callStatus: 'canceled' }), LEAVE],
  ['a call that took place stays the only one', wanted(69), known(wanted(60), { callStatus: 'completed' }), LEAVE],
  [
    'unless the event moved past what was said',
    wanted(71),
    known(wanted(60), { callStatus: 'completed' }),
    { kind: 'plan' },
  ],
  ['a call that failed is not made again as it was', wanted(60), known(wanted(60), { callStatus: 'failed' }), LEAVE],
  [
    'a call that failed is made to another number',
    wanted(60, { phoneNumber: '+12025550123' }),
    known(wanted(60), { callStatus: 'failed' }),
    { kind: 'plan' },
  ],
  [
    'a call that took place is not made to another number',
    wanted(60, { phoneNumber: '+12025550123' }),
    known(wanted(60), { callStatus: 'completed' }),
    LEAVE,
  ],
  [
    'a problem takes the call back',
    { kind: 'problem', event: wanted(60).event, sentence: 'No' },
    known(wanted(60)),
    { kind: 'withdraw', why: 'No' },
  ],
  [
    'a problem is said once',
    { kind: 'problem', event: wanted(60).event, sentence: 'No' },
    known(wanted(60), { callStatus: null, problem: 'No' }),
    LEAVE,
  ],
  [
    'a problem of an event that is gone is gone',
    NONE,
    known(wanted(60), { callStatus: null, problem: 'No' }),
    { kind: 'note', problem: 'Gone', isWithdrawn: true },
  ],
])('%s', (_, wish, row, step) => {
  expect(decide(wish, row, NOW)).toMatchObject(step);
});

it('nothing is ever called in the past or after the start, and what is dialled or over is never changed', () => {
  const minutes = fc.integer({ min: -120, max: 12_000 });
  fc.assert(
    fc.property(
      minutes,
      minutes,
      fc.integer({ min: 0, max: 10_080 }),
      fc.constantFrom(...SCHEDULED_CALL_STATUSES, null),
      fc.boolean(),
      (start, before, minutesBefore, callStatus, isKnown) => {
        const wish = wanted(start, { minutesBefore });
        const row = isKnown ? known(wanted(before), { callStatus }) : null;
        const step = decide(wish, row, NOW);
        if (step.kind === 'plan' || step.kind === 'move') {
          expect(step.at > NOW).toBe(true);
          expect(step.at <= wish.event.start).toBe(true);
          expect(notAfter(step.at, wish.event.start) > step.at).toBe(true);
        }
        if (step.kind === 'move' || step.kind === 'withdraw') expect(row?.callStatus).toBe('scheduled');
        if (step.kind === 'plan') expect(row?.callStatus).not.toBe('scheduled');
      },
    ),
  );
});

it('a call makes sense for five minutes, and not after the start', () => {
  expect(notAfter(after(0), after(10))).toEqual(after(5));
  expect(notAfter(after(0), after(3))).toEqual(after(3));
  expect(notAfter(after(0), after(0))).toEqual(after(1));
});
