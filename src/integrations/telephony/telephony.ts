import type { Readable } from 'node:stream';

/** A call that shall be dialled. Addresses are absolute and reachable by the carrier. */
export interface OutboundCall {
  /** E.164. */
  to: string;
  from: string;
  /** Asked for instructions when the callee answers. */
  voiceUrl: string;
  /** Told about every step: initiated, ringing, answered, completed. */
  statusCallbackUrl: string;
  ringTimeoutSeconds: number;
  /** The carrier itself ends the call after this long. */
  timeLimitSeconds: number;
  /** Both sides are recorded from the answer on, and this is told when that is there; undefined: they are not. */
  recordingStatusCallbackUrl?: string;
  /** Finds out beside the running call who has answered; of a machine, when its greeting is over. */
  machineDetection?: { callbackUrl: string };
}

export interface PlacedCall {
  callSid: string;
  /** The carrier's word for where the call stands. */
  status: string;
  /** How long the carrier expects to hold the call back before it dials, because of its calls per second. */
  queueTimeMs: number | null;
}

/** A call as the carrier knows it. */
export interface CarrierCall {
  callSid: string;
  status: string;
  /** Null where the carrier has not written it down yet. */
  createdAt: Date | null;
  startedAt: Date | null;
  endedAt: Date | null;
  durationSeconds: number | null;
  answeredBy: string | null;
  /** What the carrier charges, as a positive amount; null until it knows. */
  price: { amount: string; currency: string } | null;
}

export type FormParams = Readonly<Record<string, string | string[]>>;

/** A field of a form; '' where it is not there, or there twice. */
export function formText(form: FormParams, name: string): string {
  const value = form[name];
  return typeof value === 'string' ? value : '';
}

/** Calls, or texts, between two numbers. */
export interface CallQuery {
  to: string;
  from: string;
  /** Leaves out those known to be older. */
  since: Date;
  /** What the clock shows at this moment that `since` is told by: the carrier's may be another. */
  now: Date;
}

/** One of the numbers of our account with the carrier. */
export interface CarrierNumber {
  /** The carrier's id. */
  sid: string;
  /** E.164. */
  phoneNumber: string;
  canTalk: boolean;
  canText: boolean;
  /** What is asked when it is rung or texted, and told about its calls; '' for nothing. */
  voiceUrl: string;
  statusCallbackUrl: string;
  smsUrl: string;
  /** Something else of the carrier's answers instead (an application, a trunk), in words; null: nothing does. */
  answeredElsewhere: string | null;
}

/** A recording of a call, as the carrier knows it. */
export interface CarrierRecording {
  recordingSid: string;
  /** The carrier's word, such as `completed` or `absent`. */
  status: string;
  channels: number;
  /** Null while it is made. */
  durationSeconds: number | null;
}

/** The audio of a recording, as it comes. */
export interface RecordingMedia {
  body: Readable;
  /** In bytes; null where the carrier does not say. */
  size: number | null;
}

export interface NumberWebhooks {
  voiceUrl: string;
  statusCallbackUrl: string;
  smsUrl: string;
}

/** A text that shall be sent. Numbers are E.164. */
export interface OutboundSms {
  to: string;
  from: string;
  body: string;
  /** Told where the text stands: sent, delivered, failed. */
  statusCallbackUrl: string;
}

/** A text that somebody sent to one of our numbers, as the carrier knows it. */
export interface ReceivedSms {
  sid: string;
  from: string;
  to: string;
  body: string;
  segments: number | null;
  /** Pictures and the like that came with it; they stay with the carrier. */
  mediaCount: number;
  /** On our clock. */
  receivedAt: Date;
}

/** A text as the carrier knows it. */
export interface CarrierSms {
  sid: string;
  /** The carrier's word for where it stands. */
  status: string;
  body: string;
  /** In how many parts it travels; null where the carrier does not know yet. */
  segments: number | null;
  /** Null where the carrier has not written it down yet. */
  createdAt: Date | null;
  sentAt: Date | null;
  /** Why it did not arrive; null where nothing went wrong. */
  errorCode: string | null;
}

/** A sentence in a language, by its BCP 47 tag. */
export interface Spoken {
  sentence: string;
  language: string;
}

/** The telephone network, in our words. */
export abstract class Telephony {
  /**
   * Dials out, once: a create is never repeated, because the carrier would dial twice.
   * @throws CarrierRefused, CarrierBusy, CarrierUnreachable: it was certainly not dialled
   * @throws CarrierOutcomeUnknown: it may have been
   */
  abstract placeCall(call: OutboundCall): Promise<PlacedCall>;

  /**
   * Ends a call in whatever state it is; `false` when it was over already.
   * @throws CarrierError of any kind; asking again does no harm
   */
  abstract hangUp(callSid: string): Promise<boolean>;

  /**
   * Takes a live call away from whoever carries it: the carrier's own voice says the sentence and hangs up. Its media
   * stream ends. `false` when the call was over already. `language` is a BCP 47 tag.
   * @throws CarrierError of any kind; asked again, the sentence is begun again
   */
  abstract farewell(callSid: string, sentence: string, language: string): Promise<boolean>;

