import fc from 'fast-check';
import { earliestLoudInstant, isQuiet, parseQuietHours } from './quiet-hours';

const NIGHT = parseQuietHours('21:00-08:00');
const NEW_YORK = 'America/New_York';

const at = (text: string) => new Date(text);

describe('quiet hours', () => {
  it.each([
    ['2026-11-21T12:59:00Z', true],
    ['2026-11-21T13:00:00Z', false],
    ['2026-11-22T01:59:59Z', false],
    ['2026-11-22T02:00:00Z', true],
    ['2026-07-01T12:00:00Z', false],
    ['2026-07-01T11:59:59Z', true],
  ])('know that in New York it is quiet at %s: %p', (instant, quiet) => {
    expect(isQuiet(at(instant), NEW_YORK, NIGHT)).toBe(quiet);
  });

  it('may lie within one day', () => {
    const siesta = parseQuietHours('13:00-15:30');
    expect(isQuiet(at('2026-11-21T13:00:00Z'), 'UTC', siesta)).toBe(true);
    expect(isQuiet(at('2026-11-21T15:30:00Z'), 'UTC', siesta)).toBe(false);
  });

  it('are none when they start and end at the same minute', () => {
    const none = parseQuietHours('08:00-08:00');
    expect(isQuiet(at('2026-11-21T08:00:00Z'), 'UTC', none)).toBe(false);
  });

  it.each([
    ['during the day, now', '2026-11-21T18:00:30.123Z', [NEW_YORK], '2026-11-21T18:00:30.123Z'],
    ['in the evening, the next morning', '2026-11-22T03:30:15Z', [NEW_YORK], '2026-11-22T13:00:00.000Z'],
    ['after midnight, the same morning', '2026-11-22T06:00:00Z', [NEW_YORK], '2026-11-22T13:00:00.000Z'],
    ['over the night on which clocks go forward', '2026-03-08T04:00:00Z', [NEW_YORK], '2026-03-08T12:00:00.000Z'],
    ['over the night on which clocks go back', '2026-11-01T03:00:00Z', [NEW_YORK], '2026-11-01T13:00:00.000Z'],
    [
      'with two zones, when both are awake',
      '2026-11-21T13:30:00Z',
      [NEW_YORK, 'America/Los_Angeles'],
      '2026-11-21T16:00:00.000Z',
    ],
    [
      'with two zones, before the first sleeps again',
      '2026-11-22T03:00:00Z',
      [NEW_YORK, 'America/Los_Angeles'],
      '2026-11-22T16:00:00.000Z',
    ],
    ['in a zone of half an hour', '2026-11-21T02:00:00Z', ['America/St_Johns'], '2026-11-21T11:30:00.000Z'],
  ])('end %s', (_, from, zones, expected) => {
    expect(earliestLoudInstant(at(from), zones, NIGHT)?.toISOString()).toBe(expected);
  });

  it('never end where some zone is always quiet', () => {
    const long = parseQuietHours('10:00-09:00');
    expect(earliestLoudInstant(at('2026-11-21T12:00:00Z'), [NEW_YORK, 'Pacific/Honolulu'], long)).toBeNull();
  });

  it('end at an instant that is loud everywhere and before which something was quiet', () => {
    const zones = ['America/St_Johns', NEW_YORK, 'America/Phoenix', 'America/Los_Angeles'];
    fc.assert(
      fc.property(fc.date({ min: at('2026-01-01'), max: at('2027-12-31'), noInvalidDate: true }), (from) => {
        const end = earliestLoudInstant(from, zones, NIGHT);
        if (end === null) throw new Error('there is a loud hour every day');
        expect(end.getTime()).toBeGreaterThanOrEqual(from.getTime());
        expect(zones.some((zone) => isQuiet(end, zone, NIGHT))).toBe(false);
        if (end > from) {
          const before = new Date(end.getTime() - 1);
          expect(zones.some((zone) => isQuiet(before, zone, NIGHT))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
