import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { isUniqueViolation } from '../common/database-errors';
import type { Owner } from '../common/owner';
import { redact } from '../common/redaction';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { CallLookups, CallRef } from '../calls/call-lookups';
import type { CallDirection } from '../calls/call.entity';
import { Database } from '../database/database';
import { CarrierError } from '../integrations/telephony/telephony';
import { CarrierTranscript, VoiceIntelligence } from '../integrations/voice-intelligence/voice-intelligence';
import { toStoredSentences } from './carrier-sentences';
import { EnhancedTranscripts } from './enhanced-transcripts.service';
import { StoredTranscript } from './stored-transcript.entity';
import {
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
  TwilioUnavailable,
} from './transcripts.errors';

/** Whoever fetches has this long: two answers of Twilio and many pages. Then somebody else may. */
const CLAIM_SECONDS = 60;
/** Whoever asks for what somebody else is fetching looks again. */
const LOOK_AGAIN_MS = 100;
const PATIENCE_MS = 20_000;

/** Twilio is asked again after this long, then after twice as long, and so on up to the most. */
const FIRST_CHECK_SECONDS = 10;
const MOST_CHECK_SECONDS = 600;
/** Six and a half hours in all. Twilio takes minutes. */
const MAX_CHECKS = 45;

const TRANSCRIPT_SID = /^GT[0-9A-Za-z]{8,64}$/;
const CALL_SID = /^CA[0-9a-f]{32}$/i;

const RUNNING: ReadonlySet<string> = new Set(['queued', 'in-progress', 'new']);
const COMPLETED = 'completed';

