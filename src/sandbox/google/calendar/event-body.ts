import { z } from 'zod';
import { CalendarError, invalid, rangeIsEmpty, required } from './calendar-error';
import { isAllDay, momentMs, readEventTime, tell, type EventTime, type WireTime } from './event-time';
import { Recurrence } from './recurrence';
import type { CalendarEvent, EventContent } from './calendar-event';

const MAX_TEXT = 8192;
const MAX_ATTENDEES = 200;
const EMAIL = /^[^\s@]+@[^\s@]+$/;

/** What is told as it was given, null for "not any more"; what Google does not know either is left out. */
const text = z.string().max(MAX_TEXT).nullish();
const flag = z.boolean().nullish();
const properties = z.record(z.string().max(44), z.string().max(1024)).nullish();
const attendee = z.object({
  email: z.string().nullish(),
  displayName: text,
  responseStatus: z.enum(['needsAction', 'declined', 'tentative', 'accepted']).nullish(),
  optional: flag,
  resource: flag,
  comment: text,
  additionalGuests: z.number().int().min(0).nullish(),
});
const time = z
  .object({ date: z.string().nullish(), dateTime: z.string().nullish(), timeZone: z.string().nullish() })
  .nullish();
const eventBody = z.object({
  id: z.string().nullish(),
  iCalUID: z.string().max(1024).nullish(),
  status: z.enum(['confirmed', 'tentative', 'cancelled']).nullish(),
  start: time,
  end: time,
  recurrence: z.array(z.string()).nullish(),
  attendees: z.array(attendee).max(MAX_ATTENDEES).nullish(),
  summary: text,
  description: text,
  location: text,
  colorId: z
    .string()
    .regex(/^([1-9]|1[01])$/)
    .nullish(),
  transparency: z.enum(['opaque', 'transparent']).nullish(),
  visibility: z.enum(['default', 'public', 'private', 'confidential']).nullish(),
  reminders: z
    .object({
      useDefault: flag,
      overrides: z
        .array(z.object({ method: z.enum(['email', 'popup']), minutes: z.number().int().min(0).max(40_320) }))
        .max(5)
        .nullish(),
    })
    .nullish(),
  extendedProperties: z.object({ private: properties, shared: properties }).nullish(),
  eventType: z.enum(['default', 'birthday', 'focusTime', 'fromGmail', 'outOfOffice', 'workingLocation']).nullish(),
  source: z.object({ title: text, url: text }).nullish(),
  guestsCanInviteOthers: flag,
  guestsCanModify: flag,
  guestsCanSeeOtherGuests: flag,
  anyoneCanAddSelf: flag,
});

type EventBody = z.infer<typeof eventBody>;
/** A body that was read: what a client may decide. */
export interface EventDraft {
  id: string | undefined;
  iCalUID: string | undefined;
  status: CalendarEvent['status'];
  start: EventTime;
  end: EventTime;
  recurrence: Recurrence | undefined;
  content: EventContent;
}

/**
 * Reads the body of an insert or update, or what a patch has made of one.
 * @param organizerEmail accepts their own event without being asked
 * @throws CalendarError
 */
export function readEvent(given: unknown, calendarZone: string, organizerEmail: string): EventDraft {
  const body = parse(given);
  const lines = body.recurrence ?? [];
  const start = readEventTime(body.start, 'start', calendarZone, lines.length > 0);
  const end = readEventTime(body.end, 'end', calendarZone, lines.length > 0);
  if (isAllDay(start) !== isAllDay(end)) {
    throw invalid('Start and end times must either both be date or both be dateTime.');
  }
  if (momentMs(end, calendarZone) <= momentMs(start, calendarZone)) throw rangeIsEmpty();
  return {
    id: body.id ?? undefined,
    iCalUID: body.iCalUID ?? undefined,
    status: body.status ?? 'confirmed',
    start,
    end,
    recurrence: lines.length === 0 ? undefined : Recurrence.read(lines, start),
    content: contentOf(body, organizerEmail),
  };
}

/** The body that an event could have been made with: what a patch is applied to. */
export function bodyOf(event: CalendarEvent): Record<string, unknown> {
  const written = (time: EventTime): WireTime => tell(time, isAllDay(time) ? 'UTC' : time.timeZone);
  return {
    ...event.content,
    status: event.status,
    start: written(event.start),
    end: written(event.end),
    ...(event.recurrence === undefined ? {} : { recurrence: event.recurrence.lines }),
  };
}

/** Members are replaced one by one, objects member by member, lists as a whole; null takes away. */
export function patched(body: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  const result = new Map(Object.entries(body));
  for (const [name, value] of Object.entries(patch)) {
    const before = result.get(name);
    if (value === null) result.delete(name);
    else result.set(name, isObject(value) && isObject(before) ? patched(before, value) : value);
  }
  return Object.fromEntries(result);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(given: unknown): EventBody {
  if (!isObject(given)) throw required('Missing end time.');
  const parsed = eventBody.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`Invalid value for: ${issue?.path.join('.') ?? 'event'}: ${issue?.message ?? 'not valid'}`);
}

function contentOf(body: EventBody, organizerEmail: string): EventContent {
  const {
    id: _id,
    iCalUID: _uid,
    status: _status,
    start: _start,
    end: _end,
    recurrence: _lines,
    attendees,
    ...rest
  } = body;
  if (rest.reminders?.useDefault && rest.reminders.overrides?.length) {
    const message = 'Cannot specify both default reminders and overrides at the same time.';
    throw new CalendarError(400, 'cannotUseDefaultRemindersAndSpecifyOverride', message, { domain: 'calendar' });
  }
  const content = withoutNulls(rest) as EventContent;
  // What is the default is not told.
  if (content.transparency === 'opaque') delete content.transparency;
  if (content['visibility'] === 'default') delete content['visibility'];
  if (!attendees || attendees.length === 0) return content;
  const seen = new Set<string>();
  content.attendees = attendees.flatMap((each) => {
    if (!each.email) throw required('Missing attendee email.');
    if (!EMAIL.test(each.email)) throw invalid('Invalid attendee email.');
    const email = each.email.toLowerCase();
    if (seen.has(email)) return [];
    seen.add(email);
    const responseStatus = each.responseStatus ?? (email === organizerEmail ? 'accepted' : 'needsAction');
    return [{ ...(withoutNulls(each) as object), email, responseStatus }];
  });
  return content;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}
