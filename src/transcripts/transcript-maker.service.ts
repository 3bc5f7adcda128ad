import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import type { CallRef } from '../calls/call-lookups';
import { CallEnded, CallWritten } from '../calls/calls.events';
import { FinishedCalls } from '../calls/finished-calls.service';
import { Database } from '../database/database';
import { StoredTranscripts } from './stored-transcripts.service';
import { TranscriptFailed, TranscriptInProgress } from './transcripts.errors';
import { TranscriptWriter } from './transcript-writer.service';

const INTERVAL_MS = 5000;
/** Whoever carried the call has had this long to make its transcript. */
const LEFT_BEHIND_MS = 60_000;

/** Whoever stops the server does not wait for Twilio. */
const STOP_WITHIN_MS = 3000;

/** Calls can end by the hundred in a moment, and others are talking. */
const MADE_AT_ONCE = 2;
/** Of Twilio's transcripts. */
const FETCHED_AT_ONCE = 4;

/**
 * Makes transcripts as their time comes: of a call when it is over and written down, of Twilio's when they are there. What a
 * process that died has left undone is found by the next round, in whichever process.
 */
@Injectable()
export class TranscriptMaker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(TranscriptMaker.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.makeAll(),
    (error) => this.log.error({ msg: 'Transcripts that are due could not be looked for', err: error }),
  );
  /** Calls that have ended here, by their ids. */
  private readonly ended = new Map<string, Owner>();
  private readonly makers = new Set<Promise<void>>();
  private isOver = false;

  constructor(
    private readonly db: Database,
    private readonly finishedCalls: FinishedCalls,
    private readonly writer: TranscriptWriter,
    private readonly stored: StoredTranscripts,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.begin();
  }

  /** What has not been begun by then is found by whoever comes after. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    await settledWithin(Promise.all([this.rounds.stop(), ...this.makers]), STOP_WITHIN_MS);
  }

  @OnEvent(CallEnded.type)
  onEnded({ owner, callId }: CallEnded): void {
    this.make({ owner, callId });
  }

  @OnEvent(CallWritten.type)
  onWritten({ owner, callId }: CallWritten): void {
    this.make({ owner, callId });
  }

  /** Has a round begin soon. */
  look(): void {
    this.rounds.callForOne();
  }

  /** One round. @param now moves the clock in tests */
  async makeAll(now = new Date()): Promise<void> {
    await Promise.all([this.makeLeftBehind(now), this.fetchDue(now)]);
  }

  private async makeLeftBehind(now: Date): Promise<void> {
    for (const call of await this.finishedCalls.allDue(new Date(now.getTime() - LEFT_BEHIND_MS))) {
      await this.makeOf(call);
    }
  }

  private async fetchDue(now: Date): Promise<void> {
    const due = await this.db.lookup<{ user_id: number; transcript_sid: string }>(
      'SELECT user_id, transcript_sid FROM lookup_awaited_transcripts($1)',
      [now],
    );
    // A Twilio that does not answer holds up a few at a time, not all.
    const fetchers = Array.from({ length: FETCHED_AT_ONCE }, async () => {
      for (let next = due.shift(); next !== undefined; next = due.shift()) {
        const { user_id: userId, transcript_sid: sid } = next;
        await this.attended({ userId }, sid, () => this.stored.fetchAwaited({ userId }, sid, now));
      }
    });
    await Promise.all(fetchers);
  }

  private make({ owner, callId }: CallRef): void {
    this.ended.set(callId, owner);
    this.setToWork();
  }

  private setToWork(): void {
    if (this.isOver || this.ended.size === 0 || this.makers.size >= MADE_AT_ONCE) return;
    const maker = this.makeEnded().finally(() => {
      this.makers.delete(maker);
      this.setToWork();
    });
    this.makers.add(maker);
  }

  private async makeEnded(): Promise<void> {
    for (const [callId, owner] of this.ended) {
      if (this.isOver) return;
      this.ended.delete(callId);
      await this.makeOf({ owner, callId });
    }
  }

  private async makeOf({ owner, callId }: CallRef): Promise<void> {
    await this.attended(owner, callId, () => this.writer.makeOfTurns(owner, callId));
  }

  /** The trouble of one transcript is no other's; what Twilio or the row says stands on the row. */
  private async attended(owner: Owner, subject: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isWaiting = error instanceof TranscriptInProgress || error instanceof TranscriptFailed;
      const level = isWaiting ? 'debug' : 'warn';
      this.log[level]({ msg: 'A transcript could not be made yet', subject, user_id: owner.userId, err: error });
    }
  }
}
