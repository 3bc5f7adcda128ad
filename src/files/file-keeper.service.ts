import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../database/database';
import { FileStorage, StorageError } from '../integrations/storage/file-storage';
import { StorageUnavailable } from './files.errors';

/** Whoever has not confirmed a file by then has died. */
const UNCONFIRMED_MINUTES = 60;

/** Keeps files whose row is yet to be written: one without a row is removed, whatever happens in between. */
@Injectable()
export class FileKeeper {
  constructor(
    private readonly db: Database,
    private readonly storage: FileStorage,
  ) {}

  /** @throws StorageUnavailable; nothing is left then */
  async put(key: string, bytes: Buffer, contentType: string): Promise<void> {
    await this.db.unowned(
      `INSERT INTO files_to_remove (storage_key, due_at) VALUES ($1, clock_timestamp() + make_interval(mins => ${UNCONFIRMED_MINUTES}))`,
      [key],
    );
    await this.storage.put(key, Readable.from([bytes]), contentType).catch((error: unknown) => {
      throw error instanceof StorageError ? new StorageUnavailable(error) : error;
    });
  }

  /** In the transaction that writes its row. @throws Error where it took so long that the file is being removed */
  async confirm(tx: EntityManager, key: string): Promise<void> {
    const [, kept] = await tx.query<[unknown, number]>(
      `DELETE FROM files_to_remove WHERE storage_key = $1 AND tries = 0`,
      [key],
    );
    if (kept !== 1) throw new Error(`The file ${key} was given up before its row was written.`);
  }
}
