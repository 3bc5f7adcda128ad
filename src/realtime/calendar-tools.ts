import { z } from 'zod';
import { timeZone } from '../common/text';
import type { CalendarTool } from '../scenarios/agent';
import type { CallCalendar, ToolOutput } from './call-calendar';

/** A tool of the model that answers when the calendar has. */
interface CalendarToolSpec {
  description: string;
  properties: Record<string, Record<string, unknown>>;
  required: string[];
  run(args: unknown, calendar: CallCalendar, toolCallId: string): Promise<ToolOutput>;
}

const MAX_MINUTES_FREE = 8 * 60;
const MAX_MINUTES = 24 * 60;
/** Google's own. */
const MAX_ID = 1024;

const START = { type: 'string', description: 'Local time, YYYY-MM-DDTHH:MM.' };
const DATE = { type: 'string', description: 'YYYY-MM-DD' };
const EVENT_ID = { type: 'string', description: 'The event_id that you were told.' };
const TIME_ZONE = {
  type: 'string',
  description:
    'IANA name of the time zone of the start, such as Europe/Berlin; only if it is not that of the calendar.',
};

const day = z.object({ date: z.string().max(40) });
const free = z.object({
  from_date: z.string().max(40),
  to_date: z.string().max(40).nullish(),
  duration_minutes: z.number().int().min(5).max(MAX_MINUTES_FREE),
});
const booking = z.object({
  summary: z.string().trim().min(1).max(300),
  start: z.string().max(40),
  duration_minutes: z.number().int().min(5).max(MAX_MINUTES),
  time_zone: timeZone.nullish(),
  attendee_email: z.email().max(254).nullish(),
  description: z.string().max(4000).nullish(),
  location: z.string().max(500).nullish(),
});
/** What stands in an address: no dots, no slashes. */
const eventId = z
  .string()
  .max(MAX_ID)
  .regex(/^[\w-]+$/, 'is no event id: use one that you were given');
const moving = z.object({
  event_id: eventId,
  start: z.string().max(40),
  duration_minutes: z.number().int().min(5).max(MAX_MINUTES).nullish(),
  time_zone: timeZone.nullish(),
});
const cancelling = z.object({ event_id: eventId });

/** What is wrong with the arguments is thrown as a ZodError. */
export const CALENDAR_TOOL_SPECS: Record<CalendarTool, CalendarToolSpec> = {
  look_up_day: {
    description:
      'Tells the events of a day, with their ids. Days of all-day events are told with the last one included.',
    properties: { date: DATE },
    required: ['date'],
    run: (args, calendar) => calendar.lookUpDay(day.parse(args).date),
  },
  find_free_slots: {
    description: 'Finds free times within working hours, on the days from one to another.',
    properties: {
      from_date: DATE,
      to_date: { ...DATE, description: 'YYYY-MM-DD; the last day, if it is another one.' },
      duration_minutes: { type: 'integer', minimum: 5, maximum: MAX_MINUTES_FREE },
    },
    required: ['from_date', 'duration_minutes'],
    run(args, calendar) {
      const { from_date, to_date, duration_minutes } = free.parse(args);
      return calendar.findFreeSlots(from_date, to_date || from_date, duration_minutes);
    },
  },
  book_event: {
    description:
      'Books an event. If the time is taken, nothing is booked and free times are told. Booking the same time again books nothing twice.',
    properties: {
      summary: { type: 'string', description: 'What it is called, such as Meeting with Anna.' },
      start: START,
      duration_minutes: { type: 'integer', minimum: 5, maximum: MAX_MINUTES },
      time_zone: TIME_ZONE,
      attendee_email: { type: 'string', description: 'Somebody to invite by e-mail, only if they want that.' },
      description: { type: 'string' },
      location: { type: 'string' },
    },
    required: ['summary', 'start', 'duration_minutes'],
    run: (args, calendar, toolCallId) => calendar.book(toolCallId, booking.parse(withoutEmpty(args))),
  },
  move_event: {
    description: 'Moves an event to another time. If that is taken, nothing is moved and free times are told.',
    properties: {
      event_id: EVENT_ID,
      start: START,
      duration_minutes: {
        type: 'integer',
        minimum: 5,
        maximum: MAX_MINUTES,
        description: 'Only if it is to last longer or shorter than now.',
      },
      time_zone: TIME_ZONE,
    },
    required: ['event_id', 'start'],
    run: (args, calendar, toolCallId) => calendar.move(toolCallId, moving.parse(withoutEmpty(args))),
  },
  cancel_event: {
    description: 'Cancels an event. Guests are told.',
    properties: { event_id: EVENT_ID },
    required: ['event_id'],
    run: (args, calendar, toolCallId) => calendar.cancel(toolCallId, cancelling.parse(args).event_id),
  },
};

/** Models fill in what they need not with ''. */
function withoutEmpty(args: unknown): unknown {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args;
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== ''));
}
