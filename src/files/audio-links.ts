import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';

/** Long enough to listen to a long call, with a pause. */
const VALID_SECONDS = 3 * 3600;
/** Links that are given out in the same stretch of time are equal, so that a list that is read again shows the same ones. */
const ROUNDED_SECONDS = 600;

/** The rooms whose audio is played at `/<room>/<id>/audio`. */
export type AudioRoom = 'recordings' | 'voice-interactions';

export class AudioLinkQueryDto extends createZodDto(
  z.object({
    expires: z.string().max(20).default('').describe('Until when it may be used, in seconds since 1970'),
    signature: z.string().max(100).default('').describe('Of what is played and of the time'),
  }),
) {}

/**
 * Addresses of audio that a browser's `<audio>` plays, which sends no token: whoever has one may listen until it is over. They
 * name one file, and nobody can make one of another's.
 */
@Injectable()
export class AudioLinks {
  private readonly key: Buffer;
  private readonly origin: string;

  constructor(@Inject(APP_CONFIG) { secretKey, publicUrl }: Pick<AppConfig, 'secretKey' | 'publicUrl'>) {
    this.key = Buffer.from(hkdfSync('sha256', secretKey, '', 'speech-assistant/audio-link', 32));
    this.origin = publicUrl;
  }

  linkTo(room: AudioRoom, id: string, now = new Date()): string {
    const rounded = Math.floor(now.getTime() / 1000 / ROUNDED_SECONDS) * ROUNDED_SECONDS;
    const expires = String(rounded + ROUNDED_SECONDS + VALID_SECONDS);
    return `${this.addressOf(room, id)}?expires=${expires}&signature=${this.sign(room, id, expires)}`;
  }

  /** Whether it is an address of this audio, of today or of long ago. */
  isLinkTo(room: AudioRoom, id: string, address: string): boolean {
    return address.split('?')[0] === this.addressOf(room, id);
  }

  /** @param expires as it stands in the address */
  isValid(
    room: AudioRoom,
    { id, expires, signature }: { id: string; expires: string; signature: string },
    now = new Date(),
  ): boolean {
    if (!/^\d{1,12}$/.test(expires) || Number(expires) * 1000 < now.getTime()) return false;
    const [given, expected] = [Buffer.from(signature), Buffer.from(this.sign(room, id, expires))];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  private addressOf(room: AudioRoom, id: string): string {
    return `${this.origin}/${room}/${id}/audio`;
  }

  private sign(room: AudioRoom, id: string, expires: string): string {
    return createHmac('sha256', this.key).update(`${room}.${id}.${expires}`).digest('base64url');
  }
}
