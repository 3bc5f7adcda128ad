import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import twilio from 'twilio';
import type { AppConfig } from '../../../config/app-config';
import { APP_CONFIG } from '../../../config/config.module';
import {
  CallQuery,
  CarrierCall,
  CarrierNumber,
  CarrierOutcomeUnknown,
  CarrierRecording,
  CarrierRefused,
  CarrierSms,
  CarrierUnreachable,
  FormParams,
  NumberWebhooks,
  OutboundCall,
  OutboundSms,
  PlacedCall,
  RecordingMedia,
  ReceivedSms,
  Spoken,
  Telephony,
} from '../telephony';
import { sayAttributes } from './say-language';
import { clientForCreates, clientForReads } from './twilio-client';
import { dateOrNull } from './twilio-dates';
import { NOT_FOUND, translated, unlessUnknown } from './twilio-errors';
import { isMessageSid, toCarrierSms, toReceivedSms, toSmsError } from './twilio-sms';

/** Updating a call that is not in progress any more (reference/twilio.md section 1). */
const CALL_NOT_IN_PROGRESS = 21220;

const API = 'https://api.twilio.com';
const RECORDING_SID = /^RE[0-9a-f]{32}$/i;

const MAX_FOUND = 100;
/** Of texts to one number since it was last asked about. */
const MAX_RECEIVED = 1000;
/** People look for their phone's keypad. */
const KEY_TIMEOUT_SECONDS = 8;
/** What whole seconds and a slow answer make of clocks that are the same. */
const CLOCKS_AGREE_MS = 2_000;

