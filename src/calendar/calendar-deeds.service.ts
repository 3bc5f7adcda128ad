import { Injectable, Logger } from '@nestjs/common';
import type { ActionState, CallAction } from '../calls/call-action.entity';
import { CallActions, ToolUse } from '../calls/call-actions.service';
import { AppError } from '../common/app-error';
import type { Owner } from '../common/owner';
import { CalendarError, CalendarEvent, CalendarProvider } from '../integrations/calendar/calendar-provider';
import { BOOKED_ON_CALL } from './event-call-wish';
import { bookingId } from './booking-id';
import {
  Deed,
  DeedArguments,
  DeedTool,
  isDeed,
  isLive,
  isOpen,
  isSameTime,
  isTrouble,
  isUncertain,
  outcomeOf,
  slotOf,
  timesFor,
  wasDone,
} from './calendar-deed';
import { CalendarGrants } from './calendar-grants.service';
import { CalendarRivals } from './calendar-rivals.service';
import type { Slot } from './free-slots';
import { summaryOf, toToldEvent, withOffset } from './told-events';

export interface BookingWish extends Slot {
  summary: string;
  /** In which it was said. */
  timeZone: string;
  attendeeEmail?: string;
  description?: string;
  location?: string;
}

export interface MovingWish {
  eventId: string;
  start: Date;
  /** Absent: as long as it is. */
  durationMinutes?: number;
  timeZone: string;
}

/** What came of it. An error is a sentence for the agent; a note tells it something beside. */
export type DeedAnswer =
  | { ok: true; eventId: string; summary: string; times: Slot | null; note?: string }
  | { ok: false; error: string; freeSlots?: Slot[] };

/** Somebody else is changing the same event. */
const MOST_READS = 2;
/** Booked, cancelled and booked again, in one call. */
const MOST_GENERATIONS = 20;

const TAKEN = 'That time is taken.';
const NO_SUCH_EVENT =
  'There is no event with this id in the calendar (any more). Look up the day to see what there is.';
const WHOLE_DAYS =
  'This event lasts whole days and cannot be moved to a time. Cancel it and book a new one, if that is wanted.';
const CHANGING = 'Somebody else is changing this event at the moment. Try again.';
const BOOKED_BEFORE =
  'It was booked in this call before, with another length than you asked for now. Move it to change how long it lasts.';
const PERHAPS =
  'The calendar did not answer, so it may have been done. Call the tool again with the same values to find out: nothing is done twice.';

/**
 * What an agent does to its owner's calendar while it talks. Each deed is looked at and done while nobody else of ours writes
 * into that calendar, is written down before Google is asked, and is done once: an agent that says it again, or that goes on
 * in another process, gets what came of it the first time. What is there is what the calendar says, not what the journal says.
 */
@Injectable()
export class CalendarDeeds {
  private readonly log = new Logger(CalendarDeeds.name);

  constructor(
    private readonly grants: CalendarGrants,
    private readonly provider: CalendarProvider,
    private readonly rivals: CalendarRivals,
    private readonly actions: CallActions,
  ) {}

  /** @throws as CalendarGrants.withAccess and exclusively, when nothing was done */
  async book(owner: Owner, use: ToolUse, wish: BookingWish): Promise<DeedAnswer> {
    return this.grants.exclusively(owner, () => this.bookNow(owner, use, wish));
  }

  /** @throws as `book` */
  async move(owner: Owner, use: ToolUse, wish: MovingWish): Promise<DeedAnswer> {
    return this.grants.exclusively(owner, () => this.moveNow(owner, use, wish));
  }

  /** An event that is cancelled already is no error. @throws as `book` */
  async cancel(owner: Owner, use: ToolUse, eventId: string, timeZone: string): Promise<DeedAnswer> {
    return this.grants.exclusively(owner, () => this.cancelNow(owner, use, eventId, timeZone));
  }

  /** Asks the calendar about each action of a call of which nobody knows whether it was done. */
  async settle(owner: Owner, callId: string): Promise<void> {
    await this.grants.exclusively(owner, async () => {
      for (const action of (await this.actions.of(owner, callId)).filter((each) => isDeed(each) && isOpen(each))) {
        const event = action.eventId === null ? null : await this.find(owner, action.eventId);
        await this.close(owner, action, wasDone(action, event) ? 'done' : 'refused');
      }
    });
  }

