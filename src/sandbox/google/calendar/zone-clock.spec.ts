import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { rfc3339 } from './event-time';
import { momentOfWall, offsetMsAt, wallMsAt } from './zone-clock';

const zone = fc.constantFrom(
  'Europe/Berlin',
  'America/New_York',
  'Asia/Tokyo',
  'UTC',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Apia',
);
const moment = fc
  .integer({ min: Date.parse('2005-01-01'), max: Date.parse('2039-01-01') })
  .map((ms) => Math.floor(ms / 1000) * 1000);

describe('the clock of a zone', () => {
  it('shows what Temporal says, and is written as it writes', () => {
    fc.assert(
      fc.property(zone, moment, (timeZone, atMs) => {
        const zoned = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone);
        expect(offsetMsAt(atMs, timeZone)).toBe(zoned.offsetNanoseconds / 1e6);
        const written = zoned.toString({ smallestUnit: 'second', timeZoneName: 'never' });
        expect(rfc3339(atMs, timeZone)).toBe(written.replace('+00:00', 'Z'));
      }),
    );
  });

  it('is read as Temporal reads it, also around the hours that are left out and come twice', () => {
    const changes = [
      '2026-03-29T01:00Z',
      '2026-10-25T01:00Z',
      '2026-03-08T07:00Z',
      '2026-11-01T06:00Z',
      '2026-04-04T15:00Z',
      '2011-12-30T10:00Z',
    ];
    const near = fc
      .tuple(fc.constantFrom(...changes.map((at) => Date.parse(at))), fc.integer({ min: -200, max: 200 }))
      .map(([at, minutes]) => at + minutes * 60_000);
    fc.assert(
      fc.property(zone, fc.oneof(moment, near), (timeZone, atMs) => {
        const wallMs = wallMsAt(atMs, timeZone);
        const wall = Temporal.Instant.fromEpochMilliseconds(wallMs).toZonedDateTimeISO('UTC').toPlainDateTime();
        for (const minutes of [0, 30, 60]) {
          const expected = wall.add({ minutes }).toZonedDateTime(timeZone, { disambiguation: 'compatible' });
          expect(momentOfWall(wallMs + minutes * 60_000, timeZone)).toBe(expected.epochMilliseconds);
        }
      }),
      { numRuns: 400 },
    );
  });
});
