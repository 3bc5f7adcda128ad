import { Temporal } from 'temporal-polyfill';
import { invalid, required } from './calendar-error';
import { momentOfWall, offsetMsAt, wallMsAt } from './zone-clock';

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
        ? momentOfWall(utcMs(Temporal.PlainDateTime.from(written.toUpperCase(), { overflow: 'reject' })), zone)
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
  return isAllDay(time) ? momentOfWall(dayMs(time.date), calendarZone) : time.atMs;
}

/** The clock on the wall as if it were UTC's: of a moment in the zone that it was planned in, of a day its midnight. */
export function wallMs(time: EventTime): number {
  return isAllDay(time) ? dayMs(time.date) : wallMsAt(time.atMs, time.timeZone);
}

/** `2026-01-05T10:00:00+01:00`, by the clock of a zone. */
export function rfc3339(atMs: number, timeZone: string): string {
  const offsetMs = offsetMsAt(atMs, timeZone);
  const wall = new Date(atMs + offsetMs).toISOString().slice(0, 19);
  if (offsetMs === 0) return `${wall}Z`;
  // Of old times also seconds, which the format has no place for.
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
  return `${wall}${offsetMs < 0 ? '-' : '+'}${hour}:${minute}`;
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

/** Whether there is that day. */
export function isDate(written: string): boolean {
  if (!DATE.test(written)) return false;
  try {
    Temporal.PlainDate.from(written, { overflow: 'reject' });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function dayMs(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

function utcMs(wall: Temporal.PlainDateTime): number {
  return wall.toZonedDateTime('UTC').epochMilliseconds;
}
