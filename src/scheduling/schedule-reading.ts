import { randomUUID } from 'node:crypto';
import { NotATime, readMoment, wallClockOf } from './local-time';
import { NotARecurrence, Recurrence } from './recurrence';
import type { ScheduledCall } from './scheduled-call.entity';
import { NoRecurrence, NoScheduleTime } from './scheduling.errors';

/** When a call shall be, in the words of its row. */
export type PlannedTime = Pick<
  ScheduledCall,
  'scheduledTime' | 'timezone' | 'localTime' | 'note' | 'seriesId' | 'recurrence' | 'seriesStart' | 'occurrenceAt'
>;

/** An occurrence of a series, as its row knows it. */
export type Occurrence = Pick<ScheduledCall, 'timezone' | 'seriesId' | 'recurrence' | 'seriesStart' | 'occurrenceAt'>;

/** @throws NoScheduleTime, NoRecurrence */
export function readPlannedTime(
  { scheduled_time: text, recurrence }: { scheduled_time: string; recurrence?: string | null | undefined },
  timezone: string,
): PlannedTime {
  const { at, localTime, note } = moment(text, timezone);
  const once = { scheduledTime: at, timezone, localTime, note };
  if (recurrence == null) return { ...once, seriesId: null, recurrence: null, seriesStart: null, occurrenceAt: null };
  const rule = series(recurrence, localTime, timezone);
  return { ...once, seriesId: randomUUID(), recurrence: rule.text, seriesStart: localTime, occurrenceAt: at };
}

/** The occurrence after one, and not before `after`; null at the end of a series, and where there is none. */
export function nextOccurrence(occurrence: Occurrence, after: Date): PlannedTime | null {
  const { timezone, seriesId, recurrence, seriesStart, occurrenceAt } = occurrence;
  if (recurrence === null || seriesStart === null || occurrenceAt === null) return null;
  const next = series(recurrence, seriesStart, timezone).next(after > occurrenceAt ? after : occurrenceAt);
  if (next === null) return null;
  const { at, localTime, note } = next;
  return { scheduledTime: at, timezone, localTime, note, seriesId, recurrence, seriesStart, occurrenceAt: at };
}

/**
 * Moved to another time or clock; on another rule, or on none, from here on. On another clock a series begins anew: its times
 * are told by it.
 */
export function changedTime(
  before: PlannedTime,
  changes: { scheduled_time?: string; timezone?: string; recurrence?: string | null },
): PlannedTime {
  const { scheduled_time: to, timezone = before.timezone, recurrence } = changes;
  const isMoved = to !== undefined || timezone !== before.timezone;
  const text = to ?? (isMoved ? before.localTime : before.scheduledTime.toISOString());
  const beginsAnew = recurrence !== undefined || (timezone !== before.timezone && before.recurrence !== null);
  const rule = recurrence === undefined ? before.recurrence : recurrence;
  const time = readPlannedTime({ scheduled_time: text, recurrence: beginsAnew ? rule : null }, timezone);
  const note = isMoved ? time.note : before.note;
  if (beginsAnew) return { ...time, note };
  const { seriesId, seriesStart, occurrenceAt } = before;
  return { ...time, note, seriesId, recurrence: before.recurrence, seriesStart, occurrenceAt };
}

export function isNewSeries(before: PlannedTime, after: PlannedTime): boolean {
  return before.seriesId !== after.seriesId;
}

function moment(text: string, timezone: string) {
  try {
    return readMoment(text, timezone);
  } catch (error) {
    if (error instanceof NotATime) throw new NoScheduleTime();
    throw error;
  }
}

function series(recurrence: string, start: string, timezone: string): Recurrence {
  try {
    return Recurrence.read(recurrence, wallClockOf(start), timezone);
  } catch (error) {
    if (error instanceof NotARecurrence) throw new NoRecurrence(error.message);
    throw error;
  }
}
