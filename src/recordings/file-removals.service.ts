import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import { Database } from '../database/database';
import { FileStorage } from '../integrations/storage/file-storage';
import { Telephony } from '../integrations/telephony/telephony';
import type { FileRemoval } from './file-removal.entity';

const INTERVAL_MS = 30_000;
/** An erasure is through by then, or has failed. */
const AFTER_SECONDS = 60;
const LEASE_SECONDS = 120;
const MOST_RETRY_SECONDS = 3600;
const STOP_WITHIN_MS = 3000;

type Removal = Pick<FileRemoval, 'id' | 'storageKey' | 'recordingSid'>;

/**
 * Removes recordings of users who are gone, here and at the carrier, for as long as it takes. It is planned before the rows go, and
 * nothing is removed of one whose row is still there: then the erasure did not happen.
 */
@Injectable()
export class FileRemovals implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(FileRemovals.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.removeAll(),
    (error) => this.log.error({ msg: 'Files to be removed could not be looked for', err: error }),
  );

  constructor(
    private readonly db: Database,
    private readonly storage: FileStorage,
    private readonly telephony: Telephony,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await settledWithin(this.rounds.stop(), STOP_WITHIN_MS);
  }

  async planAllOf({ userId }: Owner): Promise<void> {
    await this.db.asOwner({ userId }, (tx) =>
      tx.query(
        `INSERT INTO files_to_remove (id, storage_key, recording_sid, due_at)
         SELECT id, coalesce(storage_key, CASE WHEN state = 'due' THEN 'recordings/' || id || '.wav' END),
           CASE WHEN carrier_deleted_at IS NULL THEN recording_sid END,
           clock_timestamp() + interval '${AFTER_SECONDS} seconds'
         FROM recordings WHERE user_id = $1 AND (recording_sid IS NOT NULL OR storage_key IS NOT NULL)
         ON CONFLICT DO NOTHING`,
        [userId],
      ),
    );
  }

  async plan({ id, storageKey, recordingSid }: Removal): Promise<void> {
    await this.db.unowned(
      `INSERT INTO files_to_remove (id, storage_key, recording_sid, due_at)
       VALUES ($1, $2, $3, clock_timestamp() + interval '${AFTER_SECONDS} seconds')`,
      [id, storageKey, recordingSid],
    );
  }

  /** One round. @param now moves the clock in tests */
  async removeAll(now = new Date()): Promise<void> {
    for (let removal = await this.claim(now); removal !== undefined; removal = await this.claim(now)) {
      try {
        await this.remove(removal);
      } catch (error) {
        this.log.warn({ msg: 'A file could not be removed yet', recording_id: removal.id, err: error });
      }
    }
  }

  private async claim(now: Date): Promise<Removal | undefined> {
    const [row] = await this.db.unowned<Removal>(
      `UPDATE files_to_remove SET tries = tries + 1, due_at = greatest(clock_timestamp(), $1::timestamptz)
           + make_interval(secs => least(${LEASE_SECONDS} * 2 ^ least(tries, 10), ${MOST_RETRY_SECONDS}))
       WHERE id = (SELECT id FROM files_to_remove WHERE due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING id, storage_key AS "storageKey", recording_sid AS "recordingSid"`,
      [now],
    );
    return row;
  }

  private async remove({ id, storageKey, recordingSid }: Removal): Promise<void> {
    const [stillThere] = await this.db.lookup('SELECT user_id FROM lookup_recording($1)', [id]);
    if (stillThere === undefined) {
      if (storageKey !== null) await this.storage.delete(storageKey);
      if (recordingSid !== null) await this.telephony.deleteRecording(recordingSid);
    }
    await this.db.unowned('DELETE FROM files_to_remove WHERE id = $1', [id]);
  }
}
