import type { ActionState, CallAction } from '../calls/call-action.entity';
import { AppError } from '../common/app-error';
import { CalendarError, CalendarEvent } from '../integrations/calendar/calendar-provider';
import { CalendarUnavailable } from './calendar.errors';
import type { Slot } from './free-slots';
import { dayInWords, timesInWords, ToldEvent, withOffset } from './told-events';

export const DEED_TOOLS = ['book_event', 'move_event', 'cancel_event'] as const;
export type DeedTool = (typeof DEED_TOOLS)[number];

/** What an action was to do, as it is written down: enough to tell it, and to find out whether it was done. */
export interface DeedArguments extends Record<string, unknown> {
  /** As it may be kept. */
  summary: string;
  /** RFC 3339, or days (both included). Of the event as it is to be; of one that is cancelled, as it was. */
  start?: string;
  end?: string;
  time_zone: string;
}

/** What is to be done. */
export interface Deed {
  tool: DeedTool;
  /** The same for what would do the same. */
  fingerprint: string;
  arguments: DeedArguments;
}

const VERBS: Record<DeedTool, { done: string; undone: string; joint: string }> = {
  book_event: { done: 'Booked', undone: 'Not booked', joint: 'on' },
  move_event: { done: 'Moved', undone: 'Not moved', joint: 'to' },
  cancel_event: { done: 'Cancelled', undone: 'Not cancelled', joint: 'on' },
};

/** What came of an action, in a sentence without its full stop. @param why it was refused, without a full stop */
export function outcomeOf(
  tool: DeedTool,
  { summary, start, end, time_zone }: DeedArguments,
  state: ActionState,
  why?: string,
): string {
  const { done, undone, joint } = VERBS[tool];
  const when = start === undefined || end === undefined ? '' : ` ${joint} ${whenOf(start, end, time_zone)}`;
  const what = `“${summary}”${when}`;
  switch (state) {
    case 'done':
      return `${done} ${what}`;
    case 'refused':
      return `${undone}: ${what}${why === undefined ? '' : `; ${why}`}`;
    case 'asked':
    case 'unknown':
      return `Perhaps ${done.toLowerCase()}: ${what}; the calendar has not answered`;
  }
}

/** The times of an event for its arguments. */
export function timesFor(event: ToldEvent | null, timeZone: string): Pick<DeedArguments, 'start' | 'end'> {
  if (event === null) return {};
  if (event.kind === 'days') return { start: event.from, end: event.to };
  return { start: withOffset(event.start, timeZone), end: withOffset(event.end, timeZone) };
}

/** Agents do other things than this as well. */
export function isDeed({ tool }: Pick<CallAction, 'tool'>): boolean {
  return DEED_TOOLS.some((name) => name === tool);
}

export function isOpen({ state }: Pick<CallAction, 'state'>): boolean {
  return state === 'asked' || state === 'unknown';
}

export function isLive(event: CalendarEvent | null): event is CalendarEvent {
  return event !== null && event.status !== 'cancelled';
}

/** When it is; null for whole days, and for what has no times. */
export function slotOf({ start, end }: CalendarEvent): Slot | null {
  return start?.kind === 'moment' && end?.kind === 'moment' ? { start: start.at, end: end.at } : null;
}

export function isSameTime(a: Slot | null, b: Slot): boolean {
  return a !== null && a.start.getTime() === b.start.getTime() && a.end.getTime() === b.end.getTime();
}

/** Whether an action was done, by the event that is there (null: none). */
export function wasDone(action: Pick<CallAction, 'tool' | 'arguments'>, event: CalendarEvent | null): boolean {
  switch (action.tool as DeedTool) {
    case 'book_event':
      // Also one that somebody has cancelled since.
      return event !== null;
    case 'cancel_event':
      return !isLive(event);
    case 'move_event': {
      const { start, end } = action.arguments as DeedArguments;
      if (!isLive(event) || start === undefined || end === undefined) return false;
      return isSameTime(slotOf(event), { start: new Date(start), end: new Date(end) });
    }
  }
}

/** Whether after this error nobody knows if it was done. Of what Google has answered everybody knows. */
export function isUncertain(error: unknown): boolean {
  if (error instanceof CalendarError) return error.trouble === 'unreachable';
  if (error instanceof CalendarUnavailable) return !isTrouble(error.cause, 'rate-limited');
  return !(error instanceof AppError);
}

export function isTrouble(error: unknown, trouble: CalendarError['trouble']): boolean {
  return error instanceof CalendarError && error.trouble === trouble;
}

function whenOf(start: string, end: string, timeZone: string): string {
  if (start.includes('T')) return timesInWords({ start: new Date(start), end: new Date(end) }, timeZone);
  return start === end ? dayInWords(start) : `${dayInWords(start)} to ${dayInWords(end)}`;
}
