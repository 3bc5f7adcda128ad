import { Temporal } from 'temporal-polyfill';
import type { Now } from './spoken-time';
import { isRecord } from './tool-calls';

/** An event of the calendar as far as the conversation knows it. Times are those of the wall clock it was told in. */
export interface AgendaEvent {
  id: string;
  summary: string;
  /** 2026-12-02 */
  date: string;
  /** 15:00; '' for a whole day. */
  time: string;
  /** 0 where it is not known. */
  minutes: number;
  isCancelled: boolean;
}

export interface Slot {
  date: string;
  time: string;
}

const NOW_LINE = /\bIt is \w+day, (\d{4}-\d\d-\d\d), (\d{1,2}:\d\d), in ([A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*)\.?/;
const EVENT_LINE =
  /^[ \t]*[-*][ \t]*\w+,? (\d{4}-\d\d-\d\d)(?:,? (\d\d:\d\d) ?[-–] ?(?:\d{4}-\d\d-\d\d )?(\d\d:\d\d)|, all day): (.*?) \(event id ([^)\s]+)\)[ \t]*$/gmu;
const CALENDAR_SECTION = /^#+[^\n]*\b(?:calendar|agenda)\b[^\n]*\n(?:(?!#)[^\n]*(?:\n|$))*/gim;
const SPEAKS_OF_TOOLS =
  /\(event id |\b(?:look_up_day|find_free_slots|book_event|move_event|cancel_event)\b|\bIt is \w+day, \d/;
const DAY_MINUTES = 24 * 60;

/** The owner's clock out of the instructions; without such a line the machine's, in UTC. */
export function nowIn(instructions: string): Now {
  const [, date, time, timeZone = 'UTC'] = NOW_LINE.exec(instructions) ?? [];
  const at = date === undefined ? undefined : wallClock(`${date}T${(time ?? '').padStart(5, '0')}`);
  if (at) return { at, timeZone };
  return { at: Temporal.Now.plainDateTimeISO('UTC').round('minute'), timeZone: 'UTC' };
}

/** The next events that the instructions list. */
export function eventsIn(instructions: string): AgendaEvent[] {
  return [...instructions.matchAll(EVENT_LINE)].map(([, date = '', from = '', to = '', summary = '', id = '']) => ({
    id,
    summary,
    date,
    time: from,
    minutes: from === '' ? 0 : minutesBetween(`${date}T${from}`, `${date}T${to}`),
    isCancelled: false,
  }));
}

/** The instructions without the calendar in them, which is neither a thing to say unasked nor a demand. */
export function withoutAgenda(instructions: string): string {
  return instructions
    .replace(CALENDAR_SECTION, (section) => (SPEAKS_OF_TOOLS.test(section) ? '' : section))
    .replace(EVENT_LINE, '')
    .replace(NOW_LINE, '');
}

/** An event of a tool's result; `undefined` when it has no id or no time. */
export function eventOf(value: unknown): AgendaEvent | undefined {
  if (!isRecord(value)) return undefined;
  const { event_id: id, summary, start, end } = value;
  if (typeof id !== 'string' || typeof start !== 'string') return undefined;
  const isWholeDay = value['all_day'] === true || !start.includes('T');
  return {
    id,
    summary: typeof summary === 'string' ? summary : '',
    date: start.slice(0, 10),
    time: isWholeDay ? '' : start.slice(11, 16),
    minutes: isWholeDay || typeof end !== 'string' ? 0 : minutesBetween(start.slice(0, 16), end.slice(0, 16)),
    isCancelled: false,
  };
}

/** The free times of a tool's result. */
export function slotsOf(values: unknown): Slot[] {
  const list: unknown[] = Array.isArray(values) ? values : [];
  return list.flatMap((value) => {
    const start = isRecord(value) ? value['start'] : undefined;
    return typeof start === 'string' && start.includes('T')
      ? [{ date: start.slice(0, 10), time: start.slice(11, 16) }]
      : [];
  });
}

function minutesBetween(start: string, end: string): number {
  const from = wallClock(start);
  const to = wallClock(end);
  if (!from || !to) return 0;
  const minutes = from.until(to).total({ unit: 'minutes' });
  return minutes < 0 ? minutes + DAY_MINUTES : minutes;
}

function wallClock(text: string): Temporal.PlainDateTime | undefined {
  try {
    return Temporal.PlainDateTime.from(text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
