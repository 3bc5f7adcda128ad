import type { calendar_v3 } from '@googleapis/calendar';
import type { CalendarEvent, EventChanges, EventTime, NewEvent } from '../calendar-provider';

/** https://developers.google.com/workspace/calendar/api/v3/reference/events#resource */
export function toEvent(event: calendar_v3.Schema$Event): CalendarEvent {
  const attendees = (event.attendees ?? []).map((attendee) => ({
    email: attendee.email ?? '',
    displayName: attendee.displayName ?? undefined,
    response: attendee.responseStatus ?? undefined,
    isSelf: attendee.self === true,
  }));
  const isDeclined = attendees.some(({ isSelf, response }) => isSelf && response === 'declined');
  return {
    id: event.id ?? '',
    status: event.status === 'cancelled' || event.status === 'tentative' ? event.status : 'confirmed',
    summary: event.summary ?? '',
    description: event.description ?? undefined,
    location: event.location ?? undefined,
    start: toTime(event.start),
    end: toTime(event.end),
    recurringEventId: event.recurringEventId ?? undefined,
    attendees,
    isOrganizedByOwner: event.organizer?.self === true && event.eventType !== 'fromGmail',
    isAppointment: event.eventType !== 'outOfOffice' && event.eventType !== 'focusTime',
    isBusy: event.transparency !== 'transparent' && !isDeclined,
    htmlLink: event.htmlLink ?? undefined,
    etag: event.etag ?? undefined,
    ownProperties: event.extendedProperties?.private ?? {},
  };
}

function toTime(time: calendar_v3.Schema$EventDateTime | undefined): EventTime | undefined {
  if (time?.date != null) return { kind: 'day', date: time.date };
  if (time?.dateTime == null) return undefined;
  const at = new Date(time.dateTime);
  return Number.isNaN(at.getTime()) ? undefined : { kind: 'moment', at, timeZone: time.timeZone ?? undefined };
}

export function fromNewEvent(event: NewEvent): calendar_v3.Schema$Event {
  return {
    id: event.id,
    ...fromChanges(event),
    ...(event.attendees === undefined ? {} : { attendees: event.attendees.map((email) => ({ email })) }),
  };
}

export function fromChanges(changes: EventChanges): calendar_v3.Schema$Event {
  return {
    ...(changes.summary === undefined ? {} : { summary: changes.summary }),
    ...(changes.description === undefined ? {} : { description: changes.description }),
    ...(changes.location === undefined ? {} : { location: changes.location }),
    ...(changes.start === undefined ? {} : { start: fromTime(changes.start) }),
    ...(changes.end === undefined ? {} : { end: fromTime(changes.end) }),
    ...(changes.ownProperties === undefined ? {} : { extendedProperties: { private: { ...changes.ownProperties } } }),
  };
}

/** A patch leaves members alone that are not named: the other kind of time is taken away by name. */
function fromTime(time: EventTime): calendar_v3.Schema$EventDateTime {
  if (time.kind === 'day') return { date: time.date, dateTime: null, timeZone: null };
  return {
    dateTime: time.at.toISOString(),
    date: null,
    ...(time.timeZone === undefined ? {} : { timeZone: time.timeZone }),
  };
}
