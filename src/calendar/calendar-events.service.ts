import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Owner } from '../common/owner';
import {
  BusyTime,
  CalendarError,
  CalendarEvent,
  CalendarProvider,
  EventPage,
  EventQuery,
  EventTime,
  NewEvent,
} from '../integrations/calendar/calendar-provider';
import { NotATime, readMoment } from '../scheduling/local-time';
import { CalendarAgenda } from './agenda.service';
import { CalendarGrants } from './calendar-grants.service';
import { CalendarEventExists, CalendarRefused, CalendarUnavailable, NoEventTime } from './calendar.errors';
import { EventCallPreferencesService } from './event-call-preferences.service';
import { BEGINS_LATER, WrittenCall } from './event-call-wish';

/** An event as somebody asks for it: times as they wrote them, an event of whole days with dates. */
export interface EventRequest {
  /** Chosen by whoever asks; absent: made of the idempotency key, or of chance. */
  eventId?: string;
  idempotencyKey?: string;
  summary: string;
  start: string;
  end: string;
  timeZone?: string;
  location?: string;
  description?: string;
  attendees?: readonly string[];
  /** Before it begins; it follows the event when that moves. */
  call?: WrittenCall | undefined;
}

/** Google's base32hex has these; hexadecimal is a part of it. */
const ID_BYTES = 16;
const IS_DATE = /^\d{4}-\d\d-\d\d$/;

/** What users see and make of their calendar by the API. */
@Injectable()
export class CalendarEvents {
  constructor(
    private readonly grants: CalendarGrants,
    private readonly provider: CalendarProvider,
    private readonly agenda: CalendarAgenda,
    private readonly preferences: EventCallPreferencesService,
  ) {}

  /** @throws as `CalendarGrants.withAccess` */
  async list(owner: Owner, query: EventQuery): Promise<EventPage> {
    return told(this.grants.listEvents(owner, query));
  }

  /** @throws as `CalendarGrants.withAccess` */
  async busyTimes(owner: Owner, from: Date, to: Date): Promise<BusyTime[]> {
    return told(this.grants.withAccess(owner, (accessToken) => this.provider.busyTimes(accessToken, from, to)));
  }

  /**
   * Puts an event into the calendar, once: its id is chosen before Google is asked, so that asking again finds it.
   * @throws NoEventTime; CalendarEventExists: there is another event with the chosen id; as `CalendarGrants.withAccess` and
   * `EventCallPreferencesService.written`
   */
  async create(owner: Owner, request: EventRequest): Promise<CalendarEvent> {
    const event = await this.read(owner, request);
    // Not while an agent has found the time free and is about to book it.
    return this.grants.exclusively(owner, async () => {
      try {
        return await told(this.insert(owner, event));
      } catch (error) {
        // Nobody knows whether it was done.
        if (!(error instanceof CalendarUnavailable)) throw error;
        return told(this.insert(owner, event));
      }
    });
  }

  private async insert(owner: Owner, event: NewEvent): Promise<CalendarEvent> {
    return this.grants.withAccess(owner, async (accessToken) => {
      try {
        return await this.provider.insertEvent(accessToken, event);
      } catch (error) {
        if (!(error instanceof CalendarError) || error.trouble !== 'duplicate') throw error;
        // An id that was deleted stays taken, and may not be told of any more.
        const there = await this.provider.getEvent(accessToken, event.id).catch((cause: unknown) => {
          if (cause instanceof CalendarError && cause.trouble === 'not-found') return null;
          throw cause;
        });
        if (there !== null && isSame(there, event)) return there;
        throw new CalendarEventExists();
      }
    });
  }

  private async read(owner: Owner, request: EventRequest): Promise<NewEvent> {
    const timeZone = request.timeZone ?? (await this.agenda.standing(owner)).timeZone;
    const [start, end] = [readTime(request.start, timeZone), readTime(request.end, timeZone)];
    if (start.kind !== end.kind)
      throw new NoEventTime('An event has times, or it has whole days: start and end alike.');
    if (!isBefore(start, end)) throw new NoEventTime('An event ends after it has begun.');
    if (request.call !== undefined && start.kind === 'day') throw new NoEventTime(BEGINS_LATER);
    return {
      id: request.eventId ?? idFor(owner, request.idempotencyKey),
      summary: request.summary,
      start,
      end,
      ...(request.location === undefined ? {} : { location: request.location }),
      ...(request.description === undefined ? {} : { description: request.description }),
      ...(request.attendees === undefined ? {} : { attendees: request.attendees }),
      ...(request.call === undefined ? {} : { ownProperties: await this.preferences.written(owner, request.call) }),
    };
  }
}

/** What nobody asks for here (a calendar that is gone, for one) is Google's refusal. */
async function told<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof CalendarError ? new CalendarRefused(error.message, error) : error;
  }
}

function idFor({ userId }: Owner, idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return randomBytes(ID_BYTES).toString('hex');
  return createHash('sha256')
    .update(`calendar event ${userId} ${idempotencyKey}`)
    .digest('hex')
    .slice(0, 2 * ID_BYTES);
}

function readTime(text: string, timeZone: string): EventTime {
  if (IS_DATE.test(text)) {
    const date = new Date(`${text}T00:00:00Z`);
    // 30 February is read as a day of March.
    if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text)) {
      throw new NoEventTime(`There is no day ${text}.`);
    }
    return { kind: 'day', date: text };
  }
  try {
    return { kind: 'moment', at: readMoment(text, timeZone).at, timeZone };
  } catch (error) {
    if (error instanceof NotATime) throw new NoEventTime(error.message);
    throw error;
  }
}

function isBefore(start: EventTime, end: EventTime): boolean {
  if (start.kind === 'day') return end.kind === 'day' && start.date < end.date;
  return end.kind === 'moment' && start.at < end.at;
}

/** As far as somebody who asks twice says the same. */
function isSame(there: CalendarEvent, event: NewEvent): boolean {
  return (
    there.status !== 'cancelled' &&
    there.summary === event.summary &&
    isSameTime(there.start, event.start) &&
    isSameTime(there.end, event.end) &&
    // With another call it is another event.
    Object.entries(event.ownProperties ?? {}).every(([name, value]) => there.ownProperties[name] === value)
  );
}

function isSameTime(one: EventTime | undefined, other: EventTime): boolean {
  if (one?.kind === 'day') return other.kind === 'day' && one.date === other.date;
  return one?.kind === 'moment' && other.kind === 'moment' && one.at.getTime() === other.at.getTime();
}
