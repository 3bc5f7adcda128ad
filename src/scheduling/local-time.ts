import { Temporal } from 'temporal-polyfill';

/** A moment that somebody named by the clock on their wall. */
export interface LocalMoment {
  at: Date;
  /** The wall clock in the time zone at that moment: 2026-03-29T03:30:00. */
  localTime: string;
  /** What the clock change made of it, in a sentence; null where the time was there once. */
  note: string | null;
}

/** The text is no time, or names none that there is. */
export class NotATime extends Error {}

const HAS_OFFSET = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/i;

/**
 * Reads an ISO 8601 time. An offset in it is honoured; without one it is the clock of the time zone. A time that is left out
 * when clocks go forward moves forward by as much as they do, and of one that comes twice the first is meant (the
 * "compatible" rule of Temporal, as calendars have it).
 * @throws NotATime
 */
export function readMoment(text: string, timeZone: string): LocalMoment {
  // A time zone in brackets would be a second word on the clock.
  if (text.includes('[')) throw new NotATime('A time zone does not stand in the time.');
  try {
    if (HAS_OFFSET.test(text)) {
      const zoned = Temporal.Instant.from(text).toZonedDateTimeISO(timeZone);
      return { at: toDate(zoned), localTime: wallClock(zoned), note: null };
    }
    return momentOf(Temporal.PlainDateTime.from(text, { overflow: 'reject' }), timeZone);
  } catch (error) {
    if (error instanceof RangeError) throw new NotATime(error.message);
    throw error;
  }
}

/** The moment of a wall clock, by the same rule. */
export function momentOf(local: Temporal.PlainDateTime, timeZone: string): LocalMoment {
  const zoned = local.toZonedDateTime(timeZone, { disambiguation: 'compatible' });
  const localTime = wallClock(zoned);
  return { at: toDate(zoned), localTime, note: noteOn(local, zoned, localTime, timeZone) };
}

/** What the clock of the time zone shows at a moment. */
export function wallClockAt(at: Date, timeZone: string): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone).toPlainDateTime();
}

/** Such as 2026-03-29T03:30:00. */
export function wallClockOf(localTime: string): Temporal.PlainDateTime {
  return Temporal.PlainDateTime.from(localTime);
}

function noteOn(
  local: Temporal.PlainDateTime,
  zoned: Temporal.ZonedDateTime,
  localTime: string,
  timeZone: string,
): string | null {
  if (!zoned.toPlainDateTime().equals(local)) {
    return `The clocks in ${timeZone} go forward then and leave ${clock(local)} out: the call is at ${localTime.slice(11, 16)}.`;
  }
  const later = local.toZonedDateTime(timeZone, { disambiguation: 'later' });
  if (later.epochMilliseconds === zoned.epochMilliseconds) return null;
  return `The clocks in ${timeZone} go back then and show ${clock(local)} twice: the call is at the first.`;
}

function clock(local: Temporal.PlainDateTime): string {
  return local.toPlainTime().toString({ smallestUnit: 'minute' });
}

function wallClock(zoned: Temporal.ZonedDateTime): string {
  return zoned.toPlainDateTime().toString({ smallestUnit: 'second' });
}

function toDate(zoned: Temporal.ZonedDateTime): Date {
  return new Date(zoned.epochMilliseconds);
}
