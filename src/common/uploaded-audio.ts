import { createHash } from 'node:crypto';
import { CanActivate, ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { AppError } from './app-error';
import { audioDurationMs } from './audio-duration';
import { AudioKind, audioKindOf } from './audio-kind';
import './fastify-request';
import { checkRequestText } from './request-text';
import { AudioPlace, AudioRoom } from './audio-room';
import { FormRules, UnreadableForm, UploadTooLarge } from './uploaded-form';

const MAX_FIELDS = 12;
const MAX_FIELD_BYTES = 64 * 1024;
const FILE_NAMES = ['audio_file', 'file'];

/** So many files of the largest size have room at once, and so many of one user. */
const FILES_AT_ONCE = 4;
const FILES_OF_USER = 2;

/**
 * The route takes an audio file as a form's `audio_file` (or `file`) and a few text fields: its body is then
 * `{ audio_file: UploadedAudio, …fields }`, for a zod schema with `uploadedAudio`. It may take JSON as well.
 */
export const AUDIO_FILE = {
  takesForm: { file: 'audio', needsLength: false, otherBytes: MAX_FIELDS * MAX_FIELD_BYTES } satisfies FormRules,
} as const;

export class NoAudio extends AppError {
  constructor() {
    const kinds = 'WAV, MP3, OGG (Opus or Vorbis), WEBM, FLAC or M4A';
    super('unsupported-type', 'upload.no_audio', `The file is not one of ${kinds}.`);
  }
}

/**
 * An audio file, by what is in it. What is enumerable of it stands for the file wherever a body is looked at, as by an
 * Idempotency-Key; the bytes are not.
 */
export class UploadedAudio {
  readonly #bytes: Buffer;
  readonly kind: AudioKind;
  /** Null where the file does not say. */
  readonly durationMs: number | null;

  /** @throws NoAudio */
  constructor(
    bytes: Buffer,
    readonly sha256 = createHash('sha256').update(bytes).digest('hex'),
  ) {
    const kind = audioKindOf(bytes);
    if (kind === null) throw new NoAudio();
    this.#bytes = bytes;
    this.kind = kind;
    this.durationMs = audioDurationMs(bytes, kind);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }
}

export const uploadedAudio = z.instanceof(UploadedAudio, { error: 'must be an audio file' });

/**
 * Reads the form of a route with AUDIO_FILE, once it is known who is asking and before an Idempotency-Key is looked at. The
 * file is refused as soon as it is too large, and lives in memory until the request is over.
 */
@Injectable()
export class UploadedAudioGuard implements CanActivate {
  private readonly maxBytes: number;
  private readonly room: AudioRoom;

  constructor(@Inject(APP_CONFIG) { limits }: AppConfig) {
    this.maxBytes = limits.maxUploadBytes;
    this.room = new AudioRoom(FILES_AT_ONCE * this.maxBytes, FILES_OF_USER * this.maxBytes);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (request.routeOptions.config.takesForm?.file !== 'audio' || !request.isMultipart()) return true;
    return this.read(request, http.getResponse<FastifyReply>());
  }

  private async read(request: FastifyRequest, reply: FastifyReply): Promise<true> {
    // Whose place nobody would give back.
    if (reply.raw.destroyed)
      throw new UnreadableForm('The request ended before the audio file was there.', 'audio_file');
    // 0: whoever has no account shares the room of those who have none.
    const place = this.room.enter(request.user?.userId ?? 0);
    reply.raw.once('close', () => place.leave());
    const form = await formOf(request, this.maxBytes, place);
    checkRequestText(form.fields);
    request.body = { ...form.fields, audio_file: form.audio };
    return true;
  }
}

async function formOf(
  request: FastifyRequest,
  maxBytes: number,
  place: AudioPlace,
): Promise<{ fields: Record<string, unknown>; audio: UploadedAudio }> {
  const fields: Record<string, unknown> = {};
  let audio: UploadedAudio | undefined;
  // Its size is counted here: the parser would tell of it only when all has come.
  const limits = { fileSize: Infinity, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, parts: MAX_FIELDS + 1 };
  try {
    for await (const part of request.parts({ limits })) {
      const isFileName = FILE_NAMES.includes(part.fieldname);
      if (part.type === 'file') {
        if (!isFileName) throw new UnreadableForm('The file must go by the name of audio_file.', 'audio_file');
        audio = await audioOf(part.file, maxBytes, place);
      } else {
        if (isFileName) throw new UnreadableForm('audio_file must be a file.', 'audio_file');
        if (part.valueTruncated) throw new UnreadableForm(`${part.fieldname} is too long.`, part.fieldname);
        if (Object.hasOwn(fields, part.fieldname)) throw new UnreadableForm('A field is there twice.', part.fieldname);
        fields[part.fieldname] = part.value;
      }
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new UnreadableForm(`The form must have one audio file and at most ${MAX_FIELDS} fields.`, 'audio_file');
  }
  if (audio === undefined) {
    throw new UnreadableForm('The form must have an audio file by the name of audio_file.', 'audio_file');
  }
  return { fields, audio };
}

/** To leave the loop is to have the rest of the file thrown away. */
async function audioOf(file: AsyncIterable<Buffer>, maxBytes: number, place: AudioPlace): Promise<UploadedAudio> {
  const chunks: Buffer[] = [];
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of file) {
    size += chunk.length;
    if (size > maxBytes) throw new UploadTooLarge(maxBytes);
    place.take(chunk.length);
    hash.update(chunk);
    chunks.push(chunk);
  }
  if (size === 0) throw new UnreadableForm('The audio file is empty.', 'audio_file');
  return new UploadedAudio(Buffer.concat(chunks, size), hash.digest('hex'));
}
