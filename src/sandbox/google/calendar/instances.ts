import type { CalendarEvent } from './calendar-event';
import { isAllDay, isDate, momentMs, wallMs, type EventTime } from './event-time';
import { instanceSuffix } from './recurrence';
import { momentOfWall } from './zone-clock';

/** Google writes out so many occurrences of one series at most. */
const MAX_INSTANCES = 2500;
const DAY_MS = 86_400_000;
/** Series without an end are written out so far into the future where no end is asked for. */
const HORIZON_MS = 2 * 365 * DAY_MS;
const INSTANCE_ID = /^(.+)_(\d{8})(?:T(\d{6})Z)?$/;

/** The calendar that a series is in. */
interface Home {
  readonly timeZone: string;
  nowMs(): number;
  stored(): CalendarEvent[];
  exceptionsOf(seriesId: string): CalendarEvent[];
  overlaps(event: { start: EventTime; end: EventTime }, fromMs: number, toMs: number): boolean;
}

/** `<id of the series>_20260105T090000Z`, or `…_20260105` for whole days: by when it would have been. */
export function instanceId(seriesId: string, originalStart: EventTime): string {
  return `${seriesId}_${instanceSuffix(originalStart)}`;
}

/**
 * The occurrences of a series that lie between two moments, with what was changed about single ones; those that were
 * cancelled among them. Either bound may be infinite.
 */
export function instancesOf(calendar: Home, series: CalendarEvent, fromMs: number, toMs: number): CalendarEvent[] {
  const { recurrence } = series;
  if (!recurrence) return [];
  const exceptions = new Map(calendar.exceptionsOf(series.id).map((event) => [event.id, event]));
  const firstMs = momentMs(series.start, calendar.timeZone);
  const lengthMs = momentMs(series.end, calendar.timeZone) - firstMs;
  const untilMs = Number.isFinite(toMs) ? toMs : Math.max(calendar.nowMs(), firstMs, fromMs) + HORIZON_MS;
  const regular = recurrence
    // A day of slack on both sides: whole days begin when they do in the calendar's zone.
    .between(fromMs - lengthMs - DAY_MS, untilMs + DAY_MS)
    .filter((start) => calendar.overlaps({ start, end: endOf(series, start) }, fromMs, untilMs))
    .slice(0, MAX_INSTANCES)
    .map((start) => occurrence(series, start))
    .filter((instance) => !exceptions.has(instance.id));
  const changed = [...exceptions.values()].filter(
    ({ originalStart }) => originalStart !== undefined && recurrence.has(originalStart),
  );
  return [...regular, ...changed].filter((instance) => calendar.overlaps(instance, fromMs, untilMs));
}

/** An occurrence by its id, where nobody has changed it. */
export function instanceOf(calendar: Home, eventId: string): CalendarEvent | undefined {
  const [, seriesId = '', day = '', time] = INSTANCE_ID.exec(eventId) ?? [];
  const series = calendar.stored().find(({ id }) => id === seriesId);
  if (!series?.recurrence) return undefined;
  const date = day.replace(/(....)(..)(..)/, '$1-$2-$3');
  const start: EventTime | undefined =
    time === undefined
      ? { date }
      : timeOf(
          `${date}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`,
          isAllDay(series.start) ? '' : series.start.timeZone,
        );
  if (!start || !isDate(date) || !series.recurrence.has(start)) return undefined;
  const instance = occurrence(series, start);
  return series.status === 'cancelled' ? { ...instance, status: 'cancelled' } : instance;
}

function timeOf(iso: string, timeZone: string): EventTime | undefined {
  const atMs = Date.parse(iso);
  return timeZone === '' || Number.isNaN(atMs) ? undefined : { atMs, timeZone };
}

function occurrence(series: CalendarEvent, start: EventTime): CalendarEvent {
  const { recurrence: _recurrence, ...shared } = series;
  return {
    ...shared,
    id: instanceId(series.id, start),
    recurringEventId: series.id,
    originalStart: start,
    start,
    end: endOf(series, start),
  };
}

/** As long as the first one by the clock on the wall. */
function endOf(series: CalendarEvent, start: EventTime): EventTime {
  const wall = wallMs(start) + wallMs(series.end) - wallMs(series.start);
  if (isAllDay(start) || isAllDay(series.end)) return { date: new Date(wall).toISOString().slice(0, 10) };
  const { timeZone } = series.end;
  // An hour that is left out in between may leave nothing of a short one.
  return { atMs: Math.max(momentOfWall(wall, timeZone), start.atMs + 1000), timeZone };
}
