import type { FastifyReply } from 'fastify';
import type { GoogleContext } from '../google-context';
import { requireCalendar, type CalendarCall, type RegisterMethod } from './calendar-call';
import type { Calendar, UpdateKind } from './calendar';
import { CalendarError, channelRefused, invalid, notFound } from './calendar-error';
import { toResource, type CalendarEvent } from './calendar-event';
import type { CalendarEntry } from './calendars';
import { listEvents, listInstances } from './event-list';
import { isTimeZone } from './event-time';
import { count, oneOf } from './list-query';

/** Who is told by mail; nobody is, here. */
const SEND_UPDATES = ['all', 'externalOnly', 'none'] as const;

/** Events of a calendar (https://developers.google.com/workspace/calendar/api/v3/reference/events). */
export function registerEvents(register: RegisterMethod, google: GoogleContext): void {
  const { channels, clock, faults } = google;
  const entryOf = ({ person, path }: CalendarCall): CalendarEntry => requireCalendar(google, person, path);
  const EVENTS = '/calendars/:calendarId/events';
  const EVENT = `${EVENTS}/:eventId`;

  register('Events.List', 'GET', EVENTS, (call) => {
    const { calendar, accessRole } = entryOf(call);
    return call.reply.send(listEvents(calendar, call.params, clock, accessRole));
  });
  register('Events.Instances', 'GET', `${EVENT}/instances`, (call) => {
    const { calendar, accessRole } = entryOf(call);
    const series = requireEvent(calendar, call.path);
    return call.reply.send(listInstances(calendar, series, call.params, clock, accessRole));
  });
  register('Events.Get', 'GET', EVENT, (call) => {
    const { calendar } = entryOf(call);
    const event = requireEvent(calendar, call.path);
    if (call.request.headers['if-none-match'] === event.etag) return call.reply.status(304).send();
    return answer(call, calendar, event);
  });
  register('Events.Insert', 'POST', EVENTS, (call) => {
    const calendar = writable(entryOf(call));
    checkParameters(call.params);
    return answer(call, calendar, calendar.insert(call.request.body, call.person.email));
  });
  for (const [method, verb, kind] of [
    ['Events.Patch', 'PATCH', 'patch'],
    ['Events.Update', 'PUT', 'replace'],
  ] as const satisfies readonly (readonly [string, string, UpdateKind])[]) {
    register(method, verb, EVENT, (call) => {
      const calendar = writable(entryOf(call));
      checkParameters(call.params);
      return answer(
        call,
        calendar,
        calendar.update(call.path['eventId'] ?? '', kind, call.request.body, ifMatch(call)),
      );
    });
  }
  register('Events.Delete', 'DELETE', EVENT, (call) => {
    const calendar = writable(entryOf(call));
    checkParameters(call.params);
    calendar.cancel(call.path['eventId'] ?? '', ifMatch(call));
    return call.reply.status(204).send();
  });
  register('Events.Watch', 'POST', `${EVENTS}/watch`, (call) => {
    if (faults.take('google', 'refuse_channel', { email: call.person.email })) throw channelRefused();
    return call.reply.send(channels.open(entryOf(call).calendar, call.request.body));
  });
}

function answer({ params, reply }: CalendarCall, calendar: Calendar, event: CalendarEvent): FastifyReply {
  const timeZone = params.get('timeZone') || calendar.timeZone;
  if (!isTimeZone(timeZone)) throw invalid(`Invalid time zone: ${timeZone}`, 'timeZone');
  const viewer = { ownerEmail: calendar.ownerEmail, calendarId: calendar.id, shownIn: timeZone };
  return reply
    .header('etag', event.etag)
    .send(toResource(event, { ...viewer, maxAttendees: count(params, 'maxAttendees') }));
}

/** @throws CalendarError 404 */
function requireEvent(calendar: Calendar, path: Record<string, string>): CalendarEvent {
  const event = calendar.find(path['eventId'] ?? '');
  if (!event) throw notFound();
  return event;
}

/** @throws CalendarError 403 */
function writable({ calendar, accessRole }: CalendarEntry): Calendar {
  if (accessRole === 'owner') return calendar;
  const message = 'You need to have writer access to this calendar.';
  throw new CalendarError(403, 'requiredAccessLevel', message, { domain: 'calendar' });
}

/** conferenceDataVersion is heard and not acted upon: there is no conference here. @throws CalendarError */
function checkParameters(params: URLSearchParams): void {
  oneOf(params, 'sendUpdates', SEND_UPDATES);
  oneOf(params, 'conferenceDataVersion', ['0', '1'] as const);
}

function ifMatch({ request }: CalendarCall): string | undefined {
  return request.headers['if-match'];
}
