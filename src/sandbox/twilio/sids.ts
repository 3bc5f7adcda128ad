import { randomBytes } from 'node:crypto';

/**
 * CA call, SM text, RE recording, MZ media stream, PN phone number, GA intelligence service, GT transcript, GX sentence
 * (reference/twilio.md section 1).
 */
export type SidPrefix = 'CA' | 'SM' | 'RE' | 'MZ' | 'PN' | 'GA' | 'GT' | 'GX';

/** Two letters and 32 hexadecimal digits. */
export function newSid(prefix: SidPrefix): string {
  return prefix + randomBytes(16).toString('hex');
}