  private async bookNow(owner: Owner, use: ToolUse, wish: BookingWish): Promise<DeedAnswer> {
    const deed = this.bookingDeed(wish);
    const { there, spent } = await this.formerBookings(owner, use, deed, wish);
    if (there !== null) return bookedAnswer(there, wish);
    const proposals = await this.rivals.proposalsInstead(owner, wish, wish.timeZone);
    if (proposals !== null) return this.refuse(owner, use, deed, null, proposals);
    for (let generation = 0; generation < MOST_GENERATIONS; generation += 1) {
      const eventId = bookingId(use.callId, wish, generation);
      if (spent.has(eventId)) continue;
      const action = await this.begin(owner, use, deed, eventId);
      try {
        const event = await this.ask(owner, (token) => this.provider.insertEvent(token, newEvent(eventId, wish, use)));
        await this.close(owner, action, 'done');
        return bookedAnswer(event, wish);
      } catch (error) {
        const event = isTrouble(error, 'duplicate') ? await this.find(owner, eventId) : null;
        if (isTrouble(error, 'duplicate') && !beginsAt(event, wish.start)) {
          // It was there, and is not any more.
          await this.close(owner, action, 'refused');
          continue;
        }
        const outcome = event ?? (await this.afterError(owner, action, error));
        if (event !== null) await this.close(owner, action, 'done');
        return outcome === null || outcome === 'done' ? failure(error) : bookedAnswer(outcome, wish);
      }
    }
    return { ok: false, error: 'This time was booked and cancelled too often in this call.' };
  }

  /** What of the bookings of this time in this call is there, and the ids of those that are not there any more. */
  private async formerBookings(
    owner: Owner,
    { callId }: ToolUse,
    { fingerprint }: Deed,
    { start }: Slot,
  ): Promise<{ there: CalendarEvent | null; spent: ReadonlySet<string> }> {
    const spent = new Set<string>();
    for (const action of await this.actions.of(owner, callId)) {
      if (action.fingerprint !== fingerprint || action.eventId === null || action.state === 'refused') continue;
      const event = await this.find(owner, action.eventId);
      const state = event === null && isOpen(action) ? 'refused' : 'done';
      if (isOpen(action)) await this.close(owner, action, state);
      if (beginsAt(event, start)) return { there: event, spent };
      if (state === 'done') spent.add(action.eventId);
    }
    return { there: null, spent };
  }

  private async moveNow(owner: Owner, use: ToolUse, wish: MovingWish): Promise<DeedAnswer> {
    let action: CallAction | null = null;
    for (let read = 1; ; read += 1) {
      const event = await this.find(owner, wish.eventId);
      if (!isLive(event)) return this.nothing(owner, action, NO_SUCH_EVENT);
      const present = slotOf(event);
      if (present === null) return this.nothing(owner, action, WHOLE_DAYS);
      const goal = goalOf(present, wish);
      const deed = this.movingDeed(event, goal, wish.timeZone);
      const isThere = isSameTime(present, goal);
      const former = await this.former(owner, use, deed, isThere);
      if (isThere) return doneAnswer(event);
      action ??= former.find(isOpen) ?? null;
      const proposals = await this.rivals.proposalsInstead(owner, goal, wish.timeZone, { id: event.id, ...present });
      if (proposals !== null && action === null) return this.refuse(owner, use, deed, event.id, proposals);
      if (proposals !== null) return { ...(await this.nothing(owner, action, TAKEN)), freeSlots: proposals };
      action ??= await this.begin(owner, use, deed, event.id);
      try {
        // It stays where it was put: another zone would move the rest of its series with the next change of clocks.
        const changes = newTimes(goal, zoneOf(event) ?? wish.timeZone);
        const moved = await this.ask(owner, (token) => this.provider.changeEvent(token, event.id, changes, event.etag));
        await this.close(owner, action, 'done');
        return doneAnswer(moved);
      } catch (error) {
        if (isTrouble(error, 'changed') && read < MOST_READS) continue;
        const moved = await this.afterError(owner, action, error);
        return moved === null || moved === 'done' ? failure(error) : doneAnswer(moved);
      }
    }
  }

