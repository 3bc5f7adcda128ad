import { createHmac } from 'node:crypto';

/** The fields of a form in the order they are sent; a name may come more than once. */
export type FormFields = readonly (readonly [name: string, value: string])[];

/**
 * X-Twilio-Signature (reference/twilio.md section 7): base64 of HMAC-SHA1, keyed with the account's auth token, over the
 * exact URL followed by every form field's name and value, sorted by name. A handshake or a GET signs the URL alone.
 */
export function signRequest(authToken: string, url: string, fields: FormFields = []): string {
  const sorted = [...new Map(fields.map(([name, value]) => [`${name}\0${value}`, [name, value] as const])).values()];
  sorted.sort(([nameA, valueA], [nameB, valueB]) => compareBytes(nameA, nameB) || compareBytes(valueA, valueB));
  const signed = sorted.reduce((text, [name, value]) => text + name + value, url);
  return createHmac('sha1', authToken).update(signed, 'utf8').digest('base64');
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
