import 'temporal-polyfill/global'; // rrule-temporal takes it from there
import { RRuleTemporal } from 'rrule-temporal';
import { invalid } from './calendar-error';
import { isAllDay, isDate, isTimeZone, momentMs, wallMs, type EventTime } from './event-time';
import { momentOfWall, wallMsAt } from './zone-clock';

const DAY_MS = 86_400_000;
const MAX_LINES = 100;
const MAX_CHARACTERS = 5000;
/** A rule that is looked through so far without an occurrence has none. */
const MAX_ITERATIONS = 20_000;
const RULE = /^RRULE:((?:[A-Z]+=[A-Z0-9,+-]+;?)+)$/;
/** Hours and less are no business of this calendar. */
const FREQUENCY = /(?:^|;)FREQ=(?:DAILY|WEEKLY|MONTHLY|YEARLY)(?:;|$)/;
const DATES = /^(EXDATE|RDATE)(?:;VALUE=(?:DATE|DATE-TIME))?(?:;TZID=([^:;]+))?(?:;VALUE=(?:DATE|DATE-TIME))?:(.+)$/;
const STAMP = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z)?)?$/;

/**
 * The lines RRULE, RDATE and EXDATE of an event (RFC 5545), on the wall clock of its zone: what is at 9 stays at 9 when
 * clocks change. The event's own start is always the first occurrence.
 */
export class Recurrence {
  private readonly rules: RRuleTemporal[] = [];
  private readonly added = new Set<number>();
  private readonly left = new Set<number>();

  private constructor(
    readonly lines: readonly string[],
    private readonly start: EventTime,
  ) {}

  /** @throws CalendarError */
  static read(lines: readonly string[], start: EventTime): Recurrence {
    const recurrence = new Recurrence(lines, start);
    if (lines.length > MAX_LINES || lines.join('').length > MAX_CHARACTERS) throw invalid('Invalid recurrence rule.');
    for (const line of lines) recurrence.readLine(line);
    if (recurrence.rules.length === 0 && recurrence.added.size === 0) throw invalid('Invalid recurrence rule.');
    return recurrence;
  }

  /** The starts of occurrences from `fromMs` on and before `toMs`, in order. */
  between(fromMs: number, toMs: number): EventTime[] {
    // The wall clock runs up to fourteen hours beside UTC.
    const [from, to] = [fromMs - DAY_MS, toMs + DAY_MS];
    if (from >= to) return [];
    const walls = new Set<number>([this.firstWall, ...this.added].filter((wall) => wall >= from && wall <= to));
    for (const rule of this.rules) {
      for (const found of rule.between(new Date(Math.max(from, this.firstWall)), new Date(to), true)) {
        walls.add(found.epochMilliseconds);
      }
    }
    const starts = [...walls].sort((a, b) => a - b).filter((wall) => !this.left.has(wall));
    // Two may fall together where clocks go forward.
    const byMoment = new Map(
      starts.map((wall) => [this.timeAt(wall), wall] as const).map(([time]) => [this.momentOf(time), time]),
    );
    return [...byMoment].filter(([at]) => at >= fromMs && at < toMs).map(([, time]) => time);
  }

  /** Whether one begins just then. */
  has(time: EventTime): boolean {
    if (isAllDay(time) !== isAllDay(this.start)) return false;
    const at = this.momentOf(time);
    return this.between(at, at + 1).length > 0;
  }

  /** The wall clock as if it were UTC: what the rules are expanded in. */
  private get firstWall(): number {
    return wallMs(this.start);
  }

  private get timeZone(): string {
    return isAllDay(this.start) ? 'UTC' : this.start.timeZone;
  }

  private timeAt(wall: number): EventTime {
    if (isAllDay(this.start)) return { date: new Date(wall).toISOString().slice(0, 10) };
    const { timeZone } = this.start;
    return { atMs: momentOfWall(wall, timeZone), timeZone };
  }

  private momentOf(time: EventTime): number {
    return momentMs(time, 'UTC');
  }

  private readLine(written: string): void {
    const line = written.trim().toUpperCase().startsWith('RRULE') ? written.trim().toUpperCase() : written.trim();
    const rule = RULE.exec(line)?.[1];
    if (rule !== undefined) this.rules.push(this.readRule(rule));
    else this.readDates(line);
  }

  private readRule(rule: string): RRuleTemporal {
    if (!FREQUENCY.test(rule)) throw invalid('Invalid recurrence rule.');
    const names = rule
      .split(';')
      .filter(Boolean)
      .map((part) => part.split('=')[0]);
    if (new Set(names).size < names.length) throw invalid('Invalid recurrence rule.');
    const start = stampOf(this.firstWall);
    try {
      const read = new RRuleTemporal({
        rruleString: `DTSTART:${start}\nRRULE:${this.untilOnTheWall(rule.replace(/;$/, ''))}`,
        maxIterations: MAX_ITERATIONS,
        includeDtstart: true,
        strict: true,
      });
      // What cannot be expanded is told now, not to the next reader.
      read.between(new Date(this.firstWall), new Date(this.firstWall + DAY_MS), true);
      return read;
    } catch (error) {
      if (error instanceof Error) throw invalid('Invalid recurrence rule.');
      throw error;
    }
  }

  private readDates(line: string): void {
    const [, kind, zone, stamps = ''] = DATES.exec(line) ?? [];
    if (kind === undefined) throw invalid('Invalid recurrence rule.');
    for (const stamp of stamps.split(','))
      (kind === 'EXDATE' ? this.left : this.added).add(this.readStamp(stamp, zone));
  }

  /** @returns the wall clock of the event's zone */
  private readStamp(stamp: string, zone: string | undefined): number {
    const [, year, month, day, hour, minute, second, isUtc] = STAMP.exec(stamp) ?? [];
    const date = `${year}-${month}-${day}`;
    if (!isDate(date) || (zone !== undefined && !isTimeZone(zone))) throw invalid('Invalid recurrence rule.');
    const midnight = wallMs({ date });
    if (isAllDay(this.start)) return midnight;
    // A day leaves out what is on it, at the time at which the series is.
    if (hour === undefined) return midnight + (((this.firstWall % DAY_MS) + DAY_MS) % DAY_MS);
    const wall = Date.parse(`${date}T${hour}:${minute}:${second}Z`);
    if (Number.isNaN(wall)) throw invalid('Invalid recurrence rule.');
    return wallMsAt(isUtc ? wall : momentOfWall(wall, zone ?? this.timeZone), this.timeZone);
  }

  /** UNTIL is a moment of UTC for what has a time, and a day for what has none. */
  private untilOnTheWall(rule: string): string {
    return rule.replace(/UNTIL=([^;]*)/, (_, written: string) => {
      const day = /^\d{8}$/.test(written);
      if (day) return `UNTIL=${written}T235959Z`;
      return `UNTIL=${stampOf(this.readStamp(written, undefined))}`;
    });
  }
}

/** `20260105T090000Z`. */
function stampOf(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** What an occurrence adds to the id of its series: the day, or the moment in UTC. */
export function instanceSuffix(start: EventTime): string {
  return isAllDay(start) ? start.date.replaceAll('-', '') : stampOf(start.atMs);
}
