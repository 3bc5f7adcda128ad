import type { WallClock } from '../wall-clock';
import {
  isOver,
  phoneOf,
  type CallSettings,
  type CallStatus,
  type RecordingEvent,
  type StatusEvent,
} from './call-settings';
import { placeOf } from './phone-number';
import type { Recording } from './recording';
import type { FormFields } from './signature';
import type { WebhookAnswer, WebhookTarget, WebhookView, Webhooks } from './webhooks';
import { rfc2822 } from './wire-dates';

export interface CallFacts {
  callSid: string;
  accountSid: string;
  settings: CallSettings;
}

/** What a call can end with beside its status. */
export interface CallOutcome {
  durationSeconds: number;
  answeredBy?: string;
  recording?: Recording;
}

const SIP_RESPONSE: Partial<Record<CallStatus, string>> = {
  completed: '200',
  busy: '486',
  'no-answer': '480',
  canceled: '487',
  failed: '404',
};

/** Everything that one call tells the platform, with the fields of reference/twilio.md section 3. */
export class CallWebhooks {
  readonly views: WebhookView[] = [];
  private sequenceNumber = 0;

  constructor(
    private readonly facts: CallFacts,
    private readonly webhooks: Webhooks,
    private readonly clock: WallClock,
  ) {}

  /** Asks for TwiML. @throws WebhookFailed */
  voice(target: WebhookTarget, status: CallStatus, extra: FormFields = []): Promise<WebhookAnswer> {
    return this.webhooks.request(target, [...this.base(status), ...extra], this.view(target, 'voice'));
  }

  status(event: StatusEvent, status: CallStatus, outcome: CallOutcome): void {
    const callback = this.facts.settings.statusCallback;
    if (!callback?.events.has(event)) return;
    const fields: (readonly [string, string])[] = [
      ...this.base(status),
      ['SequenceNumber', String(this.sequenceNumber)],
      ['CallbackSource', 'call-progress-events'],
      ['Timestamp', rfc2822(this.clock.nowMs())],
    ];
    this.sequenceNumber += 1;
    if (outcome.answeredBy !== undefined) fields.push(['AnsweredBy', outcome.answeredBy]);
    if (isOver(status)) {
      const { durationSeconds, recording } = outcome;
      fields.push(['CallDuration', String(durationSeconds)], ['Duration', String(Math.ceil(durationSeconds / 60))]);
      const sipResponse = SIP_RESPONSE[status];
      if (sipResponse) fields.push(['SipResponseCode', sipResponse]);
      if (recording?.durationSeconds) {
        fields.push(
          ['RecordingSid', recording.sid],
          ['RecordingUrl', this.recordingUrl(recording)],
          ['RecordingDuration', String(recording.durationSeconds)],
        );
      }
    }
    this.notify(callback.target, event, fields);
  }

  machineDetection(target: WebhookTarget, answeredBy: string, durationMs: number): void {
    const { callSid, accountSid } = this.facts;
    this.notify(target, 'machine-detection', [
      ['CallSid', callSid],
      ['AccountSid', accountSid],
      ['AnsweredBy', answeredBy],
      ['MachineDetectionDuration', String(durationMs)],
    ]);
  }

  recording(recording: Recording, event: RecordingEvent): void {
    const callback = recording.settings.callback;
    if (!callback?.events.has(event)) return;
    const { callSid, accountSid } = this.facts;
    const fields: (readonly [string, string])[] = [
      ['AccountSid', accountSid],
      ['CallSid', callSid],
      ['RecordingSid', recording.sid],
      ['RecordingUrl', this.recordingUrl(recording)],
      ['RecordingStatus', event],
      ['RecordingChannels', String(recording.settings.channels)],
      ['RecordingSource', recording.settings.source],
      ['RecordingStartTime', rfc2822(recording.createdAtMs)],
      ['RecordingTrack', recording.settings.track],
      ['ErrorCode', event === 'absent' ? '16101' : '0'],
    ];
    if (recording.durationSeconds !== undefined) {
      fields.push(['RecordingDuration', String(recording.durationSeconds)]);
    }
    this.notify(callback.target, `recording-${event}`, fields);
  }

  stream(target: WebhookTarget, streamSid: string, streamName: string, event: string, error?: string): void {
    const { callSid, accountSid } = this.facts;
    const fields: (readonly [string, string])[] = [
      ['AccountSid', accountSid],
      ['CallSid', callSid],
      ['StreamSid', streamSid],
      ['StreamName', streamName],
      ['StreamEvent', event],
      ['Timestamp', new Date(this.clock.nowMs()).toISOString()],
    ];
    if (error !== undefined) fields.push(['StreamError', error]);
    this.notify(target, event, fields);
  }

  private notify(target: WebhookTarget, event: string, fields: FormFields): void {
    const { callSid, settings } = this.facts;
    const site = { callSid, number: phoneOf(settings), about: callSid };
    this.webhooks.notify(site, target, { fields }, this.view(target, event));
  }

  private view(target: WebhookTarget, event: string): WebhookView {
    const view: WebhookView = { url: target.url, event, status: null, attempts: 0 };
    this.views.push(view);
    return view;
  }

  private recordingUrl(recording: Recording): string {
    return `https://api.twilio.com/2010-04-01/Accounts/${this.facts.accountSid}/Recordings/${recording.sid}`;
  }

  private base(status: CallStatus): (readonly [string, string])[] {
    const { callSid, accountSid, settings } = this.facts;
    const fields: (readonly [string, string])[] = [
      ['CallSid', callSid],
      ['AccountSid', accountSid],
      ['From', settings.from],
      ['To', settings.to],
      ['Caller', settings.from],
      ['Called', settings.to],
      ['CallStatus', status],
      ['ApiVersion', '2010-04-01'],
      ['Direction', settings.direction],
    ];
    const from = Object.entries(placeOf(settings.from));
    const to = Object.entries(placeOf(settings.to));
    for (const [side, place] of [
      ['From', from],
      ['Caller', from],
      ['To', to],
      ['Called', to],
    ] as const) {
      for (const [name, value] of place) fields.push([side + name, value]);
    }
    if (settings.direction === 'inbound') fields.push(['StirVerstat', 'TN-Validation-Passed-A']);
    if (settings.callReason !== undefined) fields.push(['CallReason', settings.callReason]);
    return fields;
  }
}
