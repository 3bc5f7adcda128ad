import { canBecome, isFinished, SCHEDULED_CALL_STATUSES, statusesBefore } from './scheduled-call-status';

describe('the life of a scheduled call', () => {
  it('reaches every status from its beginning', () => {
    const reached = new Set(['scheduled']);
    for (const from of reached) {
      for (const to of SCHEDULED_CALL_STATUSES) if (canBecome(from as never, to)) reached.add(to);
    }
    expect([...reached].sort()).toEqual([...SCHEDULED_CALL_STATUSES].sort());
  });

  it('ends where nothing follows', () => {
    expect(SCHEDULED_CALL_STATUSES.filter(isFinished)).toEqual(['completed', 'failed', 'canceled', 'blocked']);
  });

  it('is dialled only from its list, never once it was canceled', () => {
    expect(statusesBefore('dialing')).toEqual(['scheduled', 'outcome_unknown']);
    for (const to of SCHEDULED_CALL_STATUSES) expect(canBecome('canceled', to)).toBe(false);
  });
});
