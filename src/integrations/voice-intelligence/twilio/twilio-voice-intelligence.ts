import { Inject, Injectable } from '@nestjs/common';
import type twilio from 'twilio';
import type { TranscriptInstance } from 'twilio/lib/rest/intelligence/v2/transcript';
import type { AppConfig } from '../../../config/app-config';
import { APP_CONFIG } from '../../../config/config.module';
import { CarrierOutcomeUnknown, CarrierRefused } from '../../telephony/telephony';
import { clientForCreates, clientForReads } from '../../telephony/twilio/twilio-client';
import { translated, unlessUnknown } from '../../telephony/twilio/twilio-errors';
import { CarrierSentence, CarrierTranscript, TranscriptOrder, VoiceIntelligence } from '../voice-intelligence';

/** Sentences a request; a long call has some hundred. Twilio allows 5000 (reference/twilio.md section 9). */
const PAGE_SIZE = 1000;

const MOST_RECENT = 5000;

const DEFAULT_LANGUAGE = 'en-US';

@Injectable()
export class TwilioVoiceIntelligence extends VoiceIntelligence {
  private readonly client: twilio.Twilio;
  private readonly creates: twilio.Twilio;
  private readonly serviceSid: string | undefined;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    super();
    this.client = clientForReads(config.twilio).api;
    this.creates = clientForCreates(config.twilio);
    this.serviceSid = config.twilio.voiceIntelligenceSid;
  }

  fetchTranscript(transcriptSid: string): Promise<CarrierTranscript | null> {
    return unlessUnknown(async () =>
      toCarrierTranscript(await this.client.intelligence.v2.transcripts(transcriptSid).fetch()),
    );
  }

  async recentTranscripts(since: Date): Promise<CarrierTranscript[]> {
    const found = await translated(() =>
      this.client.intelligence.v2.transcripts.list({
        ...this.ofService(),
        // By days.
        afterDateCreated: since.toISOString().slice(0, 'YYYY-MM-DD'.length),
        pageSize: PAGE_SIZE,
        limit: MOST_RECENT,
      }),
    );
    return found.map(toCarrierTranscript);
  }

  async fetchSentences(transcriptSid: string): Promise<CarrierSentence[]> {
    const sentences = await translated(() =>
      this.client.intelligence.v2.transcripts(transcriptSid).sentences.list({ pageSize: PAGE_SIZE }),
    );
    return [...sentences]
      .sort((a, b) => a.sentenceIndex - b.sentenceIndex)
      .map(({ mediaChannel, transcript, startTime, endTime, confidence }) => ({
        channel: asNumber(mediaChannel) ?? 0,
        text: transcript ?? '',
        startTime: asNumber(startTime),
        endTime: asNumber(endTime),
        confidence: asNumber(confidence),
      }));
  }

  callOfRecording(recordingSid: string): Promise<string | null> {
    return unlessUnknown(async () => (await this.client.recordings(recordingSid).fetch()).callSid);
  }

  async transcriptsOf(recordingSid: string): Promise<CarrierTranscript[]> {
    const found = await translated(() =>
      this.client.intelligence.v2.transcripts.list({ ...this.ofService(), sourceSid: recordingSid }),
    );
    return found.map(toCarrierTranscript);
  }

  async requestTranscript({ recordingSid, customerKey, firstChannel }: TranscriptOrder): Promise<string> {
    const { serviceSid } = this;
    if (serviceSid === undefined) throw new CarrierRefused('No Voice Intelligence service is set.', null);
    const channel = {
      media_properties: { source_sid: recordingSid },
      ...(firstChannel === null ? {} : { participants: participantsOf(firstChannel) }),
    };
    const { sid } = await translated(() =>
      this.creates.intelligence.v2.transcripts.create({ serviceSid, channel, customerKey }),
    );
    if (!isTranscriptSid(sid)) throw new CarrierOutcomeUnknown('Twilio answered without a transcript sid.', null);
    return sid;
  }

  private ofService(): { serviceSid?: string } {
    return this.serviceSid === undefined ? {} : { serviceSid: this.serviceSid };
  }
}

function toCarrierTranscript(found: TranscriptInstance): CarrierTranscript {
  const media = asObject(asObject(found.channel)['media_properties']);
  const { source_sid: sourceSid } = media;
  return {
    transcriptSid: found.sid,
    status: found.status,
    dateCreated: found.dateCreated,
    dateUpdated: found.dateUpdated,
    durationSeconds: asNumber(found.duration) ?? 0,
    languageCode: found.languageCode || DEFAULT_LANGUAGE,
    customerKey: found.customerKey || null,
    recordingSid: typeof sourceSid === 'string' && sourceSid.startsWith('RE') ? sourceSid : null,
  };
}

/** In the order of the channels (reference/twilio.md section 9). */
function participantsOf(firstChannel: 'customer' | 'agent'): { channel_participant: number; role: string }[] {
  const roles = firstChannel === 'customer' ? ['Customer', 'Agent'] : ['Agent', 'Customer'];
  return roles.map((role, at) => ({ channel_participant: at + 1, role }));
}

function isTranscriptSid(sid: unknown): sid is string {
  return typeof sid === 'string' && /^GT[0-9a-f]{32}$/i.test(sid);
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Twilio writes decimals as numbers or as text, and leaves them out. */
function asNumber(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
