import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { isUniqueViolation } from '../common/database-errors';
import type { Owner } from '../common/owner';
import { storedText } from '../common/stored-text';
import { redact } from '../common/redaction';
import { mapSoftly } from '../common/softly';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { CallLookups, CallRef } from '../calls/call-lookups';
import { FinishedCalls } from '../calls/finished-calls.service';
import { Database } from '../database/database';
import { CarrierError, CarrierRefused } from '../integrations/telephony/telephony';
import { CarrierTranscript, VoiceIntelligence } from '../integrations/voice-intelligence/voice-intelligence';
import { toStoredSentences } from './spoken-sentences';
import { EnhancedTranscript } from './enhanced-transcript.entity';
import { StoredTranscript } from './stored-transcript.entity';
import {
  foundStored,
  storedBySid,
  StoredFilter,
  storedPage,
  storedTotal,
  ToldStoredTranscript,
} from './stored-transcripts.repository';
import {
  TranscriptFailed,
  TranscriptInProgress,
  TranscriptNotFound,
  TranscriptUnknownToTwilio,
  TwilioRefused,
  TwilioUnavailable,
} from './transcripts.errors';
import { isTranscriptSid } from './transcript-sid';
import { Claim, given, headOf, keyOf, RUNNING, StoredDetails, TranscriptClaims } from './transcript-claims.service';
import { TranscriptWriter } from './transcript-writer.service';

/** Whoever asks for what somebody else is fetching looks again. */
const LOOK_AGAIN_MS = 100;
const PATIENCE_MS = 20_000;

const COMPLETED = 'completed';

const CALL_SID = /^CA[0-9a-f]{32}$/i;

export interface StoredRows {
  rows: ToldStoredTranscript[];
  total: number;
  hasMore: boolean;
}

const NO_DETAILS: StoredDetails = { scenarioName: null, callDirection: null, notes: null };

/**
 * Twilio's transcripts, each fetched once and kept. Whoever is about to fetch one claims its row first, so that of many who
 * ask at once, in however many processes, one does; nothing is fetched within a transaction.
 */
