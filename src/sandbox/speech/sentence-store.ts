import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import type { FliteRequest, FliteSpeech } from './flite';

/** Raised when the engine, or how it is asked, comes to speak otherwise. */
const VERSION = 1;
const HEAD_BYTES = 4;
const SAMPLE_BYTES = 2;

/**
 * Sentences that the engine has spoken, in a folder that several processes may share: to speak costs some 60 ms of a core for
 * each second of speech, and the same sentences are spoken again and again.
 */
export class SentenceStore {
  private written = 0;

  constructor(private readonly folder: string) {}

  /** From the folder, or as `speak` has it spoken; a folder that cannot be written to is no trouble. */
  async get(request: FliteRequest, speak: () => Promise<FliteSpeech>): Promise<FliteSpeech> {
    const path = join(this.folder, `${keyOf(request)}.speech`);
    const kept = await this.read(path);
    if (kept !== null) return kept;
    const speech = await speak();
    await this.write(path, speech);
    return speech;
  }

  private async read(path: string): Promise<FliteSpeech | null> {
    try {
      return decoded(await readFile(path));
    } catch {
      // Not there, or not one of ours: it is spoken.
      return null;
    }
  }

  /** Under another name first: whoever reads meanwhile finds all of it or nothing. */
  private async write(path: string, speech: FliteSpeech): Promise<void> {
    const draft = `${path}.${process.pid}.${threadId}.${++this.written}`;
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(draft, encoded(speech));
      await rename(draft, path);
    } catch {
      // A full or read-only disk: it is spoken again the next time.
    }
  }
}

function keyOf({ text, voice, features }: FliteRequest): string {
  const settings = Object.entries(features).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([VERSION, voice, settings, text]))
    .digest('hex');
}

/** The length of the stretches as JSON, the stretches, the samples. */
function encoded({ samples, stretches }: FliteSpeech): Buffer {
  const told = Buffer.from(JSON.stringify(stretches));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(told.length);
  return Buffer.concat([head, told, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]);
}

function decoded(bytes: Buffer): FliteSpeech {
  const samplesAt = HEAD_BYTES + bytes.readUInt32LE();
  const stretches = JSON.parse(bytes.toString('utf8', HEAD_BYTES, samplesAt)) as FliteSpeech['stretches'];
  // A copy of its own: a file's buffer may begin at an odd place.
  const own = new Uint8Array(bytes.subarray(samplesAt));
  return { samples: new Int16Array(own.buffer, 0, Math.floor(own.length / SAMPLE_BYTES)), stretches };
}