@Injectable()
export class TwilioTelephony extends Telephony {
  private readonly creates: twilio.Twilio;
  private readonly reads: twilio.Twilio;
  private readonly clockAheadMs: () => number | null;
  private readonly authToken: string;
  private readonly account: AppConfig['twilio'];
  private readonly isRebased: boolean;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    super();
    this.authToken = config.twilio.authToken;
    this.account = config.twilio;
    this.isRebased = config.twilio.apiBaseUrl !== undefined;
    this.creates = clientForCreates(config.twilio);
    ({ api: this.reads, clockAheadMs: this.clockAheadMs } = clientForReads(config.twilio));
  }

  async placeCall(call: OutboundCall): Promise<PlacedCall> {
    const placed = await translated(() =>
      this.creates.calls.create({
        to: call.to,
        from: call.from,
        url: call.voiceUrl,
        statusCallback: call.statusCallbackUrl,
        statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
        timeout: call.ringTimeoutSeconds,
        timeLimit: call.timeLimitSeconds,
        ...(call.recordingStatusCallbackUrl !== undefined
          ? {
              record: true,
              recordingChannels: 'dual',
              // The default for this field trims silence, which shifts the recording against the transcript's times.
              trim: 'do-not-trim',
              recordingStatusCallback: call.recordingStatusCallbackUrl,
              recordingStatusCallbackEvent: ['completed', 'absent'],
            }
          : {}),
        ...(call.machineDetection === undefined
          ? {}
          : {
              // Says when a machine's greeting is over, which is when a message can be left.
              machineDetection: 'DetectMessageEnd',
              asyncAmd: 'true',
              asyncAmdStatusCallback: call.machineDetection.callbackUrl,
            }),
      }),
    );
    if (!isCallSid(placed.sid)) throw new CarrierOutcomeUnknown('Twilio answered without a call sid.', null);
    const queueTimeMs = Number(placed.queueTime);
    return {
      callSid: placed.sid,
      status: placed.status,
      queueTimeMs: Number.isFinite(queueTimeMs) ? queueTimeMs : null,
    };
  }

  hangUp(callSid: string): Promise<boolean> {
    return this.update(callSid, { status: 'completed' });
  }

  farewell(callSid: string, sentence: string, language: string): Promise<boolean> {
    return this.update(callSid, { twiml: this.sayAndHangUp(sentence, language) });
  }

  async findCalls({ to, from, since, now }: CallQuery): Promise<CarrierCall[]> {
    const askedAtMs = Date.now();
    // Twilio filters by start time only, which a call that still waits or rings does not have: we look at the newest.
    const found = await translated(() => this.reads.calls.list({ to, from, limit: MAX_FOUND }));
    const aheadMs = this.aheadOf(now, askedAtMs);
    const calls = found.map(toCarrierCall).map((call) => onOurClock(call, aheadMs));
    return calls.filter((call) => {
      const known = call.createdAt ?? call.startedAt;
      return known === null || known >= since;
    });
  }

  fetchCall(callSid: string): Promise<CarrierCall | null> {
    return unlessUnknown(async () => toCarrierCall(await this.reads.calls(callSid).fetch()));
  }

  async sendSms({ to, from, body, statusCallbackUrl }: OutboundSms): Promise<CarrierSms> {
    let sent;
    try {
      sent = await translated(() =>
        this.creates.messages.create({ to, from, body, statusCallback: statusCallbackUrl }),
      );
    } catch (error) {
      throw toSmsError(error);
    }
    if (!isMessageSid(sent.sid)) throw new CarrierOutcomeUnknown('Twilio answered without a message sid.', null);
    return toCarrierSms(sent);
  }

  async findSms({ to, from, since, now }: CallQuery): Promise<CarrierSms[]> {
    const askedAtMs = Date.now();
    // Twilio filters by the time of sending only, which a text that still waits does not have: we look at the newest.
    const found = await translated(() => this.reads.messages.list({ to, from, limit: MAX_FOUND }));
    const aheadMs = this.aheadOf(now, askedAtMs);
    return found
      .map((message) => onOurClock(toCarrierSms(message), aheadMs))
      .filter(({ createdAt }) => createdAt === null || createdAt >= since);
  }

  async receivedSms({ to, since, now }: { to: string; since: Date; now: Date }): Promise<ReceivedSms[]> {
    const askedAtMs = Date.now();
    // Twilio compares whole seconds.
    const dateSentAfter = new Date(Math.floor(since.getTime() / 1000) * 1000);
    const found = await translated(() => this.reads.messages.list({ to, dateSentAfter, limit: MAX_RECEIVED }));
    const aheadMs = this.aheadOf(now, askedAtMs);
    return found
      .flatMap((message) => toReceivedSms(message) ?? [])
      .map((sms) => ({ ...sms, receivedAt: new Date(sms.receivedAt.getTime() - aheadMs) }))
      .reverse();
  }

  isSmsSid(sid: string): boolean {
    return isMessageSid(sid);
  }

  fetchSms(sid: string): Promise<CarrierSms | null> {
    return unlessUnknown(async () => toCarrierSms(await this.reads.messages(sid).fetch()));
  }

  async findNumber(e164: string): Promise<CarrierNumber | null> {
    // Twilio takes parts of numbers as well.
    const found = await translated(() => this.reads.incomingPhoneNumbers.list({ phoneNumber: e164, limit: 20 }));
    const number = found.find(({ phoneNumber }) => phoneNumber === e164);
    return number === undefined ? null : toCarrierNumber(number);
  }

  async setNumberWebhooks(
    sid: string,
    { voiceUrl, statusCallbackUrl, smsUrl }: NumberWebhooks,
  ): Promise<CarrierNumber> {
    const number = await translated(() =>
      this.reads.incomingPhoneNumbers(sid).update({
        voiceUrl,
        voiceMethod: 'POST',
        statusCallback: statusCallbackUrl,
        statusCallbackMethod: 'POST',
        smsUrl,
        smsMethod: 'POST',
        // A text is told of once; where that fails another time is better than none.
        smsFallbackUrl: smsUrl,
        smsFallbackMethod: 'POST',
        // An application's addresses would be asked instead.
        voiceApplicationSid: '',
        smsApplicationSid: '',
      }),
    );
    return toCarrierNumber(number);
  }

  async recordingsOf(callSid: string): Promise<CarrierRecording[]> {
    const found = await unlessUnknown(() => this.reads.calls(callSid).recordings.list());
    return (found ?? []).map(({ sid, status, channels, duration }) => ({
      recordingSid: sid,
      status,
      channels: Number(channels) || 1,
      durationSeconds: wholeOrNull(duration),
    }));
  }

  async openRecording(recordingSid: string, signal: AbortSignal): Promise<RecordingMedia | null> {
    const { accountSid, authToken, apiBaseUrl } = this.account;
    // Never an address that somebody sent; and the SDK does not load media.
    const url = `${apiBaseUrl ?? API}/2010-04-01/Accounts/${accountSid}/Recordings/${checkedSid(recordingSid)}.wav`;
    const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
    const answer = await fetch(url, { headers: { authorization }, signal }).catch((error: unknown) => {
      throw new CarrierUnreachable('Twilio did not answer.', { cause: error });
    });
    if (answer.status === 200 && answer.body !== null) {
      return { body: Readable.fromWeb(answer.body), size: wholeOrNull(answer.headers.get('content-length')) };
    }
    await answer.body?.cancel();
    if (answer.status === 404) return null;
    throw new CarrierUnreachable(`Twilio answered with status ${answer.status}.`);
  }

  async deleteRecording(recordingSid: string): Promise<void> {
    await unlessUnknown(() => this.reads.recordings(checkedSid(recordingSid)).remove());
  }

  originProblem(origin: string): string | null {
    // Whoever has us ask another Twilio has one that is nearer.
    if (this.isRebased) return null;
    const { protocol, hostname } = new URL(origin);
    if (protocol !== 'https:') return `Twilio asks addresses with https, and PUBLIC_URL is ${origin}.`;
    return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || hostname === 'localhost' || !hostname.includes('.')
      ? `Twilio reaches public names, and PUBLIC_URL is ${origin}.`
      : null;
  }

  verifySignature({ url, params, signature }: { url: string; params: FormParams; signature: string }): boolean {
    return twilio.validateRequest(this.authToken, signature, url, { ...params });
  }

  verifyBodySignature({ url, rawBody, signature }: { url: string; rawBody: string; signature: string }): boolean {
    // Without the hash in its address the signature would not cover the body.
    if (!new URL(url).searchParams.has('bodySHA256')) return false;
    return twilio.validateRequestWithBody(this.authToken, signature, url, rawBody);
  }

  verifyStreamHandshake(url: string, signature: string): boolean {
    return twilio.validateRequest(this.authToken, signature, url, {});
  }

  connectStream(
    url: string,
    parameters: Readonly<Record<string, string>>,
    afterwardsUrl: string,
    recording?: { statusCallbackUrl: string },
  ): string {
    const response = new twilio.twiml.VoiceResponse();
    if (recording !== undefined) {
      response.start().recording({
        channels: 'dual',
        track: 'both',
        trim: 'do-not-trim',
        recordingStatusCallback: recording.statusCallbackUrl,
        recordingStatusCallbackEvent: ['completed', 'absent'],
      });
    }
    const stream = response.connect().stream({ url });
    for (const [name, value] of Object.entries(parameters)) stream.parameter({ name, value });
    response.redirect({ method: 'POST' }, afterwardsUrl);
    return response.toString();
  }

  awaitKey(sentences: readonly Spoken[], url: string): string {
    const response = new twilio.twiml.VoiceResponse();
    for (const said of [sentences, sentences.slice(-1)]) {
      // Without a finishing key every key counts.
      const gather = response.gather({
        input: ['dtmf'],
        numDigits: 1,
        finishOnKey: '',
        timeout: KEY_TIMEOUT_SECONDS,
        action: url,
        method: 'POST',
      });
      for (const { sentence, language } of said) gather.say(sayAttributes(language), sentence);
    }
    response.redirect({ method: 'POST' }, url);
    return response.toString();
  }

  smsReply(body: string | null): string {
    const response = new twilio.twiml.MessagingResponse();
    if (body !== null) response.message(body);
    return response.toString();
  }

  hangUpInstructions(): string {
    const response = new twilio.twiml.VoiceResponse();
    response.hangup();
    return response.toString();
  }

  sayAndHangUp(sentence: string, language: string): string {
    const response = new twilio.twiml.VoiceResponse();
    response.say(sayAttributes(language), sentence);
    response.hangup();
    return response.toString();
  }

  /** By how much Twilio's clock is ahead of the caller's, by way of ours; 0 where they agree. */
  private aheadOf(now: Date, askedAtMs: number): number {
    const aheadMs = (this.clockAheadMs() ?? 0) + askedAtMs - now.getTime();
    return Math.abs(aheadMs) < CLOCKS_AGREE_MS ? 0 : aheadMs;
  }

  /** False when there is no live call to change any more. */
  private async update(callSid: string, change: { status: 'completed' } | { twiml: string }): Promise<boolean> {
    try {
      await translated(() => this.reads.calls(callSid).update(change));
      return true;
    } catch (error) {
      if (error instanceof CarrierRefused && isOver(error)) return false;
      throw error;
    }
  }
}

