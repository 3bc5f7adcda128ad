import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';

/** Long enough to listen to a long call, with a pause. */
const VALID_SECONDS = 3 * 3600;
/** Links that are given out in the same stretch of time are equal, so that a list that is read again shows the same ones. */
const ROUNDED_SECONDS = 600;

/**
 * Addresses of audio that a browser's `<audio>` plays, which sends no token: whoever has one may listen until it is over. They
 * name one recording, and nobody can make one of another's.
 */
@Injectable()
export class AudioLinks {
  private readonly key: Buffer;
  private readonly origin: string;

  constructor(@Inject(APP_CONFIG) { secretKey, publicUrl }: Pick<AppConfig, 'secretKey' | 'publicUrl'>) {
    this.key = Buffer.from(hkdfSync('sha256', secretKey, '', 'speech-assistant/audio-link', 32));
    this.origin = publicUrl;
  }

  linkTo(recordingId: string, now = new Date()): string {
    const rounded = Math.floor(now.getTime() / 1000 / ROUNDED_SECONDS) * ROUNDED_SECONDS;
    const expires = String(rounded + ROUNDED_SECONDS + VALID_SECONDS);
    return `${this.origin}/recordings/${recordingId}/audio?expires=${expires}&signature=${this.sign(recordingId, expires)}`;
  }

  /** @param expires as it stands in the address */
  isValid(
    { recordingId, expires, signature }: { recordingId: string; expires: string; signature: string },
    now = new Date(),
  ): boolean {
    if (!/^\d{1,12}$/.test(expires) || Number(expires) * 1000 < now.getTime()) return false;
    const [given, expected] = [Buffer.from(signature), Buffer.from(this.sign(recordingId, expires))];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  private sign(recordingId: string, expires: string): string {
    return createHmac('sha256', this.key).update(`${recordingId}.${expires}`).digest('base64url');
  }
}
