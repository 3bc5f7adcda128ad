import { Temporal } from 'temporal-polyfill';
import 'temporal-polyfill/global'; // rrule-temporal takes it from there
import { RRuleTemporal } from 'rrule-temporal';
import { LocalMoment, momentOf, wallClockAt } from './local-time';

/** The text is no rule that calls can recur by; `message` is a sentence. */
export class NotARecurrence extends Error {}

/** Calls recur no more often. */
const FREQUENCIES = new Set(['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']);
const MAX_CHARACTERS = 500;
const RULE = /^(?:RRULE:)?((?:[A-Z]+=[A-Z0-9,+-]+;?)+)$/;
const PARTS = new Set([
  'FREQ',
  'INTERVAL',
  'COUNT',
  'UNTIL',
  'WKST',
  'BYDAY',
  'BYMONTH',
  'BYMONTHDAY',
  'BYYEARDAY',
  'BYWEEKNO',
  'BYSETPOS',
  'BYHOUR',
  'BYMINUTE',
]);
/** Steps without an occurrence after which a rule counts as one that never has any: in steps of a day, five and a half years. */
const MAX_STEPS = 2000;

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
        maxIterations: MAX_STEPS,
      });
      return new Recurrence(rule, parsed, timeZone);
    } catch (error) {
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
      // So many steps without one: the thirty-first of February.
      if (error instanceof Error && error.message.includes('Maximum iterations')) return null;
      throw error;
    }
  }
}

function textOfRule(text: string): string {
  const rule = text.length > MAX_CHARACTERS ? undefined : RULE.exec(text.trim().toUpperCase())?.[1]?.replace(/;$/, '');
  if (rule === undefined) throw new NotARecurrence('The recurrence must look like FREQ=WEEKLY;BYDAY=MO (RFC 5545).');
  const names = rule.split(';').map((part) => part.slice(0, part.indexOf('=')));
  const unknown = names.find((name) => !PARTS.has(name));
  if (unknown !== undefined) throw new NotARecurrence(`The recurrence has a part that is not taken here: ${unknown}.`);
  if (new Set(names).size < names.length) throw new NotARecurrence('The recurrence names a part twice.');
  const frequency = /(?:^|;)FREQ=([A-Z]+)/.exec(rule)?.[1] ?? '';
  if (!FREQUENCIES.has(frequency)) {
    throw new NotARecurrence('The recurrence must have FREQ, of HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY.');
  }
  return rule;
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
