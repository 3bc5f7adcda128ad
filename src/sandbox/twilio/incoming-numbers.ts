import type { WallClock } from '../wall-clock';
import type { TwimlSource } from './call-settings';
import { formatPhoneNumber } from './phone-number';
import { newSid } from './sids';
import type { WebhookTarget } from './webhooks';
import { rfc2822 } from './wire-dates';

/** What a number's owner may set, as the API names it in forms, and under which name it shows it. */
const SETTABLE = {
  FriendlyName: 'friendly_name',
  VoiceUrl: 'voice_url',
  VoiceMethod: 'voice_method',
  VoiceFallbackUrl: 'voice_fallback_url',
  VoiceFallbackMethod: 'voice_fallback_method',
  StatusCallback: 'status_callback',
  StatusCallbackMethod: 'status_callback_method',
  SmsUrl: 'sms_url',
  SmsMethod: 'sms_method',
  SmsFallbackUrl: 'sms_fallback_url',
  SmsFallbackMethod: 'sms_fallback_method',
} as const;

type Setting = (typeof SETTABLE)[keyof typeof SETTABLE];

/** One of the platform's own numbers and what happens when it is rung or texted. */
export class IncomingNumber {
  readonly sid = newSid('PN');
  readonly createdAtMs: number;
  private updatedAtMs: number;
  private readonly settings: Record<Setting, string>;

  constructor(
    readonly phoneNumber: string,
    private readonly clock: WallClock,
  ) {
    this.createdAtMs = this.updatedAtMs = clock.nowMs();
    this.settings = {
      friendly_name: formatPhoneNumber(phoneNumber),
      voice_url: '',
      voice_method: 'POST',
      voice_fallback_url: '',
      voice_fallback_method: 'POST',
      status_callback: '',
      status_callback_method: 'POST',
      sms_url: '',
      sms_method: 'POST',
      sms_fallback_url: '',
      sms_fallback_method: 'POST',
    };
  }

  update(form: URLSearchParams): void {
    for (const [field, setting] of Object.entries(SETTABLE)) {
      const value = form.get(field);
      if (value !== null) this.settings[setting] = value;
    }
    this.updatedAtMs = this.clock.nowMs();
  }

  voiceSource(): TwimlSource | undefined {
    const target = this.target('voice_url', 'voice_method');
    const fallback = this.target('voice_fallback_url', 'voice_fallback_method');
    return target && { kind: 'url', target, ...(fallback ? { fallback } : {}) };
  }

  statusCallbackTarget(): WebhookTarget | undefined {
    return this.target('status_callback', 'status_callback_method');
  }

  smsTarget(): WebhookTarget | undefined {
    return this.target('sms_url', 'sms_method');
  }

  /** Asked where the other fails. */
  smsFallbackTarget(): WebhookTarget | undefined {
    return this.target('sms_fallback_url', 'sms_fallback_method');
  }

  resource(accountSid: string): Record<string, unknown> {
    const uri = `/2010-04-01/Accounts/${accountSid}/IncomingPhoneNumbers/${this.sid}`;
    return {
      sid: this.sid,
      account_sid: accountSid,
      phone_number: this.phoneNumber,
      ...this.settings,
      voice_caller_id_lookup: false,
      voice_application_sid: '',
      voice_receive_mode: 'voice',
      sms_application_sid: '',
      trunk_sid: null,
      identity_sid: null,
      address_sid: null,
      bundle_sid: null,
      address_requirements: 'none',
      emergency_address_sid: null,
      emergency_address_status: 'unregistered',
      emergency_status: 'Inactive',
      capabilities: { voice: true, sms: true, mms: false, fax: false },
      beta: false,
      origin: 'twilio',
      status: 'in-use',
      type: 'local',
      api_version: '2010-04-01',
      date_created: rfc2822(this.createdAtMs),
      date_updated: rfc2822(this.updatedAtMs),
      uri: `${uri}.json`,
      subresource_uris: { assigned_add_ons: `${uri}/AssignedAddOns.json` },
    };
  }

  private target(url: Setting, method: Setting): WebhookTarget | undefined {
    if (this.settings[url] === '') return undefined;
    return { url: this.settings[url], method: this.settings[method].toUpperCase() === 'GET' ? 'GET' : 'POST' };
  }
}

/** The numbers that belong to the platform. */
export class IncomingNumbers {
  private readonly numbers: readonly IncomingNumber[];

  constructor(
    private readonly accountSid: string,
    phoneNumbers: readonly string[],
    clock: WallClock,
  ) {
    this.numbers = phoneNumbers.map((phoneNumber) => new IncomingNumber(phoneNumber, clock));
  }

  byNumber(e164: string): IncomingNumber | undefined {
    return this.numbers.find((number) => number.phoneNumber === e164);
  }

  bySid(sid: string): IncomingNumber | undefined {
    return this.numbers.find((number) => number.sid === sid);
  }

  all(): readonly IncomingNumber[] {
    return this.numbers;
  }

  resource(number: IncomingNumber): Record<string, unknown> {
    return number.resource(this.accountSid);
  }
}
