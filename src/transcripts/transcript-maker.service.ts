import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import type { Owner } from '../common/owner';
import { CallEnded, CallWritten } from '../calls/calls.events';
import { Database } from '../database/database';
import { EnhancedTranscripts } from './enhanced-transcripts.service';
import { StoredTranscripts } from './stored-transcripts.service';
import { TranscriptFailed, TranscriptInProgress } from './transcripts.errors';

const INTERVAL_MS = 5000;
/** A call that ended longer ago has no process any more that would tell of its end. */
const LEFT_BEHIND_MS = 60_000;
/** Further back nobody looks: a server that was down for longer is looked at by a person. */
const LOOK_BACK_MS = 3 * 24 * 60 * 60 * 1000;

/** Of Twilio's transcripts. */
const FETCHED_AT_ONCE = 4;

/**
 * Makes transcripts as their time comes: of a call when it is over and written down, of Twilio's when they are there. What a
 * process that died has left undone is found by the next round, in whichever process.
 */
@Injectable()
export class TranscriptMaker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(TranscriptMaker.name);
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly db: Database,
    private readonly enhanced: EnhancedTranscripts,
    private readonly stored: StoredTranscripts,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.look(), INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([this.round, ...this.underWay]);
  }

  @OnEvent(CallEnded.type)
  onEnded({ owner, callId }: CallEnded): void {
    this.make(owner, callId);
  }

  @OnEvent(CallWritten.type)
  onWritten({ owner, callId }: CallWritten): void {
    this.make(owner, callId);
  }

  /** Has a round begin soon, unless one is under way. */
  look(): void {
    if (this.round !== undefined) return;
    const round = this.makeAll().finally(() => (this.round = undefined));
    this.round = round;
  }

  /** One round. @param now moves the clock in tests */
  async makeAll(now = new Date()): Promise<void> {
    await Promise.all([this.makeLeftBehind(now), this.fetchDue(now)]);
  }

  private async makeLeftBehind(now: Date): Promise<void> {
    const calls = await this.found<{ user_id: number; id: string }>(
      'SELECT user_id, id FROM lookup_calls_without_transcript($1, $2)',
      [new Date(now.getTime() - LOOK_BACK_MS), new Date(now.getTime() - LEFT_BEHIND_MS)],
    );
    for (const { user_id: userId, id } of calls) {
      await this.attended({ userId }, id, () => this.enhanced.makeOfTurns({ userId }, id));
    }
  }

  private async fetchDue(now: Date): Promise<void> {
    const due = await this.found<{ user_id: number; transcript_sid: string }>(
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

  private async found<Row extends object>(sql: string, parameters: unknown[]): Promise<Row[]> {
    try {
      return await this.db.lookup<Row>(sql, parameters);
    } catch (error) {
      this.log.error({ msg: 'Transcripts that are due could not be looked for', err: error });
      return [];
    }
  }

  private make(owner: Owner, callId: string): void {
    const made = this.attended(owner, callId, () => this.enhanced.makeOfTurns(owner, callId)).then(() => {
      this.underWay.delete(made);
    });
    this.underWay.add(made);
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
