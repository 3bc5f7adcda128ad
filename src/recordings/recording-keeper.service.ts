import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import type { CallRef } from '../calls/call-lookups';
import { CallUpdated } from '../calls/calls.events';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { HashedStream } from '../files/hashed-stream';
import { FileStorage, StorageError } from '../integrations/storage/file-storage';
import { CarrierError, Telephony } from '../integrations/telephony/telephony';
import type { RecordingReport } from './recording-report';
import { Recording, RecordingState } from './recording.entity';
import { RecordingStored } from './recordings.events';

const INTERVAL_MS = 5000;
const AT_ONCE = 4;
/** A copy that takes longer is given up, and made anew. */
const COPY_LIMIT_MS = 5 * 60_000;
/** So does one of which nothing comes for this long. */
const STALL_LIMIT_MS = 30_000;
/** Longer than a copy may take. Who takes longer has died, and somebody else may. */
const LEASE_SECONDS = 600;
/** Again after this long, then after twice as long, up to the most: for about three days in all. */
const FIRST_RETRY_SECONDS = 5;
const MOST_RETRY_SECONDS = 900;
const MAX_TRIES = 300;
/** Of a call that was to be recorded: after about an hour there is none. */
const MAX_LOOKS = 11;
/** The carrier tells of a recording by itself, seconds after the call. */
const TOLD_WITHIN_MS = 2 * 60_000;
const LOOK_BACK_MS = 3 * 24 * 3_600_000;
/** Voice Intelligence reads the carrier's copy. */
const KEPT_FOR_TRANSCRIPT_SECONDS = 24 * 3600;
/** Whoever stops the server does not wait for a long recording: it is begun anew by whoever comes after. */
const STOP_WITHIN_MS = 3000;

const NOT_THERE_YET = 'Twilio does not have the audio yet.';
const NONE = 'Twilio has no recording of this call.';
const CUT_OFF = 'Twilio sent only a part of the audio.';
const NOT_KEPT = 'The store of files did not keep all of the audio.';
const OTHER_TROUBLE = 'Something went wrong here.';

/** What will be tried again, in a sentence. */
class NotYet extends Error {}

interface Claim {
  owner: Owner;
  id: string;
  /** When the lease is over, as PostgreSQL writes it. */
  lease: string;
  tries: number;
  state: RecordingState;
  callId: string;
  callSid: string;
  recordingSid: string | null;
}

interface Ref {
  owner: Owner;
  id: string;
}

/**
 * Copies recordings into our own storage, each once whatever fails in between: what is due stands in the rows, the file's place is
 * known before it is written, and a row says `stored` only when the store has all of it. Nothing is asked within a transaction.
 */
