import { Temporal } from 'temporal-polyfill';
import { NUMBER, ORDINAL, numberOf, ordinal, ordinalOf } from './spoken-numbers';

/** A day, or days in a row, that somebody named, and where in the text. */
export interface NamedDay {
  date: Temporal.PlainDate;
  /** The last of a week that was named. */
  toDate?: Temporal.PlainDate;
  at: number;
  length: number;
}

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const WEEKDAY = `(?:${WEEKDAYS.join('|')})`;
const MONTH = `(?:${MONTHS.join('|')})`;
const YEAR = '(\\d{4}|twenty[-\\s](?:twenty|thirty)(?:[-\\s](?:one|two|three|four|five|six|seven|eight|nine))?)';
const BEFORE = `(?:\\b(?:on|for|by|from|of)\\s+)?(?:\\b(?:the\\s+)?${WEEKDAY}(?:,|\\s)\\s*)?`;
const AFTER = "(?:['’]s)?(?![\\w])";

type Read = (groups: (string | undefined)[], today: Temporal.PlainDate) => Omit<NamedDay, 'at' | 'length'> | undefined;

/** What says more comes first: in `friday the fourth of december` the weekday names no other day. */
const FORMS: readonly [RegExp, Read][] = [
  [form(`${BEFORE}(\\d{4})-(\\d\\d)-(\\d\\d)`), ([y, m, d]) => on(Number(y), Number(m), Number(d))],
  [
    form(`${BEFORE}(?:the\\s+)?(${ORDINAL}|${NUMBER})\\s+(?:of\\s+)?(${MONTH})(?:,?\\s+${YEAR})?`),
    ([day = '', month = '', year], today) => inMonth(dayNumber(day), month, year, today),
  ],
  [
    form(`${BEFORE}\\b(${MONTH})\\s+(?:the\\s+)?(${ORDINAL}|${NUMBER})(?:,?\\s+${YEAR})?`),
    ([month = '', day = '', year], today) => inMonth(dayNumber(day), month, year, today),
  ],
  [form('\\b(?:the\\s+)?day\\s+after\\s+tomorrow'), (_, today) => one(today.add({ days: 2 }))],
  [form('(?:\\b(?:on|for|by|from|of)\\s+)?\\btomorrow'), (_, today) => one(today.add({ days: 1 }))],
  [form('(?:\\b(?:on|for|by|from|of)\\s+)?\\b(?:today|tonight)'), (_, today) => one(today)],
  [form('\\b(?:on\\s+)?yesterday'), (_, today) => one(today.subtract({ days: 1 }))],
  [
    form(`\\bin\\s+(a|${NUMBER})\\s+(day|week)s?`),
    ([count = '', unit], today) => {
      const units = /^a$/i.test(count) ? 1 : numberOf(count);
      return one(today.add({ days: /^week$/i.test(unit ?? '') ? units * 7 : units }));
    },
  ],
  [
    form(`(?:\\b(?:on|for|by|from|of)\\s+)?(?:\\b(?:the|(this|next)|coming)\\s+)?\\b(${WEEKDAY})`),
    ([which, weekday = ''], today) => one(onWeekday(weekday, which ?? '', today)),
  ],
  [
    form('(?:\\b(?:in|for|during)\\s+)?\\b(this|next)\\s+week'),
    ([which = ''], today) => {
      const sunday = today.add({ days: 7 - today.dayOfWeek });
      if (/^this$/i.test(which)) return { date: today, toDate: sunday };
      return { date: sunday.add({ days: 1 }), toDate: sunday.add({ days: 5 }) };
    },
  ],
  // `the first` and `the second` alone choose between two things.
  [
    form(
      `\\b(?:on|for|by|from)\\s+the\\s+(${ORDINAL})(?!\\s+(?:one|slot|option|time|of)\\b)|\\bthe\\s+(?!first|second|1st|2nd)(${ORDINAL})(?!\\s+(?:one|slot|option|time|of)\\b)`,
    ),
    ([after, alone], today) => {
      const day = ordinalOf(after ?? alone ?? '');
      const months = Array.from({ length: 3 }, (_, later) => today.with({ day: 1 }).add({ months: later }));
      const dates = months.filter((month) => day <= month.daysInMonth).map((month) => month.with({ day }));
      return one(dates.find((date) => Temporal.PlainDate.compare(date, today) >= 0));
    },
  ],
];

/** The days that a text names, in its order. */
export function daysIn(text: string, today: Temporal.PlainDate): NamedDay[] {
  const found: NamedDay[] = [];
  for (const [pattern, read] of FORMS) {
    for (const match of text.matchAll(pattern)) {
      const [whole, ...groups] = match;
      const isTaken = found.some(({ at, length }) => match.index < at + length && at < match.index + whole.length);
      const day = isTaken ? undefined : read(groups, today);
      if (day) found.push({ ...day, at: match.index, length: whole.length });
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

/** `today`, `tomorrow`, `Friday, the fourth of December`; with the year where it would be another one without. */
export function dayInWords(date: Temporal.PlainDate, today: Temporal.PlainDate): string {
  const days = today.until(date, { largestUnit: 'days' }).days;
  const near = { [-1]: 'yesterday', 0: 'today', 1: 'tomorrow' }[days];
  if (near !== undefined) return near;
  const weekday = upperFirst(WEEKDAYS[date.dayOfWeek - 1] as string);
  const words = `${weekday}, the ${ordinal(date.day)} of ${upperFirst(MONTHS[date.month - 1] as string)}`;
  return daysIn(words, today)[0]?.date.equals(date) === true ? words : `${words} ${date.year}`;
}

function form(source: string): RegExp {
  return new RegExp(source + AFTER, 'gi');
}

function dayNumber(words: string): number {
  const value = ordinalOf(words);
  return Number.isNaN(value) ? numberOf(words) : value;
}

function inMonth(day: number, month: string, year: string | undefined, today: Temporal.PlainDate): ReturnType<Read> {
  const number = MONTHS.indexOf(month.toLowerCase()) + 1;
  if (year !== undefined) return on(yearOf(year), number, day);
  // The next one there is: the twenty-ninth of February may be years away.
  for (let later = 0; later <= 8; later++) {
    const found = on(today.year + later, number, day);
    if (found && Temporal.PlainDate.compare(found.date, today) >= 0) return found;
  }
  return undefined;
}

function yearOf(words: string): number {
  const figure = Number(words);
  return Number.isNaN(figure) ? 2000 + numberOf(words.replace(/^twenty[-\s]/i, '')) : figure;
}

/** The coming one; of today's name the one in a week, because today is called today. `next` is in the week after this. */
function onWeekday(weekday: string, which: string, today: Temporal.PlainDate): Temporal.PlainDate {
  const wanted = WEEKDAYS.indexOf(weekday.toLowerCase()) + 1;
  if (/^next$/i.test(which)) return today.add({ days: 7 - today.dayOfWeek + wanted });
  const days = (wanted - today.dayOfWeek + 7) % 7;
  return today.add({ days: days === 0 && !/^this$/i.test(which) ? 7 : days });
}

function on(year: number, month: number, day: number): ReturnType<Read> {
  try {
    return one(Temporal.PlainDate.from({ year, month, day }, { overflow: 'reject' }));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function one(date: Temporal.PlainDate | undefined): ReturnType<Read> {
  return date && { date };
}

function upperFirst(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