  private async cancelNow(owner: Owner, use: ToolUse, eventId: string, timeZone: string): Promise<DeedAnswer> {
    let action: CallAction | null = null;
    for (let read = 1; ; read += 1) {
      const event = await this.find(owner, eventId);
      const deed = this.cancellingDeed(eventId, event, timeZone);
      const former = await this.former(owner, use, deed, !isLive(event));
      if (!isLive(event)) {
        if (event === null && former.length === 0) return { ok: false, error: NO_SUCH_EVENT };
        return { ok: true, eventId, summary: event === null ? formerSummary(former) : summaryOf(event), times: null };
      }
      action ??= former.find(isOpen) ?? (await this.begin(owner, use, deed, eventId));
      try {
        await this.ask(owner, (token) => this.provider.deleteEvent(token, eventId, event.etag));
        await this.close(owner, action, 'done');
      } catch (error) {
        if (isTrouble(error, 'changed') && read < MOST_READS) continue;
        if ((await this.afterError(owner, action, error)) === null) return failure(error);
      }
      return { ok: true, eventId, summary: summaryOf(event), times: null };
    }
  }

  /**
   * After an error: the event, or that it is gone as it was to be, where it was done all the same; otherwise null. The action
   * is closed as far as that is known.
   */
  private async afterError(owner: Owner, action: CallAction, error: unknown): Promise<CalendarEvent | 'done' | null> {
    if (!isUncertain(error)) {
      await this.close(owner, action, 'refused');
      return null;
    }
    this.log.warn({ msg: 'It is not known what a calendar has done', call_id: action.callId, err: error });
    try {
      const event = await this.find(owner, action.eventId ?? '');
      const isDone = wasDone(action, event);
      await this.close(owner, action, isDone ? 'done' : 'unknown');
      return isDone ? (event ?? 'done') : null;
    } catch (again) {
      this.log.warn({ msg: 'A calendar could not be asked what it has done', call_id: action.callId, err: again });
      await this.close(owner, action, 'unknown');
      return null;
    }
  }

  /**
   * What the call has tried of this before, and of a tool call that is under way what it began. Of what may have been done it
   * is written down, where that is so, that it was.
   */
  private async former(owner: Owner, { callId }: ToolUse, deed: Deed, isDone: boolean): Promise<CallAction[]> {
    const former = (await this.actions.of(owner, callId)).filter(({ fingerprint }) => fingerprint === deed.fingerprint);
    for (const action of isDone ? former.filter(isOpen) : []) await this.close(owner, action, 'done');
    return former;
  }

  private async nothing(
    owner: Owner,
    action: CallAction | null,
    error: string,
  ): Promise<Extract<DeedAnswer, { ok: false }>> {
    if (action !== null) await this.close(owner, action, 'refused');
    return { ok: false, error };
  }

  private async refuse(
    owner: Owner,
    use: ToolUse,
    deed: Deed,
    eventId: string | null,
    freeSlots: Slot[],
  ): Promise<DeedAnswer> {
    const outcome = outcomeOf(deed.tool, deed.arguments, 'refused', 'that time is taken');
    await this.actions.begin(owner, use, { ...deed, eventId, state: 'refused', outcome });
    return { ok: false, error: TAKEN, freeSlots };
  }

  private begin(owner: Owner, use: ToolUse, deed: Deed, eventId: string): Promise<CallAction> {
    const outcome = outcomeOf(deed.tool, deed.arguments, 'asked');
    return this.actions.begin(owner, use, { ...deed, eventId, state: 'asked', outcome });
  }

  private close(owner: Owner, action: CallAction, state: Exclude<ActionState, 'asked'>): Promise<void> {
    const outcome = outcomeOf(action.tool as DeedTool, action.arguments as DeedArguments, state);
    return this.actions.finish(owner, action, { state, outcome });
  }

  /** Null where there is none. */
  private async find(owner: Owner, eventId: string): Promise<CalendarEvent | null> {
    try {
      return await this.ask(owner, (token) => this.provider.getEvent(token, eventId));
    } catch (error) {
      if (isTrouble(error, 'not-found')) return null;
      throw error;
    }
  }

