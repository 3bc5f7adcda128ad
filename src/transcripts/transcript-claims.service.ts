import { Injectable } from '@nestjs/common';
import type { Owner } from '../common/owner';
import type { CallDirection } from '../calls/call.entity';
import { Database } from '../database/database';
import type { CarrierTranscript } from '../integrations/voice-intelligence/voice-intelligence';
import { StoredTranscript } from './stored-transcript.entity';

/** Whoever fetches has this long: two answers of Twilio and many pages. Then somebody else may. */
const CLAIM_SECONDS = 60;
/** Twilio is asked again after this long, then after twice as long, and so on up to the most. */
const FIRST_CHECK_SECONDS = 10;
const MOST_CHECK_SECONDS = 600;
/** Six and a half hours in all. Twilio takes minutes. */
const MAX_CHECKS = 45;

/** However often somebody asks, Twilio is asked about one that it is still making no more often than this. */
const ASKED_LATELY_MS = 10_000;

/** What Twilio says of one that it is still making. */
export const RUNNING: ReadonlySet<string> = new Set(['queued', 'in-progress', 'new']);

/** What an owner may say about a transcript that they store. */
export interface StoredDetails {
  scenarioName: string | null;
  callDirection: CallDirection | null;
  notes: string | null;
}

/** The right to fetch a transcript, and to write what came of it, until somebody else has it. */
export interface Claim {
  owner: Owner;
  transcriptSid: string;
  token: string;
  isJob: boolean;
}

/** Who fetches what: a claim is a row's, for a while, and only whoever has it may write what came of it. */
@Injectable()
export class TranscriptClaims {
  constructor(private readonly db: Database) {}

  /** For somebody who asks. What they say about it is kept also where it has to be waited for. */
  async claim(
    owner: Owner,
    transcriptSid: string,
    details: StoredDetails,
  ): Promise<Claim | 'taken' | 'awaited' | 'stored'> {
    const key = { userId: owner.userId, transcriptSid };
    return this.db.asOwner(owner, async (tx) => {
      const row = await tx.findOne(StoredTranscript, {
        where: key,
        select: { id: true, state: true, claimedUntil: true, checkAt: true, checks: true },
      });
      if (row?.state === 'stored') return 'stored';
      const now = new Date();
      if (row?.claimedUntil != null && row.claimedUntil > now) return 'taken';
      if (row?.state === 'awaited' && row.checkAt !== null && wasAskedLately(row.checkAt, row.checks, now)) {
        const told = given(details);
        if (Object.keys(told).length > 0) await tx.update(StoredTranscript, key, told);
        return 'awaited';
      }
      const [claimed] = await tx.query<{ claim: string }[]>(
        `INSERT INTO stored_twilio_transcripts AS t
           (user_id, transcript_sid, state, status, date_created, date_updated, claim, claimed_until)
         VALUES ($1, $2, 'asked', 'queued', date_trunc('milliseconds', now()), now(), gen_random_uuid(), ${UNTIL})
         ON CONFLICT (user_id, transcript_sid) DO UPDATE SET claim = gen_random_uuid(), claimed_until = ${UNTIL}
         WHERE t.state <> 'stored' AND (t.claimed_until IS NULL OR t.claimed_until < clock_timestamp())
         RETURNING claim`,
        [owner.userId, transcriptSid],
      );
      return claimed === undefined ? 'taken' : { owner, transcriptSid, token: claimed.claim, isJob: false };
    });
  }

  /** For the job: one that is due by then. Null when it is not, or somebody else is at it. */
  async claimDue(owner: Owner, transcriptSid: string, now: Date): Promise<Claim | null> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows] = await tx.query<[{ claim: string }[], number]>(
        `UPDATE stored_twilio_transcripts SET claim = gen_random_uuid(), claimed_until = ${UNTIL}
         WHERE user_id = $1 AND transcript_sid = $2 AND state = 'awaited' AND check_at <= $3
           AND (claimed_until IS NULL OR claimed_until < clock_timestamp()) RETURNING claim`,
        [owner.userId, transcriptSid, now],
      );
      const [claimed] = rows;
      return claimed === undefined ? null : { owner, transcriptSid, token: claimed.claim, isJob: true };
    });
  }

  /** Not there yet, or never to be: that is shown, and the one that is still being made is asked for again. */
  async note(
    claim: Claim,
    callId: string | null,
    transcript: CarrierTranscript,
    details: StoredDetails,
  ): Promise<void> {
    const isRunning = RUNNING.has(transcript.status);
    await this.db.asOwner(claim.owner, async (tx) => {
      const row = await tx.findOneBy(StoredTranscript, keyOf(claim));
      if (row === null) return;
      // Who asks by hand does not use up the times that the job may ask.
      const checks = row.checks + (claim.isJob ? 1 : 0);
      const isAwaited = isRunning && checks < MAX_CHECKS;
      await tx.update(StoredTranscript, keyOf(claim), {
        ...headOf(transcript),
        ...given(details),
        state: isAwaited ? 'awaited' : 'failed',
        ...(isRunning && !isAwaited ? { status: GIVEN_UP } : {}),
        callId,
        checks,
        checkAt: isAwaited ? nextCheck(checks) : null,
        claim: null,
        claimedUntil: null,
      });
    });
  }

  /** Nothing came of a claim: what nobody knows to be there is forgotten, and what is awaited is asked for later. */
  async giveBack(claim: Claim): Promise<void> {
    await this.db.asOwner(claim.owner, async (tx) => {
      const row = await tx.findOneBy(StoredTranscript, keyOf(claim));
      if (row === null) return;
      if (row.state === 'asked') {
        await tx.delete(StoredTranscript, keyOf(claim));
        return;
      }
      const checks = row.checks + (claim.isJob ? 1 : 0);
      const isOver = row.state === 'awaited' && checks >= MAX_CHECKS;
      await tx.update(StoredTranscript, keyOf(claim), {
        checks,
        claim: null,
        claimedUntil: null,
        ...(isOver ? { state: 'failed', status: GIVEN_UP, checkAt: null } : {}),
        ...(row.state === 'awaited' && !isOver ? { checkAt: nextCheck(checks) } : {}),
      });
    });
  }
}

/** Twilio's word for what went wrong on its side; ours for what never came. */
const GIVEN_UP = 'error';

const UNTIL = `clock_timestamp() + interval '${CLAIM_SECONDS} seconds'`;

export function keyOf({ owner, transcriptSid, token }: Claim) {
  return { userId: owner.userId, transcriptSid, claim: token };
}

/** After so many checks. */
function pauseSeconds(checks: number): number {
  return Math.min(FIRST_CHECK_SECONDS * 2 ** checks, MOST_CHECK_SECONDS);
}

function nextCheck(checks: number): () => string {
  return () => `clock_timestamp() + interval '${pauseSeconds(checks)} seconds'`;
}

/** It is asked again by itself at `checkAt`, a pause after it was asked before. */
function wasAskedLately(checkAt: Date, checks: number, now: Date): boolean {
  return checkAt.getTime() - pauseSeconds(checks) * 1000 > now.getTime() - ASKED_LATELY_MS;
}

export function headOf({ status, dateCreated, dateUpdated, durationSeconds, languageCode }: CarrierTranscript) {
  return { status, dateCreated, dateUpdated, duration: Math.round(durationSeconds), languageCode };
}

/** What was not said about it stays as it is. */
export function given(details: StoredDetails): Partial<StoredDetails> {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== null)) as Partial<StoredDetails>;
}
