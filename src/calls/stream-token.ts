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
    const given = Buffer.from(token);
    const expected = Buffer.from(this.tokenFor(callId, attemptId));
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
