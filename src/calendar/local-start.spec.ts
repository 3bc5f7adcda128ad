import { addDays, daysBetween, DoesNotFit, readDate, readStart, startOfDay } from './local-start';

const read = (text: string, timeZone = 'Europe/Berlin') => readStart(text, timeZone).toISOString();

describe('the start of an event', () => {
  it('is read by the clock of the time zone', () => {
    expect(read('2026-12-02T15:00')).toBe('2026-12-02T14:00:00.000Z');
    expect(read('2026-07-02T15:00')).toBe('2026-07-02T13:00:00.000Z');
    expect(read('2026-12-02T15:00', 'America/New_York')).toBe('2026-12-02T20:00:00.000Z');
  });

  it('may have an offset of its own', () => {
    expect(read('2026-12-02T15:00:00-05:00')).toBe('2026-12-02T20:00:00.000Z');
  });

  it('that a clock change leaves out is refused in words', () => {
    expect(() => read('2026-03-29T02:30')).toThrow(
      'The clocks in Europe/Berlin go forward then, so 02:30 does not exist on that day. Ask for another time.',
    );
    expect(() => read('2026-03-29T02:30')).toThrow(DoesNotFit);
  });

  it('that comes twice is the first', () => {
    expect(read('2026-10-25T02:30')).toBe('2026-10-25T00:30:00.000Z');
  });

  it.each(['tomorrow', '2026-02-30T10:00', '2026-12-02T25:00', '', '2026-12-02T15:00[Asia/Tokyo]'])(
    'that is none, such as “%s”, is refused in words',
    (text) => expect(() => read(text)).toThrow('is no time: write the start as YYYY-MM-DDTHH:MM.'),
  );
});

describe('days', () => {
  it('are read', () => expect(readDate('2026-12-02')).toBe('2026-12-02'));

  it.each(['2026-02-30', '2.12.2026', '2026-12-02T10:00', ''])('such as “%s” are refused in words', (text) => {
    expect(() => readDate(text)).toThrow(DoesNotFit);
  });

  it('are counted, and begin when the clock of the zone says so', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(daysBetween('2026-12-01', '2026-12-31')).toBe(30);
    expect(startOfDay('2026-12-02', 'America/New_York').toISOString()).toBe('2026-12-02T05:00:00.000Z');
  });
});
