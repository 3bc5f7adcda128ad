import { createHash } from 'node:crypto';
import { encodeMulaw, FRAME_BYTES, SAMPLE_RATE_HZ } from '../../media/g711';
import { Flite, FLITE_SAMPLE_RATE_HZ, FliteRequest, FliteSpeech } from './flite';
import { Recogniser } from './recogniser';
import { resample } from './resample';
import { SentenceStore } from './sentence-store';
import { pronounceable, sentencesOf, timeWords, type SpokenWord } from './sentences';
import { voiceSettings } from './voices';
import { samplesToPcm } from './wav';

export type { SpokenWord } from './sentences';

/** A text that has been spoken. */
export interface Utterance {
  id: string;
  text: string;
  voice: string;
  /** 8 kHz, padded to a multiple of 160 bytes (20 ms). */
  mulaw: Buffer;
  durationMs: number;
  words: SpokenWord[];
}

interface Rendering {
  /** 16 kHz, a whole number of 20 ms frames. */
  samples: Int16Array;
  words: SpokenWord[];
}

export const PCM_SAMPLE_RATE_HZ = 24_000;
const FRAME_SAMPLES = (FLITE_SAMPLE_RATE_HZ * FRAME_BYTES) / SAMPLE_RATE_HZ;
const SAMPLES_PER_MS = FLITE_SAMPLE_RATE_HZ / 1000;

/** Kept around the speech of a sentence, because its first and last sounds begin and end softly. */
const LEAD_MS = 40;
const TAIL_MS = 60;
const SENTENCE_GAP_MS = 160;
/** A turn detector needs to hear an end. */
const END_SILENCE_MS = 240;
/** What a text without a speakable word sounds like. */
const WORDLESS_MS = 200;

/** Every voice is brought to the loudness of a telephone line, about -20 dBFS while it speaks. */
const TARGET_RMS = 3200;
const MAX_PEAK = 30_000;

const MAX_CACHED_BYTES = 48 * 1024 * 1024;

/** The sandbox's voices. What they speak, `recogniser` recognises. */
export class VoiceBox {
  readonly recogniser = new Recogniser();
  private readonly utterances = new BoundedCache<Utterance>((utterance) => utterance.mulaw.length);
  private readonly pcm = new BoundedCache<Buffer>((bytes) => bytes.length);

  private constructor(
    private readonly flite: Flite,
    private readonly store: SentenceStore | null,
  ) {}

  /**
   * `folder` keeps what has been spoken for the next time.
   * @throws an error whose message is a sentence, when the speech engine cannot run here.
   */
  static async start({ folder }: { folder?: string | undefined } = {}): Promise<VoiceBox> {
    return new VoiceBox(await Flite.start(), folder === undefined ? null : new SentenceStore(folder));
  }

  /**
   * Synthesizes (cached by text, voice and speed). `voice` is one of the provider's voice names, or `person` for the
   * simulated person; `speed` 1 is the voice's own.
   */
  async speak(text: string, voice: string, speed = 1): Promise<Utterance> {
    const spoken = text.split(/\s+/u).filter(Boolean).join(' ');
    const id = idOf(spoken, voice, speed);
    const utterance = await this.utterances.get(id, async () => {
      const { samples, words } = await this.render(spoken, voice, speed);
      const mulaw = encodeMulaw(resample(samples, FLITE_SAMPLE_RATE_HZ, SAMPLE_RATE_HZ));
      return { id, text: spoken, voice, mulaw, durationMs: samples.length / SAMPLES_PER_MS, words };
    });
    this.recogniser.registerMulaw(id, utterance.mulaw, utterance.words);
    return utterance;
  }

  /** The same as 16-bit PCM at 24 kHz: of the same length and with the words at the same times. */
  async speakPcm24k(text: string, voice: string, speed = 1): Promise<Buffer> {
    const { id, text: spoken, words } = await this.speak(text, voice, speed);
    const pcm = await this.pcm.get(id, async () => {
      const { samples } = await this.render(spoken, voice, speed);
      return samplesToPcm(resample(samples, FLITE_SAMPLE_RATE_HZ, PCM_SAMPLE_RATE_HZ));
    });
    this.recogniser.registerPcm24k(id, pcm, words);
    return pcm;
  }

