import type { WallClock } from '../../wall-clock';
import { newSid } from '../sids';
import type { WebhookTarget } from '../webhooks';
import { iso8601 } from '../wire-dates';
import { intelligenceUrl } from './intelligence-url';
import type { ServiceSettings } from './service-form';

/** What a set of transcripts has in common: language, redaction, who is told (reference/twilio.md section 9). */
export class IntelligenceService {
  readonly createdAtMs: number;
  updatedAtMs: number;
  version = 1;

  constructor(
    public settings: ServiceSettings,
    /** Its place among all: the list is in this order. */
    readonly number: number,
    private readonly clock: WallClock,
    readonly sid = newSid('GA'),
  ) {
    this.createdAtMs = this.updatedAtMs = clock.nowMs();
  }

  update(settings: ServiceSettings): void {
    this.settings = settings;
    this.updatedAtMs = this.clock.nowMs();
    this.version += 1;
  }

  /** `undefined`: nobody is told when a transcript is there. */
  get webhookTarget(): WebhookTarget | undefined {
    const { webhookUrl: url, webhookHttpMethod: method } = this.settings;
    return url === '' || method === 'NULL' ? undefined : { url, method };
  }

  resource(accountSid: string): Record<string, unknown> {
    const { settings } = this;
    return {
      account_sid: accountSid,
      sid: this.sid,
      unique_name: settings.uniqueName,
      friendly_name: settings.friendlyName,
      language_code: settings.languageCode,
      auto_transcribe: settings.autoTranscribe,
      auto_redaction: settings.autoRedaction,
      media_redaction: settings.mediaRedaction,
      data_logging: false,
      webhook_url: settings.webhookUrl,
      webhook_http_method: settings.webhookHttpMethod,
      encryption_credential_sid: null,
      read_only_attached_operator_sids: [],
      version: this.version,
      date_created: iso8601(this.createdAtMs),
      date_updated: iso8601(this.updatedAtMs),
      url: intelligenceUrl(`/v2/Services/${this.sid}`),
    };
  }
}
