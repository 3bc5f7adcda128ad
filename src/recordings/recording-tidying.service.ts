import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import { Call } from '../calls/call.entity';
import { CallUpdated } from '../calls/calls.events';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { FileStorage } from '../integrations/storage/file-storage';
import { Telephony } from '../integrations/telephony/telephony';
import { lockCall } from './recording-keeper.service';

const INTERVAL_MS = 15_000;
const DAY_MS = 24 * 3_600_000;
/** What could not be deleted is let alone for this long. */
const TOUCHED_MS = 10 * 60_000;
const STOP_WITHIN_MS = 3000;

interface Ref {
  owner: Owner;
  id: string;
}

/**
 * Deletes what is not to be kept: the carrier's copies, where ours is to be the only one, and audio that is too old. Also of users who
 * are switched off.
 */
@Injectable()
export class RecordingTidying implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(RecordingTidying.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.tidyAll(),
    (error) => this.log.error({ msg: 'Recordings to be deleted could not be looked for', err: error }),
  );

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly telephony: Telephony,
    private readonly storage: FileStorage,
    private readonly events: DomainEvents,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await settledWithin(this.rounds.stop(), STOP_WITHIN_MS);
  }

  /** One round. @param now moves the clock in tests */
  async tidyAll(now = new Date()): Promise<void> {
    await this.each('lookup_undeleted_copies($1)', [now], (ref) => this.deleteCopy(ref, now));
    const { retentionDays } = this.config.recordings;
    if (retentionDays === null) return;
    const before = new Date(now.getTime() - retentionDays * DAY_MS);
    const touchedBefore = new Date(now.getTime() - TOUCHED_MS);
    await this.each('lookup_outdated_recordings($1, $2)', [before, touchedBefore], (ref) =>
      this.outdate(ref, before, touchedBefore),
    );
  }

  /** The trouble of one is no other's. */
  private async each(lookup: string, parameters: Date[], work: (ref: Ref) => Promise<void>): Promise<void> {
    const rows = await this.db.lookup<{ user_id: number; id: string }>(`SELECT user_id, id FROM ${lookup}`, parameters);
    for (const { user_id: userId, id } of rows) {
      try {
        await work({ owner: { userId }, id });
      } catch (error) {
        this.log.warn({ msg: 'A recording could not be deleted yet', recording_id: id, user_id: userId, err: error });
      }
    }
  }

  private async deleteCopy({ owner, id }: Ref, now: Date): Promise<void> {
    const claimed = await this.db.asNewOwner(owner, async (tx) => {
      const [rows] = await tx.query<[{ recording_sid: string }[], number]>(
        `UPDATE recordings SET carrier_delete_tries = carrier_delete_tries + 1,
           carrier_delete_due_at = clock_timestamp() + make_interval(secs => least(60 * 2 ^ least(carrier_delete_tries, 10), 3600))
         WHERE user_id = $1 AND id = $2 AND carrier_delete_due_at <= $3 AND recording_sid IS NOT NULL
         RETURNING recording_sid`,
        [owner.userId, id, now],
      );
      return rows[0];
    });
    if (claimed === undefined) return;
    await this.telephony.deleteRecording(claimed.recording_sid);
    await this.db.asNewOwner(owner, (tx) =>
      tx.query(
        `UPDATE recordings SET carrier_deleted_at = clock_timestamp(), carrier_delete_due_at = NULL
         WHERE user_id = $1 AND id = $2`,
        [owner.userId, id],
      ),
    );
  }

  /** The file goes first: a row that says `erased` has none. The carrier's copy goes as well. */
  private async outdate({ owner, id }: Ref, before: Date, touchedBefore: Date): Promise<void> {
    const claimed = await this.db.asNewOwner(owner, async (tx) => {
      const [rows] = await tx.query<[{ key: string; call_id: string }[], number]>(
        `UPDATE recordings SET updated_at = clock_timestamp()
         WHERE user_id = $1 AND id = $2 AND state = 'stored' AND stored_at < $3 AND updated_at < $4
         RETURNING storage_key AS key, call_id`,
        [owner.userId, id, before, touchedBefore],
      );
      return rows[0];
    });
    if (claimed === undefined) return;
    const { key, call_id: callId } = claimed;
    await this.storage.delete(key);
    await this.db.asNewOwner(owner, async (tx) => {
      await lockCall(tx, { owner, callId });
      await tx.query(
        `UPDATE recordings SET state = 'erased', storage_key = NULL, updated_at = clock_timestamp(),
           carrier_delete_due_at = CASE WHEN carrier_deleted_at IS NULL THEN clock_timestamp() END
         WHERE user_id = $1 AND id = $2 AND state = 'stored'`,
        [owner.userId, id],
      );
      await tx.update(Call, { userId: owner.userId, recordingId: id }, { recordingId: null });
    });
    this.events.emit(new CallUpdated(owner, callId));
  }
}
