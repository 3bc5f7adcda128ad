import { Temporal } from 'temporal-polyfill';
import type { AgendaEvent, Slot } from './agenda';
import type { CalendarRequest } from './calendar-request';
import { candidatesFor } from './calendar-target';
import * as words from './calendar-words';
import type { Now, When } from './spoken-time';

/** A call that the model has made, and what came of it. */
export interface MadeCall {
  callId: string;
  name: string;
  args: Record<string, unknown>;
  /** The same for the same thing. */
  key: string;
  /** The request that it was made for. */
  requestNo: number;
  /** Absent until the result is there. */
  output?: Record<string, unknown>;
}

/** What a conversation has come to, as far as the next step depends on it. */
export interface CalendarState {
  now: Now;
  events: Map<string, AgendaEvent>;
  calls: MadeCall[];
  request: CalendarRequest | undefined;
  requestNo: number;
  /** Free times that were found and can be chosen. */
  offers: Slot[];
}

/** What there is to do next: a tool to call, or something to say or ask. */
export type CalendarStep =
  { kind: 'call'; name: string; arguments: Record<string, unknown> } | { kind: 'say'; text: string };

/** The tools of the skill, by their names; the brain knows them by nothing else. */
export const CALENDAR_TOOLS: ReadonlySet<string> = new Set([
  'look_up_day',
  'find_free_slots',
  'book_event',
  'move_event',
  'cancel_event',
]);

const DEFAULT_MINUTES = 30;
/** When somebody asks for free time and names no day. */
const DAYS_AHEAD = 6;

/** The next step of what was asked for; a write that has been made for it already is never made again. */
export function nextStep(state: CalendarState): CalendarStep | undefined {
  if (!state.request) return undefined;
  // Whatever is still to come decides what is next.
  if (state.calls.some(({ requestNo, output }) => requestNo === state.requestNo && output === undefined)) {
    return say(words.ONE_MOMENT);
  }
  if (state.offers.length > 0) return say(words.offer(state.offers, state.now));
  const step = plan(state);
  if (step?.kind !== 'call') return step;
  const key = keyOf(step.name, step.arguments);
  const made = state.calls.find((call) => call.key === key && (call.requestNo === state.requestNo || !call.output));
  if (!made) return step;
  if (made.output === undefined) return say(words.ONE_MOMENT);
  return state.request.kind === 'free'
    ? say(words.noSlots(minutesOf(state.request.when)))
    : say(words.WHICH_OTHER_TIME);
}

/** The call that the request comes to, whether it was made or not, or what is missing for it. */
export function plan(state: CalendarState): CalendarStep | undefined {
  const { request, now } = state;
  const today = now.at.toPlainDate();
  switch (request?.kind) {
    case undefined:
      return undefined;
    case 'look':
      return call('look_up_day', { date: request.when.date ?? today.toString() });
    case 'free': {
      const from = request.when.date ?? today.toString();
      const to = request.when.date === undefined ? today.add({ days: DAYS_AHEAD }).toString() : request.when.toDate;
      const days = to === undefined ? { from_date: from } : { from_date: from, to_date: to };
      return call('find_free_slots', { ...days, duration_minutes: minutesOf(request.when) });
    }
    case 'book':
      return booking(state);
    case 'move':
    case 'cancel':
      return change(state);
  }
}

/** Two calls with the same key ask for the same thing. */
export function keyOf(name: string, args: Record<string, unknown>): string {
  return JSON.stringify([name, Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function booking({ request, events, now }: CalendarState): CalendarStep | undefined {
  if (!request) return undefined;
  const { when, summary, email } = request;
  const { date, time, timeZone } = when;
  if (summary === '') return say('What shall I call it in the calendar?');
  if (time === undefined) return say(words.missingQuestion(summary, date !== undefined));
  if (date === undefined) return say(words.dayQuestion(summary, time));
  const isThere = (event: AgendaEvent) =>
    !event.isCancelled && event.summary === summary && event.date === date && event.time === time;
  const known = [...events.values()].find(isThere);
  if (known) return say(words.alreadySentence(known, now));
  return call('book_event', {
    summary,
    start: `${date}T${time}`,
    duration_minutes: minutesOf(when),
    ...(timeZone === undefined ? {} : { time_zone: timeZone }),
    ...(email === '' ? {} : { attendee_email: email }),
  });
}

function change(state: CalendarState): CalendarStep | undefined {
  const { request, events, now } = state;
  if (!request) return undefined;
  const all = candidatesFor(request, events.values());
  const [event, ...others] = all.filter(({ isCancelled }) => !isCancelled);
  if (event && others.length > 0) return say(words.whichQuestion([event, ...others], now));
  if (event) return request.kind === 'cancel' ? call('cancel_event', { event_id: event.id }) : moving(state, event);
  const gone = all[0];
  if (gone) return say(words.alreadySentence(gone, now));
  const { date } = request.targetWhen;
  const hasLookedUp = state.calls.some(
    (made) => made.name === 'look_up_day' && made.args['date'] === date && made.requestNo === state.requestNo,
  );
  return date === undefined || hasLookedUp
    ? say(words.notFound(request.target, date, now))
    : call('look_up_day', { date });
}

function moving({ request, now }: CalendarState, event: AgendaEvent): CalendarStep | undefined {
  if (!request) return undefined;
  const { when } = request;
  const goal = goalOf(event, when);
  if (!goal) return say(`To what day and time shall I move ${event.summary}?`);
  if (goal.time === '') return say(`At what time shall ${event.summary} be then?`);
  const isThere = goal.date === event.date && goal.time === event.time;
  if (isThere && when.minutes === undefined) return say(words.alreadySentence(event, now));
  return call('move_event', {
    event_id: event.id,
    start: `${goal.date}T${goal.time}`,
    ...(when.minutes === undefined ? {} : { duration_minutes: when.minutes }),
    ...(when.timeZone === undefined ? {} : { time_zone: when.timeZone }),
  });
}

/** Where an event goes: what was not said stays as it is. */
function goalOf(
  event: AgendaEvent,
  { date, time, minutes, shiftMinutes }: When,
): { date: string; time: string } | undefined {
  if (date !== undefined || time !== undefined) return { date: date ?? event.date, time: time ?? event.time };
  if (minutes !== undefined) return event;
  if (shiftMinutes === undefined || event.time === '') return undefined;
  const then = Temporal.PlainDateTime.from(`${event.date}T${event.time}`).add({ minutes: shiftMinutes });
  return { date: then.toPlainDate().toString(), time: then.toPlainTime().toString({ smallestUnit: 'minute' }) };
}

export function minutesOf({ minutes }: When): number {
  return minutes ?? DEFAULT_MINUTES;
}

function call(name: string, args: Record<string, unknown>): CalendarStep {
  return { kind: 'call', name, arguments: args };
}

function say(text: string): CalendarStep {
  return { kind: 'say', text };
}
