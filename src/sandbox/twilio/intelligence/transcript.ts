import type { WallClock } from '../../wall-clock';
import { newSid } from '../sids';
import type { WebhookView } from '../webhooks';
import { iso8601 } from '../wire-dates';
import { intelligenceUrl } from './intelligence-url';
import { sentencesOfTranscript, type Sentence, type SentenceText } from './sentence';
import type { TranscriptChannel } from './transcript-form';

export const TRANSCRIPT_STATUSES = [
  'new',
  'queued',
  'in-progress',
  'completed',
  'failed',
  'canceled',
  'error',
] as const;
export type TranscriptStatus = (typeof TRANSCRIPT_STATUSES)[number];

/** What is settled when a transcript is asked for; later changes of the service do not touch it. */
export interface TranscriptOrder {
  serviceSid: string;
  languageCode: string;
  /** Sentences are shown redacted unless somebody asks for the others. */
  redaction: boolean;
  channel: TranscriptChannel;
  recordingSid?: string;
  callSid?: string;
  customerKey?: string;
  mediaStartTimeMs?: number;
}

/** A recording as text (reference/twilio.md section 9). */
export class Transcript {
  readonly sid = newSid('GT');
  readonly createdAtMs: number;
  readonly webhooks: WebhookView[] = [];
  updatedAtMs: number;
  status: TranscriptStatus = 'queued';
  /** Whole seconds of audio; `undefined` until somebody has listened to it, and not shown before it is completed. */
  durationSeconds: number | undefined;
  private written: readonly Sentence[] = [];

  constructor(
    readonly order: TranscriptOrder,
    /** Its place among all: the lists are in this order. */
    readonly number: number,
    private readonly clock: WallClock,
  ) {
    this.createdAtMs = this.updatedAtMs = clock.nowMs();
  }

  /** Empty until it is completed. */
  get sentences(): readonly Sentence[] {
    return this.status === 'completed' ? this.written : [];
  }

  move(status: TranscriptStatus): void {
    this.status = status;
    this.updatedAtMs = this.clock.nowMs();
  }

  write(sentences: readonly SentenceText[], durationSeconds: number): void {
    this.written = sentencesOfTranscript(sentences);
    this.durationSeconds = durationSeconds;
  }

  resource(accountSid: string): Record<string, unknown> {
    const { order } = this;
    const url = intelligenceUrl(`/v2/Transcripts/${this.sid}`);
    return {
      sid: this.sid,
      account_sid: accountSid,
      service_sid: order.serviceSid,
      status: this.status,
      channel: { ...order.channel, participants: order.channel.participants ?? [] },
      customer_key: order.customerKey ?? null,
      data_logging: false,
      language_code: order.languageCode,
      media_start_time: order.mediaStartTimeMs === undefined ? null : iso8601(order.mediaStartTimeMs),
      duration: this.status === 'completed' ? (this.durationSeconds ?? null) : null,
      redaction: order.redaction,
      encryption_credential_sid: null,
      date_created: iso8601(this.createdAtMs),
      date_updated: iso8601(this.updatedAtMs),
      url,
      links: {
        sentences: `${url}/Sentences`,
        media: `${url}/Media`,
        operator_results: `${url}/OperatorResults`,
      },
    };
  }

  /** For `GET /sandbox/transcripts`; the sentences also while the API does not show them yet. */
  view(): Record<string, unknown> {
    const { order } = this;
    return {
      transcript_sid: this.sid,
      service_sid: order.serviceSid,
      call_sid: order.callSid ?? null,
      recording_sid: order.recordingSid ?? null,
      status: this.status,
      language_code: order.languageCode,
      customer_key: order.customerKey ?? null,
      duration: this.durationSeconds ?? null,
      created_at: new Date(this.createdAtMs).toISOString(),
      sentences: this.written.map(({ text, mediaChannel, startTime, endTime, confidence }) => ({
        text,
        media_channel: mediaChannel,
        start_time: startTime,
        end_time: endTime,
        confidence,
      })),
      webhooks: this.webhooks,
    };
  }
}
