import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { types } from 'node:util';
import { ByteRange, checkedKey, FileStorage, StorageError } from '../file-storage';

/**
 * A folder of this machine. What is being written lies beside as `….part` and is never read; whoever writes the same file again, or
 * deletes it, takes away what a process that died has left.
 */
export class LocalFileStorage extends FileStorage {
  constructor(private readonly folder: string) {
    super();
  }

  async put(key: string, body: Readable): Promise<void> {
    const path = this.pathOf(key);
    const part = partOf(path);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await unlink(part).catch(() => undefined);
      await pipeline(body, createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true }));
      await rename(part, path);
      await flushFolder(dirname(path));
    } catch (error) {
      await unlink(part).catch(() => undefined);
      // The stream's own trouble is whoever's it is.
      throw isOfFiles(error) ? new StorageError('The file could not be written.', { cause: error }) : error;
    }
  }

  async open(key: string, range?: ByteRange): Promise<Readable | null> {
    const path = this.pathOf(key);
    try {
      const file = await open(path, 'r');
      return file.createReadStream(range === undefined ? {} : { start: range.from, end: range.to });
    } catch (error) {
      return nothing(error, 'The file could not be read.');
    }
  }

  async size(key: string): Promise<number | null> {
    const path = this.pathOf(key);
    try {
      return (await stat(path)).size;
    } catch (error) {
      return nothing(error, 'The file could not be looked for.');
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    try {
      await unlink(partOf(path)).catch(() => undefined);
      await unlink(path);
    } catch (error) {
      nothing(error, 'The file could not be deleted.');
    }
  }

  private pathOf(key: string): string {
    return join(this.folder, ...checkedKey(key).split('/'));
  }
}

function partOf(path: string): string {
  return `${path}.part`;
}

/** The new name is on the disk as well. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function nothing(error: unknown, sentence: string): null {
  if (isOfFiles(error) && error.code === 'ENOENT') return null;
  throw new StorageError(sentence, { cause: error });
}

function isOfFiles(error: unknown): error is Error & { code: string; syscall: string } {
  return types.isNativeError(error) && 'syscall' in error && 'code' in error && 'path' in error;
}
