import { FRAME_MS, decodeMulawSample } from '../../media/g711';

/** Mean loudness of a frame above which somebody speaks; speech on the line lies around 2,000, its pauses below 50. */
const LOUD_MEAN = 150;
/** So many loud frames in a row are speech; a single one is a click. */
const ONSET_FRAMES = 3;
/** Silence that ends an utterance: longer than the pause between two sentences. */
const END_SILENCE_MS = 700;
/** Kept from before the onset, so that the first consonant is not lost. */
const LEAD_FRAMES = 10;
/** Kept after the last loud frame, for the same reason. */
const TAIL_FRAMES = 5;
/** Of an endless utterance the first three minutes are understood. */
const MAX_UTTERANCE_FRAMES = 9000;

export interface HeardLine {
  text: string;
  /** Both in ms since the answer. */
  start_ms: number;
  end_ms: number;
}

export type EarEvent = 'speech-started' | 'speech-ended';

const LOUDNESS = Uint16Array.from({ length: 256 }, (_, byte) => Math.abs(decodeMulawSample(byte)));

/** Mean absolute sample of a µ-law frame. */
export function loudnessOf(frame: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < frame.length; i++) sum += LOUDNESS[frame[i] as number] as number;
  return frame.length === 0 ? 0 : sum / frame.length;
}

/** Listens to what the platform plays: finds out by loudness when somebody speaks, then what was said. */
export class Ear {
  readonly heard: HeardLine[] = [];
  /** True from the onset until the silence after it is long enough. */
  isHearingSpeech = false;
  /** ms since the answer at which the last loud frame ended; `undefined` before the first. */
  lastLoudAtMs: number | undefined;

  /** What was understood of the last utterance; '' when it was no more than a sound. */
  lastText = '';

  private loudRun = 0;
  private speechStartMs = 0;
  private readonly recent: Uint8Array[] = [];
  private utterance: Uint8Array[] = [];

  /** @param nowMs ms since the answer at which it begins to listen */
  constructor(
    private readonly recognise: (mulaw: Buffer) => string,
    private nowMs = 0,
  ) {}

  /** How long the present utterance lasts already; 0 when nobody speaks. */
  get speechMs(): number {
    return this.isHearingSpeech ? this.nowMs - this.speechStartMs : 0;
  }

  /** One step of 20 ms; `undefined` is silence. */
  step(frame: Uint8Array | undefined): EarEvent | undefined {
    this.nowMs += FRAME_MS;
    const isLoud = frame !== undefined && loudnessOf(frame) >= LOUD_MEAN;
    this.loudRun = isLoud ? this.loudRun + 1 : 0;
    if (this.isHearingSpeech) return this.follow(frame, isLoud);
    return this.await(frame);
  }

  /** The line is dead: what was being said counts as far as it came. */
  finish(): void {
    if (this.isHearingSpeech) this.close();
  }

  private await(frame: Uint8Array | undefined): EarEvent | undefined {
    if (frame) {
      this.recent.push(frame);
      if (this.recent.length > LEAD_FRAMES) this.recent.shift();
    } else {
      this.recent.length = 0;
    }
    if (this.loudRun < ONSET_FRAMES) return undefined;
    this.isHearingSpeech = true;
    this.speechStartMs = this.nowMs - ONSET_FRAMES * FRAME_MS;
    this.lastLoudAtMs = this.nowMs;
    this.utterance = this.recent.splice(0);
    return 'speech-started';
  }

  private follow(frame: Uint8Array | undefined, isLoud: boolean): EarEvent | undefined {
    // A gap in the playing is left out: for the recogniser only the frames that exist matter.
    if (frame && this.utterance.length < MAX_UTTERANCE_FRAMES) this.utterance.push(frame);
    if (isLoud) this.lastLoudAtMs = this.nowMs;
    if (this.nowMs - (this.lastLoudAtMs ?? 0) < END_SILENCE_MS) return undefined;
    this.close();
    return 'speech-ended';
  }

  private close(): void {
    this.isHearingSpeech = false;
    this.loudRun = 0;
    const endMs = this.lastLoudAtMs ?? this.nowMs;
    let frames = this.utterance.length;
    while (frames > 0 && loudnessOf(this.utterance[frames - 1] as Uint8Array) < LOUD_MEAN) frames -= 1;
    this.lastText = this.recognise(Buffer.concat(this.utterance.slice(0, frames + TAIL_FRAMES)));
    this.utterance = [];
    if (this.lastText !== '') this.heard.push({ text: this.lastText, start_ms: this.speechStartMs, end_ms: endMs });
  }
}
