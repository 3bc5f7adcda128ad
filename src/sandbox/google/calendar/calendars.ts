import { createHash } from 'node:crypto';
import type { WallClock } from '../../wall-clock';
import type { Person } from '../people';
import { Calendar } from './calendar';
import { seedCalendar } from './seed';

export type AccessRole = 'owner' | 'reader';

/** A calendar in somebody's list. */
export interface CalendarEntry {
  calendar: Calendar;
  accessRole: AccessRole;
  isPrimary: boolean;
}

/** Everybody's calendars; a person sees their own, and a calendar of holidays that nobody can write into. */
export class Calendars {
  private readonly entries = new Map<Person, CalendarEntry[]>();
  private changed: (calendar: Calendar) => void = () => undefined;

  constructor(private readonly clock: WallClock) {}

  /** Hears of every change in any calendar. */
  whenChanged(hear: (calendar: Calendar) => void): void {
    this.changed = hear;
  }

  /** @param isFirst the first person's calendar is full of appointments, everybody else's is empty */
  open(person: Person, isFirst: boolean): void {
    const primary = this.newCalendar(person.email, person.email, person);
    const second = this.newCalendar(secondaryId(person), 'Private', person);
    const holidays = this.newCalendar(
      'en.usa#holiday@group.v.calendar.google.com',
      'Holidays in United States',
      person,
    );
    if (isFirst) seedCalendar(primary, this.clock);
    this.entries.set(person, [
      { calendar: primary, accessRole: 'owner', isPrimary: true },
      { calendar: second, accessRole: 'owner', isPrimary: false },
      { calendar: holidays, accessRole: 'reader', isPrimary: false },
    ]);
  }

  listOf(person: Person): readonly CalendarEntry[] {
    return this.entries.get(person) ?? [];
  }

  /** By its id or as `primary`; `undefined` also for those of others. */
  find(person: Person, calendarId: string): CalendarEntry | undefined {
    const id = calendarId.toLowerCase();
    return this.listOf(person).find(({ calendar, isPrimary }) => (isPrimary && id === 'primary') || calendar.id === id);
  }

  private newCalendar(id: string, summary: string, person: Person): Calendar {
    return new Calendar(
      { id, summary, timeZone: person.timeZone, ownerEmail: person.email },
      this.clock,
      (calendar) => {
        this.changed(calendar);
      },
    );
  }
}

function secondaryId({ sub }: Person): string {
  return `c_${createHash('sha256').update(sub).digest('hex').slice(0, 32)}@group.calendar.google.com`;
}
