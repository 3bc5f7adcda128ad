import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { wholeNumber } from '../../common/paging';
import { timeZone, trimmedText } from '../../common/text';
import type { BusyTime, CalendarEvent, EventTime } from '../../integrations/calendar/calendar-provider';
import type { GrantStatus } from '../calendar-grants.service';
import { MOST_MINUTES_BEFORE, WrittenCall } from '../event-call-wish';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Google answers for about three months at once. */
const MOST_BUSY_DAYS = 90;
const MOST_ATTENDEES = 50;
const NO_TITLE = '(No title)';

/** A time with Z or an offset. */
const moment = z.iso.datetime({ offset: true, error: 'must be a time with Z or an offset (2026-12-01T15:00:00Z)' });

export class AuthorizationDto extends createZodDto(
  z.object({ authorization_url: z.string().describe('Where the browser is to go') }).meta({
    example: { authorization_url: 'https://accounts.google.com/o/oauth2/v2/auth?client_id=…&state=…' },
  }),
) {}

export class CalendarStatusDto extends createZodDto(
  z
    .object({
      connected: z.boolean(),
      email: z.string().nullable().describe('Whose calendar it is; null where none is, or Google did not say'),
      reconnect_required: z.boolean().describe('It was connected, and Google does not accept it any more'),
      time_zone: z.string().nullable().describe('IANA name; that of the calendar'),
    })
    .meta({
      example: { connected: true, email: 'sam@example.com', reconnect_required: false, time_zone: 'Europe/Berlin' },
    }),
) {}

export function toCalendarStatusDto(status: GrantStatus): CalendarStatusDto {
  return {
    connected: status.isConnected,
    email: status.email,
    reconnect_required: status.needsReconnect,
    time_zone: status.timeZone,
  };
}

export class ListEventsQueryDto extends createZodDto(
  z
    .strictObject({
      max_results: wholeNumber(1, 250).default(10).describe('How many at most, 1 to 250'),
      time_min: moment.optional().describe('Events that are not over by then; now where it is left out'),
      time_max: moment.optional().describe('Events that begin before'),
      page_token: z.string().min(1).max(2000).optional().describe('X-Next-Page-Token of the page before'),
    })
    .refine(
      ({ time_min, time_max }) =>
        time_max === undefined || Date.parse(time_max) > (time_min === undefined ? Date.now() : Date.parse(time_min)),
      { path: ['time_max'], error: 'must be after time_min, and after now where that is left out' },
    ),
) {}

const eventDto = z
  .object({
    id: z.string(),
    summary: z.string(),
    start: z.string().describe('A time in UTC; of an all-day event its first day'),
    end: z.string().describe('A time in UTC; of an all-day event the day after its last'),
    location: z.string().nullable(),
    description: z.string().nullable(),
    all_day: z.boolean(),
    time_zone: z.string().nullable().describe('IANA name; the one that the event was made in, where it has one'),
    status: z.enum(['confirmed', 'tentative', 'cancelled']),
    recurring_event_id: z.string().nullable().describe('The series that it is an occurrence of'),
    html_link: z.string().nullable().describe('Shows it in Google Calendar'),
    attendees: z.array(z.object({ email: z.string(), name: z.string().nullable(), response: z.string().nullable() })),
  })
  .meta({
    example: {
      id: 'c2a1f3d4e5b60718',
      summary: 'Team meeting',
      start: '2027-01-15T14:00:00.000Z',
      end: '2027-01-15T15:00:00.000Z',
      location: 'Conference room A',
      description: 'Weekly team sync',
      all_day: false,
      time_zone: 'Europe/Berlin',
      status: 'confirmed',
      recurring_event_id: null,
      html_link: 'https://www.google.com/calendar/event?eid=…',
      attendees: [{ email: 'anna@example.com', name: 'Anna', response: 'accepted' }],
    },
  });

export class CalendarEventDto extends createZodDto(eventDto) {}

