import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { NotAuthenticated } from '../common/app-error';
import { Part, partOf } from '../common/byte-range';
import type { Owner } from '../common/owner';
import { CallLookups, isUuid } from '../calls/call-lookups';
import { CallsService } from '../calls/calls.service';
import { Database } from '../database/database';
import { FileStorage, StorageError } from '../integrations/storage/file-storage';
import type { FormParams } from '../integrations/telephony/telephony';
import { UserErasing } from '../users/users.events';
import { FileRemovals } from './file-removals.service';
import { parseRecordingReport, RecordingReport } from './recording-report';
import { Recording } from './recording.entity';
import { RecordingKeeper } from './recording-keeper.service';
import { RecordingNotFound, StorageUnavailable } from './recordings.errors';

/** Audio, or a part of it, on its way to whoever listens. */
export interface Playback {
  recording: Recording;
  size: number;
  /** Null: all of it. `none`: what was asked for lies behind its end. */
  part: Part | null | 'none';
  /** Null where nothing is to be sent. */
  body: Readable | null;
}

/** What the carrier tells of recordings, and playing them. */
@Injectable()
export class Recordings {
  private readonly log = new Logger(Recordings.name);

  constructor(
    private readonly db: Database,
    private readonly lookups: CallLookups,
    private readonly calls: CallsService,
    private readonly storage: FileStorage,
    private readonly keeper: RecordingKeeper,
    private readonly removals: FileRemovals,
  ) {}

  /** The carrier's webhook; it may come twice, late and in any order. @param attemptId of the address that it was sent to */
  async onReport(attemptId: string | undefined, form: FormParams): Promise<void> {
    const report = parseRecordingReport(form);
    if (report === null) return;
    const callSid = typeof form['CallSid'] === 'string' ? form['CallSid'] : '';
    const ref =
      (attemptId === undefined ? null : await this.lookups.byAttempt(attemptId)) ?? (await this.lookups.bySid(callSid));
    try {
      if (ref !== null) return await this.keeper.note(ref, report);
    } catch (error) {
      if (!(error instanceof NotAuthenticated)) throw error;
      // Switched off or erased a moment ago.
      if ((await this.lookups.bySid(callSid)) !== null) return;
    }
    await this.forget(attemptId, report);
  }

  /** @throws CallNotFound, RecordingNotFound */
  async playOfCall(owner: Owner, sidOrId: string, range: string | undefined): Promise<Playback> {
    const { recordingId } = await this.calls.get(owner, sidOrId);
    if (recordingId === null) throw new RecordingNotFound();
    return this.play(owner, recordingId, range);
  }

  /** For whoever has a link to it. @throws RecordingNotFound */
  async playById(recordingId: string, range: string | undefined): Promise<Playback> {
    if (!isUuid(recordingId)) throw new RecordingNotFound();
    const [row] = await this.db.lookup<{ user_id: number }>('SELECT user_id FROM lookup_recording($1)', [recordingId]);
    if (row === undefined) throw new RecordingNotFound();
    try {
      return await this.play({ userId: row.user_id }, recordingId, range);
    } catch (error) {
      if (error instanceof NotAuthenticated) throw new RecordingNotFound();
      throw error;
    }
  }

  /** What lies outside the database is written down to be removed, before the rows that know of it go. */
  @OnEvent(UserErasing.type)
  async onUserErasing({ owner }: UserErasing): Promise<void> {
    await this.removals.planAllOf(owner);
  }

  private async play(owner: Owner, id: string, range: string | undefined): Promise<Playback> {
    const recording = await this.db.asOwner(owner, (tx) => tx.findOneBy(Recording, { userId: owner.userId, id }));
    if (recording?.state !== 'stored' || recording.storageKey === null) throw new RecordingNotFound();
    const size = Number(recording.sizeBytes);
    const asked = partOf(range, size);
    if (asked === 'none') return { recording, size, part: 'none', body: null };
    const part = asked === 'whole' ? null : asked;
    const body = await this.storage.open(recording.storageKey, part ?? undefined).catch((error: unknown) => {
      throw error instanceof StorageError ? new StorageUnavailable(error) : error;
    });
    if (body === null) {
      this.log.error({ msg: 'The file of a recording is gone', recording_id: id, user_id: owner.userId });
      throw new RecordingNotFound('The recording is not in the storage any more.');
    }
    return { recording, size, part, body };
  }

  /** Nobody here has such a call any more: whoever had it was erased, and the carrier's copy goes too. */
  private async forget(attemptId: string | undefined, report: RecordingReport): Promise<void> {
    if (attemptId === undefined || !isUuid(attemptId) || report.outcome !== 'completed') return;
    const { recordingSid } = report;
    this.log.warn({ msg: 'A recording is of a call that is not here', recording_sid: recordingSid });
    await this.removals.plan({ id: randomUUID(), storageKey: null, recordingSid });
  }
}