  async close(): Promise<void> {
    await this.flite.close();
  }

  private spoken(request: FliteRequest): Promise<FliteSpeech> {
    const speak = () => this.flite.speak(request);
    return this.store === null ? speak() : this.store.get(request, speak);
  }

  private async render(text: string, voice: string, speed: number): Promise<Rendering> {
    const settings = voiceSettings(voice, speed);
    const parts: Int16Array[] = [];
    const words: SpokenWord[] = [];
    let lengthMs = 0;
    for (const sentence of sentencesOf(text)) {
      const readable = pronounceable(sentence);
      if (!/[A-Za-z0-9]/.test(readable)) continue;
      const { samples, stretches } = await this.spoken({ text: readable, ...settings });
      const first = stretches[0];
      const last = stretches[stretches.length - 1];
      if (!first || !last) continue;
      if (lengthMs > 0) lengthMs += addSilence(parts, SENTENCE_GAP_MS);
      const fromMs = Math.max(0, Math.floor(first.startMs) - LEAD_MS);
      const part = samples.slice(fromMs * SAMPLES_PER_MS, (Math.ceil(last.endMs) + TAIL_MS) * SAMPLES_PER_MS);
      level(part);
      parts.push(part);
      for (const word of timeWords(sentence, stretches)) {
        words.push({
          text: word.text,
          startMs: Math.round(word.startMs - fromMs + lengthMs),
          endMs: Math.round(word.endMs - fromMs + lengthMs),
        });
      }
      lengthMs += part.length / SAMPLES_PER_MS;
    }
    addSilence(parts, lengthMs === 0 ? WORDLESS_MS : END_SILENCE_MS);
    return { samples: joinToFrames(parts), words };
  }
}

/** Brings speech to the target loudness without clipping. */
function level(samples: Int16Array): void {
  let energy = 0;
  let peak = 1;
  for (const sample of samples) {
    energy += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  const rms = Math.sqrt(energy / Math.max(1, samples.length));
  const gain = Math.min(TARGET_RMS / Math.max(1, rms), MAX_PEAK / peak);
  for (let i = 0; i < samples.length; i++) samples[i] = Math.round((samples[i] as number) * gain);
}

function addSilence(parts: Int16Array[], ms: number): number {
  parts.push(new Int16Array(ms * SAMPLES_PER_MS));
  return ms;
}

function joinToFrames(parts: Int16Array[]): Int16Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const joined = new Int16Array(Math.ceil(length / FRAME_SAMPLES) * FRAME_SAMPLES);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function idOf(text: string, voice: string, speed: number): string {
  return `utt_${createHash('sha256').update(`${voice}\n${speed}\n${text}`).digest('hex').slice(0, 24)}`;
}

/** Keeps what was used last, up to a number of bytes; two who ask for the same at once share one making. */
class BoundedCache<T> {
  private readonly entries = new Map<string, T>();
  private readonly making = new Map<string, Promise<T>>();
  private bytes = 0;

  constructor(private readonly sizeOf: (value: T) => number) {}

  async get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.entries.get(key);
    if (known !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, known);
      return known;
    }
    const running = this.making.get(key);
    if (running) return running;
    const started = make()
      .then((value) => this.keep(key, value))
      .finally(() => this.making.delete(key));
    this.making.set(key, started);
    return started;
  }

  private keep(key: string, value: T): T {
    this.entries.set(key, value);
    this.bytes += this.sizeOf(value);
    for (const [oldest, old] of this.entries) {
      if (this.bytes <= MAX_CACHED_BYTES || oldest === key) break;
      this.entries.delete(oldest);
      this.bytes -= this.sizeOf(old);
    }
    return value;
  }
}