type TwilioNumber = Awaited<ReturnType<twilio.Twilio['incomingPhoneNumbers']['list']>>[number];

/** https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource */
function toCarrierNumber(number: TwilioNumber): CarrierNumber {
  const { trunkSid, voiceApplicationSid } = number;
  return {
    sid: number.sid,
    phoneNumber: number.phoneNumber,
    canTalk: number.capabilities.voice,
    canText: number.capabilities.sms,
    voiceUrl: number.voiceUrl ?? '',
    statusCallbackUrl: number.statusCallback ?? '',
    smsUrl: number.smsUrl ?? '',
    answeredElsewhere: trunkSid
      ? 'A SIP trunk answers this number. Take it out of the trunk in Twilio’s console.'
      : voiceApplicationSid
        ? 'A TwiML application answers this number, not an address of its own.'
        : null,
  };
}

type TwilioCall = Awaited<ReturnType<twilio.Twilio['calls']['list']>>[number];

function toCarrierCall(call: TwilioCall): CarrierCall {
  const duration = Number.parseInt(call.duration ?? '', 10);
  return {
    callSid: call.sid,
    status: call.status,
    createdAt: dateOrNull(call.dateCreated),
    startedAt: dateOrNull(call.startTime),
    endedAt: dateOrNull(call.endTime),
    durationSeconds: Number.isInteger(duration) ? duration : null,
    answeredBy: call.answeredBy ?? null,
    // Twilio states charges as negative amounts.
    price: call.price ? { amount: call.price.replace(/^-/, ''), currency: call.priceUnit } : null,
  };
}

/** With every time moved. */
function onOurClock<Known extends CarrierCall | CarrierSms>(known: Known, aheadMs: number): Known {
  if (aheadMs === 0) return known;
  const moved = (value: unknown) => (value instanceof Date ? new Date(value.getTime() - aheadMs) : value);
  return Object.fromEntries(Object.entries(known).map(([name, value]) => [name, moved(value)])) as unknown as Known;
}

function isCallSid(sid: unknown): sid is string {
  return typeof sid === 'string' && /^CA[0-9a-f]{32}$/i.test(sid);
}

/** @throws Error for what is none: it would be part of an address */
function checkedSid(recordingSid: string): string {
  if (!RECORDING_SID.test(recordingSid)) throw new Error('This is no id of a recording.');
  return recordingSid;
}

function wholeOrNull(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

function isOver(error: CarrierRefused): boolean {
  return error.carrierCode === CALL_NOT_IN_PROGRESS || error.carrierCode === NOT_FOUND;
}
