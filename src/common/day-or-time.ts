import { z } from 'zod';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A date, which means a whole day in UTC, or a time with Z or an offset. */
export const dayOrTime = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: 'must be a date (2026-11-21) or a time with Z or an offset (2026-11-21T15:00:00Z)',
  })
  // What comes after it has five digits.
  .refine((text) => !text.startsWith('9999'), { error: 'must be before the year 9999' });

/** The first moment after it. Times have milliseconds on the wire, so "up to" an instant includes that millisecond. */
export function endOfDayOrTime(to: string): Date {
  const isDay = !to.includes('T');
  return new Date(new Date(to).getTime() + (isDay ? DAY_MS : 1));
}
