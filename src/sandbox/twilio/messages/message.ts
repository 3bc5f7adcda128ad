import { newSid } from '../sids';
import type { WebhookTarget, WebhookView } from '../webhooks';
import { rfc2822, rfc2822OrNull } from '../wire-dates';
import { segmentsOf } from './segments';

export type MessageStatus = 'queued' | 'sent' | 'delivered' | 'undelivered' | 'received';

export interface MessageSettings {
  to: string;
  from: string;
  body: string;
  direction: 'inbound' | 'outbound-api' | 'outbound-reply';
  statusCallback?: WebhookTarget;
}

/** One text. */
export class Message {
  readonly sid = newSid('SM');
  readonly segments: number;
  status: MessageStatus;
  errorCode: number | null = null;
  sentAtMs: number | undefined;
  updatedAtMs: number;
  readonly webhooks: WebhookView[] = [];

  constructor(
    readonly settings: MessageSettings,
    readonly createdAtMs: number,
  ) {
    this.segments = segmentsOf(settings.body);
    this.updatedAtMs = createdAtMs;
    this.status = settings.direction === 'inbound' ? 'received' : 'queued';
    if (settings.direction === 'inbound') this.sentAtMs = createdAtMs;
  }

  /** As the REST API shows it (reference/twilio.md section 8); numbers are strings there. */
  resource(accountSid: string): Record<string, unknown> {
    const { to, from, body, direction } = this.settings;
    const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${this.sid}`;
    return {
      sid: this.sid,
      account_sid: accountSid,
      api_version: '2010-04-01',
      to,
      from,
      body,
      status: this.status,
      direction,
      num_segments: String(this.segments),
      num_media: '0',
      price: null,
      price_unit: 'USD',
      error_code: this.errorCode,
      error_message: this.errorCode === null ? null : 'The text could not be delivered.',
      messaging_service_sid: null,
      date_created: rfc2822(this.createdAtMs),
      date_sent: rfc2822OrNull(this.sentAtMs),
      date_updated: rfc2822(this.updatedAtMs),
      uri: `${uri}.json`,
      subresource_uris: { media: `${uri}/Media.json` },
    };
  }

  /** For the sandbox's own list. */
  view(): Record<string, unknown> {
    const { to, from, body, direction } = this.settings;
    return {
      sid: this.sid,
      direction,
      to,
      from,
      body,
      status: this.status,
      segments: this.segments,
      error_code: this.errorCode,
      created_at: new Date(this.createdAtMs).toISOString(),
      webhooks: this.webhooks,
    };
  }
}
