import { randomBytes } from 'node:crypto';
import type { FrameLedger } from './frame-ledger';
import type { LatencyHistogram } from './latency-histogram';
import {
  FRAME_MS,
  framePayload,
  type FrameTag,
  isFrameOf,
  PAYLOAD_CHARS,
  readTag,
  writeFrameNumber,
  writeTag,
} from './tagged-audio';
import {
  applyMask,
  type Frame,
  frameFor,
  type MessageHandler,
  PROTOCOL_ERROR,
  type WireSocket,
} from './web-socket-wire';

const EVENT_AT = '{"event":"m'.length;
const MEDIA_E = 0x65;
const MARK_A = 0x61;
const CLEAR_C = 0x63;
const MEDIA_M = 0x6d;
const ZERO = 0x30;
const PAYLOAD_KEY = Buffer.from('"payload":"');
const CHARS_PER_MS = PAYLOAD_CHARS / FRAME_MS;

/** A frame of the phone, laid out once; only its numbers change. */
interface Template {
  frame: Frame;
  mask: Buffer;
  sequence: Digits;
  chunk: Digits;
  timestamp: Digits;
  payloadAt: number;
}

interface Digits {
  at: number;
  width: number;
}

export interface PhoneLineEvents {
  onClear(nowMs: number): void;
  /** A frame of the agent's audio that the bench has made. */
  onAgentFrame(tag: FrameTag, nowMs: number): void;
}

export interface Stream {
  accountSid: string;
  callSid: string;
  streamSid: string;
  parameters: Record<string, string>;
}

/** The carrier's end of one media stream: speaks 160 bytes at a time, plays what it is sent, and returns the marks. */
export class PhoneLine implements MessageHandler {
  framesSent = 0;
  firstAudioAtMs: number | null = null;
  startedAtMs = 0;
  isSpeaking = false;

  private socket: WireSocket | null = null;
  private template: Template | null = null;
  private readonly payload: Buffer;
  private sequence = 1;
  private playedUntilMs = 0;
  private readonly marks: { name: string; dueMs: number }[] = [];
  private readonly tag: FrameTag = { call: 0, frame: 0, response: 0 };

  constructor(
    readonly call: number,
    private readonly stream: Stream,
    /** Frames of the caller, and of the agent. */
    private readonly toModel: FrameLedger,
    private readonly toPhone: FrameLedger,
    private readonly latency: () => LatencyHistogram | null,
    private readonly events: PhoneLineEvents,
  ) {
    this.payload = framePayload(call);
  }

  get isOpen(): boolean {
    return this.socket?.isOpen === true;
  }

  /** The first words of a stream. */
  start(socket: WireSocket): void {
    this.socket = socket;
    const { accountSid, callSid, streamSid, parameters } = this.stream;
    socket.sendText('{"event":"connected","protocol":"Call","version":"1.0.0"}');
    socket.sendText(
      JSON.stringify({
        event: 'start',
        sequenceNumber: String(this.sequence),
        streamSid,
        start: {
          accountSid,
          streamSid,
          callSid,
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: parameters,
        },
      }),
    );
    this.startedAtMs = performance.now();
    this.isSpeaking = true;
  }

  /** The caller's next 20 ms, and what has been played meanwhile. */
  speak(nowMs: number): void {
    const { socket } = this;
    if (socket === null || !socket.isOpen) return;
    this.returnMarks(nowMs);
    if (!this.isSpeaking) return;
    const number = this.framesSent;
    const template = this.prepare(number);
    this.toModel.send(number, nowMs);
    this.framesSent++;
    // What the kernel has not taken yet must not be patched again.
    if (!socket.write(template.frame.bytes)) this.template = null;
  }

  /** The person puts the phone down. */
  hangUp(): void {
    const { accountSid, callSid, streamSid } = this.stream;
    this.isSpeaking = false;
    this.socket?.sendText(
      JSON.stringify({
        event: 'stop',
        sequenceNumber: String(++this.sequence),
        streamSid,
        stop: { accountSid, callSid },
      }),
    );
    this.socket?.close(1000);
  }

  pauseReading(): void {
    this.socket?.pause();
  }

  destroy(): void {
    this.isSpeaking = false;
    this.socket?.destroy();
  }

