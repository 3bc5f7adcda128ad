import { CALL_STATUSES, isOver } from './call-status';
import { ENDED_REASONS, reasonOf } from './ended-reason';

describe('why a call ended', () => {
  it.each([
    ['completed', null, 'customer_hung_up'],
    ['busy', 486, 'busy'],
    ['no-answer', 480, 'no_answer'],
    ['canceled', 487, 'canceled'],
    ['failed', null, 'carrier_error'],
    ['failed', 404, 'carrier_error'],
    ['failed', 603, 'rejected'],
    ['failed', 607, 'rejected'],
  ] as const)('is told by %s (SIP %p): %s', (status, sip, reason) => {
    expect(reasonOf(status, sip)).toBe(reason);
  });

  it('is one of the documented reasons for every end, and none before', () => {
    for (const status of CALL_STATUSES) {
      const reason = reasonOf(status, null);
      if (isOver(status)) expect(ENDED_REASONS).toContain(reason);
      else expect(reason).toBeNull();
    }
  });
});
