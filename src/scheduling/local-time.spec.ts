import { NotATime, readMoment } from './local-time';

const at = (text: string, timeZone: string) => readMoment(text, timeZone).at.toISOString();

describe('a time', () => {
  it.each([
    // With an offset, whatever the time zone.
    ['2026-11-21T15:00:00Z', 'America/New_York', '2026-11-21T15:00:00.000Z'],
    ['2026-11-21T15:00:00+05:30', 'Europe/Berlin', '2026-11-21T09:30:00.000Z'],
    ['2026-11-21T15:00:00.250-08', 'Europe/Berlin', '2026-11-21T23:00:00.250Z'],
    // By the clock on the wall, in winter and in summer.
    ['2026-11-21T15:00:00', 'America/New_York', '2026-11-21T20:00:00.000Z'],
    ['2026-07-21T15:00', 'America/New_York', '2026-07-21T19:00:00.000Z'],
    ['2026-07-21T15:00', 'UTC', '2026-07-21T15:00:00.000Z'],
    // Zones without clock changes, and of odd offsets.
    ['2026-07-21T15:00', 'Asia/Kolkata', '2026-07-21T09:30:00.000Z'],
    ['2026-07-21T15:00', 'Asia/Kathmandu', '2026-07-21T09:15:00.000Z'],
    ['2026-07-21T15:00', 'America/Phoenix', '2026-07-21T22:00:00.000Z'],
    // A change of half an hour, in the south.
    ['2026-10-04T02:15', 'Australia/Lord_Howe', '2026-10-03T15:45:00.000Z'],
    ['2028-02-29T09:00', 'Europe/Berlin', '2028-02-29T08:00:00.000Z'],
    // A day that was left out altogether.
    ['2011-12-30T12:00', 'Pacific/Apia', '2011-12-30T22:00:00.000Z'],
  ])('%s in %s is %s', (text, timeZone, instant) => {
    expect(at(text, timeZone)).toBe(instant);
  });

  it('that is left out moves forward, and says so', () => {
    expect(readMoment('2026-03-29T02:30', 'Europe/Berlin')).toEqual({
      at: new Date('2026-03-29T01:30:00Z'),
      localTime: '2026-03-29T03:30:00',
      note: 'The clocks in Europe/Berlin go forward then and leave 02:30 out: the call is at 03:30.',
    });
    expect(at('2026-03-08T02:30', 'America/New_York')).toBe('2026-03-08T07:30:00.000Z');
  });

  it('that comes twice is the first, and says so', () => {
    expect(readMoment('2026-10-25T02:30', 'Europe/Berlin')).toEqual({
      at: new Date('2026-10-25T00:30:00Z'),
      localTime: '2026-10-25T02:30:00',
      note: 'The clocks in Europe/Berlin go back then and show 02:30 twice: the call is at the first.',
    });
    // The second, for whoever names it.
    expect(readMoment('2026-10-25T02:30+01:00', 'Europe/Berlin')).toMatchObject({
      at: new Date('2026-10-25T01:30:00Z'),
      note: null,
    });
  });

  it.each([
    '',
    'tomorrow',
    '2026-02-29T10:00',
    '2026-13-01T10:00',
    '2026-11-21T25:00',
    '2026-11-21T15:00+99:00',
    '2026-11-21T15:00[Europe/Berlin]x',
    `2026-11-21T15:00:00.${'1'.repeat(50)}`,
    '+999999-01-01T00:00',
  ])('is not %s', (text) => {
    expect(() => readMoment(text, 'UTC')).toThrow(NotATime);
  });
});
