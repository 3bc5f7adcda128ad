import { Temporal } from 'temporal-polyfill';
import { daysIn } from './spoken-days';
import { NUMBER, cardinal, numberOf } from './spoken-numbers';
import { zoneIn } from './spoken-zones';

/** Where and when a conversation takes place: the wall clock in the time zone of the calendar's owner. */
export interface Now {
  at: Temporal.PlainDateTime;
  timeZone: string;
}

export type Period = 'morning' | 'afternoon' | 'evening' | 'night';

/** What a text says of days and times. What it does not say is absent. */
export interface When {
  /** 2026-12-02 */
  date?: string;
  /** The last of several days. */
  toDate?: string;
  /** 15:00 */
  time?: string;
  minutes?: number;
  /** `an hour later`, in minutes; negative for earlier. */
  shiftMinutes?: number;
  period?: Period;
  /** An IANA name. */
  timeZone?: string;
}

/** Stands in the rest of a text for words that were read. */
export const READ = '|';

const PERIODS = 'morning|afternoon|evening|night';
const HALF_OF_DAY = `(?:\\s*([ap])\\.?\\s?m\\b\\.?|\\s+(?:in the|at|this)\\s+(${PERIODS})\\b)`;
const OCLOCK = "(?:\\s*o['’]?\\s?clock\\b)";
const AT = '(?:\\b(?:at|around|by|until|till|from|to)\\s+(?:about\\s+|around\\s+)?)';
const MINUTE = `(?:(?:oh|o|zero)[\\s-]+${NUMBER}|(?!(?:zero|one|two|three|four|five|six|seven|eight|nine|\\d)\\b)${NUMBER})`;
const NO_TIME =
  '(?!\\s+(?:of|one|ones|people|persons?|guests?|other|more|days?|weeks?|minutes?|hours?|times?|slots?|events?|meetings?|appointments?|percent)\\b)';
const LENGTH_END = '(?:\\s+long)?(?![\\w])';

const DURATIONS: readonly [string, (groups: (string | undefined)[]) => number][] = [
  ['(?:(three)\\s+quarters|a\\s+quarter)\\s+of\\s+an\\s+hour', ([three]) => (three === undefined ? 15 : 45)],
  ['(?:a\\s+)?half(?:\\s+an|\\s+a)?[\\s-]hour', () => 30],
  [`(an?|${NUMBER})\\s+and\\s+a\\s+half\\s+hours?`, ([hours = '']) => count(hours) * 60 + 30],
  [
    `(an?|${NUMBER})[\\s-]hours?(\\s+and\\s+a\\s+half)?(?:(?:\\s+and)?\\s+(${NUMBER})\\s+min(?:ute)?s?)?`,
    ([hours = '', half, minutes]) =>
      count(hours) * 60 + (half === undefined ? 0 : 30) + (minutes === undefined ? 0 : count(minutes)),
  ],
  [`(an?|${NUMBER})[\\s-]min(?:ute)?s?`, ([minutes = '']) => count(minutes)],
];

/**
 * Reads days, times and durations out of an utterance, relative to now. `rest` is the utterance with `|` for what was
 * read. A number alone is a time only where one was asked for (`bareHour`). An hour without its half of the day is one
 * of the working day: one to six are in the afternoon.
 */
export function readWhen(text: string, now: Now, { bareHour = false } = {}): { when: When; rest: string } {
  const when: When = {};
  let rest = text.replace(/\bgood\s+(?:morning|afternoon|evening|night)\b/gi, READ);
  rest = readZone(rest, when);
  rest = readDays(rest, when, now);
  rest = readDurations(rest, when, now);
  rest = readRange(rest, when);
  if (when.time === undefined) rest = readTime(rest, when, bareHour);
  const period = new RegExp(`\\b(tonight|${PERIODS})\\b`, 'i').exec(text.replace(/\bgood\s+\w+/gi, ''))?.[1];
  if (period !== undefined) when.period = /tonight/i.test(period) ? 'evening' : (period.toLowerCase() as Period);
  rest = rest.replace(new RegExp(`\\b(?:in the|this)\\s+(?:${PERIODS})\\b|(?<=\\|\\s*)(?:${PERIODS})\\b`, 'gi'), READ);
  return { when, rest };
}

