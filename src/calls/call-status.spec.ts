import fc from 'fast-check';
import { advance, CALL_STATUSES, CallStatus, isCallStatus, isOver, LIVE_STATUSES } from './call-status';

const status = fc.constantFrom(...CALL_STATUSES);

describe('the status of a call', () => {
  it('goes through a call as Twilio reports it', () => {
    const reported: CallStatus[] = ['queued', 'initiated', 'ringing', 'in-progress', 'completed'];
    expect(reported.reduce(advance)).toBe('completed');
    expect(reported.map((_, at) => reported.slice(0, at + 1).reduce(advance))).toEqual(reported);
  });

  it('ends in the same place whatever the order of the reports and however often they come', () => {
    const journey: CallStatus[] = ['initiated', 'ringing', 'in-progress', 'completed'];
    fc.assert(
      fc.property(fc.shuffledSubarray([...journey, ...journey], { minLength: 8, maxLength: 8 }), (reports) => {
        expect(reports.reduce(advance, 'queued' as CallStatus)).toBe('completed');
      }),
    );
  });

  it('never leaves an end, never goes back and does not mind repetition', () => {
    fc.assert(
      fc.property(status, fc.array(status), (start, reports) => {
        const path = reports.reduce<CallStatus[]>((all, next) => [...all, advance(all.at(-1) ?? start, next)], [start]);
        const end = path.find(isOver);
        if (end !== undefined) expect(path.slice(path.indexOf(end)).every((at) => at === end)).toBe(true);
        for (const [at, next] of path.slice(1).entries()) {
          expect(advance(next, path[at] ?? start)).toBe(next);
          expect(advance(next, next)).toBe(next);
        }
      }),
    );
  });

  it('is live or over', () => {
    expect(LIVE_STATUSES).toEqual(['queued', 'initiated', 'ringing', 'in-progress']);
    for (const word of CALL_STATUSES) expect(LIVE_STATUSES.includes(word)).toBe(!isOver(word));
  });

  it.each(['', 'answered', 'COMPLETED', 'constructor', undefined, 4])('does not know %p', (word) => {
    expect(isCallStatus(word)).toBe(false);
  });
});