@Injectable()
export class RecordingKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(RecordingKeeper.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.keepAll(),
    (error) => this.log.error({ msg: 'Recordings that are due could not be looked for', err: error }),
  );
  private readonly copies = new Set<AbortController>();
  private isOver = false;

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
    this.isOver = true;
    for (const copy of this.copies) copy.abort();
    await settledWithin(this.rounds.stop(), STOP_WITHIN_MS);
  }

  /** What the carrier says of a recording of this call. One that is there stays so, whatever is told afterwards. */
  async note(ref: CallRef, report: RecordingReport): Promise<void> {
    await this.db.asOwner(ref.owner, (tx) => noted(tx, ref, report));
    if (report.outcome === 'completed') this.rounds.callForOne();
  }

  /** One round. @param now moves the clock in tests */
  async keepAll(now = new Date()): Promise<void> {
    await this.lookForUntold(now);
    const rows = await this.db.lookup<{ user_id: number; id: string }>(
      'SELECT user_id, id FROM lookup_due_recordings($1)',
      [now],
    );
    const due = rows.map(({ user_id: userId, id }) => ({ owner: { userId }, id }));
    await this.each(due, (ref) => this.keep(ref, now));
  }

  /** The trouble of one is no other's. */
  private async each(refs: Ref[], work: (ref: Ref) => Promise<void>): Promise<void> {
    const workers = Array.from({ length: AT_ONCE }, async () => {
      for (let ref = refs.shift(); ref !== undefined && !this.isOver; ref = refs.shift()) {
        try {
          await work(ref);
        } catch (error) {
          if (this.isOver) return;
          const level = error instanceof NotYet ? 'debug' : 'warn';
          const { owner, id } = ref;
          this.log[level]({
            msg: 'A recording is not through yet',
            recording_id: id,
            user_id: owner.userId,
            err: error,
          });
        }
      }
    });
    await Promise.all(workers);
  }

  /** Calls that were to be recorded, and nobody has told of a recording. */
  private async lookForUntold(now: Date): Promise<void> {
    const rows = await this.db.lookup<{ user_id: number; id: string }>(
      'SELECT user_id, id FROM lookup_unrecorded_calls($1, $2)',
      [new Date(now.getTime() - LOOK_BACK_MS), new Date(now.getTime() - TOLD_WITHIN_MS)],
    );
    for (const { user_id: userId, id: callId } of rows) {
      await this.db
        .asOwner({ userId }, async (tx) => {
          // Whoever is told of it at this moment waits, or has been first.
          if (!(await isFirstToNote(tx, { owner: { userId }, callId }))) return;
          await tx.query(
            `INSERT INTO recordings (id, user_id, call_id, state, due_at) VALUES ($1, $2, $3, 'sought', $4)`,
            [randomUUID(), userId, callId, now],
          );
        })
        .catch((error: unknown) => {
          this.log.warn({ msg: 'A call cannot be looked after', call_id: callId, user_id: userId, err: error });
        });
    }
  }

  private async keep(ref: Ref, now: Date): Promise<void> {
    const claim = await this.claim(ref, now);
    if (claim === null) return;
    try {
      await (claim.recordingSid === null ? this.seek(claim) : this.copy(claim, claim.recordingSid));
    } catch (error) {
      await this.postpone(claim, error);
      throw error;
    }
  }

  private async claim({ owner, id }: Ref, now: Date): Promise<Claim | null> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows] = await tx.query<[Omit<Claim, 'owner' | 'id'>[], number]>(
        `UPDATE recordings r SET due_at = clock_timestamp() + interval '${LEASE_SECONDS} seconds', tries = r.tries + 1
         FROM calls c WHERE r.user_id = $1 AND r.id = $2 AND r.due_at <= $3 AND c.user_id = r.user_id AND c.id = r.call_id
         RETURNING r.due_at::text AS lease, r.tries, r.state, r.call_id AS "callId", c.call_sid AS "callSid",
           r.recording_sid AS "recordingSid"`,
        [owner.userId, id, now],
      );
      return rows[0] === undefined ? null : { owner, id, ...rows[0] };
    });
  }

  /** Asks the carrier what it has of the call. */
  private async seek(claim: Claim): Promise<void> {
    const { owner, id, callId, callSid, tries, lease } = claim;
    const found = await this.telephony.recordingsOf(callSid);
    const completed = found.filter(({ status }) => status === 'completed');
    const isSettled = tries >= MAX_LOOKS || (found.length > 0 && found.every(({ status }) => status === 'absent'));
    if (completed.length === 0 && !isSettled) throw new NotYet(NOT_THERE_YET);
    await this.db.asOwner(owner, async (tx) => {
      for (const { recordingSid, durationSeconds, channels } of completed) {
        await noted(tx, { owner, callId }, { recordingSid, outcome: 'completed', durationSeconds, channels });
      }
      // With a recording there is nothing to seek any more: the row is gone.
      await tx.query(
        `UPDATE recordings SET state = 'absent', due_at = NULL, error = $4, updated_at = now()
         WHERE user_id = $1 AND id = $2 AND due_at = $3::timestamptz`,
        [owner.userId, id, lease, NONE],
      );
    });
    if (completed.length > 0) this.rounds.callForOne();
  }

  private async copy(claim: Claim, recordingSid: string): Promise<void> {
    const key = `recordings/${claim.id}.wav`;
    const copying = new AbortController();
    this.copies.add(copying);
    const limit = setTimeout(() => copying.abort(), COPY_LIMIT_MS);
    const stall = setTimeout(() => copying.abort(), STALL_LIMIT_MS);
    try {
      const file = await this.transfer(recordingSid, key, copying.signal, () => stall.refresh());
      const isOurs = await this.stored(claim, { ...file, key });
      if (isOurs) {
        this.events.emit(new CallUpdated(claim.owner, claim.callId));
        this.events.emit(new RecordingStored(claim.owner, claim.callId, claim.id));
      }
    } finally {
      clearTimeout(limit);
      clearTimeout(stall);
      this.copies.delete(copying);
    }
  }

  /** @throws NotYet, CarrierError, StorageError */
  private async transfer(recordingSid: string, key: string, signal: AbortSignal, onBytes: () => void) {
    const media = await this.telephony.openRecording(recordingSid, signal);
    if (media === null) throw new NotYet(NOT_THERE_YET);
    const hashed = new HashedStream(onBytes);
    const passed = pipeline(media.body, hashed, { signal });
    const put = this.storage.put(key, hashed, 'audio/wav').catch((error: unknown) => {
      // Or what comes would wait for somebody to take it.
      hashed.destroy();
      throw error;
    });
    const [kept, came] = await Promise.allSettled([put, passed]);
    if (kept.status === 'rejected' && kept.reason instanceof StorageError) throw kept.reason;
    if (came.status === 'rejected') throw new NotYet(CUT_OFF, { cause: came.reason });
    if (kept.status === 'rejected') throw kept.reason;
    const { bytes } = hashed;
    if (media.size !== null && media.size !== bytes) throw new NotYet(CUT_OFF);
    if ((await this.storage.size(key)) !== bytes) throw new NotYet(NOT_KEPT);
    return { bytes, sha256: hashed.digest() };
  }

  /** False where somebody else has it by now, or it is gone. */
  private async stored(
    { owner, id, lease, callId }: Claim,
    { bytes, sha256, key }: { bytes: number; sha256: string; key: string },
  ): Promise<boolean> {
    const { areDeletedAtCarrier } = this.config.recordings;
    const pauseSeconds = this.config.twilio.usesVoiceIntelligence ? KEPT_FOR_TRANSCRIPT_SECONDS : 0;
    const left = await this.db
      .asOwner(owner, async (tx) => {
        await lockCall(tx, { owner, callId });
        const [, written] = await tx.query<[unknown, number]>(
          `UPDATE recordings SET state = 'stored', size_bytes = $4, sha256 = $5, storage_key = $6, stored_at = clock_timestamp(),
             due_at = NULL, error = NULL, updated_at = now(),
             carrier_delete_due_at = CASE WHEN $7 THEN clock_timestamp() + $8::integer * interval '1 second' END
           WHERE user_id = $1 AND id = $2 AND due_at = $3::timestamptz`,
          [owner.userId, id, lease, bytes, sha256, key, areDeletedAtCarrier, pauseSeconds],
        );
        if (written === 1) {
          await tx.query(
            `UPDATE calls SET recording_id = $3, updated_at = now() WHERE user_id = $1 AND id = $2 AND recording_id IS NULL`,
            [owner.userId, callId, id],
          );
          return 'ours';
        }
        return (await tx.existsBy(Recording, { userId: owner.userId, id })) ? 'others' : 'gone';
      })
      .catch(async (error: unknown) => {
        // Erased while it was copied, or the database is away: then the row is still due, and the file is written over.
        const [row] = await this.db.lookup<{ user_id: number }>('SELECT user_id FROM lookup_recording($1)', [id]);
        if (row !== undefined) throw error;
        return 'gone' as const;
      });
    // Should this fail: the removal that was planned with the deletion comes after our lease.
    if (left === 'gone') await this.storage.delete(key);
    return left === 'ours';
  }

  private async postpone({ owner, id, lease, tries, recordingSid }: Claim, error: unknown): Promise<void> {
    const isTriedAgain = recordingSid === null || tries < MAX_TRIES;
    const pause = Math.min(FIRST_RETRY_SECONDS * 2 ** (tries - 1), MOST_RETRY_SECONDS);
    // Many that failed together do not come back together.
    const pauseSeconds = pause * (0.8 + 0.4 * Math.random());
    await this.db.writeAsOwner(owner, {
      name: 'postpone-recording',
      text: `UPDATE recordings SET error = $4, state = CASE WHEN $5::float8 IS NULL THEN 'failed' ELSE state END,
          due_at = clock_timestamp() + make_interval(secs => $5::float8), updated_at = now(),
          carrier_delete_due_at = CASE WHEN $5::float8 IS NULL THEN clock_timestamp() + make_interval(days => $6::integer) END
        WHERE user_id = $1 AND id = $2 AND due_at = $3::timestamptz`,
      values: [
        owner.userId,
        id,
        lease,
        sentenceOf(error),
        isTriedAgain ? pauseSeconds : null,
        // What we never had is not kept for ever there.
        this.config.recordings.retentionDays,
      ],
    });
  }
}

