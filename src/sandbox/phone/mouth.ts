import { FRAME_BYTES, FRAME_MS } from '../../media/g711';
import { PERSON_VOICE } from '../speech/voices';
import type { Speech, Voices } from './voices';

export interface SaidLine {
  text: string;
  /** Both in ms since the answer. */
  start_ms: number;
  end_ms: number;
  /** The call ended before the sentence did. */
  interrupted: boolean;
}

/** Speaks sentences one after the other, a frame at a time. */
export class Mouth {
  readonly said: SaidLine[] = [];
  /** ms since the answer at which the last frame of speech ended; `undefined` before the first. */
  lastSpokeAtMs: number | undefined;

  private nowMs = 0;
  private readonly waiting: string[] = [];
  private readonly prepared = new Map<string, Speech>();
  private preparing: string | undefined;
  private speaking: { speech: Speech; offset: number; line: SaidLine } | undefined;
  private isShut = false;

  constructor(
    private readonly voices: Voices,
    private readonly onTrouble: (error: unknown) => void,
  ) {}

  /** True while a sentence is being spoken, fetched or waiting. */
  get isBusy(): boolean {
    return this.speaking !== undefined || this.preparing !== undefined || this.waiting.length > 0;
  }

  /** How much of the present sentence is out, 0 to 1; 0 when nothing is being said. */
  get progress(): number {
    return this.speaking ? this.speaking.offset / this.speaking.speech.mulaw.length : 0;
  }

  /** Has a sentence ready before it is needed, so that it can come at once. */
  prepare(text: string): void {
    if (this.prepared.has(text)) return;
    this.voices
      .speak(text, PERSON_VOICE)
      .then((speech) => this.prepared.set(text, speech))
      .catch(this.onTrouble);
  }

  /** The same for a sound that is there already; it is made with `say(sound.text)`. */
  keep(sound: Speech): void {
    this.prepared.set(sound.text, sound);
  }

  /** Says it after what is being said already. */
  say(text: string): void {
    if (this.isShut) return;
    this.waiting.push(text);
    this.next();
  }

  /** The next 20 ms of speech, or `undefined` for silence. */
  step(): Buffer | undefined {
    this.nowMs += FRAME_MS;
    const present = this.speaking;
    if (!present) return undefined;
    const frame = present.speech.mulaw.subarray(present.offset, present.offset + FRAME_BYTES);
    if (present.offset === 0) {
      present.line.start_ms = this.nowMs - FRAME_MS;
      this.said.push(present.line);
    }
    present.offset += frame.length;
    present.line.end_ms = this.nowMs;
    this.lastSpokeAtMs = this.nowMs;
    if (present.offset >= present.speech.mulaw.length) {
      this.speaking = undefined;
      this.next();
    }
    return frame;
  }

  /** Nothing more is said; a sentence in the middle stays cut. */
  shut(): void {
    this.isShut = true;
    this.waiting.length = 0;
    if (this.speaking) this.speaking.line.interrupted = true;
    this.speaking = undefined;
  }

  private next(): void {
    if (this.speaking || this.preparing !== undefined) return;
    const text = this.waiting.shift();
    if (text === undefined) return;
    const ready = this.prepared.get(text);
    if (ready) {
      this.start(ready);
      return;
    }
    this.preparing = text;
    this.voices
      .speak(text, PERSON_VOICE)
      .then((speech) => {
        this.preparing = undefined;
        this.start(speech);
      })
      .catch((error: unknown) => {
        this.preparing = undefined;
        this.onTrouble(error);
        this.next();
      });
  }

  private start(speech: Speech): void {
    if (this.isShut) return;
    const line = { text: speech.text, start_ms: this.nowMs, end_ms: this.nowMs, interrupted: false };
    this.speaking = { speech, offset: 0, line };
  }
}
