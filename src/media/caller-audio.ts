import { BYTES_PER_MS, payloadMs, SILENCE_BYTE } from './g711';
import { APPEND_HEAD, APPEND_TAIL } from './openai-commands';

/** Caller audio that waits for the session to be configured; when there is more, the oldest goes. */
export const QUEUE_LIMIT_MS = 30_000;
/** A hole in the carrier's timestamps longer than two frames is lost audio, not jitter. */
const GAP_MS = 40;
/** The longest hole that is filled with silence toward the model (reference/twilio.md section 6). */
export const FILL_LIMIT_MS = 10_000;
/** Holes remembered for translating times; in a call with more of them the oldest times are off by the lost audio. */
const MAX_SPANS = 64;

/** A stretch without a hole: the audio received as number `receivedMs` was said at `callMs`. */
interface Span {
  readonly receivedMs: number;
  readonly callMs: number;
}

/**
 * The way from the caller to the model. Frames that come before the session is configured wait here and go joined, in
 * order. What the carrier left out is silence to the model, whose turn detection lives on it. Also translates the model's time (audio appended so far) into the call's (the carrier's timestamps).
 */
export class CallerAudio {
  framesIn = 0;
  framesQueuedAtSetup = 0;
  framesDropped = 0;
  appendedBytes = 0;

  private isOpen = false;
  private queue: string[] = [];
  private queuedMs = 0;
  private receivedMs = 0;
  private droppedMs = 0;
  /** Where in the stream the next frame is expected. */
  private streamMs = 0;
  /** True when silence was appended that the next frame may contradict. */
  private hasAppendedSilence = false;
  private readonly spans: Span[] = [];

  constructor(private readonly send: (text: string) => void) {}

  /** Takes one frame; `timestampMs` is its place in the stream, null when the carrier did not say. */
  receive(payloadBase64: string, timestampMs: number | null): void {
    this.framesIn++;
    const audioMs = payloadMs(payloadBase64);
    if (audioMs === 0) return;
    if (timestampMs !== null) this.place(timestampMs);
    this.pass(payloadBase64, audioMs);
  }

  /**
   * The carrier has sent nothing for at least this long: to the model it was silence. Frames that come later and say that
   * there was a hole find it filled; frames that were only late find their own place in the call.
   */
  appendSilence(ms: number): void {
    if (!this.isOpen) return;
    this.hasAppendedSilence = true;
    this.pass(silenceOf(ms), ms);
  }

  /** The session is configured: what waited goes in one message, before anything new. */
  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    const waiting = this.queue;
    this.queue = [];
    this.framesQueuedAtSetup = waiting.length;
    if (waiting.length === 0) return;
    // Base64 cannot be joined as text: every frame of 160 bytes ends in padding.
    const bytes = Buffer.concat(waiting.map((payload) => Buffer.from(payload, 'base64')));
    this.appendedBytes += bytes.length;
    this.send(APPEND_HEAD + bytes.toString('base64') + APPEND_TAIL);
  }

  /** The call's time (milliseconds since the stream began) of a moment in the audio that the model was given. */
  toCallMs(modelAudioMs: number): number {
    const receivedMs = modelAudioMs + this.droppedMs;
    for (let i = this.spans.length - 1; i >= 0; i--) {
      const span = this.spans[i];
      if (span !== undefined && (span.receivedMs <= receivedMs || i === 0)) {
        return Math.max(0, span.callMs + receivedMs - span.receivedMs);
      }
    }
    return receivedMs;
  }

  /** Where a frame belongs; what is missing before it is filled in. */
  private place(timestampMs: number): void {
    const holeMs = timestampMs - this.streamMs;
    if (this.spans.length === 0) this.beginSpan(timestampMs);
    else if (holeMs > GAP_MS) {
      const fillMs = Math.min(holeMs, FILL_LIMIT_MS);
      this.pass(silenceOf(fillMs), fillMs);
      if (fillMs < holeMs) this.beginSpan(timestampMs);
    } else if (this.hasAppendedSilence && holeMs < -GAP_MS) this.beginSpan(timestampMs);
    this.hasAppendedSilence = false;
  }

  private pass(payloadBase64: string, audioMs: number): void {
    this.streamMs += audioMs;
    this.receivedMs += audioMs;
    if (!this.isOpen) {
      this.enqueue(payloadBase64, audioMs);
      return;
    }
    this.appendedBytes += audioMs * BYTES_PER_MS;
    this.send(APPEND_HEAD + payloadBase64 + APPEND_TAIL);
  }

  private enqueue(payloadBase64: string, audioMs: number): void {
    this.queue.push(payloadBase64);
    this.queuedMs += audioMs;
    while (this.queuedMs > QUEUE_LIMIT_MS) {
      const oldestMs = payloadMs(this.queue.shift() ?? '');
      this.queuedMs -= oldestMs;
      this.droppedMs += oldestMs;
      this.framesDropped++;
    }
  }

  private beginSpan(callMs: number): void {
    this.spans.push({ receivedMs: this.receivedMs, callMs });
    if (this.spans.length > MAX_SPANS) this.spans.shift();
    this.streamMs = callMs;
  }
}

function silenceOf(ms: number): string {
  return Buffer.alloc(Math.round(ms * BYTES_PER_MS), SILENCE_BYTE).toString('base64');
}
