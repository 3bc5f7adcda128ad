import type { WallClock } from '../../wall-clock';
import type { Calendar } from './calendar';
import { CalendarError, invalid, needsFullSync } from './calendar-error';
import { toResource, toStub, type CalendarEvent, type Viewer } from './calendar-event';
import { momentMs } from './event-time';
import type { Span } from './free-busy';
import { instancesOf } from './instances';
import { canBeSynced, fingerprint, readListQuery, type ListQuery } from './list-query';
import { compareRanks, digest, readToken, writeToken, type Rank, type SyncToken } from './list-tokens';

const DAY_MS = 86_400_000;
/** Changes of before are not told any more; the page does not name the number. */
const CHANGES_KEPT_MS = 28 * DAY_MS;
/** A client that has been away for so long starts anew; the page does not name the number either. */
const SYNC_TOKEN_MS = 30 * DAY_MS;

interface Listing {
  events: readonly CalendarEvent[];
  /** Of what is gone a client that keeps in step is only told that it is. */
  asStubs: boolean;
  /** What the next sync token begins from and with; none for lists that cannot be kept in step. */
  sync?: Omit<SyncToken, 'kind' | 'issuedMs' | 'calendar' | 'since'>;
}

/**
 * `events.list` (https://developers.google.com/workspace/calendar/api/v3/reference/events/list, guides/sync).
 * @throws CalendarError
 */
export function listEvents(calendar: Calendar, params: URLSearchParams, clock: WallClock, accessRole: string): object {
  const query = readListQuery(params);
  const listing =
    query.syncToken === undefined
      ? fullList(calendar, query, clock)
      : changedSince(calendar, query, query.syncToken, clock);
  return pageOf(calendar, listing, query, params, clock, accessRole);
}

/** `events.instances` of a series. @throws CalendarError */
export function listInstances(
  calendar: Calendar,
  series: CalendarEvent,
  params: URLSearchParams,
  clock: WallClock,
  accessRole: string,
): object {
  const query = readListQuery(params);
  const { startMs, endMs } = windowOf(query);
  const original = params.get('originalStart');
  const events = (series.status === 'cancelled' ? [] : instancesOf(calendar, series, startMs, endMs))
    .filter(({ status }) => query.showDeleted || status !== 'cancelled')
    .filter(({ originalStart }) => {
      if (original === null || originalStart === undefined) return true;
      return momentMs(originalStart, calendar.timeZone) === Date.parse(original);
    });
  return pageOf(calendar, { events, asStubs: false }, query, params, clock, accessRole);
}

function fullList(calendar: Calendar, query: ListQuery, clock: WallClock): Listing {
  const { singleEvents, updatedMinMs } = query;
  if (updatedMinMs !== undefined && updatedMinMs < clock.nowMs() - CHANGES_KEPT_MS) {
    const message = 'The requested minimum modification time lies too far in the past.';
    throw new CalendarError(410, 'updatedMinTooLongAgo', message, { domain: 'calendar', location: 'updatedMin' });
  }
  const { startMs, endMs } = windowOf(query);
  const all = singleEvents
    ? calendar.expanded(startMs, endMs)
    : calendar.stored().filter((event) => isWithin(calendar, event, startMs, endMs));
  return {
    events: all.filter((event) => isShown(calendar, event, query)).filter((event) => fits(event, query)),
    asStubs: false,
    ...(canBeSynced(query)
      ? { sync: { singleEvents, timeMinMs: query.timeMinMs ?? null, timeMaxMs: query.timeMaxMs ?? null } }
      : {}),
  };
}

/** What has happened since, whatever it is: also what was cancelled, and occurrences that a changed series has no more. */
function changedSince(calendar: Calendar, query: ListQuery, written: string, clock: WallClock): Listing {
  const token = readToken(written, 'sync');
  const changes = token?.calendar === calendar.id ? calendar.changesSince(token.since) : undefined;
  if (!token || !changes || token.issuedMs < clock.nowMs() - SYNC_TOKEN_MS) throw needsFullSync();
  const { singleEvents, timeMinMs, timeMaxMs } = token;
  const earliest = new Map<string, CalendarEvent | undefined>();
  for (const { eventId, before } of changes) if (!earliest.has(eventId)) earliest.set(eventId, before);
  const window = windowOf({ timeMinMs: timeMinMs ?? undefined, timeMaxMs: timeMaxMs ?? undefined });
  const events = [...earliest].flatMap(([eventId, before]): CalendarEvent[] => {
    const now = calendar.find(eventId);
    if (!singleEvents) return now ? [now] : before ? [{ ...before, status: 'cancelled' }] : [];
    const isSeries = (event: CalendarEvent | undefined) => event?.recurrence !== undefined;
    const expand = (event: CalendarEvent | undefined): CalendarEvent[] => {
      if (!event) return [];
      if (!isSeries(event)) return [event];
      return event.status === 'cancelled' ? [] : instancesOf(calendar, event, window.startMs, window.endMs);
    };
    const present = expand(now);
    const ids = new Set(present.map(({ id }) => id));
    const gone = isSeries(before) || !now ? expand(before).filter(({ id }) => !ids.has(id)) : [];
    return [...present, ...gone.map((event): CalendarEvent => ({ ...event, status: 'cancelled' }))];
  });
  const unique = new Map(events.map((event) => [event.id, event]));
  return {
    events: [...unique.values()].filter((event) => fits(event, query)),
    asStubs: true,
    sync: { singleEvents, timeMinMs, timeMaxMs },
  };
}

