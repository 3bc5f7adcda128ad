import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/**
 * Proves that a media stream belongs to a call. It is derived and not stored, so that a voice webhook which comes twice is
 * answered twice with the same token; single is its use (LiveCalls.openStream).
 */
export class StreamTokens {
  private readonly key: Buffer;

  constructor(secretKey: string) {
    this.key = Buffer.from(hkdfSync('sha256', secretKey, '', 'speech-assistant/stream-token', 32));
  }

  tokenFor(callId: string, attemptId: string): string {
    return createHmac('sha256', this.key).update(`${callId}.${attemptId}`).digest('base64url');
  }

  isValid(token: string, callId: string, attemptId: string): boolean {
    return isSameToken(token, this.tokenFor(callId, attemptId));
  }
}

/** Compares in a time that does not depend on where two tokens differ. */
export function isSameToken(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