  /** The newest calls between two numbers, at most 100, with their times on the caller's clock. */
  abstract findCalls(query: CallQuery): Promise<CarrierCall[]>;

  /** One call; null when the carrier does not know it. */
  abstract fetchCall(callSid: string): Promise<CarrierCall | null>;

  /**
   * Sends a text, once: a create is never repeated, because the carrier would send it twice.
   * @throws SmsRefused, CarrierBusy, CarrierUnreachable: it was certainly not sent
   * @throws CarrierOutcomeUnknown: it may have been
   */
  abstract sendSms(sms: OutboundSms): Promise<CarrierSms>;

  /** The newest texts of ours between two numbers, at most 100, with their times on the caller's clock. */
  abstract findSms(query: CallQuery): Promise<CarrierSms[]>;

  /**
   * Those that came to a number since then, the oldest first; of very many the newest.
   * @throws CarrierError
   */
  abstract receivedSms(query: { to: string; since: Date; now: Date }): Promise<ReceivedSms[]>;

  /** Whether it is the carrier's id of a text. */
  abstract isSmsSid(sid: string): boolean;

  /** One text; null when the carrier does not know it. */
  abstract fetchSms(sid: string): Promise<CarrierSms | null>;

  /** The number of our account; null where it is none of it. @throws CarrierError */
  abstract findNumber(e164: string): Promise<CarrierNumber | null>;

  /** Says whom to ask when the number is rung or texted; done twice it is as done once. @throws CarrierError */
  abstract setNumberWebhooks(sid: string, webhooks: NumberWebhooks): Promise<CarrierNumber>;

  /** What was recorded of a call; nothing where the carrier does not know it. @throws CarrierError */
  abstract recordingsOf(callSid: string): Promise<CarrierRecording[]>;

  /** Both sides as WAV; null where it is not there, or not there yet. @throws CarrierError */
  abstract openRecording(recordingSid: string, signal: AbortSignal): Promise<RecordingMedia | null>;

  /** One that is not there is deleted already. @throws CarrierError */
  abstract deleteRecording(recordingSid: string): Promise<void>;

  /** Why the carrier could not reach addresses below this origin, in a sentence; null where nothing speaks against it. */
  abstract originProblem(origin: string): string | null;

  /** Whether a webhook with form fields was sent by the carrier. `url` is the public address with its query, as sent. */
  abstract verifySignature(webhook: { url: string; params: FormParams; signature: string }): boolean;

  /** Whether a webhook with a JSON body was sent by the carrier: the address carries the body's hash. */
  abstract verifyBodySignature(webhook: { url: string; rawBody: string; signature: string }): boolean;

  /** Whether the handshake of a media stream was sent by the carrier. `url` is the ws(s) address exactly as we gave it. */
  abstract verifyStreamHandshake(url: string, signature: string): boolean;

  /**
   * Instructions that connect the call to our media stream; `parameters` arrive in its `start` message. When the stream is
   * over and the call is not, `afterwardsUrl` is asked for more. With `recording` both sides are recorded from here on.
   */
  abstract connectStream(
    url: string,
    parameters: Readonly<Record<string, string>>,
    afterwardsUrl: string,
    recording?: { statusCallbackUrl: string },
  ): string;

  /**
   * Instructions that read sentences aloud until any key is pressed, the last one twice; then `url` is asked, with the key as
   * `Digits`, or without where none was pressed.
   */
  abstract awaitKey(sentences: readonly Spoken[], url: string): string;

  /** The answer to a text that came in: another text, or null for none. */
  abstract smsReply(body: string | null): string;

  /** Instructions that end the call. */
  abstract hangUpInstructions(): string;

  /** Instructions that read a sentence aloud and end the call. `language` is a BCP 47 tag. */
  abstract sayAndHangUp(sentence: string, language: string): string;
}

/** The carrier did not do what it was asked for. */
export abstract class CarrierError extends Error {
  constructor(
    message: string,
    readonly carrierCode: number | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A definite no; `message` is the carrier's sentence. Nothing was dialled or sent. */
export class CarrierRefused extends CarrierError {}

/**
 * `opted_out`: who was to get it has told this number to stop · `invalid_number` · `cannot_receive`: the number gets no texts, or
 * none from here · `sender_cannot_send`: the number that it was to come from · `not_permitted`: our account may not send there
 */
export type SmsRefusal =
  'opted_out' | 'invalid_number' | 'cannot_receive' | 'sender_cannot_send' | 'not_permitted' | 'other';

/** A definite no to a text. */
export class SmsRefused extends CarrierRefused {
  constructor(
    refused: CarrierRefused,
    readonly reason: SmsRefusal,
  ) {
    super(refused.message, refused.carrierCode, { cause: refused.cause });
  }
}

/** Too many requests at the moment. Nothing was dialled or sent. */
export class CarrierBusy extends CarrierError {}

/** No connection could be made, so nothing was sent. */
export class CarrierUnreachable extends CarrierError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, null, options);
  }
}

/** The request was sent and its outcome did not come back: it may have been done. */
export class CarrierOutcomeUnknown extends CarrierError {}
