import { Injectable, Logger } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { settledWithin } from '../common/settled-within';
import { CalendarProvider, EventQuery } from '../integrations/calendar/calendar-provider';
import { UsersService } from '../users/users.service';
import { CalendarGrants } from './calendar-grants.service';
import { freeStretches, nextWorkingDays, Slot, slotsWithin, spread, workingTimes } from './free-slots';
import { addDays, daysBetween, DoesNotFit, startOfDay } from './local-start';
import { localParts, ToldEvent, toToldEvent } from './told-events';

/** Where the owner stands in time, and whether there is a calendar to look into. */
export interface AgendaStanding {
  isConnected: boolean;
  timeZone: string;
  now: Date;
}

/** What an agent is told before it talks. */
export interface Briefing {
  events: ToldEvent[];
  /** Of the next two working days, as long as they are. */
  freeTimes: Slot[];
}

/** Of a new user; nobody chose it. */
const UNCHOSEN_TIME_ZONE = 'UTC';
const TIME_ZONE_LIMIT_MS = 2000;
const BRIEFING_DAYS = 7;
const BRIEFING_EVENTS = 10;
const BRIEFING_WORKING_DAYS = 2;
/** Shorter ones are no use to anybody. */
const LEAST_FREE_MS = 30 * 60_000;
const MOST_EVENTS_A_DAY = 50;
const MOST_SLOTS = 8;
const MOST_DAYS = 31;

/** Looks into an owner's calendar, by the owner's clock. Writing into it is calendar-deeds.service.ts. */
@Injectable()
export class CalendarAgenda {
  private readonly log = new Logger(CalendarAgenda.name);

  constructor(
    private readonly grants: CalendarGrants,
    private readonly provider: CalendarProvider,
    private readonly users: UsersService,
  ) {}

  async standing(owner: Owner): Promise<AgendaStanding> {
    const [grant, user] = await Promise.all([this.grants.status(owner), this.users.get(owner)]);
    const isConnected = grant.isConnected && this.provider.isConfigured;
    const chosen = user.timezone === UNCHOSEN_TIME_ZONE ? grant.timeZone : user.timezone;
    const timeZone = chosen ?? (isConnected ? await this.zoneOfCalendar(owner) : null) ?? UNCHOSEN_TIME_ZONE;
    return { isConnected, timeZone, now: new Date() };
  }

  /** Asked where nobody knows it, which is seldom: Google was away when the calendar was connected. */
  private async zoneOfCalendar(owner: Owner): Promise<string | null> {
    const asked = this.events(owner, { from: new Date(), limit: 1 });
    try {
      await settledWithin(asked, TIME_ZONE_LIMIT_MS);
    } catch (error) {
      this.log.warn({ msg: 'The time zone of a calendar is not known', user_id: owner.userId, err: error });
    }
    return (await this.grants.status(owner)).timeZone;
  }

  /** The next events and free times. @throws as CalendarGrants.withAccess */
  async brief(owner: Owner, { timeZone, now }: AgendaStanding): Promise<Briefing> {
    const today = localParts(now, timeZone).date;
    const days = nextWorkingDays(today, BRIEFING_WORKING_DAYS);
    const [events, busy] = await Promise.all([
      this.events(owner, {
        from: now,
        to: startOfDay(addDays(today, BRIEFING_DAYS + 1), timeZone),
        limit: BRIEFING_EVENTS,
      }),
      this.busyTimes(owner, now, startOfDay(addDays(days.to, 1), timeZone)),
    ]);
    const free = freeStretches(workingTimes(days.from, days.to, timeZone), busy, now);
    return { events, freeTimes: free.filter(({ start, end }) => end.getTime() - start.getTime() >= LEAST_FREE_MS) };
  }

  /** @param date by the owner's clock, such as 2026-12-02 */
  async lookUpDay(owner: Owner, date: string, timeZone: string): Promise<ToldEvent[]> {
    const [from, to] = [startOfDay(date, timeZone), startOfDay(addDays(date, 1), timeZone)];
    const events = await this.events(owner, { from, to, limit: MOST_EVENTS_A_DAY });
    // Days are those of the calendar, which may live in another time zone.
    return events.filter((event) => event.kind === 'moments' || (event.from <= date && date <= event.to));
  }

  /**
   * Free times within working hours that can be proposed.
   * @param question its days are by the owner's clock, both included
   * @throws DoesNotFit
   */
  async freeSlots(
    owner: Owner,
    question: { from: string; to: string; durationMinutes: number },
    { timeZone, now }: Pick<AgendaStanding, 'timeZone' | 'now'>,
  ): Promise<Slot[]> {
    const today = localParts(now, timeZone).date;
    if (question.to < question.from) throw new DoesNotFit('The last day is before the first.');
    if (question.to < today) throw new DoesNotFit('Those days are over.');
    const from = question.from < today ? today : question.from;
    if (daysBetween(from, question.to) >= MOST_DAYS) throw new DoesNotFit(`Ask for at most ${MOST_DAYS} days at once.`);
    const busy = await this.busyTimes(owner, startOfDay(from, timeZone), startOfDay(addDays(question.to, 1), timeZone));
    const free = freeStretches(workingTimes(from, question.to, timeZone), busy, now);
    return spread(slotsWithin(free, question.durationMinutes), MOST_SLOTS);
  }

  private async events(owner: Owner, query: EventQuery): Promise<ToldEvent[]> {
    const { events } = await this.grants.listEvents(owner, query);
    return events.flatMap((event) => toToldEvent(event) ?? []);
  }

  private busyTimes(owner: Owner, from: Date, to: Date): Promise<Slot[]> {
    return this.grants.withAccess(owner, (token) => this.provider.busyTimes(token, from, to));
  }
}
