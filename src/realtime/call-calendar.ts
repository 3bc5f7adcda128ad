import type { Logger } from '@nestjs/common';
import type { ToolUse } from '../calls/call-actions.service';
import type { AgendaStanding, Briefing, CalendarAgenda } from '../calendar/agenda.service';
import type { CalendarDeeds, DeedAnswer } from '../calendar/calendar-deeds.service';
import type { Slot } from '../calendar/free-slots';
import { DoesNotFit, readDate, readStart } from '../calendar/local-start';
import { ToldEvent, weekdayOf, withOffset } from '../calendar/told-events';
import { AppError } from '../common/app-error';
import type { Owner } from '../common/owner';
import { settledWithin } from '../common/settled-within';

/** Somebody is waiting on the phone. */
export const ANSWER_LIMIT_MS = 8000;
/** What was begun is finished and written down when the phone is hung up; a calendar that hangs is not waited for. */
const FINISH_LIMIT_MS = 15_000;

const TOO_LATE = 'The calendar did not answer in time. Say so, and try again if the other person likes.';
const PERHAPS =
  'The calendar did not answer in time, so it may have been done. Call the tool again with the same values to find out before you do anything else: nothing is done twice.';
const TROUBLE = 'The calendar cannot be used at the moment.';

export type ToolOutput = Record<string, unknown>;

/** The calendar that an agent may use, as it is when its session is opened. */
export interface CalendarOfCall {
  standing: AgendaStanding;
  /** Null where it could not be read in time. */
  briefing: Briefing | null;
}

export interface BookingArguments {
  summary: string;
  start: string;
  duration_minutes: number;
  time_zone?: string | null | undefined;
  attendee_email?: string | null | undefined;
  description?: string | null | undefined;
  location?: string | null | undefined;
}

export interface MovingArguments {
  event_id: string;
  start: string;
  duration_minutes?: number | null | undefined;
  time_zone?: string | null | undefined;
}

/** What the tools of one call do with its owner's calendar. What goes wrong is told to the model in words; nothing is thrown. */
export class CallCalendar {
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly parts: { agenda: CalendarAgenda; deeds: CalendarDeeds; log: Logger },
    private readonly owner: Owner,
    private readonly timeZone: string,
    /** The call, and milliseconds since the answer. */
    private readonly use: (toolCallId: string) => ToolUse,
  ) {}

  /** Resolves when nothing is being done any more, or it takes too long. */
  async settled(): Promise<void> {
    await settledWithin(Promise.allSettled([...this.underWay]), FINISH_LIMIT_MS);
  }

  lookUpDay(date: string): Promise<ToolOutput> {
    return this.answer(TOO_LATE, async () => {
      const day = readDate(date);
      const events = await this.parts.agenda.lookUpDay(this.owner, day, this.timeZone);
      return {
        ok: true,
        date: day,
        weekday: weekdayOf(day),
        time_zone: this.timeZone,
        events: events.map((event) => this.toldEvent(event)),
      };
    });
  }

  findFreeSlots(from: string, to: string, durationMinutes: number): Promise<ToolOutput> {
    return this.answer(TOO_LATE, async () => {
      const { owner, timeZone } = this;
      const question = { from: readDate(from), to: readDate(to), durationMinutes };
      const slots = await this.parts.agenda.freeSlots(owner, question, { timeZone, now: new Date() });
      return { ok: true, time_zone: timeZone, slots: slots.map((slot) => toldSlot(slot, timeZone)) };
    });
  }

  book(toolCallId: string, args: BookingArguments): Promise<ToolOutput> {
    const timeZone = args.time_zone ?? this.timeZone;
    return this.answer(PERHAPS, async () => {
      const start = this.future(args.start, timeZone);
      const wish = {
        summary: args.summary,
        ...{ start, end: new Date(start.getTime() + args.duration_minutes * 60_000), timeZone },
        ...(args.attendee_email ? { attendeeEmail: args.attendee_email } : {}),
        ...(args.description ? { description: args.description } : {}),
        ...(args.location ? { location: args.location } : {}),
      };
      return toldDeed(await this.parts.deeds.book(this.owner, this.use(toolCallId), wish), timeZone);
    });
  }

  move(toolCallId: string, args: MovingArguments): Promise<ToolOutput> {
    const timeZone = args.time_zone ?? this.timeZone;
    return this.answer(PERHAPS, async () => {
      const wish = {
        eventId: args.event_id,
        ...{ start: this.future(args.start, timeZone), timeZone },
        ...(args.duration_minutes == null ? {} : { durationMinutes: args.duration_minutes }),
      };
      return toldDeed(await this.parts.deeds.move(this.owner, this.use(toolCallId), wish), timeZone);
    });
  }

  cancel(toolCallId: string, eventId: string): Promise<ToolOutput> {
    return this.answer(PERHAPS, async () =>
      toldDeed(await this.parts.deeds.cancel(this.owner, this.use(toolCallId), eventId, this.timeZone), this.timeZone),
    );
  }

  /** The answer, or a sentence when it takes too long; then the work goes on, and what comes of it is in the journal. */
  private async answer(tooLate: string, work: () => Promise<ToolOutput>): Promise<ToolOutput> {
    const working = this.inWords(work);
    this.underWay.add(working);
    const output = working.finally(() => this.underWay.delete(working));
    return (await settledWithin(output, ANSWER_LIMIT_MS)) ? output : { ok: false, error: tooLate };
  }

  private async inWords(work: () => Promise<ToolOutput>): Promise<ToolOutput> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DoesNotFit) return { ok: false, error: error.message };
      const { log } = this.parts;
      log.warn({ msg: 'A calendar could not be used on a call', call_id: this.use('').callId, err: error });
      return { ok: false, error: error instanceof AppError ? error.detail : TROUBLE };
    }
  }

  private future(text: string, timeZone: string): Date {
    const start = readStart(text, timeZone);
    if (start.getTime() > Date.now()) return start;
    throw new DoesNotFit(`That time is over: it is ${withOffset(new Date(), timeZone)} now.`);
  }

  private toldEvent(event: ToldEvent): ToolOutput {
    const { id, summary } = event;
    if (event.kind === 'days') return { event_id: id, summary, start: event.from, end: event.to, all_day: true };
    return { event_id: id, summary, ...toldSlot(event, this.timeZone), all_day: false };
  }
}

function toldSlot({ start, end }: Slot, timeZone: string): { start: string; end: string } {
  return { start: withOffset(start, timeZone), end: withOffset(end, timeZone) };
}

function toldDeed(answer: DeedAnswer, timeZone: string): ToolOutput {
  if (!answer.ok) {
    const { error, freeSlots } = answer;
    if (freeSlots === undefined) return { ok: false, error };
    return { ok: false, error, time_zone: timeZone, free_slots: freeSlots.map((slot) => toldSlot(slot, timeZone)) };
  }
  const { eventId, summary, times, note } = answer;
  return {
    ok: true,
    event_id: eventId,
    summary,
    ...(times === null ? {} : { ...toldSlot(times, timeZone), time_zone: timeZone }),
    ...(note === undefined ? {} : { note }),
  };
}
