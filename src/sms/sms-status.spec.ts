import fc from 'fast-check';
import { canMove, SEND_STATES } from './send-ledger';
import { advance, isFinal, SMS_STATUSES, SmsStatus, statusOfCarrier } from './sms-status';

const status = fc.constantFrom(...SMS_STATUSES);

it('moves forward alone, in whatever order and however often it is told', () => {
  fc.assert(
    fc.property(fc.array(status), status, (reports, repeated) => {
      const after = reports.reduce<SmsStatus>(advance, 'queued');
      expect(advance(after, 'queued')).toBe(after);
      if (isFinal(after)) expect(advance(after, repeated)).toBe(after);
      // The end outweighs the way there.
      if (reports.some(isFinal)) expect(isFinal(after)).toBe(true);
      const once = advance(after, repeated);
      expect(advance(once, repeated)).toBe(once);
    }),
  );
});

it('ends as its end says, whichever of the other reports come when', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(['queued', 'sent', 'sent', 'delivered'] as SmsStatus[], { minLength: 4 }),
      (all) => {
        expect(all.reduce<SmsStatus>(advance, 'queued')).toBe('delivered');
      },
    ),
  );
});

it('knows the carrier’s words', () => {
  expect(['accepted', 'sending', 'read', 'canceled', 'received', 'toString'].map(statusOfCarrier)).toEqual([
    'queued',
    'queued',
    'delivered',
    'failed',
    null,
    null,
  ]);
});

it('has a ledger in which what was taken is never asked for again, nor what may have been', () => {
  for (const state of SEND_STATES) {
    expect(canMove('placed', state)).toBe(false);
    // Intended again: only where Twilio certainly has none.
    expect(canMove('unknown', state)).toBe(['placed', 'absent', 'intended'].includes(state));
    if (state !== 'intended') expect(canMove(state, 'asked')).toBe(false);
  }
});
