import { Temporal } from 'temporal-polyfill';

/** A stretch of time; the end is not part of it. */
export interface Slot {
  start: Date;
  end: Date;
}

/** When appointments are proposed, by the clock of the owner. */
export const WORKING_HOURS = { from: '09:00', to: '17:00' } as const;
const QUARTER_HOUR_MS = 15 * 60_000;
const SATURDAY = 6;

/** The working hours of the days from one to another, both included (2026-12-01). Weekends are left out, unless there is nothing else. */
export function workingTimes(from: string, to: string, timeZone: string): Slot[] {
  const days: Temporal.PlainDate[] = [];
  const last = Temporal.PlainDate.from(to);
  for (
    let day = Temporal.PlainDate.from(from);
    Temporal.PlainDate.compare(day, last) <= 0;
    day = day.add({ days: 1 })
  ) {
    days.push(day);
  }
  const workdays = days.filter(({ dayOfWeek }) => dayOfWeek < SATURDAY);
  return (workdays.length > 0 ? workdays : days).map((day) => ({
    start: at(day, WORKING_HOURS.from, timeZone),
    end: at(day, WORKING_HOURS.to, timeZone),
  }));
}

/** The first of so many working days from a day on, and the last. */
export function nextWorkingDays(from: string, count: number): { from: string; to: string } {
  const days: Temporal.PlainDate[] = [];
  for (let day = Temporal.PlainDate.from(from); days.length < count; day = day.add({ days: 1 })) {
    if (day.dayOfWeek < SATURDAY) days.push(day);
  }
  return { from: String(days[0] ?? from), to: String(days.at(-1) ?? from) };
}

/** What is left of some stretches when the busy times, in any order, are taken out of them, and what is over. */
export function freeStretches(stretches: readonly Slot[], busy: readonly Slot[], notBefore: Date): Slot[] {
  const taken = [...busy].sort((a, b) => a.start.getTime() - b.start.getTime());
  const free: Slot[] = [];
  for (const { start, end } of stretches) {
    let from = Math.max(start.getTime(), notBefore.getTime());
    for (const other of taken) {
      if (other.end.getTime() <= from) continue;
      if (other.start.getTime() >= end.getTime()) break;
      if (other.start.getTime() > from) free.push({ start: new Date(from), end: other.start });
      from = other.end.getTime();
    }
    if (from < end.getTime()) free.push({ start: new Date(from), end });
  }
  return free;
}

/** Times of a length, one after another, each beginning on a quarter of an hour. */
export function slotsWithin(stretches: readonly Slot[], durationMinutes: number): Slot[] {
  const lengthMs = durationMinutes * 60_000;
  const slots: Slot[] = [];
  for (const { start, end } of stretches) {
    let from = onQuarter(start.getTime());
    while (from + lengthMs <= end.getTime()) {
      slots.push({ start: new Date(from), end: new Date(from + lengthMs) });
      from = onQuarter(from + lengthMs);
    }
  }
  return slots;
}

/** At most so many of them, far from one another, the first among them. */
export function spread<One>(all: readonly One[], most: number): One[] {
  if (all.length <= most) return [...all];
  const step = (all.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, at) => all[Math.round(at * step)]).filter((one) => one !== undefined);
}

/** At most so many of them, as near to a moment as can be, in their order. */
export function nearest(slots: readonly Slot[], moment: Date, most: number): Slot[] {
  const distance = ({ start }: Slot) => Math.abs(start.getTime() - moment.getTime());
  return [...slots]
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, most)
    .sort((a, b) => a.start.getTime() - b.start.getTime());
}

export function overlaps(a: Slot, b: Slot): boolean {
  return a.start < b.end && b.start < a.end;
}

function onQuarter(ms: number): number {
  return Math.ceil(ms / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
}

function at(day: Temporal.PlainDate, time: string, timeZone: string): Date {
  return new Date(day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds);
}
