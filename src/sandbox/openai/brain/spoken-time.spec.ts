import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { dayInWords, daysIn } from './spoken-days';
import { durationInWords, readWhen, timeInWords, type Now, type When } from './spoken-time';

const NOW: Now = { at: Temporal.PlainDateTime.from('2026-12-01T10:05'), timeZone: 'Europe/Berlin' };
const read = (text: string, bareHour = false): When => readWhen(text, NOW, { bareHour }).when;

describe('a time of day', () => {
  it.each([
    ['at three p m', '15:00'],
    ['at 3pm', '15:00'],
    ['3 p.m.', '15:00'],
    ['at three in the afternoon', '15:00'],
    ['at three', '15:00'],
    ['at nine', '09:00'],
    ['at seven in the evening', '19:00'],
    ['at ten at night', '22:00'],
    ['half past two', '14:30'],
    ['at half past ten', '10:30'],
    ['at ten thirty', '10:30'],
    ['at ten thirty a m', '10:30'],
    ['three oh five p.m.', '15:05'],
    ['at two twenty-five', '14:25'],
    ['quarter to four', '15:45'],
    ['a quarter past nine', '09:15'],
    ['a quarter to one', '12:45'],
    ['ten past three', '15:10'],
    ['twenty five to four', '15:35'],
    ['at 15:30', '15:30'],
    ['at fifteen thirty', '15:30'],
    ['at 9.45', '09:45'],
    ['noon', '12:00'],
    ['at twelve noon', '12:00'],
    ['midnight', '00:00'],
    ["three o'clock", '15:00'],
    ["ten o'clock in the morning", '10:00'],
    ['to four', '16:00'],
    ['in the afternoon at five', '17:00'],
    ['tomorrow evening at eight', '20:00'],
    ['Good morning, at three please', '15:00'],
  ])('%s', (text, time) => {
    expect(read(text).time).toBe(time);
  });

  it.each(['the first one', 'for four people', 'take the second', 'five minutes', 'to two people', 'I am here'])(
    'is not in "%s"',
    (text) => {
      expect(read(text).time).toBeUndefined();
    },
  );

  it('may be a number alone where it was asked for', () => {
    expect(read('Four, please.').time).toBeUndefined();
    expect(read('Four, please.', true).time).toBe('16:00');
    expect(read('One.', true).time).toBe('13:00');
    expect(read('Yes, the first one.', true).time).toBeUndefined();
  });

  it('is the same when its words are read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1439 }), (minutes) => {
        const time = Temporal.PlainTime.from('00:00').add({ minutes }).toString({ smallestUnit: 'minute' });
        expect(read(`Move it to ${timeInWords(time)}, please.`)).toMatchObject({ time });
      }),
    );
  });
});

describe('a day', () => {
  it.each([
    ['today', '2026-12-01'],
    ['tonight', '2026-12-01'],
    ['tomorrow', '2026-12-02'],
    ["tomorrow's meeting", '2026-12-02'],
    ['the day after tomorrow', '2026-12-03'],
    ['yesterday', '2026-11-30'],
    ['on friday', '2026-12-04'],
    ['this Friday', '2026-12-04'],
    ['on Tuesday', '2026-12-08'],
    ['next monday', '2026-12-07'],
    ['next friday', '2026-12-11'],
    ['the fifth of december', '2026-12-05'],
    ['december fifth', '2026-12-05'],
    ['December 5th', '2026-12-05'],
    ['5 December', '2026-12-05'],
    ['on Saturday, the fifth of December', '2026-12-05'],
    ['on the twenty first', '2026-12-21'],
    ['the fifth', '2026-12-05'],
    ['on the first of January', '2027-01-01'],
    ['January second twenty twenty-eight', '2028-01-02'],
    ['the twenty-ninth of February', '2028-02-29'],
    ['in three days', '2026-12-04'],
    ['in a week', '2026-12-08'],
    ['2026-12-24', '2026-12-24'],
  ])('%s', (text, date) => {
    expect(read(text).date).toBe(date);
  });

  it.each(['the first one', 'the second', 'may I ask', 'march on', 'on the first one'])('is not in "%s"', (text) => {
    expect(read(text).date).toBeUndefined();
  });

  it('may be the first of several', () => {
    expect(read('next week')).toMatchObject({ date: '2026-12-07', toDate: '2026-12-11' });
    expect(read('between wednesday and friday')).toMatchObject({ date: '2026-12-02', toDate: '2026-12-04' });
  });

  it('is the same when its words are read again', () => {
    const anyDay = fc.integer({ min: 0, max: 1500 }).map((days) => NOW.at.toPlainDate().add({ days }));
    fc.assert(
      fc.property(anyDay, fc.integer({ min: -500, max: 900 }), (today, days) => {
        const date = today.add({ days });
        expect(daysIn(dayInWords(date, today), today).map((day) => day.date.toString())).toEqual([date.toString()]);
      }),
    );
  });
});