/** What is not bounded has no end; series without one are then written out for a while (instances.ts). */
function windowOf({ timeMinMs, timeMaxMs }: Pick<ListQuery, 'timeMinMs' | 'timeMaxMs'>): Span {
  return { startMs: timeMinMs ?? -Infinity, endMs: timeMaxMs ?? Infinity };
}

function isWithin(calendar: Calendar, event: CalendarEvent, timeMinMs: number, timeMaxMs: number): boolean {
  if (event.recurrence === undefined) return calendar.overlaps(event, timeMinMs, timeMaxMs);
  if (event.status === 'cancelled' || (timeMinMs === -Infinity && timeMaxMs === Infinity)) return true;
  return instancesOf(calendar, event, timeMinMs, timeMaxMs).length > 0;
}

/** Of what was cancelled: all of it when asked for, what was since `updatedMin`, and single occurrences of a series that goes on. */
function isShown(
  calendar: Calendar,
  event: CalendarEvent,
  { showDeleted, singleEvents, updatedMinMs }: ListQuery,
): boolean {
  if (updatedMinMs !== undefined && event.updatedMs < updatedMinMs) return false;
  if (event.status !== 'cancelled' || showDeleted || updatedMinMs !== undefined) return true;
  return (
    !singleEvents &&
    event.recurringEventId !== undefined &&
    calendar.find(event.recurringEventId)?.status !== 'cancelled'
  );
}

function fits(event: CalendarEvent, query: ListQuery): boolean {
  const { words, iCalUID, eventTypes, privateProperties, sharedProperties } = query;
  const { content } = event;
  if (iCalUID !== undefined && event.iCalUID !== iCalUID) return false;
  if (eventTypes.length > 0 && !eventTypes.includes(content.eventType ?? 'default')) return false;
  const { private: own = {}, shared = {} } = content.extendedProperties ?? {};
  if (privateProperties.some(([name, value]) => own[name] !== value)) return false;
  if (sharedProperties.some(([name, value]) => shared[name] !== value)) return false;
  if (words.length === 0) return true;
  const people = (content.attendees ?? []).flatMap(({ email, displayName }) => [email, displayName]);
  const text = [content['summary'], content['description'], content['location'], event.organizerEmail, ...people]
    .join(' ')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

function pageOf(
  calendar: Calendar,
  { events, asStubs, sync }: Listing,
  query: ListQuery,
  params: URLSearchParams,
  clock: WallClock,
  accessRole: string,
): object {
  const of = digest(`${calendar.id} ${fingerprint(params)}`);
  const token = query.pageToken === undefined ? undefined : readToken(query.pageToken, 'page');
  if (query.pageToken !== undefined && token?.of !== of) throw invalid('Invalid page token value.', 'pageToken');
  const rankOf = (event: CalendarEvent): Rank => {
    const startMs = momentMs(event.start, calendar.timeZone);
    if (query.orderBy === 'startTime') return [startMs, event.position, event.id];
    return query.orderBy === 'updated'
      ? [event.updatedMs, event.position, event.id]
      : [event.position, startMs, event.id];
  };
  const ranked = events
    .map((event) => ({ event, rank: rankOf(event) }))
    .sort((a, b) => compareRanks(a.rank, b.rank))
    .filter(({ rank }) => token === undefined || compareRanks(rank, token.after) > 0);
  const page = ranked.slice(0, query.maxResults);
  const since = token?.since ?? calendar.lastChange;
  const viewer: Viewer = {
    ownerEmail: calendar.ownerEmail,
    calendarId: calendar.id,
    shownIn: query.timeZone ?? calendar.timeZone,
    maxAttendees: query.maxAttendees,
  };
  const last = page.at(-1);
  const hasMore = ranked.length > page.length && last !== undefined;
  return {
    kind: 'calendar#events',
    etag: `"p${calendar.lastChange.toString(32)}${calendar.updatedMs.toString(32)}"`,
    summary: calendar.summary,
    description: '',
    updated: new Date(calendar.updatedMs).toISOString(),
    timeZone: calendar.timeZone,
    accessRole,
    defaultReminders: [{ method: 'popup', minutes: 10 }],
    ...(hasMore ? { nextPageToken: writeToken({ kind: 'page', of, after: last.rank, since }) } : {}),
    ...(!hasMore && sync
      ? { nextSyncToken: writeToken({ kind: 'sync', calendar: calendar.id, since, issuedMs: clock.nowMs(), ...sync }) }
      : {}),
    items: page.map(({ event }) =>
      asStubs && event.status === 'cancelled' ? toStub(event, viewer.shownIn) : toResource(event, viewer),
    ),
  };
}
