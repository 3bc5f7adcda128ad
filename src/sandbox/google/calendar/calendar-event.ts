import { momentMs, tell, type EventTime } from './event-time';
import type { Recurrence } from './recurrence';

export type Attendee = { email: string; responseStatus: string } & Record<string, unknown>;
/** What an event is about, without when and whose. */
export type EventContent = {
  transparency?: string;
  reminders?: object;
  eventType?: string;
  attendees?: readonly Attendee[];
  extendedProperties?: { private?: Record<string, string>; shared?: Record<string, string> };
} & Record<string, unknown>;

/** A single event, a series, or an occurrence of one. Never changed: a change makes another. */
export interface CalendarEvent {
  readonly id: string;
  readonly iCalUID: string;
  readonly etag: string;
  readonly status: 'confirmed' | 'tentative' | 'cancelled';
  readonly start: EventTime;
  readonly end: EventTime;
  readonly recurrence?: Recurrence | undefined;
  /** Of an occurrence: its series, and when it would have been. */
  readonly recurringEventId?: string;
  readonly originalStart?: EventTime;
  readonly creatorEmail: string;
  readonly organizerEmail: string;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly sequence: number;
  /** The order in which they came. */
  readonly position: number;
  readonly content: EventContent;
}

/** Whose calendar it is seen in, and by which clock. */
export interface Viewer {
  ownerEmail: string;
  calendarId: string;
  shownIn: string;
  maxAttendees?: number | undefined;
}

/** The resource (https://developers.google.com/workspace/calendar/api/v3/reference/events#resource). */
export function toResource(event: CalendarEvent, viewer: Viewer): Record<string, unknown> {
  const { ownerEmail, calendarId, shownIn, maxAttendees } = viewer;
  const { attendees, reminders, eventType, ...content } = event.content;
  const shown = attendees?.slice(0, maxAttendees ?? attendees.length);
  const isSelf = (email: string) => (email === ownerEmail ? { self: true } : {});
  const eid = Buffer.from(`${event.id} ${calendarId}`).toString('base64url');
  return {
    kind: 'calendar#event',
    etag: event.etag,
    id: event.id,
    status: event.status,
    htmlLink: `https://www.google.com/calendar/event?eid=${eid}`,
    created: new Date(event.createdMs).toISOString(),
    updated: new Date(event.updatedMs).toISOString(),
    ...content,
    creator: { email: event.creatorEmail, ...isSelf(event.creatorEmail) },
    organizer: { email: event.organizerEmail, ...isSelf(event.organizerEmail) },
    start: tell(event.start, shownIn),
    end: tell(event.end, shownIn),
    ...(event.recurrence === undefined ? {} : { recurrence: event.recurrence.lines }),
    ...originOf(event, shownIn),
    iCalUID: event.iCalUID,
    sequence: event.sequence,
    ...(shown === undefined ? {} : { attendees: shown.map((each) => attendeeView(each, event, ownerEmail)) }),
    ...(shown !== undefined && shown.length < (attendees?.length ?? 0) ? { attendeesOmitted: true } : {}),
    reminders: reminders ?? { useDefault: true },
    eventType: eventType ?? 'default',
  };
}

/** What is told of one that is gone: who it was. */
export function toStub(event: CalendarEvent, shownIn: string): Record<string, unknown> {
  return { kind: 'calendar#event', etag: event.etag, id: event.id, status: 'cancelled', ...originOf(event, shownIn) };
}

/** Does it keep its owner busy? Not when it is cancelled, shown as free, or declined by them. */
export function blocks(event: CalendarEvent, ownerEmail: string): boolean {
  if (event.status === 'cancelled' || event.content.transparency === 'transparent') return false;
  const self = event.content.attendees?.find(({ email }) => email === ownerEmail);
  return self?.responseStatus !== 'declined';
}

/** From its first moment to the one after its last. */
export function spanOf(
  { start, end }: { start: EventTime; end: EventTime },
  calendarZone: string,
): { startMs: number; endMs: number } {
  return { startMs: momentMs(start, calendarZone), endMs: momentMs(end, calendarZone) };
}

function originOf({ recurringEventId, originalStart }: CalendarEvent, shownIn: string): object {
  if (recurringEventId === undefined || originalStart === undefined) return {};
  return { recurringEventId, originalStartTime: tell(originalStart, shownIn) };
}

function attendeeView(attendee: Attendee, { organizerEmail }: CalendarEvent, ownerEmail: string): object {
  return {
    ...attendee,
    ...(attendee.email === organizerEmail ? { organizer: true } : {}),
    ...(attendee.email === ownerEmail ? { self: true } : {}),
  };
}
