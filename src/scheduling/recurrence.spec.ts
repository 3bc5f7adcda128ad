import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { wallClockOf } from './local-time';
import { NotARecurrence, Recurrence } from './recurrence';

const BERLIN = 'Europe/Berlin';

function occurrences(
  rule: string,
  start: string,
  timeZone: string,
  count: number,
  after = '1970-01-01T00:00:00Z',
): string[] {
  const recurrence = Recurrence.read(rule, Temporal.PlainDateTime.from(start), timeZone);
  const found: string[] = [];
  for (let at = new Date(after); found.length < count;) {
    const next = recurrence.next(at);
    if (next === null) break;
    found.push(next.at.toISOString().replace('.000Z', 'Z'));
    at = next.at;
  }
  return found;
}

describe('a recurrence', () => {
  it('stays at its hour when clocks go forward and back', () => {
    expect(occurrences('FREQ=WEEKLY;BYDAY=SU', '2026-03-22T09:00', BERLIN, 3)).toEqual([
      '2026-03-22T08:00:00Z',
      '2026-03-29T07:00:00Z',
      '2026-04-05T07:00:00Z',
    ]);
    expect(occurrences('FREQ=DAILY', '2026-10-24T09:00', BERLIN, 3)).toEqual([
      '2026-10-24T07:00:00Z',
      '2026-10-25T08:00:00Z',
      '2026-10-26T08:00:00Z',
    ]);
  });

  it('moves forward what clocks leave out, and takes what comes twice once', () => {
    expect(occurrences('FREQ=DAILY', '2026-03-28T02:30', BERLIN, 3)).toEqual([
      '2026-03-28T01:30:00Z',
      '2026-03-29T01:30:00Z',
      '2026-03-30T00:30:00Z',
    ]);
    expect(occurrences('FREQ=DAILY', '2026-10-24T02:30', BERLIN, 3)).toEqual([
      '2026-10-24T00:30:00Z',
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00Z',
    ]);
    // 02:00 does not exist and is 03:00 then, which is there as well: once.
    expect(occurrences('FREQ=HOURLY', '2026-03-29T01:00', BERLIN, 4)).toEqual([
      '2026-03-29T00:00:00Z',
      '2026-03-29T01:00:00Z',
      '2026-03-29T02:00:00Z',
      '2026-03-29T03:00:00Z',
    ]);
  });

  it.each([
    ['leap days', 'FREQ=YEARLY', '2028-02-29T10:00', 'UTC', ['2028-02-29T10:00:00Z', '2032-02-29T10:00:00Z']],
    [
      'months without a 31st',
      'FREQ=MONTHLY',
      '2026-01-31T10:00',
      'UTC',
      ['2026-01-31T10:00:00Z', '2026-03-31T10:00:00Z'],
    ],
    [
      'the last Friday',
      'FREQ=MONTHLY;BYDAY=-1FR',
      '2026-11-27T10:00',
      'UTC',
      ['2026-11-27T10:00:00Z', '2026-12-25T10:00:00Z'],
    ],
    [
      'a zone without changes',
      'FREQ=DAILY',
      '2026-03-28T10:00',
      'Asia/Kolkata',
      ['2026-03-28T04:30:00Z', '2026-03-29T04:30:00Z'],
    ],
    [
      'workdays',
      'RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
      '2026-11-27T10:00',
      'UTC',
      ['2026-11-27T10:00:00Z', '2026-11-30T10:00:00Z'],
    ],
    [
      'every other week',
      'freq=weekly;interval=2',
      '2026-11-27T10:00',
      'UTC',
      ['2026-11-27T10:00:00Z', '2026-12-11T10:00:00Z'],
    ],
  ])('knows %s', (_, rule, start, timeZone, expected) => {
    expect(occurrences(rule, start, timeZone, 2)).toEqual(expected);
  });

  it('ends with its COUNT or UNTIL', () => {
    expect(occurrences('FREQ=DAILY;COUNT=2', '2026-11-27T10:00', BERLIN, 5)).toHaveLength(2);
    expect(occurrences('FREQ=DAILY;UNTIL=20261129', '2026-11-27T10:00', BERLIN, 5)).toHaveLength(3);
    // 09:00Z is 10:00 in Berlin, and UNTIL includes it; a second before does not.
    expect(occurrences('FREQ=DAILY;UNTIL=20261129T090000Z', '2026-11-27T10:00', BERLIN, 5)).toHaveLength(3);
    expect(occurrences('FREQ=DAILY;UNTIL=20261129T085959Z', '2026-11-27T10:00', BERLIN, 5)).toHaveLength(2);
  });

  it('goes on after whatever moment', () => {
    expect(occurrences('FREQ=DAILY', '2026-11-27T10:00', 'UTC', 1, '2027-05-05T10:00:00Z')).toEqual([
      '2027-05-06T10:00:00Z',
    ]);
  });

  it.each([
    '',
    'weekly',
    'FREQ=SECONDLY',
    'FREQ=MINUTELY',
    'BYDAY=MO',
    'FREQ=DAILY;FREQ=WEEKLY',
    'FREQ=DAILY;DTSTART=20260101',
    'FREQ=DAILY\nEXDATE:20260101',
    'FREQ=DAILY;BYDAY=XX',
    `FREQ=DAILY;BYMONTHDAY=${'1,'.repeat(400)}1`,
  ])('is not %j', (rule) => {
    expect(() => Recurrence.read(rule, Temporal.PlainDateTime.from('2026-11-27T10:00'), 'UTC')).toThrow(NotARecurrence);
  });

  it.each([
    'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31',
    'FREQ=WEEKLY;BYMONTH=2;BYDAY=MO;BYSETPOS=300',
    'FREQ=DAILY;BYYEARDAY=366;BYMONTH=3',
  ])('that never comes (%s) is found out in time', (rule) => {
    expect(() => occurrences(rule, '2026-11-27T10:00', 'UTC', 1)).toThrow('The recurrence never comes again.');
  });
});

