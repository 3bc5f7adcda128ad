import fc from 'fast-check';
import { CALL_STATUSES, isOver } from '../calls/call-status';
import { DIAL_STATES } from '../calls/dial-ledger';
import { ENDED_REASONS } from '../calls/ended-reason';
import { AttemptedCall, AttemptHistory, nextStep, RETRIED_OUTCOMES } from './retry-policy';

const NOW = new Date('2026-12-01T10:00:00Z');
const before = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

const ENDED: AttemptedCall = {
  dialState: 'placed',
  status: 'completed',
  isOver: true,
  endedReason: 'customer_hung_up',
  errorDetail: null,
};
const HISTORY: AttemptHistory = {
  retry: null,
  ifLate: 'skip',
  attempts: 1,
  troubleSince: null,
  isLate: false,
  notAfter: null,
};
const RETRY = { max_attempts: 3, delay_minutes: 15, on: [...RETRIED_OUTCOMES] };

describe('what follows from an attempt', () => {
  it.each([
    [{}, 'completed', 'completed', null],
    [{ endedReason: 'voicemail' }, 'voicemail', 'completed', null],
    [{ status: 'busy', endedReason: 'busy' }, 'busy', 'failed', 'The line was busy.'],
    [{ status: 'no-answer', endedReason: 'no_answer' }, 'no_answer', 'failed', 'Nobody answered.'],
    [{ status: 'failed', endedReason: 'carrier_error' }, 'failed', 'failed', 'Twilio could not connect the call.'],
    [{ status: 'failed', errorDetail: 'Broken' }, 'failed', 'failed', 'Broken'],
    [
      { status: 'canceled', endedReason: 'owner_hung_up' },
      'canceled',
      'canceled',
      'The call was ended before it was answered.',
    ],
    [{ dialState: 'refused', status: 'failed', errorDetail: 'Twilio says no' }, 'failed', 'failed', 'Twilio says no'],
    [
      { dialState: 'unknown', status: 'failed', errorDetail: 'Nobody knows' },
      'unknown',
      'outcome_unknown',
      'Nobody knows',
    ],
  ] as [Partial<AttemptedCall>, string, string, string | null][])('%j is %s', (call, outcome, status, error) => {
    expect(nextStep({ ...ENDED, ...call }, HISTORY, NOW)).toEqual({ kind: 'finish', outcome, status, error });
  });

  it.each([
    [{ dialState: 'intended', status: 'queued', isOver: false }, 'dialing'],
    [{ dialState: 'asked', status: 'queued', isOver: false }, 'dialing'],
    [{ dialState: 'placed', status: 'in-progress', isOver: false }, 'dialing'],
    [{ dialState: 'unknown', status: 'queued', isOver: false }, 'outcome_unknown'],
  ] as [Partial<AttemptedCall>, string][])('%j is waited for', (call, status) => {
    expect(nextStep({ ...ENDED, ...call }, HISTORY, NOW)).toMatchObject({ kind: 'wait', status });
  });

  it.each([
    ['busy', 1, 'again'],
    ['busy', 2, 'again'],
    ['busy', 3, 'finish'],
    ['no-answer', 1, 'again'],
    ['completed', 1, 'finish'],
    ['canceled', 1, 'finish'],
    ['failed', 1, 'finish'],
  ] as const)('%s at attempt %i of 3: %s', (status, attempts, kind) => {
    const step = nextStep({ ...ENDED, status, endedReason: null }, { ...HISTORY, retry: RETRY, attempts }, NOW);
    expect(step.kind).toBe(kind);
    if (step.kind === 'again') expect([step.inMs, step.isTrouble]).toEqual([15 * 60_000, false]);
  });

  it('is not tried again after what was not asked for', () => {
    const retry = { ...RETRY, on: ['busy' as const] };
    expect(nextStep({ ...ENDED, status: 'no-answer' }, { ...HISTORY, retry }, NOW)).toMatchObject({ kind: 'finish' });
    expect(nextStep({ ...ENDED, endedReason: 'voicemail' }, { ...HISTORY, retry }, NOW)).toMatchObject({
      kind: 'finish',
      status: 'completed',
    });
  });

  it('is tried again where nobody was asked, more and more seldom, and not for ever', () => {
    const absent = { ...ENDED, dialState: 'absent' as const, status: 'failed' as const, errorDetail: 'Away' };
    const after = (minutes: number | null, ifLate: 'skip' | 'run' = 'skip') =>
      nextStep(absent, { ...HISTORY, ifLate, troubleSince: minutes === null ? null : before(minutes) }, NOW);
    expect(after(null)).toEqual({ kind: 'again', outcome: 'not_dialled', inMs: 5000, isTrouble: true, error: 'Away' });
    expect(after(0.5)).toMatchObject({ inMs: 30_000 });
    expect(after(10)).toMatchObject({ inMs: 120_000 });
    expect(after(15)).toEqual({ kind: 'finish', outcome: 'not_dialled', status: 'failed', error: 'Away' });
    expect(after(15, 'run')).toMatchObject({ kind: 'again' });
    expect(after(24 * 60, 'run')).toMatchObject({ kind: 'finish' });
  });

  it('never dials again what may have rung', () => {
    const history = fc.record({
      retry: fc.constantFrom(null, RETRY),
      ifLate: fc.constantFrom('skip' as const, 'run' as const),
      attempts: fc.integer({ min: 1, max: 10 }),
      isLate: fc.boolean(),
      troubleSince: fc.option(fc.date({ max: NOW, noInvalidDate: true })),
      notAfter: fc.option(fc.date({ noInvalidDate: true })),
    });
    const call = fc.record({
      dialState: fc.constantFrom(...DIAL_STATES),
      status: fc.constantFrom(...CALL_STATUSES),
      endedReason: fc.option(fc.constantFrom(...ENDED_REASONS)),
      errorDetail: fc.option(fc.string()),
    });
    fc.assert(
      fc.property(call, history, (some, past) => {
        const step = nextStep({ ...some, isOver: isOver(some.status) }, past, NOW);
        if (step.kind !== 'again') return;
        expect(['absent', 'placed']).toContain(some.dialState);
        expect(isOver(some.status)).toBe(true);
        expect(step.inMs).toBeGreaterThan(0);
        if (some.dialState === 'placed') expect(past.attempts).toBeLessThan(RETRY.max_attempts);
      }),
    );
  });

  it('is not tried again where it came due while no server was there, unless that was asked for', () => {
    const absent = { ...ENDED, dialState: 'absent' as const, status: 'failed' as const, errorDetail: 'Away' };
    expect(nextStep(absent, { ...HISTORY, isLate: true }, NOW)).toMatchObject({
      kind: 'finish',
      status: 'failed',
      error: expect.stringContaining('No server was running') as string,
    });
    expect(nextStep(absent, { ...HISTORY, isLate: true, ifLate: 'run' }, NOW)).toMatchObject({ kind: 'again' });
  });

  it.each(['absent', 'placed'] as const)('is never tried again once its owner has hung up (%s)', (dialState) => {
    const hungUp = { ...ENDED, dialState, status: 'no-answer' as const, endedReason: 'owner_hung_up' as const };
    expect(nextStep(hungUp, { ...HISTORY, retry: RETRY }, NOW)).toMatchObject({ kind: 'finish', status: 'canceled' });
  });
});
