import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Rounds } from '../common/rounds';
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
/** Of those that are of no call of ours, so that whose they are is not asked again. */
const MOST_REMEMBERED = 10_000;

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
  private readonly nobodys = new Set<string>();

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
    await this.rounds.stop();
  }

  /** One round: what Twilio has made of calls of ours and nobody here knows of is awaited. @throws CarrierError */
  async lookForUnannounced(now = new Date()): Promise<void> {
    const made = await this.voiceIntelligence.recentTranscripts(new Date(now.getTime() - LOOK_BACK_MS));
    const known = await this.db.lookup<{ transcript_sid: string }>(
      'SELECT transcript_sid FROM lookup_known_transcripts($1)',
      [made.map(({ transcriptSid }) => transcriptSid)],
    );
    const passed = new Set([...known.map(({ transcript_sid: sid }) => sid), ...this.nobodys]);
    const fresh = made.filter(({ transcriptSid }) => !passed.has(transcriptSid));
    for (const transcript of fresh) await this.expect(transcript);
    if (fresh.length > 0) this.maker.look();
  }

  private async expect(transcript: CarrierTranscript): Promise<void> {
    const call = await this.transcripts.callOf(transcript);
    if (call !== null && call !== 'nobodys') {
      await this.transcripts.expect(call, transcript.transcriptSid);
      return;
    }
    if (this.nobodys.size >= MOST_REMEMBERED) this.nobodys.clear();
    this.nobodys.add(transcript.transcriptSid);
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
