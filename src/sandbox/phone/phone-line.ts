import { FRAME_BYTES, FRAME_MS } from '../../media/g711';
import type { Tickable } from '../frame-ticker';
import type { CallTape } from './call-tape';
import type { PhoneParty } from './phone-party';

/** Two-way audio that takes the line over for a while: a media stream. */
export interface LineTap {
  /** What is played to the phone in the next 20 ms; `undefined` is silence. */
  nextFrame(): Uint8Array | undefined;
  /** What the phone says in these 20 ms; `undefined` is silence. */
  hear(frame: Buffer | undefined): void;
  digit(digit: string): void;
  /** So many frames were lost: nothing was heard or played meanwhile, but their time has passed. */
  skip?(frames: number): void;
}

interface Playing {
  audio: Uint8Array;
  offset: number;
  done: () => void;
}

/** The answered line of one call: 20 ms at a time it carries audio both ways and puts it on the tape. */
export class PhoneLine implements Tickable {
  /** Since the answer, counted in frames. */
  elapsedMs = 0;
  private tap: LineTap | undefined;
  private playing: Playing | undefined;
  private readonly alarms = new Set<{ atMs: number; ring: () => void }>();
  private readonly digitListeners = new Set<(digit: string) => void>();
  private readonly speechListeners = new Set<(frame: Buffer | undefined) => void>();

  constructor(
    readonly party: PhoneParty,
    readonly tape: CallTape,
  ) {}

  tick(): void {
    const played = this.tap ? this.tap.nextFrame() : this.playFrame();
    const spoken = this.party.step(played);
    this.tape.append(spoken, played);
    this.tap?.hear(spoken);
    for (const listen of this.speechListeners) listen(spoken);
    this.elapsedMs += FRAME_MS;
    for (const alarm of this.alarms) {
      if (alarm.atMs > this.elapsedMs) continue;
      this.alarms.delete(alarm);
      alarm.ring();
    }
  }

  /** The people on the line notice nothing of a standstill; the stream's clock follows real time. */
  skip(frames: number): void {
    this.tap?.skip?.(frames);
  }

  attach(tap: LineTap): void {
    this.tap = tap;
  }

  detach(tap: LineTap): void {
    if (this.tap === tap) this.tap = undefined;
  }

  /** Plays µ-law to the phone; resolves when it was heard or the signal says stop. */
  play(audio: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.until(signal, (done) => {
      if (audio.length === 0) {
        done();
        return () => undefined;
      }
      const playing = { audio, offset: 0, done };
      this.playing = playing;
      return () => {
        if (this.playing === playing) this.playing = undefined;
      };
    });
  }

  /** Time that passes on this line; resolves early when the signal says stop. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    return this.until(signal, (done) => {
      const alarm = { atMs: this.elapsedMs + ms, ring: done };
      this.alarms.add(alarm);
      return () => {
        this.alarms.delete(alarm);
      };
    });
  }

  /** Tells every key press; returns how to stop listening. */
  onDigit(listen: (digit: string) => void): () => void {
    this.digitListeners.add(listen);
    return () => {
      this.digitListeners.delete(listen);
    };
  }

  /** Tells every frame that the phone says (`undefined`: silence); returns how to stop listening. */
  onSpeech(listen: (frame: Buffer | undefined) => void): () => void {
    this.speechListeners.add(listen);
    return () => {
      this.speechListeners.delete(listen);
    };
  }

  /** A key was pressed on the phone. */
  digit(digit: string): void {
    this.tap?.digit(digit);
    for (const listen of this.digitListeners) listen(digit);
  }

  private playFrame(): Uint8Array | undefined {
    const playing = this.playing;
    if (!playing) return undefined;
    const frame = playing.audio.subarray(playing.offset, playing.offset + FRAME_BYTES);
    playing.offset += FRAME_BYTES;
    if (playing.offset >= playing.audio.length) {
      this.playing = undefined;
      // The frame is heard during the 20 ms that begin now.
      this.alarms.add({ atMs: this.elapsedMs + FRAME_MS, ring: playing.done });
    }
    return frame;
  }

  private until(signal: AbortSignal, start: (done: () => void) => () => void): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      let cancel: () => void = () => undefined;
      const settle = () => {
        signal.removeEventListener('abort', settle);
        cancel();
        resolve();
      };
      signal.addEventListener('abort', settle, { once: true });
      cancel = start(settle);
    });
  }
}
