import { z } from 'zod';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A date, which means a whole day in UTC, or a time with Z or an offset. */
export const dayOrTime = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: 'must be a date (2026-11-21) or a time with Z or an offset (2026-11-21T15:00:00Z)',
  })
  // What comes after the last has five digits, and there is no year 0 for PostgreSQL.
  .refine((text) => !/^(?:0000|9999)/.test(text), { error: 'must be in the years 1 to 9998' });

/** The first moment after it. Times have milliseconds on the wire, so "up to" an instant includes that millisecond. */
export function endOfDayOrTime(to: string): Date {
  const isDay = !to.includes('T');
  return new Date(new Date(to).getTime() + (isDay ? DAY_MS : 1));
}

/** Days stay as they are. Times are told in UTC: PostgreSQL takes smaller offsets than the standard does. */
export function inUtc(written: string | undefined): string | undefined {
  return written?.includes('T') ? new Date(written).toISOString() : written;
}