/** Within the caller's transaction. */
async function noted(tx: EntityManager, { owner, callId }: CallRef, report: RecordingReport): Promise<void> {
  const { recordingSid, outcome, durationSeconds, channels } = report;
  const isThere = outcome === 'completed';
  await isFirstToNote(tx, { owner, callId });
  await tx.query(
    `INSERT INTO recordings AS r (id, user_id, call_id, recording_sid, state, duration_seconds, channels, due_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $8 THEN clock_timestamp() END)
     ON CONFLICT (recording_sid) DO UPDATE SET state = 'due', due_at = clock_timestamp(), tries = 0, error = NULL,
       duration_seconds = $6, channels = $7, updated_at = now()
     WHERE r.state = 'absent' AND $8`,
    [randomUUID(), owner.userId, callId, recordingSid, isThere ? 'due' : 'absent', durationSeconds, channels, isThere],
  );
  await tx.query(`DELETE FROM recordings WHERE user_id = $1 AND call_id = $2 AND recording_sid IS NULL`, [
    owner.userId,
    callId,
  ]);
}

/** Whoever is at a call and its recordings takes the call first, or two would wait for each other. */
export async function lockCall(tx: EntityManager, { owner, callId }: CallRef): Promise<void> {
  await tx.query('SELECT FROM calls WHERE user_id = $1 AND id = $2 FOR NO KEY UPDATE', [owner.userId, callId]);
}

/** Within the caller's transaction, in which others wait who note something of the same call. */
async function isFirstToNote(tx: EntityManager, { owner, callId }: CallRef): Promise<boolean> {
  const [rows] = await tx.query<[{ was_noted: boolean }[], number]>(
    `UPDATE calls c SET is_recording_noted = true FROM (
       SELECT id, is_recording_noted FROM calls WHERE user_id = $1 AND id = $2 FOR NO KEY UPDATE) AS before
     WHERE c.user_id = $1 AND c.id = before.id RETURNING before.is_recording_noted AS was_noted`,
    [owner.userId, callId],
  );
  return rows[0]?.was_noted === false;
}

function sentenceOf(error: unknown): string {
  const isTold = error instanceof NotYet || error instanceof StorageError || error instanceof CarrierError;
  return isTold ? error.message : OTHER_TROUBLE;
}
