import { z } from 'zod';
import type { Person } from '../people';
import { CalendarError, invalid, rangeIsEmpty, required } from './calendar-error';
import type { Calendars } from './calendars';
import { isTimeZone, readMoment, rfc3339 } from './event-time';

/** So many calendars are told at once. */
const MAX_CALENDARS = 50;

/** From one moment to another, which is not part of it any more. */
export interface Span {
  startMs: number;
  endMs: number;
}

const query = z.object({
  timeMin: z.string().nullish(),
  timeMax: z.string().nullish(),
  timeZone: z.string().nullish(),
  calendarExpansionMax: z.number().int().nullish(),
  items: z.array(z.object({ id: z.string() })).nullish(),
});

/**
 * `POST /freeBusy` (https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query). What is wrong with
 * one calendar is told beside the others.
 * @throws CalendarError
 */
export function freeBusy(body: unknown, person: Person, calendars: Calendars): object {
  const parsed = query.safeParse(body ?? {});
  if (!parsed.success) throw invalid(`Invalid value for: ${parsed.error.issues[0]?.path.join('.') ?? 'body'}`);
  const { timeMin, timeMax, timeZone, items, calendarExpansionMax } = parsed.data;
  if (!timeMin) throw required('Missing timeMin parameter.', 'timeMin');
  if (!timeMax) throw required('Missing timeMax parameter.', 'timeMax');
  const [fromMs, toMs] = [bound(timeMin, 'timeMin'), bound(timeMax, 'timeMax')];
  if (toMs <= fromMs) throw rangeIsEmpty('timeMax');
  const zone = timeZone || 'UTC';
  if (!isTimeZone(zone)) throw invalid(`Invalid time zone: ${zone}`, 'timeZone');
  const most = Math.min(MAX_CALENDARS, calendarExpansionMax ?? MAX_CALENDARS);

  const told = (items ?? []).map(({ id }, at): [string, object] => {
    if (at >= most) return [id, failed('tooManyCalendarsRequested')];
    const entry = calendars.find(person, id);
    if (!entry) return [id, failed('notFound')];
    const busy = mergeSpans(entry.calendar.busy(fromMs, toMs).map((span) => clipped(span, fromMs, toMs)));
    return [
      id,
      { busy: busy.map(({ startMs, endMs }) => ({ start: rfc3339(startMs, zone), end: rfc3339(endMs, zone) })) },
    ];
  });
  return {
    kind: 'calendar#freeBusy',
    timeMin: new Date(fromMs).toISOString(),
    timeMax: new Date(toMs).toISOString(),
    calendars: Object.fromEntries(told),
    groups: {},
  };
}

/** In order, without overlaps; those that touch are one. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const { startMs, endMs } of [...spans].sort((a, b) => a.startMs - b.startMs)) {
    const last = merged.at(-1);
    if (last && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else merged.push({ startMs, endMs });
  }
  return merged;
}

function clipped({ startMs, endMs }: Span, fromMs: number, toMs: number): Span {
  return { startMs: Math.max(startMs, fromMs), endMs: Math.min(endMs, toMs) };
}

function failed(reason: string): object {
  return { errors: [{ domain: 'global', reason }], busy: [] };
}

function bound(written: string, name: string): number {
  const atMs = readMoment(written);
  if (atMs === undefined) throw new CalendarError(400, 'badRequest', 'Bad Request', { location: name });
  return atMs;
}
