import { bytesOf, MULAW_8K, scaledTo, type AudioFormat } from './audio-format';
import type { AudioTap } from './audio-tap';
import type { CancelTimer, Clock } from './clock';
import { FRAME_MS, payloadBytes } from './g711';
import { HeldAudio } from './held-audio';
import { APPEND_HEAD, APPEND_TAIL } from './openai-commands';
import { RECENT_MS, RecentFrames } from './recent-frames';

/** Caller audio that waits for a session, decoded: 120 KB of a telephone's. When there is more, the oldest goes. */
export const QUEUE_LIMIT_MS = 15_000;
/** A hole in the carrier's timestamps longer than two frames is lost audio, not jitter. */
const GAP_MS = 40;
/** The longest hole that is filled with silence toward the model (reference/twilio.md section 6). */
export const FILL_LIMIT_MS = 10_000;
/** Holes remembered for translating times; in a call with more of them the oldest times are off by the lost audio. */
const MAX_SPANS = 64;

/** By the time that so much more has come, a session has said whether somebody speaks in what it was given at once. */
const UNCLAIMED_MS = 2000;

/** More than this of a telephone's audio unread by the model's server (5 s), and audio is kept back until it reads again. */
export const MODEL_HIGH_WATER_BYTES = 64 * 1024;
const MODEL_LOW_WATER_BYTES = 8 * 1024;
const UNBLOCK_LOOK_MS = 50;
/** A server that has not read for this long is not going to. */
export const MODEL_STUCK_MS = 5000;

/** A stretch without a hole: the audio received as number `receivedMs` was said at `callMs`. */
interface Span {
  readonly receivedMs: number;
  readonly callMs: number;
}

/** Where the audio goes: the model's present session. */
export interface CallerAudioSink {
  send(text: string): void;
  /** Bytes handed over that the network has not taken yet. */
  readonly bufferedBytes: number;
}

export interface CallerAudioEvents {
  /** The model's server has stopped reading. */
  onStuck(): void;
}

/**
 * The way from the caller to the model. Frames that come while there is no session wait here and go joined, in order, and
 * so do frames that came in one piece or that the server was too slow for. What the carrier left out is silence to the
 * model, whose turn detection lives on it. Also translates the model's time (audio appended to this session so far) into
 * the call's (the carrier's timestamps), and keeps what is being said until it is written down, because a session that is
 * lost takes it with it.
 */
export class CallerAudio {
  framesIn = 0;
  framesQueuedAtSetup: number | null = null;
  framesJoined = 0;
  framesDropped = 0;
  appendedBytes = 0;
  tap: AudioTap | null = null;

  private isOpen = false;
  private isBlocked = false;
  private blockedSinceMs = 0;
  private unblockLook: CancelTimer | null = null;
  private queue: HeldAudio;
  /** Came in this moment, and goes at its end. */
  private first = '';
  private readonly more: string[] = [];
  private receivedMs = 0;
  /** Where in the received audio the present session's begins. */
  private sessionBaseMs = 0;
  /** Where in the stream the next frame is expected. */
  private streamMs = 0;
  /** True when silence was appended that the next frame may contradict. */
  private hasAppendedSilence = false;
  private readonly spans: Span[] = [];
  private readonly recent: RecentFrames;
  /** What is being said, as far as the model's server has not written it down. */
  private kept: HeldAudio;
  private readonly keptTurns: { itemId: string; fromMs: number }[] = [];
  /** Until then what waited for the session is kept, in case that it is lost before it says who speaks in it; else 0. */
  private unclaimedUntilMs = 0;
  private readonly flushSoon = (): void => this.flush();
  private readonly bytesPerMs: number;
  private readonly highWaterBytes: number;
  private readonly lowWaterBytes: number;

  constructor(
    private readonly clock: Clock,
    private readonly sink: CallerAudioSink,
    private readonly events: CallerAudioEvents,
    private readonly format: AudioFormat = MULAW_8K,
  ) {
    this.bytesPerMs = format.bytesPerMs;
    this.highWaterBytes = scaledTo(format, MODEL_HIGH_WATER_BYTES);
    this.lowWaterBytes = scaledTo(format, MODEL_LOW_WATER_BYTES);
    this.queue = new HeldAudio(format);
    this.kept = new HeldAudio(format);
    this.recent = new RecentFrames(format.bytesPerMs);
  }

