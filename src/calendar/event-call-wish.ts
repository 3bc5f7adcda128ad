import { createHash } from 'node:crypto';
import { parsePhoneNumber } from '../calls/phone-number';
import { AppError } from '../common/app-error';
import type { CalendarEvent } from '../integrations/calendar/calendar-provider';
import { EventCallMark, guestNumbersIn, readEventCallMark } from './event-call-mark';
import type { CallsFor } from './event-call-settings.entity';
import { dayInWords, localParts, momentOfTime, oneLine, summaryOf } from './told-events';

/** A week; `WINDOW_MS` of the sync is longer. */
export const MOST_MINUTES_BEFORE = 7 * 24 * 60;

/** Written on events that the agent books, with the call's id. */
export const BOOKED_ON_CALL = 'booked_on_call';

/** What the owner wants where the event says nothing else. */
export interface EventCallPreferences {
  callsFor: CallsFor;
  minutesBefore: number;
  phoneNumber: string | null;
  scenario: string;
}

/** Until its owner says otherwise nothing that stands in a calendar calls anybody. */
export const DEFAULT_PREFERENCES: EventCallPreferences = {
  callsFor: 'none',
  minutesBefore: 10,
  phoneNumber: null,
  scenario: 'appointment_reminder',
};

/** A call that is asked for by what we write on an event; null: as the settings say. */
export interface WrittenCall {
  minutesBefore: number | null;
  phoneNumber: string | null;
  scenario: string | null;
}

/** A call that an event asks for. */
export interface WantedCall {
  phoneNumber: string;
  scenario: string;
  minutesBefore: number;
  /** By the event's start alone. */
  at: Date;
  variables: Record<string, string>;
}

export interface EventInBrief {
  eventId: string;
  /** Of an occurrence its series', else its own id. */
  seriesId: string;
  summary: string;
  start: Date;
}

/** What an event comes to; `none` with the reason for whoever had a call planned. */
export type EventCallWish =
  | { kind: 'none'; why: string }
  | { kind: 'problem'; event: EventInBrief; sentence: string }
  | { kind: 'call'; event: EventInBrief; call: WantedCall };

export const NOT_ASKED = 'The event does not ask for a call any more.';
export const DECLINED = 'You have declined the event.';
export const GONE = 'The event was canceled, or is not within the next eight days any more.';
export const BEGINS_LATER = 'An all-day event has no time to call before.';
const UNANSWERED = 'You have not answered this invitation. When you accept it, its call is planned.';
const NOT_INVITED = 'Somebody else has made this event, and you are not among its guests.';
const NO_OWN_NUMBER = 'Whom to call is not said: set your phone number with PUT /google-calendar/call-settings.';
const NO_GUEST_NUMBER = 'There is no phone number of the guest in the description or the location of the event.';
const TOO_LONG_BEFORE = 'Calls are made at most 7 days (10080 minutes) before an event.';
const NOT_MINUTES = 'call_minutes_before of the event is no whole number of minutes.';

/** What `POST /google-calendar/events` writes on an event; empty ones mean: as the settings say. */
const MINUTES_PROPERTY = 'call_minutes_before';
const NUMBER_PROPERTY = 'call_phone_number';
const SCENARIO_PROPERTY = 'call_scenario';

/**
 * What an event asks for. What was written on it by us goes before a mark in its title or description, and a mark before the
 * settings. Marks count in the owner's own words alone.
 */
