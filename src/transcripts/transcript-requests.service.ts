import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import {
  CarrierBusy,
  CarrierError,
  CarrierRefused,
  CarrierUnreachable,
  Telephony,
} from '../integrations/telephony/telephony';
import { VoiceIntelligence } from '../integrations/voice-intelligence/voice-intelligence';
import { StoredTranscripts } from './stored-transcripts.service';
import {
  asked,
  callNoted,
  claimed,
  ClaimedRequest,
  done,
  failed,
  notAsked,
  postponed,
  recordingsNoted,
} from './transcript-requests.repository';

const INTERVAL_MS = 15_000;
/** A recording is there a few seconds after its call. */
const ENDED_BEFORE_MS = 20_000;
/** What was recorded longer ago, before this was switched on for example, is not sent. */
const LOOK_BACK_MS = 3 * 24 * 60 * 60_000;
const WORKED_ON_AT_ONCE = 4;
/** What is under way then is found by whoever comes after. */
const SHUTDOWN_LIMIT_MS = 3000;

/** A call that has no recording after an hour has none: see the pauses of transcript-requests.repository.ts. */
const MOST_LOOKS = 8;
/** How often Twilio is told to make one transcript, where it cannot be found out what came of it. */
const MOST_ASKS = 3;
/** A day and more, while Twilio cannot be asked or something is wrong here. */
const MOST_TRIES = 60;

const COMPLETED = 'completed';
/** Nothing more comes of such a recording. */
const SETTLED: ReadonlySet<string> = new Set([COMPLETED, 'absent', 'deleted', 'failed']);
const IN_VAIN: ReadonlySet<string> = new Set(['failed', 'canceled', 'error']);

const NO_RECORDING_YET = 'There is no recording yet.';
const NO_RECORDING = 'No recording came.';
const NOT_KNOWN_YET = 'It is not known yet whether Twilio makes a transcript.';
const NOT_MADE = 'Twilio was asked for a transcript several times, did not answer, and has none.';
const OTHER_TROUBLE = 'Something went wrong here.';

interface DueRequest {
  owner: Owner;
  id: number;
}

/**
 * Has Voice Intelligence make transcripts of recordings, without a user asking. A transcript costs money and is made once:
 * that Twilio is asked for it is committed before, so that whatever dies or gets lost in between, the next round looks first
 * whether there is one. Nothing is asked within a transaction.
 */
