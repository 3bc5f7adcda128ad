import { Temporal } from 'temporal-polyfill';
import { wallClockAt } from '../scheduling/local-time';
import type { CalendarEvent, EventTime } from '../integrations/calendar/calendar-provider';
import type { Slot } from './free-slots';

/** An event as an agent is told it. */
export type ToldEvent = {
  id: string;
  /** One line, cut. */
  summary: string;
} & (
  | { kind: 'moments'; start: Date; end: Date }
  /** Days such as 2026-12-24, both included. */
  | { kind: 'days'; from: string; to: string }
);

const MAX_SUMMARY = 120;
const UNTITLED = 'Untitled event';
/** Controls, line ends of every kind, and what turns the direction of writing or cannot be seen. */
const NOT_PLAIN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

/** Somebody else's words on one line, without anything that is no text, cut. */
export function oneLine(text: string, most = MAX_SUMMARY): string {
  const line = text.replace(NOT_PLAIN, ' ').replace(/\s+/g, ' ').trim();
  const characters = [...line];
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join('')}…`;
}

export function summaryOf({ summary }: Pick<CalendarEvent, 'summary'>): string {
  return oneLine(summary) || UNTITLED;
}

/** Null for what has no times, as cancelled events may. @param timeZone that of the calendar, in which its days are */
export function toToldEvent(event: CalendarEvent): ToldEvent | null {
  const { id, start, end } = event;
  const summary = summaryOf(event);
  if (start?.kind === 'moment' && end?.kind === 'moment') {
    return { kind: 'moments', id, summary, start: start.at, end: end.at };
  }
  if (start?.kind === 'day' && end?.kind === 'day') {
    const last = Temporal.PlainDate.from(end.date).subtract({ days: 1 }).toString();
    return { kind: 'days', id, summary, from: start.date, to: last < start.date ? start.date : last };
  }
  return null;
}

/** The moment at which it begins, or ends. @param timeZone in which the days of the calendar are */
export function momentOfTime(time: EventTime, timeZone: string): Date {
  if (time.kind === 'moment') return time.at;
  return new Date(Temporal.PlainDate.from(time.date).toZonedDateTime(timeZone).epochMilliseconds);
}

/** Such as 2026-12-02T15:00:00+01:00. */
export function withOffset(at: Date, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toString({ timeZone, smallestUnit: 'second' });
}

/** Such as 2026-12-02, 15:00. */
export function localParts(at: Date, timeZone: string): { date: string; time: string } {
  const local = wallClockAt(at, timeZone);
  return { date: local.toPlainDate().toString(), time: local.toPlainTime().toString({ smallestUnit: 'minute' }) };
}

/** Such as Wednesday. @param date 2026-12-02 */
export function weekdayOf(date: string): string {
  return Temporal.PlainDate.from(date).toLocaleString('en-GB', { weekday: 'long' });
}

/** Such as Wednesday, 2 December 2026. */
export function dayInWords(date: string): string {
  const rest = Temporal.PlainDate.from(date).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
  return `${weekdayOf(date)}, ${rest}`;
}

/** Such as Wednesday, 2 December 2026, 15:00-16:00 (Europe/Berlin). */
export function timesInWords({ start, end }: Slot, timeZone: string): string {
  const [from, to] = [localParts(start, timeZone), localParts(end, timeZone)];
  const until = from.date === to.date ? to.time : `${dayInWords(to.date)}, ${to.time}`;
  return `${dayInWords(from.date)}, ${from.time}-${until} (${timeZone})`;
}
