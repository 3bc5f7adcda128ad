import { randomBytes } from 'node:crypto';

/** An id in the provider's manner: `item_` and 21 letters and figures. */
export function wireId(prefix: string): string {
  return `${prefix}_${randomBytes(16).toString('base64').replace(/[+/=]/g, 'x').slice(0, 21)}`;
}