@Injectable()
export class TranscriptRequests implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(TranscriptRequests.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.makeAll(),
    (error) => this.log.error({ msg: 'Recordings that are due could not be looked for', err: error }),
  );
  private isOver = false;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly voiceIntelligence: VoiceIntelligence,
    private readonly telephony: Telephony,
    private readonly stored: StoredTranscripts,
  ) {}

  onApplicationBootstrap(): void {
    if (this.isOn) this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    await settledWithin(this.rounds.stop(), SHUTDOWN_LIMIT_MS);
  }

  /** One round. @param now moves the clock in tests */
  async makeAll(now = new Date()): Promise<void> {
    if (!this.isOn) return;
    await this.noteCalls(now);
    const due = await this.due(now);
    const workers = Array.from({ length: WORKED_ON_AT_ONCE }, async () => {
      for (let next = due.shift(); next !== undefined && !this.isOver; next = due.shift()) {
        // The recordings of a call come after everything that was due before them.
        due.push(...(await this.attend(next, now)));
      }
    });
    await Promise.all(workers);
  }

  /** A transcript is made by a service: without its sid none can be asked for. */
  private get isOn(): boolean {
    const { usesVoiceIntelligence, voiceIntelligenceSid } = this.config.twilio;
    return usesVoiceIntelligence && voiceIntelligenceSid !== undefined;
  }

  private async noteCalls(now: Date): Promise<void> {
    const calls = await this.db.lookup<{ user_id: number; id: string }>(
      'SELECT user_id, id FROM lookup_unrequested_calls($1, $2)',
      [new Date(now.getTime() - LOOK_BACK_MS), new Date(now.getTime() - ENDED_BEFORE_MS)],
    );
    for (const { user_id: userId, id: callId } of calls) {
      await this.attended({ userId }, { call_id: callId }, async () => {
        await this.db.writeAsOwner({ userId }, callNoted({ userId }, callId, now));
      });
    }
  }

  private async due(now: Date): Promise<DueRequest[]> {
    const rows = await this.db.lookup<{ user_id: number; id: number }>(
      'SELECT user_id, id FROM lookup_due_transcript_requests($1)',
      [now],
    );
    return rows.map(({ user_id: userId, id }) => ({ owner: { userId }, id }));
  }

  /** @returns what has become due by it */
  private async attend({ owner, id }: DueRequest, now: Date): Promise<DueRequest[]> {
    const found: DueRequest[] = [];
    await this.attended(owner, { transcript_request_id: id }, async () => {
      const [[row]] = await this.db.writeAsOwner(owner, claimed(owner, id, now));
      if (row === undefined) return;
      const claim: ClaimedRequest = { owner, ...row };
      try {
        if (claim.recordingSid === null) found.push(...(await this.lookForRecordings(claim, now)));
        else await this.haveTranscript(claim, claim.recordingSid);
      } catch (error) {
        await this.noteTrouble(claim, error);
        throw error;
      }
    });
    return found;
  }

  private async lookForRecordings(claim: ClaimedRequest, now: Date): Promise<DueRequest[]> {
    const recordings = await this.telephony.recordingsOf(claim.callSid);
    const completed = recordings.filter(({ status }) => status === COMPLETED);
    const isLast =
      claim.tries >= MOST_LOOKS || (recordings.length > 0 && recordings.every(({ status }) => SETTLED.has(status)));
    const outcome = completed.length > 0 ? done(claim, null) : failed(claim, NO_RECORDING);
    const [rows] = await this.db.writeAsOwner(
      claim.owner,
      recordingsNoted(claim, completed, now),
      isLast ? outcome : postponed(claim, NO_RECORDING_YET),
    );
    return rows.map(({ id }) => ({ owner: claim.owner, id }));
  }

  private async haveTranscript(claim: ClaimedRequest, recordingSid: string): Promise<void> {
    const made = await this.madeOf(recordingSid);
    if (made !== null) return this.take(claim, made);
    if (claim.state === 'asked' && !claim.isAskedLongAgo) return this.write(claim, postponed(claim, NOT_KNOWN_YET));
    if (claim.asks >= MOST_ASKS) return this.fail(claim, NOT_MADE);
    await this.ask(claim, recordingSid);
  }

  /** Ours of before, or one that the service has made by itself. One that came to nothing stands in the way of another. */
  private async madeOf(recordingSid: string): Promise<string | null> {
    const made = await this.voiceIntelligence.transcriptsOf(recordingSid);
    const best = made.find(({ status }) => !IN_VAIN.has(status)) ?? made[0];
    return best?.transcriptSid ?? null;
  }

  private async ask(claim: ClaimedRequest, recordingSid: string): Promise<void> {
    const [rows] = await this.db.writeAsOwner(claim.owner, asked(claim));
    if (rows.length === 0) return;
    let transcriptSid: string;
    try {
      transcriptSid = await this.voiceIntelligence.requestTranscript({
        recordingSid,
        customerKey: claim.callSid,
        // Where everybody is on one channel nobody is told apart.
        firstChannel: claim.channels === 2 ? this.config.transcripts.firstChannel[claim.direction] : null,
      });
    } catch (error) {
      if (error instanceof CarrierRefused) return this.settleRefused(claim, recordingSid, error);
      const isNotDone = error instanceof CarrierBusy || error instanceof CarrierUnreachable;
      if (isNotDone) await this.write(claim, notAsked(claim));
      throw error;
    }
    await this.take(claim, transcriptSid);
  }

  /** There is one of a recording: the service may have begun with its own a moment before. */
  private async settleRefused(claim: ClaimedRequest, recordingSid: string, refusal: CarrierRefused): Promise<void> {
    const made = await this.madeOf(recordingSid);
    if (made === null) await this.fail(claim, refusal.message);
    else await this.take(claim, made);
  }

  /** First it is awaited, which does no harm twice; then nothing more is to be done here. */
  private async take(claim: ClaimedRequest, transcriptSid: string): Promise<void> {
    await this.stored.expect({ owner: claim.owner, callId: claim.callId }, transcriptSid);
    await this.write(claim, done(claim, transcriptSid));
  }

  private async fail(claim: ClaimedRequest, error: string): Promise<void> {
    await this.write(claim, failed(claim, error));
    this.log.warn({ msg: 'A recording gets no transcript', ...subjectOf(claim), error });
  }

  private async noteTrouble(claim: ClaimedRequest, error: unknown): Promise<void> {
    const sentence = error instanceof CarrierError ? error.message : OTHER_TROUBLE;
    await this.write(claim, claim.tries >= MOST_TRIES ? failed(claim, sentence) : postponed(claim, sentence));
  }

  private async write({ owner }: ClaimedRequest, statement: ReturnType<typeof done>): Promise<void> {
    await this.db.writeAsOwner(owner, statement);
  }

  /** The trouble of one is no other's. */
  private async attended(owner: Owner, subject: object, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.log.warn({ msg: 'A transcript could not be asked for yet', ...subject, user_id: owner.userId, err: error });
    }
  }
}

function subjectOf({ owner, id, callId }: ClaimedRequest) {
  return { transcript_request_id: id, call_id: callId, user_id: owner.userId };
}
