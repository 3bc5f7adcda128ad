import { Temporal } from 'temporal-polyfill';
import { NotATime, readMoment, wallClockOf } from '../scheduling/local-time';

/** What a model said does not fit; the sentence goes back to it. */
export class DoesNotFit extends Error {}

/**
 * The moment that a wall clock shows. Of a time that comes twice the first is meant; a time that the clocks leave out is not
 * guessed at, because whoever is on the phone can be asked.
 * @param text such as 2026-12-02T15:00; an offset in it is honoured
 * @throws DoesNotFit
 */
export function readStart(text: string, timeZone: string): Date {
  try {
    const { at, localTime, note } = readMoment(text, timeZone);
    const wasMoved = note !== null && !wallClockOf(localTime).equals(Temporal.PlainDateTime.from(text));
    if (!wasMoved) return at;
  } catch (error) {
    if (!(error instanceof NotATime)) throw error;
    throw new DoesNotFit(`“${text.slice(0, 40)}” is no time: write the start as YYYY-MM-DDTHH:MM.`);
  }
  throw new DoesNotFit(
    `The clocks in ${timeZone} go forward then, so ${text.slice(11, 16)} does not exist on that day. Ask for another time.`,
  );
}

/** Such as 2026-12-02. @throws DoesNotFit */
export function readDate(text: string): string {
  try {
    if (/^\d{4}-\d\d-\d\d$/.test(text)) return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new DoesNotFit(`“${text.slice(0, 40)}” is no day: write it as YYYY-MM-DD.`);
}

export function addDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString();
}

export function daysBetween(from: string, to: string): number {
  return Temporal.PlainDate.from(from).until(to, { largestUnit: 'days' }).days;
}

/** When a day begins. */
export function startOfDay(date: string, timeZone: string): Date {
  return new Date(Temporal.PlainDate.from(date).toZonedDateTime(timeZone).epochMilliseconds);
}