/** What an owner may say about a transcript that they store. */
export interface StoredDetails {
  scenarioName: string | null;
  callDirection: CallDirection | null;
  notes: string | null;
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
    private readonly enhanced: EnhancedTranscripts,
  ) {}

  async list(owner: Owner, filter: StoredFilter): Promise<{ rows: ToldStoredTranscript[]; total: number }> {
    const [rows, [count]] = await this.db.readAsOwner(owner, storedPage(owner, filter), storedTotal(owner, filter));
    return { rows, total: count?.total ?? 0 };
  }

  /** @throws TranscriptNotFound */
  async get(owner: Owner, transcriptSid: string): Promise<ToldStoredTranscript> {
    const [[row]] = await this.db.readAsOwner(owner, storedBySid(owner, transcriptSid));
    if (row === undefined) throw new TranscriptNotFound();
    return row;
  }

  /**
   * Fetches a transcript and keeps it; one that is kept already is given back as it is, and Twilio is not asked.
   * @throws TranscriptNotFound, TranscriptUnknownToTwilio, TranscriptInProgress, TranscriptFailed, TwilioUnavailable
   */
  async store(
    owner: Owner,
    transcriptSid: string,
    details: StoredDetails = NO_DETAILS,
  ): Promise<{ transcript: ToldStoredTranscript; isNew: boolean }> {
    if (!TRANSCRIPT_SID.test(transcriptSid)) throw new TranscriptUnknownToTwilio();
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const claimed = await this.claim(owner, transcriptSid);
      if (claimed === 'stored') return { transcript: await this.get(owner, transcriptSid), isNew: false };
      if (claimed === 'ours') break;
      if (performance.now() > giveUpAt) throw new TwilioUnavailable();
      await sleep(LOOK_AGAIN_MS);
    }
    await this.fetch(owner, transcriptSid, details);
    return { transcript: await this.get(owner, transcriptSid), isNew: true };
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

  /** Fetches one that is awaited, unless somebody else is at it. @throws as `store` does */
  async fetchAwaited(owner: Owner, transcriptSid: string): Promise<void> {
    if ((await this.claim(owner, transcriptSid)) === 'ours') await this.fetch(owner, transcriptSid, NO_DETAILS);
  }

  /** The call of ours that a transcript is of; null when it is of none. @throws CarrierError */
  async callOf(transcript: Pick<CarrierTranscript, 'customerKey' | 'recordingSid'>): Promise<CallRef | null> {
    const { customerKey, recordingSid } = transcript;
    if (customerKey !== null && CALL_SID.test(customerKey)) return this.lookups.bySid(customerKey);
    if (recordingSid === null) return null;
    const callSid = await this.voiceIntelligence.callOfRecording(recordingSid);
    return callSid === null ? null : this.lookups.bySid(callSid);
  }

  private async claim(owner: Owner, transcriptSid: string): Promise<'ours' | 'taken' | 'stored'> {
    const values = [owner.userId, transcriptSid, CLAIM_SECONDS];
    return this.db.asOwner(owner, async (tx) => {
      const inserted = await tx.query<unknown[]>(
        `INSERT INTO stored_twilio_transcripts
           (user_id, transcript_sid, state, status, date_created, date_updated, claimed_until)
         VALUES ($1, $2, 'asked', 'queued', date_trunc('milliseconds', now()), now(), clock_timestamp() + make_interval(secs => $3))
         ON CONFLICT (user_id, transcript_sid) DO NOTHING RETURNING id`,
        values,
      );
      if (inserted.length > 0) return 'ours';
      const [taken] = await tx.query<[unknown[], number]>(
        `UPDATE stored_twilio_transcripts SET claimed_until = clock_timestamp() + make_interval(secs => $3)
         WHERE user_id = $1 AND transcript_sid = $2 AND state <> 'stored'
           AND (claimed_until IS NULL OR claimed_until < clock_timestamp()) RETURNING id`,
        values,
      );
      if (taken.length > 0) return 'ours';
      const isStored = await tx.existsBy(StoredTranscript, { userId: owner.userId, transcriptSid, state: 'stored' });
      return isStored ? 'stored' : 'taken';
    });
  }

  /** Fetches what is claimed. However that ends, the claim is over. */
  private async fetch(owner: Owner, transcriptSid: string, details: StoredDetails): Promise<void> {
    try {
      const transcript = await this.voiceIntelligence.fetchTranscript(transcriptSid);
      if (transcript === null) throw new TranscriptUnknownToTwilio();
      const call = await this.callOf(transcript);
      if (call !== null && call.owner.userId !== owner.userId) throw new TranscriptNotFound();
      await this.settle(owner, call, transcript, details);
    } catch (error) {
      await this.giveBack(owner, transcriptSid);
      if (error instanceof CarrierError) throw new TwilioUnavailable(error);
      throw error;
    }
  }

  private async settle(
    owner: Owner,
    call: CallRef | null,
    transcript: CarrierTranscript,
    details: StoredDetails,
  ): Promise<void> {
    const { transcriptSid, status } = transcript;
    if (status !== COMPLETED) {
      await this.note(owner, call, transcript, details);
      throw RUNNING.has(status) ? new TranscriptInProgress() : new TranscriptFailed(status);
    }
    const kinds = this.config.transcripts.redact;
    const sentences = toStoredSentences(await this.voiceIntelligence.fetchSentences(transcriptSid)).map((sentence) => ({
      ...sentence,
      text: storable(redact(sentence.text, kinds)),
    }));
    try {
      await this.db.asOwner(owner, async (tx) => {
        await tx.update(
          StoredTranscript,
          { userId: owner.userId, transcriptSid },
          {
            ...headOf(transcript),
            ...given(details),
            state: 'stored',
            callId: call?.callId ?? null,
            sentences,
            fullText: sentences.map(({ text }) => text).join('\n'),
            claimedUntil: null,
            checkAt: null,
          },
        );
        const stored = await tx.findOneByOrFail(StoredTranscript, { userId: owner.userId, transcriptSid });
        await this.enhanced.makeOfStored(tx, stored);
      });
    } catch (error) {
      // Of no call, and stored by somebody else meanwhile.
      if (isUniqueViolation(error)) throw new TranscriptNotFound();
      throw error;
    }
  }

  /** Not there yet, or never to be: that is shown, and the one that is still being made is asked for again. */
  private async note(
    owner: Owner,
    call: CallRef | null,
    transcript: CarrierTranscript,
    details: StoredDetails,
  ): Promise<void> {
    const isRunning = RUNNING.has(transcript.status);
    await this.db.asOwner(owner, async (tx) => {
      const key = { userId: owner.userId, transcriptSid: transcript.transcriptSid };
      const { checks } = await tx.findOneByOrFail(StoredTranscript, key);
      const isAwaited = isRunning && checks < MAX_CHECKS;
      const waitSeconds = Math.min(FIRST_CHECK_SECONDS * 2 ** checks, MOST_CHECK_SECONDS);
      await tx.update(StoredTranscript, key, {
        ...headOf(transcript),
        ...given(details),
        state: isAwaited ? 'awaited' : 'failed',
        callId: call?.callId ?? null,
        checks: checks + 1,
        checkAt: isAwaited ? () => `clock_timestamp() + make_interval(secs => ${waitSeconds})` : null,
        claimedUntil: null,
      });
    });
  }

  /** Nothing came of a claim: what nobody knows to be there is forgotten, and what is awaited is asked for later. */
  private async giveBack(owner: Owner, transcriptSid: string): Promise<void> {
    await this.db.asOwner(owner, async (tx) => {
      const key = { userId: owner.userId, transcriptSid };
      await tx.delete(StoredTranscript, { ...key, state: 'asked' });
      await tx.query(
        `UPDATE stored_twilio_transcripts SET claimed_until = NULL, checks = checks + 1,
           state = CASE WHEN checks >= $3 THEN 'failed' ELSE state END,
           check_at = clock_timestamp() + make_interval(secs => least(10 * 2 ^ least(checks, 10), 600))
         WHERE user_id = $1 AND transcript_sid = $2 AND state = 'awaited' AND claimed_until IS NOT NULL`,
        [owner.userId, transcriptSid, MAX_CHECKS],
      );
    });
  }
}

function headOf({ status, dateCreated, dateUpdated, durationSeconds, languageCode }: CarrierTranscript) {
  return { status, dateCreated, dateUpdated, duration: Math.round(durationSeconds), languageCode };
}

/** What was not said about it stays as it is. */
function given(details: StoredDetails): Partial<StoredDetails> {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== null)) as Partial<StoredDetails>;
}

/** PostgreSQL stores no NUL. */
function storable(text: string): string {
  return text.replaceAll('\0', '');
}