describe('a duration', () => {
  it.each([
    ['for an hour', 60],
    ['for one hour', 60],
    ['for thirty minutes', 30],
    ['for 45 minutes', 45],
    ['half an hour', 30],
    ['a half-hour call', 30],
    ['for an hour and a half', 90],
    ['for one and a half hours', 90],
    ['two hours', 120],
    ['an hour and ten minutes', 70],
    ['a thirty-minute call', 30],
    ['a quarter of an hour', 15],
    ['at three from three to four', 60],
  ])('%s', (text, minutes) => {
    expect(read(text).minutes).toBe(minutes);
  });

  it('may be a distance', () => {
    expect(read('an hour later')).toEqual({ shiftMinutes: 60 });
    expect(read('half an hour earlier')).toEqual({ shiftMinutes: -30 });
    expect(read('in half an hour')).toEqual({ date: '2026-12-01', time: '10:35' });
  });

  it('is the same when its words are read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 720 }), (minutes) => {
        expect(read(`Book it for ${durationInWords(minutes)}.`)).toEqual({ minutes });
      }),
    );
  });
});

describe('a sentence', () => {
  it.each<[string, When, string]>([
    [
      'Book a meeting with Anna tomorrow at three in the afternoon for an hour',
      { date: '2026-12-02', time: '15:00', minutes: 60, period: 'afternoon' },
      'Book a meeting with Anna | | |',
    ],
    [
      'On the fifth of december at half past two for half an hour',
      { date: '2026-12-05', time: '14:30', minutes: 30 },
      '| | |',
    ],
    ['On friday from ten to half past eleven', { date: '2026-12-04', time: '10:00', minutes: 90 }, '| |'],
    [
      'Tomorrow at three p m new york time',
      { date: '2026-12-02', time: '15:00', timeZone: 'America/New_York' },
      '| | |',
    ],
  ])('%s', (text, when, rest) => {
    expect(readWhen(text, NOW)).toEqual({ when, rest });
  });

  it('made of any such words together is read without a mistake of the parts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 0, max: 1439 }),
        fc.integer({ min: 1, max: 600 }),
        (days, at, minutes) => {
          const date = NOW.at.toPlainDate().add({ days });
          const time = Temporal.PlainTime.from('00:00').add({ minutes: at }).toString({ smallestUnit: 'minute' });
          const day = dayInWords(date, NOW.at.toPlainDate());
          const text = `Lunch ${day} at ${timeInWords(time)} for ${durationInWords(minutes)}.`;
          expect(read(text)).toMatchObject({ date: date.toString(), time, minutes });
        },
      ),
    );
  });

  it('is read in no time, whatever it is', () => {
    const word = fc.constantFrom(
      'one',
      'twenty',
      'half',
      'past',
      'to',
      'from',
      'the',
      'fifth',
      'of',
      'may',
      'hour',
      '9',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 400 }), (words) => {
        const startedAt = performance.now();
        read(words.join(' '), true);
        expect(performance.now() - startedAt).toBeLessThan(2000);
      }),
      { numRuns: 30 },
    );
  });
});