export function toCalendarEventDto(event: CalendarEvent): CalendarEventDto {
  return {
    id: event.id,
    summary: event.summary === '' ? NO_TITLE : event.summary,
    start: written(event.start),
    end: written(event.end),
    location: event.location ?? null,
    description: event.description ?? null,
    all_day: event.start?.kind === 'day',
    time_zone: event.start?.kind === 'moment' ? (event.start.timeZone ?? null) : null,
    status: event.status,
    recurring_event_id: event.recurringEventId ?? null,
    html_link: event.htmlLink ?? null,
    attendees: event.attendees.map(({ email, displayName, response }) => ({
      email,
      name: displayName ?? null,
      response: response ?? null,
    })),
  };
}

function written(time: EventTime | undefined): string {
  if (time === undefined) return '';
  return time.kind === 'day' ? time.date : time.at.toISOString();
}

/** Read by the service, which knows the user's time zone. */
const eventTime = z.string().max(64);

const newEvent = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-v0-9]{5,1024}$/, 'must be 5 to 1024 of the letters a to v and figures')
      .optional()
      .describe('Chosen by you: asking again with the same id makes no second event'),
    summary: trimmedText(1, 1000),
    start: eventTime.describe(
      'A time; an offset is honoured, without one it is the clock of `timezone`. Or a date, for an all-day event',
    ),
    end: eventTime.describe('Likewise. Of an all-day event the day after its last'),
    timezone: timeZone
      .optional()
      .meta({ type: 'string', description: 'IANA name; your own time zone, or the calendar’s, where it is left out' }),
    location: trimmedText(0, 1000).optional(),
    description: trimmedText(0, 8000).optional(),
    attendees: z.array(z.email().max(254)).max(MOST_ATTENDEES).optional().describe('They are invited by e-mail'),
    call: z
      .strictObject({
        minutes_before: z.int().min(0).max(MOST_MINUTES_BEFORE).optional(),
        phone_number: z.string().max(64).optional().describe('Your own number of the call settings when left out'),
        scenario: z.string().min(1).max(100).optional(),
      })
      .optional()
      .describe('A call before it begins, which follows when it moves. What is left out is as the call settings say'),
  })
  .meta({
    example: {
      summary: 'Demo with Anna',
      start: '2027-01-15T15:00:00',
      end: '2027-01-15T15:30:00',
      timezone: 'Europe/Berlin',
      attendees: ['anna@example.com'],
    },
  });

export class CreateEventDto extends createZodDto(newEvent) {}

export function toWrittenCall(call: CreateEventDto['call']): WrittenCall | undefined {
  if (call === undefined) return undefined;
  return {
    minutesBefore: call.minutes_before ?? null,
    phoneNumber: call.phone_number ?? null,
    scenario: call.scenario ?? null,
  };
}

const busyQuery = z
  .strictObject({
    time_min: moment.describe('From'),
    time_max: moment.describe(`To, at most ${MOST_BUSY_DAYS} days later`),
  })
  .refine(({ time_min, time_max }) => Date.parse(time_min) < Date.parse(time_max), {
    path: ['time_max'],
    error: 'must be after time_min',
  })
  .refine(({ time_min, time_max }) => Date.parse(time_max) - Date.parse(time_min) <= MOST_BUSY_DAYS * DAY_MS, {
    path: ['time_max'],
    error: `must be at most ${MOST_BUSY_DAYS} days after time_min`,
  });
export class FreeBusyQueryDto extends createZodDto(busyQuery) {}

export class FreeBusyDto extends createZodDto(
  z
    .object({
      time_min: z.string(),
      time_max: z.string(),
      busy: z.array(z.object({ start: z.string(), end: z.string() })).describe('When the calendar is taken, in order'),
    })
    .meta({
      example: {
        time_min: '2027-01-15T08:00:00.000Z',
        time_max: '2027-01-15T17:00:00.000Z',
        busy: [{ start: '2027-01-15T14:00:00.000Z', end: '2027-01-15T15:00:00.000Z' }],
      },
    }),
) {}

export function toFreeBusyDto(from: Date, to: Date, busy: readonly BusyTime[]): FreeBusyDto {
  return {
    time_min: from.toISOString(),
    time_max: to.toISOString(),
    busy: busy.map(({ start, end }) => ({ start: start.toISOString(), end: end.toISOString() })),
  };
}
