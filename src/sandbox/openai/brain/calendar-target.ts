import type { AgendaEvent } from './agenda';
import type { CalendarRequest } from './calendar-request';
import { stemsOf } from './wording';

/** What any event may be called says nothing about which one is meant. */
const KINDS = /\b(?:meetings?|appointments?|events?|entry|entries|calls?|dates?|things?|ones?)\b/gi;

/**
 * The events that somebody may mean: every word that tells events apart has to be in the name, and the day and time
 * have to be right where they were said.
 */
export function candidatesFor(request: CalendarRequest, events: Iterable<AgendaEvent>): AgendaEvent[] {
  const known = [...events];
  if (request.eventId !== '') return known.filter(({ id }) => id === request.eventId);
  const { date, time } = request.targetWhen;
  const inTime = known.filter(
    (event) => (date === undefined || event.date === date) && (time === undefined || event.time === time),
  );
  const names = wordsOf(request.target.replace(KINDS, ' '));
  const named = inTime.filter(({ summary }) => isWithin(names, wordsOf(summary)));
  if (names.length > 0) return named;
  const kinds = wordsOf(request.target.match(KINDS)?.join(' ') ?? '').filter((kind) => kind !== 'one');
  const ofKind = named.filter(({ summary }) => kinds.length > 0 && isWithin(kinds, wordsOf(summary)));
  return ofKind.length > 0 ? ofKind : named;
}

function wordsOf(text: string): string[] {
  return [...stemsOf(text)].filter((stem) => stem.length > 1);
}

function isWithin(wanted: string[], words: string[]): boolean {
  return wanted.every((word) => words.includes(word));
}
