import fc from 'fast-check';
import { CalendarError } from './calendar-error';
import { readEventTime, type EventTime } from './event-time';
import { Recurrence, instanceSuffix } from './recurrence';

const at = (dateTime: string, timeZone = 'Europe/Berlin') =>
  readEventTime({ dateTime, timeZone }, 'start', timeZone, true);
const suffixes = (lines: string[], start: EventTime, from: string, to: string) =>
  Recurrence.read(lines, start).between(Date.parse(from), Date.parse(to)).map(instanceSuffix);

describe('a recurrence', () => {
  it('stays at its time of the wall when clocks change', () => {
    const start = at('2026-03-16T09:00:00');
    expect(suffixes(['RRULE:FREQ=WEEKLY'], start, '2026-03-01T00:00:00Z', '2026-04-10T00:00:00Z')).toEqual([
      '20260316T080000Z',
      '20260323T080000Z',
      '20260330T070000Z',
      '20260406T070000Z',
    ]);
  });

  it.each<[string, string[], string[]]>([
    ['COUNT', ['RRULE:FREQ=DAILY;COUNT=2'], ['20260105', '20260106']],
    ['UNTIL', ['RRULE:FREQ=DAILY;UNTIL=20260107'], ['20260105', '20260106', '20260107']],
    ['EXDATE', ['RRULE:FREQ=DAILY;COUNT=3', 'EXDATE;VALUE=DATE:20260106'], ['20260105', '20260107']],
    ['RDATE', ['RDATE;VALUE=DATE:20260110'], ['20260105', '20260110']],
    ['a start beside the rule', ['RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=2'], ['20260105', '20260107']],
  ])('of whole days has %s', (_what, lines, days) => {
    const found = suffixes(lines, { date: '2026-01-05' }, '2025-01-01T00:00:00Z', '2027-01-01T00:00:00Z');
    expect(found).toEqual(days);
  });

  it('ends with UNTIL in UTC, and leaves out moments in UTC, of a zone and of the wall', () => {
    const lines = [
      'RRULE:FREQ=DAILY;UNTIL=20260110T080000Z',
      'EXDATE:20260106T080000Z',
      'EXDATE;TZID=Asia/Tokyo:20260107T170000',
      'EXDATE;TZID=Europe/Berlin:20260108T090000,20260109T090000',
    ];
    expect(suffixes(lines, at('2026-01-05T09:00:00'), '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z')).toEqual([
      '20260105T080000Z',
      '20260110T080000Z',
    ]);
  });

  it.each([
    'FREQ=DAILY',
    'RRULE:FREQ=SECONDLY',
    'RRULE:FREQ=HOURLY',
    'RRULE:BYDAY=MO',
    'RRULE:FREQ=DAILY;FREQ=WEEKLY',
    'RRULE:FREQ=DAILY;UNTIL=tomorrow',
    'EXDATE:20260106T080000Z',
    'EXDATE:2026',
    'RDATE:20261306',
    'EXRULE:FREQ=DAILY',
    '',
  ])('is not %j', (line) => {
    expect(() => Recurrence.read([line], at('2026-01-05T09:00:00'))).toThrow(CalendarError);
  });

  it('has the same occurrences however one looks at them: in parts, and one by one', () => {
    const rule = fc.record({
      freq: fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY'),
      interval: fc.integer({ min: 1, max: 4 }),
      zone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'UTC'),
      hour: fc.integer({ min: 0, max: 23 }),
      fromDay: fc.integer({ min: -30, max: 200 }),
      days: fc.integer({ min: 0, max: 120 }),
      cut: fc.integer({ min: 0, max: 120 }),
    });
    fc.assert(
      fc.property(rule, ({ freq, interval, zone, hour, fromDay, days, cut }) => {
        const start = at(`2026-01-31T${String(hour).padStart(2, '0')}:30:00`, zone);
        const recurrence = Recurrence.read([`RRULE:FREQ=${freq};INTERVAL=${interval}`], start);
        const day = 86_400_000;
        const from = Date.parse('2026-01-31T00:00:00Z') + fromDay * day;
        const [middle, to] = [from + Math.min(cut, days) * day, from + days * day];
        const ids = (a: number, b: number) => recurrence.between(a, b).map(instanceSuffix);
        const whole = ids(from, to);
        expect([...ids(from, middle), ...ids(middle, to)]).toEqual(whole);
        expect([...whole].sort()).toEqual(whole);
        expect(new Set(whole).size).toBe(whole.length);
        for (const time of recurrence.between(from, to)) expect(recurrence.has(time)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('never throws anything but Google’s refusal, whatever stands in the lines', () => {
    const word = fc.constantFrom(
      'RRULE:',
      'EXDATE:',
      'RDATE;VALUE=DATE:',
      'FREQ=',
      'DAILY',
      'WEEKLY',
      ';',
      'COUNT=',
      '0',
      '3',
      '-1',
      'BYDAY=',
      'MO',
      '5FR',
      'UNTIL=',
      '20260230',
      'T250000Z',
      ',',
      'BYMONTH=',
      '13',
      'INTERVAL=',
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.array(word, { maxLength: 8 }).map((words) => words.join('')),
          { maxLength: 3 },
        ),
        (lines) => {
          try {
            Recurrence.read(lines, at('2026-01-05T09:00:00')).between(
              Date.parse('2026-01-01'),
              Date.parse('2026-02-01'),
            );
          } catch (error) {
            expect(error).toBeInstanceOf(CalendarError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
