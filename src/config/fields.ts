import { z } from 'zod';

// How settings are written in an environment, where everything is text.

export const text = z.string().trim();
/** An unset variable and an empty one mean the same: compose files and .env files write `NAME=` for "not set". */
export const optional = text.transform((value) => (value === '' ? undefined : value)).optional();

export const number = (fallback: number, min: number, max: number) =>
  text
    .optional()
    .transform((value) => (value === undefined || value === '' ? String(fallback) : value))
    .refine((value) => /^\d+(\.\d+)?$/.test(value) && Number(value) >= min && Number(value) <= max, {
      message: `must be a number from ${min} to ${max}`,
    })
    .transform(Number);

export const whole = (fallback: number, min: number, max: number) =>
  number(fallback, min, max).refine(Number.isInteger, { message: 'must be a whole number' });

export const flag = (fallback: boolean) =>
  text
    .optional()
    .transform((value) => (value === undefined || value === '' ? String(fallback) : value.toLowerCase()))
    .refine((value) => ['true', 'false', '1', '0', 'yes', 'no'].includes(value), { message: 'must be true or false' })
    .transform((value) => ['true', '1', 'yes'].includes(value));

export const list = (fallback: string) =>
  text.optional().transform((value) =>
    (value === undefined || value === '' ? fallback : value)
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

export const url = (protocols: string[]) =>
  optional.refine((value) => value === undefined || isUrl(value, protocols), {
    message: `must be an address starting with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  });

export function isUrl(value: string, protocols: string[]): boolean {
  return URL.canParse(value) && protocols.includes(new URL(value).protocol);
}

/** `example.com` and `https://example.com/` alike become an origin without a trailing slash. */
export const publicUrl = optional
  .transform((value) => (value === undefined ? undefined : /^[a-z]+:\/\//i.test(value) ? value : `https://${value}`))
  .refine((value) => value === undefined || isUrl(value, ['http:', 'https:']), {
    message: 'must be a host name or an http(s) address',
  })
  .transform((value) => value?.replace(/\/+$/, ''));

export const oneOf = <Word extends string>(words: readonly Word[], fallback: Word) =>
  text
    .optional()
    .transform((value) => (value === undefined || value === '' ? fallback : value.toLowerCase()))
    .refine((value): value is Word => words.some((word) => word === value), {
      message: `must be one of ${words.join(', ')}`,
    });
