import { asNumber, asObject, asText, parseObject } from './wire-json';

/**
 * Twilio Media Streams, both directions: https://www.twilio.com/docs/voice/media-streams/websocket-messages
 * Audio is base64 µ-law, 8 kHz, one inbound frame of 160 bytes every 20 ms. This file only translates.
 */

/** The part of an inbound media frame that matters. Filled in place, so that a frame costs no object. */
export interface InboundMedia {
  payloadBase64: string;
  /** Position in the inbound track, in milliseconds since the start of the stream. */
  timestampMs: number;
}

/** Anything the carrier may send. `track` is `inbound` in media frames. */
export type CarrierFrame =
  | { event: 'media'; track: string; payloadBase64: string; timestampMs: number | null }
  | { event: 'dtmf'; digit: string }
  | { event: 'mark'; name: string }
  | { event: 'stop' }
  | {
      event: 'start';
      streamSid: string;
      callSid: string;
      accountSid: string;
      customParameters: Record<string, string>;
    }
  | { event: 'connected' }
  | { event: 'other'; name: string };

// Two patterns with known ends beat a chain of startsWith, and JSON.parse by half; both only test, so nothing is made.
const MEDIA_HEAD =
  /\{"event":"media","sequenceNumber":"\d+",(?:"streamSid":"[^"\\]*",)?"media":\{"track":"inbound","chunk":"\d+","timestamp":"(?=\d{1,15}","payload":")/y;
const MEDIA_REST = /[A-Za-z0-9+/]*={0,2}"\}(?:\}|,"streamSid":"[^"\\]*"\})$/y;
const MARK =
  /^\{"event":"mark",(?:"sequenceNumber":"\d+",)?"streamSid":"[^"\\]*",(?:"sequenceNumber":"\d+",)?"mark":\{"name":"([^"\\]*)"\}\}$/;
const MEDIA_TAIL = '"}}';
const BEFORE_PAYLOAD = '","payload":"'.length;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const QUOTE = 0x22;
const ZERO = 0x30;

/**
 * Reads an inbound media frame without parsing it, in the form that Twilio writes (no white space; the stream's sid
 * before or after the media). Fills `into` and answers true; for any valid JSON that is exactly what `JSON.parse` would
 * have found. Any other text is false and belongs to {@link parseCarrierFrame}.
 */
export function readInboundMedia(text: string, into: InboundMedia): boolean {
  MEDIA_HEAD.lastIndex = 0;
  if (!MEDIA_HEAD.test(text)) return false;
  let at = MEDIA_HEAD.lastIndex;
  let timestampMs = 0;
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(++at)) {
    timestampMs = timestampMs * 10 + code - ZERO;
  }
  const payloadAt = at + BEFORE_PAYLOAD;
  MEDIA_REST.lastIndex = payloadAt;
  if (!MEDIA_REST.test(text)) return false;
  const payloadEnd = text.indexOf('"', payloadAt);
  if ((payloadEnd - payloadAt) % 4 !== 0) return false;
  into.payloadBase64 = text.slice(payloadAt, payloadEnd);
  into.timestampMs = timestampMs;
  return true;
}

/**
 * Reads a mark that comes back, in the form that Twilio writes: its name. Null for any other text, which belongs to
 * {@link parseCarrierFrame}.
 */
export function readMark(text: string): string | null {
  return MARK.exec(text)?.[1] ?? null;
}

/**
 * Reads any frame of the carrier. Null when it is not one: no JSON, no `event`, or a member that the event needs is
 * missing or of the wrong type. Events that Twilio may add later are `other`.
 */
export function parseCarrierFrame(text: string): CarrierFrame | null {
  const frame = parseObject(text);
  const event = asText(frame?.['event']);
  if (frame === null || event === null) return null;
  switch (event) {
    case 'media':
      return mediaFrame(asObject(frame['media']));
    case 'dtmf': {
      const digit = asText(asObject(frame['dtmf'])?.['digit']);
      return digit === null ? null : { event, digit };
    }
    case 'mark': {
      const name = asText(asObject(frame['mark'])?.['name']);
      return name === null ? null : { event, name };
    }
    case 'start':
      return startFrame(frame['streamSid'], asObject(frame['start']));
    case 'stop':
    case 'connected':
      return { event };
    default:
      return { event: 'other', name: event };
  }
}

function mediaFrame(media: Record<string, unknown> | null): CarrierFrame | null {
  const track = asText(media?.['track']);
  const payloadBase64 = asText(media?.['payload']);
  if (media === null || track === null || payloadBase64 === null || !isBase64(payloadBase64)) return null;
  return { event: 'media', track, payloadBase64, timestampMs: asNumber(media['timestamp']) };
}

function startFrame(outerSid: unknown, start: Record<string, unknown> | null): CarrierFrame | null {
  const streamSid = asText(start?.['streamSid']) ?? asText(outerSid);
  const callSid = asText(start?.['callSid']);
  if (start === null || streamSid === null || callSid === null) return null;
  const customParameters: Record<string, string> = {};
  for (const [name, value] of Object.entries(asObject(start['customParameters']) ?? {})) {
    if (typeof value === 'string') customParameters[name] = value;
  }
  return { event: 'start', streamSid, callSid, accountSid: asText(start['accountSid']) ?? '', customParameters };
}

/** True for base64 with its padding; the empty text counts (no audio). */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && BASE64.test(text);
}

/** Writes the frames of one stream. What does not change within a call is made once. */
export class CarrierFrameWriter {
  /** Drops everything the carrier has not played; pending marks come back at once. */
  readonly clear: string;
  private readonly mediaHead: string;
  private readonly markHead: string;

  constructor(streamSid: string) {
    const sid = JSON.stringify(streamSid);
    this.mediaHead = `{"event":"media","streamSid":${sid},"media":{"payload":"`;
    this.clear = `{"event":"clear","streamSid":${sid}}`;
    this.markHead = `{"event":"mark","streamSid":${sid},"mark":{"name":`;
  }

  /** Audio to be played after what was sent before; any length. */
  media(payloadBase64: string): string {
    return this.mediaHead + payloadBase64 + MEDIA_TAIL;
  }

  /** Comes back when all audio sent before it has been played. */
  mark(name: string): string {
    return `${this.markHead}${JSON.stringify(name)}}}`;
  }
}
