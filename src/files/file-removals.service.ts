import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import { Database } from '../database/database';
import { FileStorage } from '../integrations/storage/file-storage';
import { Telephony } from '../integrations/telephony/telephony';
import type { FileRemoval } from './file-removal.entity';

const INTERVAL_MS = 30_000;
const LEASE_SECONDS = 120;
const MOST_RETRY_SECONDS = 3600;
const STOP_WITHIN_MS = 3000;
/** What the carrier still makes cannot be deleted yet. */
const BEING_MADE: ReadonlySet<string> = new Set(['in-progress', 'paused', 'stopped', 'processing']);

type Removal = Pick<FileRemoval, 'id' | 'storageKey' | 'recordingSid' | 'callSid'>;

/** Removes recordings of users who are gone, here and at the carrier, for as long as it takes. */
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

  /** The carrier's copy of a recording that is nobody's here. */
  async planCarriersCopy(recordingSid: string): Promise<void> {
    await this.db.unowned(`INSERT INTO files_to_remove (recording_sid, due_at) VALUES ($1, clock_timestamp())`, [
      recordingSid,
    ]);
  }

  /** One round. @param now moves the clock in tests */
  async removeAll(now = new Date()): Promise<void> {
    for (let removal = await this.claim(now); removal !== undefined; removal = await this.claim(now)) {
      try {
        await this.remove(removal);
      } catch (error) {
        this.log.warn({ msg: 'A file could not be removed yet', removal_id: removal.id, err: error });
      }
    }
  }

  private async claim(now: Date): Promise<Removal | undefined> {
    const [row] = await this.db.unowned<Removal>(
      `UPDATE files_to_remove SET tries = tries + 1, due_at = greatest(clock_timestamp(), $1::timestamptz)
           + make_interval(secs => least(${LEASE_SECONDS} * 2 ^ least(tries, 10), ${MOST_RETRY_SECONDS}))
       WHERE id = (SELECT id FROM files_to_remove WHERE due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING id, storage_key AS "storageKey", recording_sid AS "recordingSid", call_sid AS "callSid"`,
      [now],
    );
    return row;
  }

  private async remove({ id, storageKey, recordingSid, callSid }: Removal): Promise<void> {
    if (storageKey !== null) await this.storage.delete(storageKey);
    if (recordingSid !== null) await this.telephony.deleteRecording(recordingSid);
    if (callSid !== null) {
      const recordings = await this.telephony.recordingsOf(callSid);
      if (recordings.some(({ status }) => BEING_MADE.has(status))) return;
      for (const recording of recordings) await this.telephony.deleteRecording(recording.recordingSid);
    }
    await this.db.unowned('DELETE FROM files_to_remove WHERE id = $1', [id]);
  }
}