/** `three in the afternoon`, `half past ten in the morning`, `noon`. @param time 15:00 */
export function timeInWords(time: string): string {
  const { hour, minute } = Temporal.PlainTime.from(time);
  if (minute === 0 && hour % 12 === 0) return hour === 0 ? 'midnight' : 'noon';
  const period = hour < 12 ? 'morning' : hour < 18 ? 'afternoon' : 'evening';
  const hours = cardinal(hour % 12 === 0 ? 12 : hour % 12);
  return `${minute === 30 ? `half past ${hours}` : `${hours}${minutesInWords(minute)}`} in the ${period}`;
}

function minutesInWords(minute: number): string {
  if (minute === 0) return '';
  return minute < 10 ? ` oh ${cardinal(minute)}` : ` ${cardinal(minute)}`;
}

/** `half an hour`, `an hour and a half`, `two hours and ten minutes` */
export function durationInWords(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (minutes === 30) return 'half an hour';
  if (hours > 1 && rest === 30) return `${cardinal(hours)} and a half hours`;
  const inHours = hours === 0 ? '' : hours === 1 ? 'an hour' : `${cardinal(hours)} hours`;
  const inMinutes = rest === 0 ? '' : rest === 1 ? 'one minute' : `${cardinal(rest)} minutes`;
  return [inHours, hours === 1 && rest === 30 ? 'a half' : inMinutes].filter(Boolean).join(' and ');
}

function readZone(text: string, when: When): string {
  const zone = zoneIn(text);
  if (!zone) return text;
  when.timeZone = zone.timeZone;
  return cut(text, zone.at, zone.length);
}

function readDays(text: string, when: When, { at }: Now): string {
  const [first, second] = daysIn(text, at.toPlainDate());
  if (!first) return text;
  when.date = first.date.toString();
  const between = second && text.slice(first.at + first.length, second.at);
  const isRange = between !== undefined && /^\s*(?:to|and|or|until|till|through)\s*(?:on\s*)?$/i.test(between);
  const last = first.toDate ?? (isRange ? second?.date : undefined);
  if (last) when.toDate = last.toString();
  return daysIn(text, at.toPlainDate()).reduceRight((rest, day) => cut(rest, day.at, day.length), text);
}

function readDurations(text: string, when: When, now: Now): string {
  let rest = text;
  for (const [source, read] of DURATIONS) {
    const pattern = new RegExp(
      `(?:\\b(in|by|for|of|lasting|about)\\s+)?\\b${source}${LENGTH_END}(?:\\s+(later|earlier))?`,
      'i',
    );
    const match = pattern.exec(rest);
    if (!match) continue;
    const [whole, lead, ...groups] = match;
    const minutes = read(groups.slice(0, -1));
    const way = groups[groups.length - 1];
    if (minutes <= 0) continue;
    if (way !== undefined || /^by$/i.test(lead ?? '')) {
      when.shiftMinutes = /earlier/i.test(way ?? '') || /\bforward\b/i.test(text) ? -minutes : minutes;
    } else if (/^in$/i.test(lead ?? '')) {
      const then = now.at.add({ minutes });
      when.date ??= then.toPlainDate().toString();
      when.time = clock(then.hour, then.minute);
    } else when.minutes ??= minutes;
    rest = cut(rest, match.index, whole.length);
  }
  return rest;
}

/** `from three to four`, `between ten and half past ten` */
function readRange(text: string, when: When): string {
  const match = /\b(?:from|between)\s+(.{1,40}?)\s+(?:to|until|till|and)\s+(.{1,40})$/i.exec(text);
  if (!match) return text;
  const [whole, from = '', to = ''] = match;
  const start = timeIn(`at ${from}`, halfIn(from) ?? halfIn(to));
  const end = timeIn(`at ${to}`, halfIn(to));
  if (!start || !end || start.at !== 0 || end.at !== 0 || start.length !== from.length + 3) return text;
  const minutes = minutesOf(end.time) - minutesOf(start.time);
  if (minutes <= 0) return text;
  when.time = start.time;
  when.minutes ??= minutes;
  return cut(text, match.index, whole.length - to.length + end.length - 3);
}

function readTime(text: string, when: When, bareHour: boolean): string {
  const found = timeIn(text, halfIn(text), bareHour);
  if (!found) return text;
  when.time = found.time;
  return cut(text, found.at, found.length);
}

interface Found {
  time: string;
  at: number;
  length: number;
}

