import { randomBytes } from 'node:crypto';

/** CA call, RE recording, MZ media stream, PN phone number (reference/twilio.md section 1). */
export type SidPrefix = 'CA' | 'RE' | 'MZ' | 'PN';

/** Two letters and 32 hexadecimal digits. */
export function newSid(prefix: SidPrefix): string {
  return prefix + randomBytes(16).toString('hex');
}
