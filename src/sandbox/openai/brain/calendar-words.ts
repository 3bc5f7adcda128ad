import { Temporal } from 'temporal-polyfill';
import type { AgendaEvent, Slot } from './agenda';
import { dayInWords } from './spoken-days';
import { durationInWords, timeInWords, type Now } from './spoken-time';
import { asSentence, capitalised, listed, spokenNumber } from './wording';

const MOST_EVENTS = 6;

export const ONE_MOMENT = 'One moment, please, I am still on it.';
export const LEFT_AS_IT_IS = 'All right, then I leave it as it is.';
export const NOT_FROM_HERE = 'I am sorry, that is something I cannot do in the calendar from here.';
export const WHICH_OTHER_TIME = 'What other time would suit you?';
export const ANYTHING_ELSE = 'Is there anything else I can do for you?';

/** `tomorrow`, `on Friday, the fourth of December` */
export function onDay(date: string, now: Now): string {
  const words = dayInWords(Temporal.PlainDate.from(date), now.at.toPlainDate());
  return words.includes(',') ? `on ${words}` : words;
}

/** `tomorrow at three in the afternoon` */
export function atTime({ date, time }: Slot, now: Now): string {
  return time === '' ? onDay(date, now) : `${onDay(date, now)} at ${timeInWords(time)}`;
}

export function daySentence(date: string, events: AgendaEvent[], now: Now): string {
  const day = onDay(date, now);
  if (events.length === 0) return `You have nothing in the calendar ${day}.`;
  const told = events
    .slice(0, MOST_EVENTS)
    .map(({ summary, time }) => `${named(summary)} ${time === '' ? 'all day' : `at ${timeInWords(time)}`}`);
  const more = events.length - told.length;
  return asSentence(`${day} you have ${listed(more > 0 ? [...told, `${spokenNumber(more)} more`] : told)}`);
}

export function noSlots(minutes: number): string {
  return `I am sorry, I find no free time of ${durationInWords(minutes)} then. On which other day shall I look?`;
}

/** `I could offer you tomorrow at four in the afternoon or at five in the afternoon. Which one shall I take?` */
export function offer(slots: Slot[], now: Now): string {
  const [first, second] = slots;
  if (!first) return '';
  if (!second) return `I could offer you ${atTime(first, now)}. Shall I take that?`;
  const other = second.date === first.date ? `at ${timeInWords(second.time)}` : atTime(second, now);
  return `I could offer you ${atTime(first, now)}, or ${other}. Which one shall I take?`;
}

export function bookedSentence(event: AgendaEvent, now: Now): string {
  const length = event.minutes > 0 ? `, for ${durationInWords(event.minutes)}` : '';
  return `I have booked ${named(event.summary)} ${forTime(event, now)}${length}.`;
}

export function movedSentence(event: AgendaEvent, now: Now): string {
  return `I have moved ${named(event.summary)} to ${atTime(event, now).replace(/^on /, '')}.`;
}

export function cancelledSentence(event: AgendaEvent, now: Now): string {
  return `I have cancelled ${named(event.summary)} ${event.date === '' ? '' : atTime(event, now)}`.trim() + '.';
}

/** That it is so already, and nothing needs to be done. */
export function alreadySentence(event: AgendaEvent, now: Now): string {
  const is = event.isCancelled ? 'is cancelled already' : `is in the calendar already ${forTime(event, now)}`;
  return `${capitalised(named(event.summary))} ${is}.`;
}

const DEEDS: Record<string, string> = {
  look_up_day: 'look at that day',
  find_free_slots: 'look for a free time',
  book_event: 'book that',
  move_event: 'move that',
  cancel_event: 'cancel that',
};

/** Why it did not work, in a sentence. */
export function failureSentence(tool: string, reason: string): string {
  const why = /\s/.test(reason.trim()) ? reason : reason.replace(/[_.-]+/g, ' ');
  const lead = `I am sorry, I could not ${DEEDS[tool] ?? 'do that'}`;
  return why.trim() === '' ? `${lead}.` : asSentence(`${lead}: ${lowerFirst(why.trim())}`);
}

/** What is missing for an event to be booked. */
export function missingQuestion(summary: string, hasDay: boolean): string {
  return hasDay
    ? `At what time shall I book ${named(summary)}?`
    : `On which day and at what time shall I book ${named(summary)}?`;
}

export function dayQuestion(summary: string, time: string): string {
  return `On which day shall I book ${named(summary)} at ${timeInWords(time)}?`;
}

export function whichQuestion(events: AgendaEvent[], now: Now): string {
  const told = events.slice(0, 2).map((event) => `${named(event.summary)} ${atTime(event, now)}`);
  return `Which one do you mean: ${told.join(', or ')}?`;
}

export function notFound(target: string, date: string | undefined, now: Now): string {
  const what = target.replace(/^(?:my|the|an?|our)\s+/i, '').trim() || 'event';
  if (date === undefined) return `I cannot find any ${what} in the calendar. On which day is it?`;
  return `I cannot find any ${what} in the calendar ${onDay(date, now)}. Is it on another day?`;
}

/** Names of events stand in a sentence as they are. */
function named(summary: string): string {
  return summary.trim() || 'the event';
}

function forTime(event: AgendaEvent, now: Now): string {
  return atTime(event, now).startsWith('on ') ? atTime(event, now) : `for ${atTime(event, now)}`;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