  onText(bytes: Buffer, start: number, end: number): void {
    const nowMs = performance.now();
    switch (bytes[start + EVENT_AT - 1]) {
      case MEDIA_M:
        if (bytes[start + EVENT_AT] === MEDIA_E) this.onMedia(bytes, start, nowMs, end);
        else if (bytes[start + EVENT_AT] === MARK_A) this.onMark(bytes.toString('latin1', start, end), nowMs);
        return;
      case CLEAR_C:
        this.playedUntilMs = nowMs;
        for (const mark of this.marks) mark.dueMs = nowMs;
        this.events.onClear(nowMs);
        return;
      default:
    }
  }

  onClose(code: number): void {
    this.isSpeaking = false;
    if (code === PROTOCOL_ERROR) this.toPhone.unknown++;
  }

  private onMedia(bytes: Buffer, start: number, nowMs: number, end: number): void {
    const at = bytes.indexOf(PAYLOAD_KEY, start) + PAYLOAD_KEY.length;
    const chars = end - at - '"}}'.length;
    this.playedUntilMs = Math.max(this.playedUntilMs, nowMs) + chars / CHARS_PER_MS;
    this.firstAudioAtMs ??= nowMs;
    for (let frameAt = at; frameAt + PAYLOAD_CHARS <= at + chars; frameAt += PAYLOAD_CHARS) {
      if (!readTag(bytes, frameAt, this.tag)) continue;
      if (!isFrameOf(bytes, frameAt, this.tag, this.call, this.payload)) {
        this.toPhone.unknown++;
        continue;
      }
      this.toPhone.receive(this.tag.frame, nowMs, this.latency());
      this.events.onAgentFrame(this.tag, nowMs);
    }
  }

  private onMark(text: string, nowMs: number): void {
    const { mark } = JSON.parse(text) as { mark: { name: string } };
    this.marks.push({ name: mark.name, dueMs: Math.max(nowMs, this.playedUntilMs) });
  }

  private returnMarks(nowMs: number): void {
    while (this.marks.length > 0 && (this.marks[0] as { dueMs: number }).dueMs <= nowMs) {
      const { name } = this.marks.shift() as { name: string };
      this.sequence++;
      this.socket?.sendText(
        `{"event":"mark","sequenceNumber":"${this.sequence}","streamSid":"${this.stream.streamSid}","mark":{"name":${JSON.stringify(name)}}}`,
      );
    }
  }

  private prepare(number: number): Template {
    const sequence = ++this.sequence;
    const chunk = number + 1;
    const timestampMs = number * FRAME_MS;
    let { template } = this;
    if (
      template === null ||
      String(sequence).length !== template.sequence.width ||
      String(chunk).length !== template.chunk.width ||
      String(timestampMs).length !== template.timestamp.width
    ) {
      template = this.layOut(sequence, chunk, timestampMs, number);
      this.template = template;
      return template;
    }
    const { frame, mask, payloadAt } = template;
    writeDigits(frame, mask, template.sequence, sequence);
    writeDigits(frame, mask, template.chunk, chunk);
    writeDigits(frame, mask, template.timestamp, timestampMs);
    writeFrameNumber(frame.bytes, frame.payloadAt + payloadAt, number, mask, payloadAt);
    return template;
  }

  private layOut(sequence: number, chunk: number, timestampMs: number, number: number): Template {
    const beforeSequence = '{"event":"media","sequenceNumber":"';
    const beforeChunk = `${beforeSequence}${sequence}","streamSid":"${this.stream.streamSid}","media":{"track":"inbound","chunk":"`;
    const beforeTimestamp = `${beforeChunk}${chunk}","timestamp":"`;
    const beforePayload = `${beforeTimestamp}${timestampMs}","payload":"`;
    const text = `${beforePayload}${this.payload.toString('latin1')}"}}`;
    const mask = randomBytes(4);
    const frame = frameFor(text.length, mask);
    frame.bytes.write(text, frame.payloadAt, 'latin1');
    const payloadAt = beforePayload.length;
    writeTag(frame.bytes, frame.payloadAt + payloadAt, { call: this.call, frame: number, response: 0 }, null, 0);
    applyMask(frame);
    return {
      frame,
      mask,
      payloadAt,
      sequence: { at: beforeSequence.length, width: String(sequence).length },
      chunk: { at: beforeChunk.length, width: String(chunk).length },
      timestamp: { at: beforeTimestamp.length, width: String(timestampMs).length },
    };
  }
}

function writeDigits({ bytes, payloadAt }: Frame, mask: Buffer, { at, width }: Digits, value: number): void {
  let left = value;
  for (let i = at + width - 1; i >= at; i--) {
    const rest = Math.floor(left / 10);
    bytes[payloadAt + i] = (ZERO + left - rest * 10) ^ (mask[i & 3] as number);
    left = rest;
  }
}
