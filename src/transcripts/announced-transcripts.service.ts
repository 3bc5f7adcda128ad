import { Inject, Injectable, Logger } from '@nestjs/common';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { CarrierError } from '../integrations/telephony/telephony';
import { VoiceIntelligence } from '../integrations/voice-intelligence/voice-intelligence';
import { StoredTranscripts } from './stored-transcripts.service';
import { TranscriptMaker } from './transcript-maker.service';
import { isTranscriptSid } from './transcript-sid';
import { TwilioUnavailable } from './transcripts.errors';

export const AVAILABLE = 'voice_intelligence_transcript_available';

/** Transcripts that Voice Intelligence says are there. Their text is fetched, never taken from what it sends. */
@Injectable()
export class AnnouncedTranscripts {
  private readonly log = new Logger(AnnouncedTranscripts.name);

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly voiceIntelligence: VoiceIntelligence,
    private readonly transcripts: StoredTranscripts,
    private readonly maker: TranscriptMaker,
  ) {}

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