  private ask<Answer>(owner: Owner, question: (accessToken: string) => Promise<Answer>): Promise<Answer> {
    return this.grants.withAccess(owner, question);
  }

  /** What is booked at the same time in the same call is the same, in whatever words. */
  private bookingDeed({ summary, start, end, timeZone, attendeeEmail, description, location }: BookingWish): Deed {
    return {
      tool: 'book_event',
      fingerprint: `book_event ${start.toISOString()}`,
      arguments: {
        summary: this.actions.kept(summary),
        ...{ start: withOffset(start, timeZone), end: withOffset(end, timeZone), time_zone: timeZone },
        ...(attendeeEmail === undefined ? {} : { attendee_email: this.actions.kept(attendeeEmail) }),
        ...(description === undefined ? {} : { description: this.actions.kept(description) }),
        ...(location === undefined ? {} : { location: this.actions.kept(location) }),
      },
    };
  }

  private movingDeed(event: CalendarEvent, { start, end }: Slot, timeZone: string): Deed {
    return {
      tool: 'move_event',
      fingerprint: `move_event ${event.id} ${start.toISOString()} ${end.toISOString()}`,
      arguments: {
        summary: this.actions.kept(summaryOf(event)),
        ...{ start: withOffset(start, timeZone), end: withOffset(end, timeZone), time_zone: timeZone },
      },
    };
  }

  private cancellingDeed(eventId: string, event: CalendarEvent | null, timeZone: string): Deed {
    return {
      tool: 'cancel_event',
      fingerprint: `cancel_event ${eventId}`,
      arguments: {
        summary: event === null ? '' : this.actions.kept(summaryOf(event)),
        ...timesFor(event === null ? null : toToldEvent(event), timeZone),
        time_zone: timeZone,
      },
    };
  }
}

function zoneOf({ start }: CalendarEvent): string | undefined {
  return start?.kind === 'moment' ? start.timeZone : undefined;
}

function newTimes({ start, end }: Slot, timeZone: string) {
  return { start: { kind: 'moment', at: start, timeZone }, end: { kind: 'moment', at: end, timeZone } } as const;
}

function newEvent(
  id: string,
  { summary, timeZone, attendeeEmail, description, location, ...times }: BookingWish,
  { callId }: ToolUse,
) {
  return {
    id,
    ownProperties: { [BOOKED_ON_CALL]: callId },
    summary,
    ...newTimes(times, timeZone),
    ...(attendeeEmail === undefined ? {} : { attendees: [attendeeEmail] }),
    ...(description === undefined ? {} : { description }),
    ...(location === undefined ? {} : { location }),
  };
}

function goalOf(present: Slot, { start, durationMinutes }: MovingWish): Slot {
  const lengthMs =
    durationMinutes === undefined ? present.end.getTime() - present.start.getTime() : durationMinutes * 60_000;
  return { start, end: new Date(start.getTime() + lengthMs) };
}

function beginsAt(event: CalendarEvent | null, start: Date): event is CalendarEvent {
  return isLive(event) && slotOf(event)?.start.getTime() === start.getTime();
}

function formerSummary(actions: readonly CallAction[]): string {
  return (actions.at(-1)?.arguments as DeedArguments | undefined)?.summary ?? '';
}

function bookedAnswer(event: CalendarEvent, wish: Slot): DeedAnswer {
  const answer = doneAnswer(event);
  return answer.ok && !isSameTime(answer.times, wish) ? { ...answer, note: BOOKED_BEFORE } : answer;
}

function doneAnswer(event: CalendarEvent): DeedAnswer {
  return { ok: true, eventId: event.id, summary: summaryOf(event), times: slotOf(event) };
}

function failure(error: unknown): DeedAnswer {
  if (isUncertain(error)) return { ok: false, error: PERHAPS };
  if (isTrouble(error, 'changed')) return { ok: false, error: CHANGING };
  if (isTrouble(error, 'not-found')) return { ok: false, error: NO_SUCH_EVENT };
  if (error instanceof AppError) return { ok: false, error: error.detail };
  return { ok: false, error: error instanceof CalendarError ? error.message : PERHAPS };
}