const CLOCK_FORMS: readonly [RegExp, (groups: (string | undefined)[]) => [hour: number, minute: number] | undefined][] =
  [
    [
      new RegExp(`${AT}?\\b(?:(?:twelve|12)\\s+)?(?:(noon|midday)|midnight)\\b`, 'i'),
      ([noon]) => [noon === undefined ? 24 : 12, 0],
    ],
    [
      new RegExp(
        `${AT}?\\b(?:(half)|(?:a\\s+)?(quarter)|(five|ten|twenty|twenty[\\s-]five|5|10|20|25|${NUMBER}(?=\\s+min))(?:\\s+minutes?)?)\\s+(past|to)\\s+(${NUMBER})${OCLOCK}?${HALF_OF_DAY}?`,
        'i',
      ),
      ([half, quarter, minutes = '', way = '', hours = '']) => {
        const minute = half !== undefined ? 30 : quarter !== undefined ? 15 : numberOf(minutes);
        if (/^past$/i.test(way)) return [numberOf(hours), minute];
        const hour = numberOf(hours);
        return [hour === 1 ? 12 : hour - 1, 60 - minute];
      },
    ],
    [
      new RegExp(`${AT}?\\b(\\d{1,2})[:.](\\d\\d)(?![\\d])${HALF_OF_DAY}?`, 'i'),
      ([hours = '', minutes = '']) => [Number(hours), Number(minutes)],
    ],
    [
      new RegExp(`${AT}?\\b(${NUMBER})[\\s-]+(${MINUTE})${NO_TIME}${HALF_OF_DAY}?`, 'i'),
      ([hours = '', minutes = '']) => [numberOf(hours), numberOf(minutes.replace(/^(?:oh|o|zero)[\s-]+/i, ''))],
    ],
    [new RegExp(`${AT}?\\b(${NUMBER})${OCLOCK}${HALF_OF_DAY}?`, 'i'), ([hours = '']) => [numberOf(hours), 0]],
    [new RegExp(`${AT}?\\b(${NUMBER})${HALF_OF_DAY}`, 'i'), ([h = '']) => [numberOf(h), 0]],
    [
      new RegExp(`(?:${AT}|\\b(?:it|that)\\s+for\\s+)(${NUMBER})${NO_TIME}`, 'i'),
      ([hours = '']) => [numberOf(hours), 0],
    ],
  ];
const BARE_HOUR = new RegExp(`(?:^\\W*(?=one\\b)|\\b(?!one\\b))(${NUMBER})${NO_TIME}`, 'i');

function timeIn(text: string, half: string | undefined, bareHour = false): Found | undefined {
  const bare: (typeof CLOCK_FORMS)[number][] = bareHour ? [[BARE_HOUR, ([hours = '']) => [numberOf(hours), 0]]] : [];
  for (const [pattern, read] of [...CLOCK_FORMS, ...bare]) {
    const match = pattern.exec(text);
    const [hour = NaN, minute = NaN] = (match && read(match.slice(1))) ?? [];
    if (!match || !(hour >= 0 && hour <= 24 && minute >= 0 && minute < 60)) continue;
    const time = clock(hourOfDay(hour, halfIn(match[0]) ?? half), minute);
    return { time, at: match.index, length: match[0].length };
  }
  return undefined;
}

/** What a text says of the half of the day: `a`, `p` or the name of a part. */
function halfIn(text: string): string | undefined {
  const match = new RegExp(`(?:\\d|\\b(?:${NUMBER}|clock)\\s*)([ap])\\.?\\s?m\\b|\\b(tonight|${PERIODS})\\b`, 'i').exec(
    text,
  );
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function hourOfDay(hour: number, half: string | undefined): number {
  if (hour === 24) return 0;
  if (hour === 0 || hour > 12) return hour;
  switch (half) {
    case 'a':
    case 'morning':
      return hour % 12;
    case 'p':
    case 'afternoon':
    case 'evening':
    case 'tonight':
      return (hour % 12) + 12;
    case 'night':
      return hour >= 6 && hour < 12 ? hour + 12 : hour % 12;
    default:
      return hour <= 6 ? hour + 12 : hour;
  }
}

export function clock(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function count(words: string): number {
  return /^an?$/i.test(words) ? 1 : numberOf(words);
}

function cut(text: string, at: number, length: number): string {
  return `${text.slice(0, at)}${READ}${text.slice(at + length)}`;
}
