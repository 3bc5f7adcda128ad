import type { Readable } from 'node:stream';

/** A part of a file, both ends included. */
export interface ByteRange {
  from: number;
  to: number;
}

/** Where files are kept for good: private, whole or not at all. Keys are ours: made here, and never of what somebody sent. */
export abstract class FileStorage {
  /** Keeps what the stream brings, in the place of what was there; when it fails nothing is kept. @throws StorageError */
  abstract put(key: string, body: Readable, contentType: string): Promise<void>;

  /** Null: there is no such file. @throws StorageError */
  abstract open(key: string, range?: ByteRange): Promise<Readable | null>;

  /** In bytes; null: there is no such file. @throws StorageError */
  abstract size(key: string): Promise<number | null>;

  /** One that is not there is deleted already. @throws StorageError */
  abstract delete(key: string): Promise<void>;
}

/** The store did not do what it was asked for; `message` may be shown to anybody. */
export class StorageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageError';
  }
}

const KEY = /^[a-z0-9][a-z0-9-]*(?:\/[a-z0-9][a-z0-9-]*)*(?:\.[a-z0-9]+)?$/;

/** @throws Error for what is no key of ours: a bug */
export function checkedKey(key: string): string {
  if (key.length > 200 || !KEY.test(key)) throw new Error(`This is no key of a file: ${JSON.stringify(key)}`);
  return key;
}