@Injectable()
export class StoredTranscripts {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly lookups: CallLookups,
    private readonly voiceIntelligence: VoiceIntelligence,
    private readonly finishedCalls: FinishedCalls,
    private readonly claims: TranscriptClaims,
    private readonly writer: TranscriptWriter,
  ) {}

  async list(owner: Owner, filter: StoredFilter): Promise<StoredRows> {
    const { rows, total } = await this.read(owner, filter);
    return { rows, total, hasMore: rows.at(-1)?.hasMore ?? false };
  }

  /** @throws TranscriptNotFound */
  async get(owner: Owner, transcriptSid: string): Promise<ToldStoredTranscript> {
    const [[row]] = await this.db.readAsOwner(owner, storedBySid(owner, transcriptSid));
    if (row === undefined) throw new TranscriptNotFound();
    return row;
  }

  /**
   * Fetches a transcript and keeps it; one that is kept already is given back as it is, and Twilio is not asked.
   * @throws TranscriptUnknownToTwilio, TranscriptInProgress, TranscriptFailed, TwilioUnavailable
   */
  async store(
    owner: Owner,
    transcriptSid: string,
    details: StoredDetails = NO_DETAILS,
  ): Promise<{ transcript: ToldStoredTranscript; isNew: boolean }> {
    if (!isTranscriptSid(transcriptSid)) throw new TranscriptUnknownToTwilio();
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const claim = await this.claims.claim(owner, transcriptSid, details);
      if (claim === 'stored') {
        await this.complete(owner, transcriptSid, details);
        return { transcript: await this.get(owner, transcriptSid), isNew: false };
      }
      if (claim === 'awaited') throw new TranscriptInProgress();
      if (claim !== 'taken') {
        await this.fetch(claim, details);
        return { transcript: await this.get(owner, transcriptSid), isNew: true };
      }
      if (performance.now() > giveUpAt) throw new TwilioUnavailable();
      await sleep(LOOK_AGAIN_MS);
    }
  }

  /** Twilio has announced a transcript of a call of ours: it is fetched as soon as somebody looks for what is awaited. */
  async expect({ owner, callId }: CallRef, transcriptSid: string): Promise<void> {
    await this.db.asOwner(owner, (tx) =>
      tx.query(
        `INSERT INTO stored_twilio_transcripts
           (user_id, transcript_sid, state, status, call_id, date_created, date_updated, check_at)
         VALUES ($1, $2, 'awaited', 'in-progress', $3, date_trunc('milliseconds', now()), now(), now())
         ON CONFLICT (user_id, transcript_sid) DO UPDATE SET state = 'awaited', check_at = now(), checks = 0
         WHERE stored_twilio_transcripts.state <> 'stored'`,
        [owner.userId, transcriptSid, callId],
      ),
    );
  }

  /** Fetches one that is due by then, unless somebody else is at it. @throws as `store` does */
  async fetchAwaited(owner: Owner, transcriptSid: string, now: Date): Promise<void> {
    const claim = await this.claims.claimDue(owner, transcriptSid, now);
    if (claim !== null) await this.fetch(claim, NO_DETAILS);
  }

  /**
   * The call that a transcript is of: ours, or somebody's who is not here (any more). Null when it is of no call.
   * @throws CarrierError
   */
  async callOf(
    transcript: Pick<CarrierTranscript, 'customerKey' | 'recordingSid'>,
  ): Promise<CallRef | 'nobodys' | null> {
    const { customerKey, recordingSid } = transcript;
    if (customerKey !== null && CALL_SID.test(customerKey)) return (await this.lookups.bySid(customerKey)) ?? 'nobodys';
    if (recordingSid === null) return null;
    // A recording that is gone was of somebody's call all the same.
    const callSid = await this.voiceIntelligence.callOfRecording(recordingSid);
    return (callSid === null ? null : await this.lookups.bySid(callSid)) ?? 'nobodys';
  }

  /** Fetches what is claimed. However that ends, the claim is over. */
  private async fetch(claim: Claim, details: StoredDetails): Promise<void> {
    try {
      const transcript = await this.voiceIntelligence.fetchTranscript(claim.transcriptSid);
      if (transcript === null) throw new TranscriptUnknownToTwilio();
      const call = await this.callOf(transcript);
      // The answer does not tell that it is somebody else's.
      if (call === 'nobodys' || (call !== null && call.owner.userId !== claim.owner.userId)) {
        throw new TranscriptUnknownToTwilio();
      }
      await this.settle(claim, call?.callId ?? null, transcript, details);
    } catch (error) {
      await this.claims.giveBack(claim);
      throw inOurWords(error);
    }
  }

  /** What is said about one that came by itself is kept, where nothing was said before. */
  private async complete(owner: Owner, transcriptSid: string, details: StoredDetails): Promise<void> {
    const key = { userId: owner.userId, transcriptSid };
    const told = given(details);
    if (Object.keys(told).length === 0) return;
    const row = await this.db.asOwner(owner, (tx) => tx.findOneBy(StoredTranscript, { ...key, deletedAt: IsNull() }));
    if (row === null) return;
    const { scenarioName, callDirection, notes } = row;
    const changes = Object.fromEntries(
      Object.entries(told).filter(
        ([name]) => ({ scenarioName, callDirection, notes })[name as keyof StoredDetails] === null,
      ),
    ) as Partial<StoredDetails>;
    if (Object.keys(changes).length === 0) return;
    const finished = row.callId === null ? null : await this.finishedCalls.find(owner, row.callId);
    const made = await this.writer.makeOfStored({ ...row, ...changes }, finished);
    await this.db.asOwner(owner, async (tx) => {
      await tx.update(StoredTranscript, { ...key, deletedAt: IsNull() }, changes);
      // A later one of the same call has taken its place.
      if (await tx.existsBy(EnhancedTranscript, key)) await this.writer.write(tx, owner, made);
    });
  }

  private async read(owner: Owner, { q, ...filter }: StoredFilter) {
    if (q === undefined) {
      const [rows, [count]] = await this.db.readAsOwner(owner, storedPage(owner, filter), storedTotal(owner, filter));
      return { rows, total: count?.total ?? 0 };
    }
    const [found] = await this.db.readAsOwner(owner, foundStored(owner, q, filter));
    return { rows: found.filter((row) => row.id !== null), total: found[0]?.total ?? 0 };
  }

  private async settle(
    claim: Claim,
    callId: string | null,
    transcript: CarrierTranscript,
    details: StoredDetails,
  ): Promise<void> {
    const { status } = transcript;
    if (status !== COMPLETED) {
      await this.claims.note(claim, callId, transcript, details);
      throw RUNNING.has(status) ? new TranscriptInProgress() : new TranscriptFailed(status);
    }
    const kinds = this.config.transcripts.redact;
    const fetched = toStoredSentences(await this.voiceIntelligence.fetchSentences(claim.transcriptSid));
    const sentences = await mapSoftly(fetched, (one) => ({ ...one, text: redact(storedText(one.text), kinds) }));
    const { owner, transcriptSid } = claim;
    const said = await this.saidBefore(claim, details);
    const stored = { ...headOf(transcript), ...said, callId, sentences };
    const finished = callId === null ? null : await this.finishedCalls.find(owner, callId);
    const made = await this.writer.makeOfStored({ transcriptSid, ...stored }, finished);
    try {
      const isWritten = await this.db.asOwner(owner, async (tx) => {
        const { affected } = await tx.update(StoredTranscript, keyOf(claim), {
          ...stored,
          fullText: sentences.map(({ text }) => text).join('\n'),
          state: 'stored',
          claim: null,
          claimedUntil: null,
          checkAt: null,
        });
        // It took too long, and somebody else is at it.
        if (affected !== 1) throw new TwilioUnavailable();
        if (await this.writer.write(tx, owner, made)) return true;
        // The conversation was deleted before Twilio's words of it came.
        await tx.query(
          `UPDATE stored_twilio_transcripts SET deleted_at = now(), full_text = '', sentences = '[]', notes = NULL
           WHERE user_id = $1 AND transcript_sid = $2`,
          [owner.userId, transcriptSid],
        );
        return false;
      });
      if (isWritten) this.writer.announce(owner, made);
    } catch (error) {
      // Of no call, and stored by somebody else meanwhile.
      if (isUniqueViolation(error)) throw new TranscriptUnknownToTwilio();
      throw error;
    }
  }

  /** What its owner says about it now, or has said before when it was not there yet. */
  private async saidBefore(claim: Claim, details: StoredDetails): Promise<StoredDetails> {
    const row = await this.db.asOwner(claim.owner, (tx) => tx.findOneBy(StoredTranscript, keyOf(claim)));
    return {
      scenarioName: details.scenarioName ?? row?.scenarioName ?? null,
      callDirection: details.callDirection ?? row?.callDirection ?? null,
      notes: details.notes ?? row?.notes ?? null,
    };
  }
}

/** A definite no of Twilio is nothing that waiting mends. */
function inOurWords(error: unknown): unknown {
  if (error instanceof CarrierRefused) return new TwilioRefused(error.message, error);
  return error instanceof CarrierError ? new TwilioUnavailable(error) : error;
}
