import { Temporal } from 'temporal-polyfill';
import { invalid, required } from './calendar-error';

/**
 * When an event begins or ends: a whole day, whose moment depends on who looks, or a moment with the zone that it was
 * planned in. The day that an event ends on is the one after its last.
 */
export type EventTime = { date: string } | { atMs: number; timeZone: string };

/** As clients write it and as it is told (https://developers.google.com/workspace/calendar/api/v3/reference/events). */
export interface WireTime {
  date?: string | null;
  dateTime?: string | null;
  timeZone?: string | null;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})?$/;

export function isAllDay(time: EventTime): time is { date: string } {
  return 'date' in time;
}

/**
 * @param which names it in errors: start or end
 * @param isRecurring then the zone has to be said, also beside an offset
 * @throws CalendarError
 */
export function readEventTime(
  wire: WireTime | null | undefined,
  which: 'start' | 'end' | 'original start',
  calendarZone: string,
  isRecurring: boolean,
): EventTime {
  const { date, dateTime, timeZone } = wire ?? {};
  if (!date && !dateTime) throw required(`Missing ${which} time.`);
  if (date && dateTime) throw invalid(`Invalid ${which} time.`);
  if (timeZone && !isTimeZone(timeZone)) throw invalid(`Invalid time zone definition for ${which} time.`);
  if (date) {
    if (!isDate(date)) throw invalid(`Invalid value for: Invalid format: "${date}"`);
    return { date };
  }
  const written = dateTime ?? '';
  const offset = DATE_TIME.exec(written);
  if (!offset) throw invalid(`Invalid value for: Invalid format: "${written}"`);
  if (!timeZone && (isRecurring || offset[1] === undefined)) {
    throw required(`Missing time zone definition for ${which} time.`);
  }
  const zone = timeZone || calendarZone;
  try {
    const atMs =
      offset[1] === undefined
        ? momentOf(Temporal.PlainDateTime.from(written.toUpperCase(), { overflow: 'reject' }), zone)
        : Temporal.Instant.from(written.toUpperCase()).epochMilliseconds;
    return { atMs: Math.floor(atMs / 1000) * 1000, timeZone: zone };
  } catch (error) {
    if (error instanceof RangeError) throw invalid(`Invalid value for: Invalid format: "${written}"`);
    throw error;
  }
}

/** A bound of a query: RFC 3339 with an offset; `undefined` when it is none. */
export function readMoment(written: string): number | undefined {
  if (DATE_TIME.exec(written)?.[1] === undefined) return undefined;
  try {
    return Temporal.Instant.from(written.toUpperCase()).epochMilliseconds;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The moment; of a day its beginning in the zone of the calendar. */
export function momentMs(time: EventTime, calendarZone: string): number {
  if (!isAllDay(time)) return time.atMs;
  return momentOf(Temporal.PlainDate.from(time.date).toPlainDateTime(), calendarZone);
}

/** The wall clock in a zone at a moment. */
export function wallClock(atMs: number, timeZone: string): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone).toPlainDateTime();
}

/** The moment of a wall clock; where clocks change, by the rule that calendars have ("compatible"). */
export function momentOf(wall: Temporal.PlainDateTime, timeZone: string): number {
  return wall.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds;
}

/** `2026-01-05T10:00:00+01:00`, by the clock of a zone. */
export function rfc3339(atMs: number, timeZone: string): string {
  const zoned = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone);
  const wall = zoned.toPlainDateTime().toString({ smallestUnit: 'second' });
  return zoned.offsetNanoseconds === 0 ? `${wall}Z` : `${wall}${zoned.offset}`;
}

/** What a reader is told, by the clock of the zone that they asked for. */
export function tell(time: EventTime, shownIn: string): WireTime {
  if (isAllDay(time)) return { date: time.date };
  return { dateTime: rfc3339(time.atMs, shownIn), timeZone: time.timeZone };
}

export function isTimeZone(name: string): boolean {
  // An offset is none, although Temporal takes it.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function isDate(written: string): boolean {
  if (!DATE.test(written)) return false;
  try {
    Temporal.PlainDate.from(written, { overflow: 'reject' });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
