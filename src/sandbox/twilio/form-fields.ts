import { TwilioRefusal } from './twilio-refusal';
import type { WebhookTarget } from './webhooks';

/** @throws TwilioRefusal */
export function integer(form: URLSearchParams, field: string, otherwise: number, min: number, max: number): number {
  const written = form.get(field);
  if (written === null || written === '') return otherwise;
  const value = Number(written);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new TwilioRefusal(20001, `${field} must be a whole number from ${min} to ${max}, not ${written}.`);
  }
  return value;
}

/** @throws TwilioRefusal */
export function flag(form: URLSearchParams, field: string): boolean {
  return oneOf(form, field, ['true', 'false'], 'false') === 'true';
}

/** @throws TwilioRefusal */
export function oneOf<T extends string>(form: URLSearchParams, field: string, values: readonly T[], otherwise: T): T {
  const written = form.get(field);
  if (written === null || written === '') return otherwise;
  const found = values.find((value) => value.toLowerCase() === written.toLowerCase());
  if (found === undefined) throw invalidParameter(field, written);
  return found;
}

/** A repeated field, or one with several words; unknown words are an error. @throws TwilioRefusal */
export function listed<T extends string>(form: URLSearchParams, field: string, values: readonly T[]): T[] {
  const words = form.getAll(field).flatMap((written) => written.split(/[\s,]+/).filter(Boolean));
  return words.map((word) => {
    const found = values.find((value) => value === word);
    if (found === undefined) throw invalidParameter(field, word);
    return found;
  });
}

/** An address that Twilio would send a webhook to, and how. @throws TwilioRefusal */
export function readTarget(
  form: URLSearchParams,
  field: string,
  methodField: string,
  code: 21205 | 21609,
): WebhookTarget {
  const url = form.get(field) ?? '';
  if (!isWebAddress(url)) throw new TwilioRefusal(code, `${field} is not a valid URL: ${url}`);
  return { url, method: oneOf(form, methodField, ['POST', 'GET'], 'POST') };
}

export function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url) && !new URL(url).hostname.includes('_');
}

export function invalidParameter(field: string, written: string): TwilioRefusal {
  return new TwilioRefusal(20001, `Invalid Parameter: ${field} cannot be ${written}.`);
}
