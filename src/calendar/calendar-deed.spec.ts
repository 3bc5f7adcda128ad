import { CalendarError } from '../integrations/calendar/calendar-provider';
import { CalendarRefused, CalendarUnavailable } from './calendar.errors';
import { isUncertain, outcomeOf } from './calendar-deed';

const MEETING = {
  summary: 'Meeting with Anna',
  start: '2026-12-02T15:00:00+01:00',
  end: '2026-12-02T16:00:00+01:00',
  time_zone: 'Europe/Berlin',
};
const WHEN = 'Wednesday, 2 December 2026, 15:00-16:00 (Europe/Berlin)';

describe('what came of a deed', () => {
  it('is a sentence', () => {
    expect(outcomeOf('book_event', MEETING, 'done')).toBe(`Booked “Meeting with Anna” on ${WHEN}`);
    expect(outcomeOf('move_event', MEETING, 'done')).toBe(`Moved “Meeting with Anna” to ${WHEN}`);
    expect(outcomeOf('cancel_event', MEETING, 'unknown')).toBe(
      `Perhaps cancelled: “Meeting with Anna” on ${WHEN}; the calendar has not answered`,
    );
    expect(outcomeOf('book_event', MEETING, 'refused', 'that time is taken')).toBe(
      `Not booked: “Meeting with Anna” on ${WHEN}; that time is taken`,
    );
    expect(
      outcomeOf('cancel_event', { summary: 'Fair', start: '2026-12-24', end: '2026-12-24', time_zone: 'UTC' }, 'done'),
    ).toBe('Cancelled “Fair” on Thursday, 24 December 2026');
  });
});

describe('whether it was done', () => {
  it.each([
    [new CalendarUnavailable(undefined, new CalendarError('Away.', 'unreachable')), true],
    [new CalendarUnavailable(undefined, new CalendarError('Too often.', 'rate-limited')), false],
    [new CalendarRefused('No.'), false],
    [new CalendarError('Changed.', 'changed'), false],
    [new Error('a bug'), true],
  ])('nobody knows after %s: %s', (error, expected) => expect(isUncertain(error)).toBe(expected));
});
