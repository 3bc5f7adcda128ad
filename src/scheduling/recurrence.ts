import { Temporal } from 'temporal-polyfill';
import 'temporal-polyfill/global'; // rrule-temporal takes it from there
import { RRuleTemporal } from 'rrule-temporal';
import { LocalMoment, momentOf, wallClockAt } from './local-time';

/** The text is no rule that calls can recur by; `message` is a sentence. */
export class NotARecurrence extends Error {}

const MAX_CHARACTERS = 500;
const RULE = /^(?:RRULE:)?((?:[A-Z]+=[A-Z0-9,+-]+;?)+)$/;
/** COUNT of a rule that leaves some out, and how many it may leave out for each. */
const MOST_OF_SOME = 100;
const LEFT_OUT = 40;
/** The whole numbers that a part may have; with `signed` from behind as well. */
const NUMBERS: Record<string, { from: number; to: number; signed?: boolean }> = {
  INTERVAL: { from: 1, to: 1000 },
  COUNT: { from: 1, to: 1000 },
  BYMONTH: { from: 1, to: 12 },
  BYMONTHDAY: { from: 1, to: 31, signed: true },
  BYYEARDAY: { from: 1, to: 366, signed: true },
  BYWEEKNO: { from: 1, to: 53, signed: true },
  BYSETPOS: { from: 1, to: 366, signed: true },
  BYHOUR: { from: 0, to: 23 },
  BYMINUTE: { from: 0, to: 59 },
};
const TEXTS: Record<string, RegExp> = {
  FREQ: /^[A-Z]+$/,
  UNTIL: /^\d{8}(?:T\d{6}Z?)?$/,
  WKST: /^(?:MO|TU|WE|TH|FR|SA|SU)$/,
  BYDAY: /^(?:[+-]?(?:[1-9]|[1-4]\d|5[0-3]))?(?:MO|TU|WE|TH|FR|SA|SU)$/,
};
/** Of these a rule may have one alone: calls recur by the hour at most. */
const SINGLE = new Set(['INTERVAL', 'COUNT', 'UNTIL', 'WKST', 'FREQ', 'BYMINUTE']);
/** What an hourly rule can be told: others would be looked for hour by hour. */
const HOURLY = new Set(['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'WKST', 'BYDAY', 'BYHOUR', 'BYMINUTE']);
/** So many moments may the lists of a rule name together in one of its periods. */
const MAX_MOMENTS = 366;
/** Steps after which a rule counts as one that has no occurrence (any more), and the most that COUNT may ask for. */
const STEPS: Record<string, number> = { HOURLY: 1000, DAILY: 1000, WEEKLY: 1000, MONTHLY: 300, YEARLY: 100 };

/**
 * A recurrence rule (RFC 5545), on the wall clock of a time zone: 9 o'clock stays 9 o'clock when clocks change. A time that is
 * left out or comes twice then is read as `readMoment` reads it.
 */
export class Recurrence {
  private constructor(
    /** As it is kept: without `RRULE:`. */
    readonly text: string,
    private readonly rule: RRuleTemporal,
    private readonly timeZone: string,
  ) {}

  /**
   * @param start the wall clock of the first occurrence
   * @throws NotARecurrence
   */
  static read(text: string, start: Temporal.PlainDateTime, timeZone: string): Recurrence {
    const rule = textOfRule(text);
    try {
      const floating = start.toString({ smallestUnit: 'second' }).replace(/[-:]/g, '');
      const parsed = new RRuleTemporal({
        rruleString: `DTSTART:${floating}Z\nRRULE:${untilOnTheWall(rule, timeZone)}`,
        // It counts those that a rule leaves out as well: of the hours of a day, the days of a week or a year.
        maxIterations: 2 * stepsOf(rule) + LEFT_OUT * countOf(rule),
      });
      const recurrence = new Recurrence(rule, parsed, timeZone);
      // What cannot be expanded is told now, not when it is due.
      if (recurrence.after(start) === null && !/COUNT=|UNTIL=/.test(rule)) {
        throw new NotARecurrence('The recurrence never comes again.');
      }
      return recurrence;
    } catch (error) {
      if (error instanceof NotARecurrence) throw error;
      throw new NotARecurrence(`The recurrence is not a rule of RFC 5545: ${(error as Error).message}`);
    }
  }

  /** The first occurrence after a moment; null when there is none (any more). */
  next(after: Date): LocalMoment | null {
    const wall = wallClockAt(after, this.timeZone);
    // Two may fall together where clocks go forward: from a little before, and never the same moment twice.
    let from = wall.subtract({ hours: 3 });
    for (;;) {
      const found = this.after(from);
      if (found === null) return null;
      const moment = momentOf(found, this.timeZone);
      if (moment.at > after) return moment;
      from = found;
    }
  }

  private after(wall: Temporal.PlainDateTime): Temporal.PlainDateTime | null {
    try {
      const found = this.rule.next(new Date(wall.toZonedDateTime('UTC').epochMilliseconds));
      return found === null ? null : wallClockAt(new Date(found.epochMilliseconds), 'UTC');
    } catch (error) {
      // So many steps without one, the thirty-first of February; or beyond the years that there are.
      if (error instanceof RangeError || (error instanceof Error && error.message.includes('Maximum iterations')))
        return null;
      throw error;
    }
  }
}

function textOfRule(text: string): string {
  const rule =
    text.length > MAX_CHARACTERS
      ? undefined
      : RULE.exec(text.trim().toUpperCase())?.[1]
          // As some calendars write it; calls have no seconds.
          ?.replace(/(^|;)BYSECOND=0(?=;|$)/, '$1')
          .replace(/^;|;(?=;|$)/g, '');
  if (rule === undefined) throw new NotARecurrence('The recurrence must look like FREQ=WEEKLY;BYDAY=MO (RFC 5545).');
  const names = rule.split(';').map((part) => part.slice(0, part.indexOf('=')));
  if (new Set(names).size < names.length) throw new NotARecurrence('The recurrence names a part twice.');
  const isHourly = /(?:^|;)FREQ=HOURLY(?:;|$)/.test(rule);
  if (stepsOf(rule) === 0) {
    throw new NotARecurrence('The recurrence must have FREQ, of HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY.');
  }
  let moments = 1;
  for (const part of rule.split(';')) {
    const [name = '', values = ''] = part.split('=');
    const list = values.split(',');
    requireValues(name, list);
    if (isHourly && !HOURLY.has(name)) throw new NotARecurrence(`An hourly recurrence cannot have ${name}.`);
    // Of a year's months each has its moments; others are months in which there are some.
    const isFilter = name === 'BYSETPOS' || (name === 'BYMONTH' && !rule.includes('FREQ=YEARLY'));
    if (name.startsWith('BY') && !isFilter) moments *= list.length;
  }
  const most = /(?:^|;)BY/.test(rule) ? Math.min(MOST_OF_SOME, stepsOf(rule)) : stepsOf(rule);
  if (countOf(rule) > most) throw new NotARecurrence(`The recurrence can have COUNT=${most} at most.`);
  if (moments > MAX_MOMENTS) throw new NotARecurrence('The recurrence names too many moments.');
  return rule;
}

function stepsOf(rule: string): number {
  return STEPS[/(?:^|;)FREQ=([A-Z]+)/.exec(rule)?.[1] ?? ''] ?? 0;
}

function countOf(rule: string): number {
  return Number(/(?:^|;)COUNT=(\d+)/.exec(rule)?.[1] ?? 0);
}

function requireValues(name: string, values: readonly string[]): void {
  const numbers = NUMBERS[name];
  const isRight = (value: string) =>
    numbers === undefined ? TEXTS[name]?.test(value) === true : isWithin(value, numbers);
  if (numbers === undefined && TEXTS[name] === undefined) {
    throw new NotARecurrence(`The recurrence has a part that is not taken here: ${name}.`);
  }
  const wrong = values.find((value) => !isRight(value));
  if (wrong !== undefined) throw new NotARecurrence(`The recurrence cannot have ${name}=${wrong}.`);
  if (SINGLE.has(name) && values.length > 1) throw new NotARecurrence(`The recurrence can have one ${name} alone.`);
}

function isWithin(
  value: string,
  { from, to, signed = false }: { from: number; to: number; signed?: boolean },
): boolean {
  if (!(signed ? /^[+-]?\d{1,4}$/ : /^\d{1,4}$/).test(value)) return false;
  const number = Math.abs(Number(value));
  return number >= from && number <= to;
}

/** UNTIL is a moment where it ends in Z, and else the wall clock's; the rule is expanded on the wall clock. */
function untilOnTheWall(rule: string, timeZone: string): string {
  return rule.replace(
    /UNTIL=(\d{8})(?:T(\d{6})(Z)?)?/,
    (_, day: string, time: string | undefined, isMoment: string | undefined) => {
      if (time === undefined) return `UNTIL=${day}T235959Z`;
      if (isMoment === undefined) return `UNTIL=${day}T${time}Z`;
      const instant = Temporal.Instant.from(
        `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`,
      );
      const wall = instant.toZonedDateTimeISO(timeZone).toPlainDateTime();
      return `UNTIL=${wall.toString({ smallestUnit: 'second' }).replace(/[-:]/g, '')}Z`;
    },
  );
}
