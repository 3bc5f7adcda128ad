import type { PhoneBehaviour } from '../phone/directory';
import type { WebhookTarget } from './webhooks';

export type CallDirection = 'inbound' | 'outbound-api';

/** In callbacks; the REST API calls `initiated` still `queued`. */
export type CallStatus =
  'queued' | 'initiated' | 'ringing' | 'in-progress' | 'completed' | 'busy' | 'failed' | 'no-answer' | 'canceled';

export type StatusEvent = 'initiated' | 'ringing' | 'answered' | 'completed';

const OVER: ReadonlySet<CallStatus> = new Set(['completed', 'busy', 'failed', 'no-answer', 'canceled']);

export function isOver(status: CallStatus): boolean {
  return OVER.has(status);
}

/** What runs when the call is answered: a document fetched from the platform, or one given with the request. */
export type TwimlSource =
  { kind: 'url'; target: WebhookTarget; fallback?: WebhookTarget } | { kind: 'document'; xml: string };

export interface StatusCallback {
  target: WebhookTarget;
  events: ReadonlySet<StatusEvent>;
}

export type RecordingEvent = 'in-progress' | 'completed' | 'absent';

export interface RecordingSettings {
  channels: 1 | 2;
  track: 'inbound' | 'outbound' | 'both';
  trim: boolean;
  source: 'OutboundAPI' | 'StartCallRecordingAPI' | 'StartCallRecordingTwiML';
  callback?: { target: WebhookTarget; events: ReadonlySet<RecordingEvent> };
}

export interface MachineDetectionSettings {
  mode: 'Enable' | 'DetectMessageEnd';
  /** `undefined`: the call waits for the result before its TwiML is asked for. */
  asyncCallback?: WebhookTarget;
  isAsync: boolean;
  timeoutMs: number;
  speechThresholdMs: number;
  /** Silence after which the greeting of a machine is over. */
  speechEndThresholdMs: number;
  silenceTimeoutMs: number;
}

/** Everything that was ordered with a call. */
export interface CallSettings {
  to: string;
  from: string;
  direction: CallDirection;
  twiml: TwimlSource;
  statusCallback?: StatusCallback;
  timeoutMs: number;
  timeLimitMs: number;
  record?: RecordingSettings;
  machineDetection?: MachineDetectionSettings;
  /** Sent by the platform to the phone after the answer. */
  sendDigits?: string;
  callReason?: string;
  /** Who is on the phone. */
  person: { behaviour: PhoneBehaviour; says?: readonly string[]; digits?: string };
}

/** The phone of the other party: the one that is rung, or the one that rings. */
export function phoneOf({ direction, to, from }: Pick<CallSettings, 'direction' | 'to' | 'from'>): string {
  return direction === 'inbound' ? from : to;
}

/** Twilio's default length of a call. */
export const DEFAULT_TIME_LIMIT_MS = 14_400_000;
