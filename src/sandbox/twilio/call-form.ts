import { behaviourOf } from '../phone/directory';
import {
  DEFAULT_TIME_LIMIT_MS,
  type CallSettings,
  type MachineDetectionSettings,
  type RecordingEvent,
  type RecordingSettings,
  type StatusCallback,
  type StatusEvent,
  type TwimlSource,
} from './call-settings';
import { parsePhoneNumber } from './phone-number';
import { TwilioRefusal } from './twilio-refusal';
import type { WebhookTarget } from './webhooks';

const STATUS_EVENTS: readonly StatusEvent[] = ['initiated', 'ringing', 'answered', 'completed'];
const RECORDING_EVENTS: readonly RecordingEvent[] = ['in-progress', 'completed', 'absent'];
const MAX_TWIML_CHARACTERS = 4000;
const MAX_SEND_DIGITS = 32;

/**
 * The form of `POST Calls.json`, checked as Twilio checks it (reference/twilio.md section 2).
 * @throws TwilioRefusal
 */
export function readCallForm(form: URLSearchParams, isOwnNumber: (e164: string) => boolean): CallSettings {
  const to = readTo(form);
  const from = readFrom(form, isOwnNumber);
  const twiml = readTwimlSource(form);
  if (!twiml) throw new TwilioRefusal(21205, 'Url parameter is required.');
  const behaviour = behaviourOf(to);
  if (behaviour === 'invalid') throw invalidTo(to);
  const sendDigits = form.get('SendDigits') ?? undefined;
  if (sendDigits !== undefined && (sendDigits.length > MAX_SEND_DIGITS || /[^0-9*#w,]/i.test(sendDigits))) {
    throw wrong('SendDigits', sendDigits);
  }
  const settings: CallSettings = {
    to,
    from,
    direction: 'outbound-api',
    twiml,
    timeoutMs: integer(form, 'Timeout', 60, 1, 600) * 1000,
    timeLimitMs: integer(form, 'TimeLimit', DEFAULT_TIME_LIMIT_MS / 1000, 1, 86_400) * 1000,
    person: { behaviour },
  };
  const statusCallback = readStatusCallback(form);
  if (statusCallback) settings.statusCallback = statusCallback;
  if (flag(form, 'Record')) settings.record = readRecordingForm(form, 'OutboundAPI');
  // SendDigits and detection exclude each other (reference/twilio.md section 2).
  if (sendDigits !== undefined) settings.sendDigits = sendDigits;
  else settings.machineDetection = readMachineDetection(form);
  const reason = form.get('CallReason');
  if (reason !== null) settings.callReason = reason;
  return settings;
}

/** `Url` or `Twiml`; the address wins when both are given. `undefined`: neither. */
export function readTwimlSource(form: URLSearchParams): TwimlSource | undefined {
  if (form.has('Url')) {
    const target = readTarget(form, 'Url', 'Method', 21205);
    const fallback = form.has('FallbackUrl') ? readTarget(form, 'FallbackUrl', 'FallbackMethod', 21205) : undefined;
    return { kind: 'url', target, ...(fallback ? { fallback } : {}) };
  }
  const xml = form.get('Twiml');
  if (xml !== null) {
    if (xml.length > MAX_TWIML_CHARACTERS) {
      throw new TwilioRefusal(20001, `Twiml cannot be longer than ${MAX_TWIML_CHARACTERS} characters.`);
    }
    return { kind: 'document', xml };
  }
  if (form.has('ApplicationSid')) throw new TwilioRefusal(20001, 'ApplicationSid is not simulated; give a Url.');
  return undefined;
}

/** The form of `POST Calls/{sid}/Recordings.json`, and the recording part of an order. @throws TwilioRefusal */
export function readRecordingForm(form: URLSearchParams, source: RecordingSettings['source']): RecordingSettings {
  const channels = oneOf(form, 'RecordingChannels', ['mono', 'dual'], 'mono');
  const trimsByDefault = source === 'OutboundAPI';
  const trim = oneOf(form, 'Trim', ['trim-silence', 'do-not-trim'], trimsByDefault ? 'trim-silence' : 'do-not-trim');
  const settings: RecordingSettings = {
    channels: channels === 'dual' ? 2 : 1,
    track: oneOf(form, 'RecordingTrack', ['inbound', 'outbound', 'both'], 'both'),
    trim: trim === 'trim-silence',
    source,
  };
  if (!form.has('RecordingStatusCallback')) return settings;
  const target = readTarget(form, 'RecordingStatusCallback', 'RecordingStatusCallbackMethod', 21609);
  const events = listed(form, 'RecordingStatusCallbackEvent', RECORDING_EVENTS);
  settings.callback = { target, events: new Set(events.length === 0 ? ['completed'] : events) };
  return settings;
}

/** @throws TwilioRefusal */
export function readStatusCallback(form: URLSearchParams): StatusCallback | undefined {
  if (!form.get('StatusCallback')) return undefined;
  const target = readTarget(form, 'StatusCallback', 'StatusCallbackMethod', 21609);
  const events = listed(form, 'StatusCallbackEvent', STATUS_EVENTS);
  return { target, events: new Set(events.length === 0 ? ['completed'] : events) };
}

/** @throws TwilioRefusal */
export function integer(form: URLSearchParams, field: string, otherwise: number, min: number, max: number): number {
  const written = form.get(field);
  if (written === null || written === '') return otherwise;
  const value = Number(written);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new TwilioRefusal(20001, `${field} must be a whole number from ${min} to ${max}, not ${written}.`);
  }
  return value;
}

function readTo(form: URLSearchParams): string {
  const written = form.get('To');
  if (!written) throw new TwilioRefusal(21201, "No 'To' number is specified");
  const to = parsePhoneNumber(written);
  if (to === undefined) throw invalidTo(written);
  return to;
}

function readFrom(form: URLSearchParams, isOwnNumber: (e164: string) => boolean): string {
  const written = form.get('From');
  if (!written) throw new TwilioRefusal(21213, "'From' phone number is required");
  const from = parsePhoneNumber(written);
  if (from === undefined) throw new TwilioRefusal(21212, `Invalid 'From' Phone Number: ${written}`);
  if (!isOwnNumber(from)) {
    throw new TwilioRefusal(21210, `'From' phone number not verified: ${from} is neither yours nor verified.`);
  }
  return from;
}

function invalidTo(written: string): TwilioRefusal {
  return new TwilioRefusal(21211, `Invalid 'To' Phone Number: ${written}`);
}

function wrong(field: string, written: string): TwilioRefusal {
  return new TwilioRefusal(20001, `Invalid Parameter: ${field} cannot be ${written}.`);
}

function readTarget(form: URLSearchParams, field: string, methodField: string, code: 21205 | 21609): WebhookTarget {
  const url = form.get(field) ?? '';
  const isUsable = /^https?:\/\//i.test(url) && URL.canParse(url) && !new URL(url).hostname.includes('_');
  if (!isUsable) throw new TwilioRefusal(code, `${field} is not a valid URL: ${url}`);
  return { url, method: oneOf(form, methodField, ['POST', 'GET'], 'POST') };
}

function readMachineDetection(form: URLSearchParams): MachineDetectionSettings | undefined {
  const mode = oneOf(form, 'MachineDetection', ['Enable', 'DetectMessageEnd', 'none'], 'none');
  if (mode === 'none') return undefined;
  const isAsync = flag(form, 'AsyncAmd');
  const settings: MachineDetectionSettings = {
    mode,
    isAsync,
    timeoutMs: integer(form, 'MachineDetectionTimeout', 30, 3, 59) * 1000,
    speechThresholdMs: integer(form, 'MachineDetectionSpeechThreshold', 2400, 1000, 6000),
    speechEndThresholdMs: integer(form, 'MachineDetectionSpeechEndThreshold', 1200, 500, 5000),
    silenceTimeoutMs: integer(form, 'MachineDetectionSilenceTimeout', 5000, 2000, 10_000),
  };
  if (isAsync && form.has('AsyncAmdStatusCallback')) {
    settings.asyncCallback = readTarget(form, 'AsyncAmdStatusCallback', 'AsyncAmdStatusCallbackMethod', 21609);
  }
  return settings;
}

function flag(form: URLSearchParams, field: string): boolean {
  return oneOf(form, field, ['true', 'false'], 'false') === 'true';
}

function oneOf<T extends string>(form: URLSearchParams, field: string, values: readonly T[], otherwise: T): T {
  const written = form.get(field);
  if (written === null || written === '') return otherwise;
  const found = values.find((value) => value.toLowerCase() === written.toLowerCase());
  if (found === undefined) throw wrong(field, written);
  return found;
}

/** A repeated field, or one with several words; unknown words are an error. */
function listed<T extends string>(form: URLSearchParams, field: string, values: readonly T[]): T[] {
  const words = form.getAll(field).flatMap((written) => written.split(/[\s,]+/).filter(Boolean));
  return words.map((word) => {
    const found = values.find((value) => value === word);
    if (found === undefined) throw wrong(field, word);
    return found;
  });
}
