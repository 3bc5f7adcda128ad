import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { NotAuthenticated } from '../common/app-error';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { CarrierError } from '../integrations/telephony/telephony';
import { CarrierTranscript, VoiceIntelligence } from '../integrations/voice-intelligence/voice-intelligence';
import { StoredTranscripts } from './stored-transcripts.service';
import { TranscriptMaker } from './transcript-maker.service';
import { isTranscriptSid } from './transcript-sid';
import { TwilioUnavailable } from './transcripts.errors';

export const AVAILABLE = 'voice_intelligence_transcript_available';

/** How often Twilio is asked what it has made: an announcement can be lost, or come before the call is known by its sid. */
const INTERVAL_MS = 10 * 60_000;
const LOOK_BACK_MS = 24 * 60 * 60_000;
/** Of those that are of no call of ours, so that Twilio is not asked for their recordings each time. */
const MOST_REMEMBERED = 10_000;
/** A call may come to be known by its sid later. */
const REMEMBERED_MS = 60 * 60_000;
/** Whoever stops the server does not wait for Twilio. */
const STOP_WITHIN_MS = 3000;

/**
 * Transcripts that Voice Intelligence says are there, or that are found there. Their text is fetched, never taken from what it
 * sends.
 */
@Injectable()
export class AnnouncedTranscripts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(AnnouncedTranscripts.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.lookForUnannounced(),
    (error) => this.log.warn({ msg: 'Twilio could not be asked for its transcripts', err: error }),
  );
  /** Since when, by their sids. */
  private readonly nobodys = new Map<string, number>();

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly voiceIntelligence: VoiceIntelligence,
    private readonly transcripts: StoredTranscripts,
    private readonly maker: TranscriptMaker,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.twilio.usesVoiceIntelligence) return;
    this.rounds.callForOne();
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await settledWithin(this.rounds.stop(), STOP_WITHIN_MS);
  }

  /** One round: what Twilio has made of calls of ours and nobody here knows of is awaited. @throws CarrierError */
  async lookForUnannounced(now = new Date()): Promise<void> {
    const made = await this.voiceIntelligence.recentTranscripts(new Date(now.getTime() - LOOK_BACK_MS));
    const known = await this.db.lookup<{ transcript_sid: string }>(
      'SELECT transcript_sid FROM lookup_known_transcripts($1)',
      [made.map(({ transcriptSid }) => transcriptSid)],
    );
    const passed = new Set(known.map(({ transcript_sid: sid }) => sid));
    const fresh = made.filter(({ transcriptSid }) => !passed.has(transcriptSid) && !this.isNobodys(transcriptSid, now));
    for (const transcript of fresh) await this.attended(transcript, now);
    if (fresh.length > 0) this.maker.look();
  }

  /** The trouble of one is no other's. */
  private async attended(transcript: CarrierTranscript, now: Date): Promise<void> {
    try {
      await this.expect(transcript, now);
    } catch (error) {
      const { transcriptSid } = transcript;
      this.log.warn({ msg: 'A transcript could not be taken note of', transcript_sid: transcriptSid, err: error });
    }
  }

  private isNobodys(transcriptSid: string, now: Date): boolean {
    const sinceMs = this.nobodys.get(transcriptSid);
    return sinceMs !== undefined && now.getTime() - sinceMs < REMEMBERED_MS;
  }

  private async expect(transcript: CarrierTranscript, now: Date): Promise<void> {
    const { transcriptSid, customerKey } = transcript;
    const call = await this.transcripts.callOf(transcript);
    if (call !== null && call !== 'nobodys') {
      await this.transcripts.expect(call, transcriptSid);
      return;
    }
    // Where the call stands on it, only our own table was looked at.
    if (customerKey !== null) return;
    if (this.nobodys.size >= MOST_REMEMBERED) this.nobodys.clear();
    this.nobodys.set(transcriptSid, now.getTime());
  }

  /**
   * Writes down that a transcript of a call of ours is there; it is fetched soon. What is not for us is passed over.
   * @param body Twilio's members, as they came @throws TwilioUnavailable
   */
  async take(body: Record<string, unknown>): Promise<void> {
    const { usesVoiceIntelligence, voiceIntelligenceSid } = this.config.twilio;
    const isOurs = voiceIntelligenceSid === undefined || body['service_sid'] === voiceIntelligenceSid;
    const { transcript_sid: transcriptSid, customer_key: customerKey } = body;
    if (!usesVoiceIntelligence || !isOurs || body['event_type'] !== AVAILABLE) return;
    if (typeof transcriptSid !== 'string' || !isTranscriptSid(transcriptSid)) return;
    try {
      const call = await this.callOf(transcriptSid, typeof customerKey === 'string' ? customerKey : null);
      if (call === null || call === 'nobodys') {
        this.log.warn({ msg: 'A transcript belongs to no call of ours', transcript_sid: transcriptSid });
        return;
      }
      await this.transcripts.expect(call, transcriptSid);
    } catch (error) {
      if (error instanceof CarrierError) throw new TwilioUnavailable(error);
      // Its user is switched off.
      if (error instanceof NotAuthenticated) return;
      throw error;
    }
    this.maker.look();
  }

  private async callOf(transcriptSid: string, customerKey: string | null) {
    const named = await this.transcripts.callOf({ customerKey, recordingSid: null });
    if (named !== null) return named;
    const transcript = await this.voiceIntelligence.fetchTranscript(transcriptSid);
    return transcript === null ? null : this.transcripts.callOf(transcript);
  }
}
