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
import { flag, integer, invalidParameter, listed, oneOf, readTarget } from './form-fields';
import { parsePhoneNumber } from './phone-number';
import { TwilioRefusal } from './twilio-refusal';

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
    throw invalidParameter('SendDigits', sendDigits);
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