describe('what is no rule for calls', () => {
  const read = (rule: string) => () => Recurrence.read(rule, wallClockOf('2027-01-15T09:00:00'), 'Europe/Berlin');

  it.each([
    'FREQ=YEARLY;INTERVAL=999999',
    'FREQ=DAILY;INTERVAL=ABC',
    'FREQ=DAILY;INTERVAL=0',
    'FREQ=DAILY;BYHOUR=99',
    'FREQ=YEARLY;BYMONTH=13',
    'FREQ=MONTHLY;BYMONTHDAY=99',
    'FREQ=MONTHLY;BYDAY=99MO',
    'FREQ=DAILY;COUNT=-5',
    'FREQ=DAILY;COUNT=1001',
    'FREQ=DAILY;BYDAY=MO;COUNT=101',
    'FREQ=YEARLY;COUNT=101',
    'FREQ=DAILY;BYMINUTE=0,15,30,45',
    'FREQ=DAILY;UNTIL=tomorrow',
    'FREQ=HOURLY;BYMONTH=2',
    'FREQ=YEARLY;BYMONTH=1,2,3,4,5,6;BYMONTHDAY=1,2,3,4,5,6;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11',
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
  ])('%s', (rule) => {
    expect(read(rule)).toThrow(NotARecurrence);
  });

  it('is read or refused, and what is read can be expanded, whatever it is', () => {
    const part = fc.constantFrom(
      'INTERVAL',
      'COUNT',
      'BYDAY',
      'BYMONTH',
      'BYMONTHDAY',
      'BYHOUR',
      'BYSETPOS',
      'UNTIL',
      'X',
    );
    const value = fc.oneof(
      fc.integer({ min: -60, max: 60 }).map(String),
      fc.constantFrom('MO', '-1SU', '20280101', 'ABC', ''),
    );
    const frequency = fc.constantFrom('HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY', 'SECONDLY');
    fc.assert(
      fc.property(frequency, fc.array(fc.tuple(part, value), { maxLength: 3 }), (freq, parts) => {
        const rule = [`FREQ=${freq}`, ...parts.map(([name, text]) => `${name}=${text}`)].join(';');
        try {
          const next = read(rule)().next(new Date('2027-01-15T08:00:00Z'));
          if (next !== null) expect(next.at.getTime()).toBeGreaterThan(Date.parse('2027-01-15T08:00:00Z'));
        } catch (error) {
          expect(error).toBeInstanceOf(NotARecurrence);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0', '2027-01-16T09:00:00'],
    ['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1,3', '2027-01-18T09:00:00'],
    [
      'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,10,11,12,13,14,15,16,17;BYMONTH=1,2,3,4,5,6,9,10,11',
      '2027-01-15T10:00:00',
    ],
  ])('but %s is', (rule, next) => {
    expect(read(rule)().next(new Date('2027-01-15T08:00:00Z'))?.localTime).toBe(next);
  });

  it.each(['FREQ=HOURLY;BYDAY=MO;BYHOUR=9;COUNT=100', 'FREQ=DAILY;BYDAY=MO;COUNT=100'])(
    '%s counts to its end',
    (rule) => {
      const series = read(rule)();
      let count = 0;
      for (let next = series.next(new Date('2027-01-15T08:00:00Z')); next !== null; next = series.next(next.at))
        count += 1;
      expect(count).toBe(100);
    },
  );

  it('counts as far as it was asked to', () => {
    const daily = read('FREQ=DAILY;COUNT=1000')();
    expect(daily.next(new Date('2029-10-08T08:00:00Z'))?.localTime).toBe('2029-10-09T09:00:00');
    expect(daily.next(new Date('2029-10-09T08:00:00Z'))?.localTime).toBe('2029-10-10T09:00:00');
    expect(daily.next(new Date('2029-10-10T08:00:00Z'))).toBeNull();
  });
});
