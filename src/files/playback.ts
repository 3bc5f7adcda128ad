import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Part, partOf } from '../common/byte-range';
import { FileStorage, StorageError } from '../integrations/storage/file-storage';
import { RangeBehindEnd, StorageUnavailable } from './files.errors';

/** A file of ours that can be listened to. */
export interface StoredAudio {
  storageKey: string;
  /** Of the file that is offered to be saved. */
  fileName: string;
  contentType: string;
  sizeBytes: number;
  /** In hexadecimal: a file is never changed. */
  sha256: string;
}

/** Audio, or a part of it, on its way to whoever listens. */
export interface Playback {
  audio: StoredAudio;
  /** Null: all of it. `none`: what was asked for lies behind its end. */
  part: Part | null | 'none';
  /** Null where nothing is to be sent. */
  body: Readable | null;
}

/** What a player asks for. */
export interface Wish {
  /** The header of that name. */
  range: string | undefined;
  /** It wants to know what there is, and nothing of it. */
  isHeadOnly: boolean;
}

export function wishOf({ method, headers }: FastifyRequest): Wish {
  return { range: headers.range, isHeadOnly: method === 'HEAD' };
}

/** Null: the file is gone. @throws StorageUnavailable */
export async function openPlayback(
  storage: FileStorage,
  audio: StoredAudio,
  { range, isHeadOnly }: Wish,
): Promise<Playback | null> {
  const asked = partOf(range, audio.sizeBytes);
  if (asked === 'none') return { audio, part: 'none', body: null };
  const part = asked === 'whole' ? null : asked;
  if (isHeadOnly) return { audio, part, body: null };
  const body = await storage.open(audio.storageKey, part ?? undefined).catch((error: unknown) => {
    throw error instanceof StorageError ? new StorageUnavailable(error) : error;
  });
  return body === null ? null : { audio, part, body };
}

/** Only of a stream does Fastify leave the length as it is in answers to HEAD. */
const nothing = () => Readable.from([]);

/** What a browser's player wants: the whole file or the part that it asks for (RFC 9110, section 15.3.7). @throws RangeBehindEnd */
export function sendPlayback(reply: FastifyReply, { audio, part, body }: Playback): FastifyReply {
  const { sizeBytes: size, contentType, fileName, sha256 } = audio;
  if (part === 'none') {
    void reply.header('Content-Range', `bytes */${size}`);
    throw new RangeBehindEnd();
  }
  void reply.headers({
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=3600',
    'Content-Disposition': `inline; filename="${fileName}"`,
    ETag: `"${sha256}"`,
  });
  void reply.type(contentType);
  if (part === null)
    return reply
      .status(200)
      .header('Content-Length', size)
      .send(body ?? nothing());
  return reply
    .status(206)
    .headers({ 'Content-Range': `bytes ${part.from}-${part.to}/${size}`, 'Content-Length': part.to - part.from + 1 })
    .send(body ?? nothing());
}
