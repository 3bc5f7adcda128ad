import { In } from 'typeorm';
import { Injectable, Logger } from '@nestjs/common';
import { NotAuthenticated } from '../common/app-error';
import type { Owner } from '../common/owner';
import { CallLookups, isUuid } from '../calls/call-lookups';
import { CallsService } from '../calls/calls.service';
import { Database } from '../database/database';
import { FileRemovals } from '../files/file-removals.service';
import { openPlayback, Playback, Wish } from '../files/playback';
import { FileStorage } from '../integrations/storage/file-storage';
import type { FormParams } from '../integrations/telephony/telephony';
import { parseRecordingReport, RecordingReport } from './recording-report';
import { Recording } from './recording.entity';
import { RecordingKeeper } from './recording-keeper.service';
import { RecordingNotFound, RecordingNotReady } from './recordings.errors';

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

  /** @throws CallNotFound, RecordingNotFound, RecordingNotReady */
  async playOfCall(owner: Owner, sidOrId: string, wish: Wish): Promise<Playback> {
    const { id, recordingId } = await this.calls.get(owner, sidOrId);
    if (recordingId !== null) return this.play(owner, recordingId, wish);
    const isOnItsWay = await this.db.asOwner(owner, (tx) =>
      tx.existsBy(Recording, { userId: owner.userId, callId: id, state: In(['sought', 'due']) }),
    );
    throw isOnItsWay ? new RecordingNotReady() : new RecordingNotFound();
  }

  /** When it was; null: it is not kept (any more). */
  async storedAt(owner: Owner, recordingId: string): Promise<Date | null> {
    const recording = await this.db.asOwner(owner, (tx) =>
      tx.findOneBy(Recording, { userId: owner.userId, id: recordingId, state: 'stored' }),
    );
    return recording?.storedAt ?? null;
  }

  /** For whoever has a link to it. @throws RecordingNotFound */
  async playById(recordingId: string, wish: Wish): Promise<Playback> {
    if (!isUuid(recordingId)) throw new RecordingNotFound();
    const [row] = await this.db.lookup<{ user_id: number }>('SELECT user_id FROM lookup_recording($1)', [recordingId]);
    if (row === undefined) throw new RecordingNotFound();
    try {
      return await this.play({ userId: row.user_id }, recordingId, wish);
    } catch (error) {
      if (error instanceof NotAuthenticated) throw new RecordingNotFound();
      throw error;
    }
  }

  private async play(owner: Owner, id: string, wish: Wish): Promise<Playback> {
    const recording = await this.db.asOwner(owner, (tx) => tx.findOneBy(Recording, { userId: owner.userId, id }));
    if (recording?.state !== 'stored' || recording.storageKey === null) throw new RecordingNotFound();
    const audio = {
      storageKey: recording.storageKey,
      fileName: `${id}.wav`,
      contentType: 'audio/wav',
      sizeBytes: Number(recording.sizeBytes),
      sha256: recording.sha256 ?? '',
    };
    const playback = await openPlayback(this.storage, audio, wish);
    if (playback === null) {
      this.log.error({ msg: 'The file of a recording is gone', recording_id: id, user_id: owner.userId });
      throw new RecordingNotFound('The recording is not in the storage any more.');
    }
    return playback;
  }

  /** Nobody here has such a call any more: whoever had it was erased, and the carrier's copy goes too. */
  private async forget(attemptId: string | undefined, report: RecordingReport): Promise<void> {
    if (attemptId === undefined || !isUuid(attemptId) || report.outcome !== 'completed') return;
    const { recordingSid } = report;
    this.log.warn({ msg: 'A recording is of a call that is not here', recording_sid: recordingSid });
    await this.removals.planCarriersCopy(recordingSid);
  }
}
