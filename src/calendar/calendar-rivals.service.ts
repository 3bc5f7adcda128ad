import { Injectable } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { CalendarProvider } from '../integrations/calendar/calendar-provider';
import { CalendarGrants } from './calendar-grants.service';
import { freeStretches, nearest, overlaps, Slot, slotsWithin, workingTimes } from './free-slots';
import { addDays, startOfDay } from './local-start';
import { localParts, momentOfTime } from './told-events';

/** Free times that are proposed instead of one that is taken: of its day and the following ones. */
const FOLLOWING_DAYS = 3;
const MOST_PROPOSED = 4;
const MOST_EVENTS = 50;

/** What is in the way of an event. */
@Injectable()
export class CalendarRivals {
  constructor(
    private readonly grants: CalendarGrants,
    private readonly provider: CalendarProvider,
  ) {}

  /**
   * Null where the time is free; otherwise times near it that are, as far as there are any.
   * @param own an event that is to be moved, and is not in its own way
   */
  async proposalsInstead(
    owner: Owner,
    wanted: Slot,
    timeZone: string,
    own?: Slot & { id: string },
  ): Promise<Slot[] | null> {
    const day = localParts(wanted.start, timeZone).date;
    const lastDay = addDays(day, FOLLOWING_DAYS);
    const [from, dayAfter] = [startOfDay(day, timeZone), startOfDay(addDays(lastDay, 1), timeZone)];
    const to = wanted.end > dayAfter ? wanted.end : dayAfter;
    const busy = await this.grants.withAccess(owner, (token) => this.provider.busyTimes(token, from, to));
    const isInRange = own !== undefined && overlaps(own, { start: from, end: to });
    const others = isInRange ? await this.withoutOwn(owner, busy, own) : busy;
    if (!others.some((other) => overlaps(other, wanted))) return null;
    const lengthMinutes = Math.ceil((wanted.end.getTime() - wanted.start.getTime()) / 60_000);
    const free = freeStretches(workingTimes(day, lastDay, timeZone), others, new Date());
    return nearest(slotsWithin(free, lengthMinutes), wanted.start, MOST_PROPOSED);
  }

  /** Busy times that touch or overlap are told as one: what else there is at the time of an event, the events tell. */
  private async withoutOwn(owner: Owner, busy: Slot[], own: Slot & { id: string }): Promise<Slot[]> {
    const { events, timeZone } = await this.grants.withAccess(owner, (token) =>
      this.provider.listEvents(token, { from: own.start, to: own.end, limit: MOST_EVENTS }),
    );
    const others = events.flatMap(({ id, isBusy, start, end }) => {
      if (id === own.id || !isBusy || start === undefined || end === undefined) return [];
      return [{ start: momentOfTime(start, timeZone), end: momentOfTime(end, timeZone) }];
    });
    return [...freeStretches(busy, [own], new Date(0)), ...others];
  }
}