  /** Takes one frame; `timestampMs` is its place in the stream, null when the carrier did not say. */
  receive(payloadBase64: string, timestampMs: number | null): void {
    this.framesIn++;
    const audioMs = payloadBytes(payloadBase64) / this.bytesPerMs;
    if (audioMs === 0) return;
    if (timestampMs !== null) this.place(timestampMs);
    if (this.tap !== null) this.tap.customerAudio(payloadBase64, this.streamMs);
    this.pass(payloadBase64, audioMs);
  }

  /**
   * The carrier has sent nothing for at least this long: to the model it was silence. Frames that come later and say that
   * there was a hole find it filled; frames that were only late find their own place in the call.
   */
  appendSilence(ms: number): void {
    if (!this.isOpen) return;
    this.hasAppendedSilence = true;
    this.pass(this.silenceOf(ms), ms);
  }

  /** A session is configured: what waited goes in one message, before anything new. */
  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.sessionBaseMs = this.receivedMs - this.queue.ms;
    this.framesQueuedAtSetup ??= Math.round(this.queue.ms / FRAME_MS);
    if (this.queue.ms === 0) return;
    this.kept.appendAudio(this.sendQueue());
    this.unclaimedUntilMs = this.receivedMs + UNCLAIMED_MS;
  }

  /**
   * The session is over: audio waits for the next one. That one hears what was being said from its beginning, and
   * otherwise the last moments, in which somebody may have begun to speak.
   */
  close(): void {
    if (!this.isOpen) return;
    this.flush();
    this.unblock();
    this.isOpen = false;
    if (!this.isKeeping) this.keepRecent();
    // What is kept ends now, like a queue that a blocked session has left; the longer of the two holds all of the other.
    if (this.kept.ms > this.queue.ms) [this.queue, this.kept] = [this.kept, this.queue];
    this.keptTurns.length = 0;
    this.unclaimedUntilMs = 0;
    this.kept.clear();
  }

  /** True while what waited for the session is kept, and nobody has been heard in it. */
  get isUnclaimed(): boolean {
    return this.unclaimedUntilMs > this.receivedMs;
  }

  private get isKeeping(): boolean {
    return this.keptTurns.length > 0 || this.isUnclaimed;
  }

  /** Somebody speaks: their words are kept, from just before they began, until they are {@link written} down. */
  keep(itemId: string): void {
    const { isUnclaimed } = this;
    if (!this.isKeeping) this.keepRecent();
    this.keptTurns.push({ itemId, fromMs: this.receivedMs - (isUnclaimed ? this.kept.ms : RECENT_MS) });
    this.unclaimedUntilMs = 0;
  }

  /** True while the words of a customer turn are kept. */
  isKept(itemId: string): boolean {
    return this.keptTurns.some((turn) => turn.itemId === itemId);
  }

  /** A customer turn is written down, or never will be. */
  written(itemId: string): void {
    const at = this.keptTurns.findIndex((turn) => turn.itemId === itemId);
    if (at < 0) return;
    this.keptTurns.splice(at, 1);
    const next = this.keptTurns[0];
    if (next === undefined) {
      this.kept.clear();
      this.recent.clear();
      return;
    }
    this.kept.drop(Math.max(0, next.fromMs - (this.receivedMs - this.kept.ms)));
  }

  /** Sends what came in this moment, before anything that must come after it. */
  flush(): void {
    const { first } = this;
    if (first === '') return;
    this.first = '';
    if (this.isBlocked || this.sink.bufferedBytes > this.highWaterBytes) {
      this.enqueueAll(first);
      if (!this.isBlocked) this.block();
      return;
    }
    if (this.more.length === 0) {
      this.appendedBytes += payloadBytes(first);
      this.sink.send(APPEND_HEAD + first + APPEND_TAIL);
      return;
    }
    this.framesJoined += this.more.length;
    this.enqueueAll(first);
    this.sendQueue();
  }

  /** The call is over. */
  stop(): void {
    this.unblockLook?.();
    this.unblockLook = null;
    this.first = '';
    this.more.length = 0;
    this.queue.clear();
    this.recent.clear();
    this.keptTurns.length = 0;
    this.unclaimedUntilMs = 0;
    this.kept.clear();
    this.tap = null;
  }

  /** The call's time (milliseconds since the stream began) of a moment in the audio that the session was given. */
  toCallMs(modelAudioMs: number): number {
    const receivedMs = modelAudioMs + this.sessionBaseMs;
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
      this.pass(this.silenceOf(fillMs), fillMs);
      if (fillMs < holeMs) this.beginSpan(timestampMs);
    } else if (this.hasAppendedSilence && holeMs < -GAP_MS) this.beginSpan(timestampMs);
    this.hasAppendedSilence = false;
  }

  private pass(payloadBase64: string, audioMs: number): void {
    this.streamMs += audioMs;
    this.receivedMs += audioMs;
    if (this.keptTurns.length > 0 || this.unclaimedUntilMs > 0) this.keepFrame(payloadBase64, audioMs);
    this.recent.add(payloadBase64);
    if (!this.isOpen) this.enqueue(payloadBase64, audioMs);
    else if (this.first !== '') this.more.push(payloadBase64);
    else {
      this.first = payloadBase64;
      this.clock.soon(this.flushSoon);
    }
  }

  private keepFrame(payloadBase64: string, audioMs: number): void {
    if (!this.isKeeping) {
      this.unclaimedUntilMs = 0;
      this.kept.clear();
      return;
    }
    this.kept.append(payloadBase64, audioMs);
    this.kept.drop(Math.max(0, this.kept.ms - QUEUE_LIMIT_MS));
  }

  private enqueueAll(first: string): void {
    this.enqueue(first, this.msOf(first));
    for (const payload of this.more) this.enqueue(payload, this.msOf(payload));
    this.more.length = 0;
  }

  /** Base64 cannot be joined as text: every frame of 160 bytes ends in padding. */
  private enqueue(payloadBase64: string, audioMs: number): void {
    this.queue.append(payloadBase64, audioMs);
    const droppedMs = this.queue.ms - QUEUE_LIMIT_MS;
    if (droppedMs <= 0) return;
    this.queue.drop(droppedMs);
    this.framesDropped += droppedMs / FRAME_MS;
    // Missing in the time of a session that has had audio before.
    if (this.isOpen) this.sessionBaseMs += droppedMs;
  }

  private sendQueue(): Buffer {
    const audio = this.queue.take();
    if (audio.length === 0) return audio;
    this.appendedBytes += audio.length;
    this.sink.send(APPEND_HEAD + audio.toString('base64') + APPEND_TAIL);
    return audio;
  }

  private block(): void {
    this.isBlocked = true;
    this.blockedSinceMs = this.clock.nowMs();
    this.lookLater();
  }

  private lookLater(): void {
    this.unblockLook = this.clock.after(UNBLOCK_LOOK_MS, () => {
      if (this.sink.bufferedBytes <= this.lowWaterBytes) {
        this.unblock();
        this.sendQueue();
      } else if (this.clock.nowMs() - this.blockedSinceMs >= MODEL_STUCK_MS) {
        this.events.onStuck();
      } else this.lookLater();
    });
  }

  private unblock(): void {
    this.isBlocked = false;
    this.unblockLook?.();
    this.unblockLook = null;
  }

  private keepRecent(): void {
    for (const audio of this.recent.frames()) this.kept.appendAudio(audio);
  }

  private msOf(payloadBase64: string): number {
    return payloadBytes(payloadBase64) / this.bytesPerMs;
  }

  private silenceOf(ms: number): string {
    return Buffer.alloc(bytesOf(this.format, ms), this.format.silenceByte).toString('base64');
  }

  private beginSpan(callMs: number): void {
    this.spans.push({ receivedMs: this.receivedMs, callMs });
    if (this.spans.length > MAX_SPANS) this.spans.shift();
    this.streamMs = callMs;
  }
}
