/** The SDK makes an invalid date of one that is not there yet. */
export function dateOrNull(date: Date | null | undefined): Date | null {
  return date instanceof Date && !Number.isNaN(date.getTime()) ? date : null;
}