export function wishOf(
  event: CalendarEvent,
  preferences: EventCallPreferences,
  { timeZone, region }: { timeZone: string; region: string },
): EventCallWish {
  if (preferences.callsFor === 'none') return { kind: 'none', why: NOT_ASKED };
  if (event.status === 'cancelled' || event.start === undefined) return { kind: 'none', why: GONE };
  const me = event.attendees.find(({ isSelf }) => isSelf);
  if (me?.response === 'declined') return { kind: 'none', why: DECLINED };

  const written = writtenOn(event);
  const marked = written ?? (isOwnWords(event) ? readEventCallMark(event.summary, event.description) : null);
  const isOfDays = event.start.kind === 'day';
  const isAskedByAll = preferences.callsFor === 'all' && !isOfDays && event.isAppointment;
  if (marked === null && !isAskedByAll) return { kind: 'none', why: NOT_ASKED };
  const start = momentOfTime(event.start, timeZone);
  const seriesId = event.recurringEventId ?? event.id;
  const brief: EventInBrief = { eventId: event.id, seriesId, summary: summaryOf(event), start };
  const problem = (sentence: string): EventCallWish => ({ kind: 'problem', event: brief, sentence });
  if (isOfDays) return problem(BEGINS_LATER);
  if (marked === null && !event.isOrganizedByOwner) {
    if (me === undefined) return problem(NOT_INVITED);
    if (me.response === 'needsAction') return problem(UNANSWERED);
  }

  const ask: EventCallMark = marked ?? { whom: { kind: 'owner' }, minutesBefore: null, scenario: null };
  const minutesBefore = ask.minutesBefore ?? preferences.minutesBefore;
  if (!Number.isInteger(minutesBefore) || minutesBefore < 0) return problem(NOT_MINUTES);
  if (minutesBefore > MOST_MINUTES_BEFORE) return problem(TOO_LONG_BEFORE);
  const number = numberOf(ask.whom, event, preferences, region);
  if ('problem' in number) return problem(number.problem);

  const { date, time } = localParts(start, timeZone);
  const guest = event.attendees.find(({ isSelf }) => !isSelf)?.displayName;
  return {
    kind: 'call',
    event: brief,
    call: {
      phoneNumber: number.e164,
      scenario: ask.scenario ?? preferences.scenario,
      minutesBefore,
      at: new Date(start.getTime() - minutesBefore * 60_000),
      variables: {
        event: brief.summary,
        event_time: `${dayInWords(date)}, ${time} (${timeZone})`,
        ...(guest === undefined || oneLine(guest) === '' ? {} : { guest: oneLine(guest) }),
      },
    },
  };
}

/** Whom, how long before and with what. */
export function askedOf({ phoneNumber, scenario, minutesBefore }: WantedCall): string {
  return hashOf([phoneNumber, scenario, minutesBefore]);
}

/** All that the planned call is made of. */
export function fingerprintOf({ phoneNumber, scenario, at, variables }: WantedCall): string {
  return hashOf([phoneNumber, scenario, at.toISOString(), Object.entries(variables)]);
}

function hashOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

/** What is written on an event so that `wishOf` finds it. */
export function propertiesOf({ minutesBefore, phoneNumber, scenario }: WrittenCall): Record<string, string> {
  return {
    [MINUTES_PROPERTY]: String(minutesBefore ?? ''),
    [NUMBER_PROPERTY]: phoneNumber ?? '',
    [SCENARIO_PROPERTY]: scenario ?? '',
  };
}

function writtenOn({ ownProperties }: CalendarEvent): EventCallMark | null {
  const properties = [MINUTES_PROPERTY, NUMBER_PROPERTY, SCENARIO_PROPERTY].map((name) => ownProperties[name]);
  if (properties.every((value) => value === undefined)) return null;
  const [minutes = '', number = '', scenario = ''] = properties;
  return {
    whom: number === '' ? { kind: 'owner' } : { kind: 'number', written: number },
    minutesBefore: minutes === '' ? null : Number(minutes),
    scenario: scenario === '' ? null : scenario,
  };
}

/**
 * What stands on it was written by whoever has the calendar. Not so of invitations, which anybody may send and change later,
 * nor of what the agent has booked in the words of somebody on the phone.
 */
function isOwnWords({ isOrganizedByOwner, ownProperties }: CalendarEvent): boolean {
  return isOrganizedByOwner && ownProperties[BOOKED_ON_CALL] === undefined;
}

function numberOf(
  whom: EventCallMark['whom'],
  event: CalendarEvent,
  { phoneNumber }: EventCallPreferences,
  region: string,
): { e164: string } | { problem: string } {
  switch (whom.kind) {
    case 'owner':
      return phoneNumber === null ? { problem: NO_OWN_NUMBER } : { e164: phoneNumber };
    case 'number':
      return read(whom.written, region);
    case 'guest': {
      for (const written of guestNumbersIn([event.description, event.location])) {
        const number = read(written, region);
        if ('e164' in number && number.e164 !== phoneNumber) return number;
      }
      return { problem: NO_GUEST_NUMBER };
    }
  }
}

/** Whether it may be called is asked when the call is planned. */
function read(written: string, region: string): { e164: string } | { problem: string } {
  try {
    const number = parsePhoneNumber(written, region);
    return number.kind === 'subscriber'
      ? { e164: number.e164 }
      : { problem: 'Emergency, short and satellite numbers are never called.' };
  } catch (error) {
    if (error instanceof AppError) return { problem: error.detail };
    throw error;
  }
}
