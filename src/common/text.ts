import { z } from 'zod';
import { isStorableText } from './request-text';

const STORABLE = { error: 'must not contain NUL characters or incomplete Unicode' };

/** Text that PostgreSQL can store and JSON can carry; lengths are in characters as a person counts them (code points). */
export const storableText = (minLength: number, maxLength: number) =>
  z
    .string()
    .refine(isStorableText, STORABLE)
    .refine((text) => lengthOf(text) >= minLength, { error: `must have at least ${minLength} characters` })
    .refine((text) => lengthOf(text) <= maxLength, { error: `must have at most ${maxLength} characters` })
    .meta({ minLength, maxLength });

/** The same without white space at its ends, which does not count. */
export const trimmedText = (minLength: number, maxLength: number) =>
  z
    .string()
    .trim()
    .refine(isStorableText, STORABLE)
    .refine((text) => lengthOf(text) >= minLength, { error: `must have at least ${minLength} characters` })
    .refine((text) => lengthOf(text) <= maxLength, { error: `must have at most ${maxLength} characters` })
    .meta({ minLength, maxLength });

function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** A name of the IANA time zone database, such as Europe/Berlin, in its usual spelling. */
export const timeZone = z
  .string()
  .max(64)
  .transform((name, context) => {
    try {
      // Newer engines take offsets too, which PostgreSQL reads the other way about.
      if (/^[+-]/.test(name)) throw new RangeError('An offset is no time zone.');
      return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be an IANA time zone, such as Europe/Berlin' });
      return z.NEVER;
    }
  });
