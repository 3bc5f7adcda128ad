import type { SpokenWord } from './sentences';

/** µ-law symbols or PCM samples. */
export type Symbols = Uint8Array | Int16Array;

/** A stretch of one utterance that was found in audio. */
export interface FrameRun {
  id: string;
  words: SpokenWord[];
  /** Which frames of the utterance are loud. */
  loud: boolean[];
  /** Which frames of the utterance were found. */
  frames: Set<number>;
  lastFrame: number;
  /** Where in the audio it begins, in frames. */
  atFrame: number;
}

interface Entry {
  id: string;
  number: number;
  symbols: Symbols;
  words: SpokenWord[];
  loud: boolean[];
}

/** A root mean square below this is silence (about -46 dBFS). */
const SILENCE_RMS = 160;
const MULTIPLIER = 0x01000193;
/** Utterance number and frame number share one key. */
const FRAMES_PER_UTTERANCE = 65_536;
const MAX_UTTERANCES = 1500;
const MAX_SYMBOLS = 24 * 1024 * 1024;
/** How often in one audio the frame boundary is looked for anew, when it lies nowhere near the last one. */
const MAX_SEARCHES = 200;

/**
 * Finds known utterances in audio by exact equality of their loud 20 ms frames, wherever the frame boundary lies.
 * Keeps what was used last, within a bound.
 */
export class FrameIndex {
  private readonly entries = new Map<string, Entry>();
  private readonly byNumber = new Map<number, Entry>();
  private readonly keysByHash = new Map<number, number[]>();
  private readonly topPower: number;
  private lastNumber = 0;
  private symbolCount = 0;

  constructor(
    private readonly frameLength: number,
    /** The square of the sample that a symbol stands for. */
    private readonly energyOf: (symbol: number) => number,
  ) {
    let power = 1;
    for (let i = 1; i < frameLength; i++) power = Math.imul(power, MULTIPLIER);
    this.topPower = power;
  }

  /** Marks an utterance as used; false if it is not known. */
  touch(id: string): boolean {
    const entry = this.entries.get(id);
    if (!entry) return false;
    this.entries.delete(id);
    this.entries.set(id, entry);
    return true;
  }

  add(id: string, symbols: Symbols, words: SpokenWord[]): void {
    const loud = this.loudFrames(symbols);
    const entry: Entry = { id, number: ++this.lastNumber, symbols, words, loud };
    this.entries.set(id, entry);
    this.byNumber.set(entry.number, entry);
    this.symbolCount += symbols.length;
    this.eachLoudFrame(entry, (hash, key) => {
      const keys = this.keysByHash.get(hash);
      if (keys) keys.push(key);
      else this.keysByHash.set(hash, [key]);
    });
    for (const oldest of this.entries.values()) {
      if ((this.entries.size <= MAX_UTTERANCES && this.symbolCount <= MAX_SYMBOLS) || oldest === entry) break;
      this.forget(oldest);
    }
  }

  /** The utterances in this audio, in order, and the loud frames that belong to none. */
  match(symbols: Symbols): { runs: FrameRun[]; foreignFrames: number[] } {
    const length = this.frameLength;
    const energy = this.runningEnergy(symbols);
    const runs: FrameRun[] = [];
    const foreignFrames: number[] = [];
    let searches = MAX_SEARCHES;
    let at = 0;
    while (at + length <= symbols.length) {
      if (!this.isLoud(energy, at)) {
        at += length;
        continue;
      }
      let found = this.longestFrom(symbols, at, runs[runs.length - 1]);
      if (!found && searches > 0) {
        searches--;
        const shifted = this.searchBoundary(symbols, energy, at);
        if (shifted !== undefined) {
          at = shifted;
          found = this.longestFrom(symbols, at, runs[runs.length - 1]);
        }
      }
      if (!found) {
        foreignFrames.push(Math.floor(at / length));
        at += length;
        continue;
      }
      addToRuns(runs, found, Math.floor(at / length));
      at += found.count * length;
    }
    return { runs, foreignFrames };
  }

  /** The known utterance that goes on longest from here; the one of the last run if it simply continues. */
  private longestFrom(symbols: Symbols, at: number, last: FrameRun | undefined) {
    let best: { entry: Entry; frame: number; count: number } | undefined;
    for (const key of this.keysByHash.get(this.hash(symbols, at)) ?? []) {
      const entry = this.byNumber.get(Math.floor(key / FRAMES_PER_UTTERANCE));
      if (!entry) continue;
      const frame = key % FRAMES_PER_UTTERANCE;
      const count = this.countEqual(symbols, at, entry, frame);
      if (count === 0) continue;
      if (last && entry.id === last.id && frame === last.lastFrame + 1) return { entry, frame, count };
      if (!best || count >= best.count) best = { entry, frame, count };
    }
    return best;
  }

  private countEqual(symbols: Symbols, at: number, entry: Entry, frame: number): number {
    const length = this.frameLength;
    let count = 0;
    for (;;) {
      const from = at + count * length;
      const known = (frame + count) * length;
      if (from + length > symbols.length || known + length > entry.symbols.length) return count;
      for (let i = 0; i < length; i++) if (symbols[from + i] !== entry.symbols[known + i]) return count;
      count++;
    }
  }

  /** The next place within one frame's length where a known loud frame begins. */
  private searchBoundary(symbols: Symbols, energy: Float64Array, at: number): number | undefined {
    const length = this.frameLength;
    let hash = this.hash(symbols, at);
    const last = Math.min(at + length - 1, symbols.length - length);
    for (let next = at + 1; next <= last; next++) {
      const leaving = Math.imul(symbols[next - 1] as number, this.topPower);
      hash = (Math.imul((hash - leaving) | 0, MULTIPLIER) + (symbols[next + length - 1] as number)) | 0;
      if (!this.keysByHash.has(hash) || !this.isLoud(energy, next)) continue;
      if (this.longestFrom(symbols, next, undefined)) return next;
    }
    return undefined;
  }

  private hash(symbols: Symbols, at: number): number {
    let hash = 0;
    for (let i = at; i < at + this.frameLength; i++) hash = (Math.imul(hash, MULTIPLIER) + (symbols[i] as number)) | 0;
    return hash;
  }

  private runningEnergy(symbols: Symbols): Float64Array {
    const energy = new Float64Array(symbols.length + 1);
    for (let i = 0; i < symbols.length; i++)
      energy[i + 1] = (energy[i] as number) + this.energyOf(symbols[i] as number);
    return energy;
  }

  private isLoud(energy: Float64Array, at: number): boolean {
    const sum = (energy[at + this.frameLength] as number) - (energy[at] as number);
    return sum >= SILENCE_RMS * SILENCE_RMS * this.frameLength;
  }

  private loudFrames(symbols: Symbols): boolean[] {
    const energy = this.runningEnergy(symbols);
    const frames = Math.min(Math.floor(symbols.length / this.frameLength), FRAMES_PER_UTTERANCE);
    return Array.from({ length: frames }, (_, frame) => this.isLoud(energy, frame * this.frameLength));
  }

  private eachLoudFrame(entry: Entry, visit: (hash: number, key: number) => void): void {
    entry.loud.forEach((isLoud, frame) => {
      if (isLoud) {
        visit(this.hash(entry.symbols, frame * this.frameLength), entry.number * FRAMES_PER_UTTERANCE + frame);
      }
    });
  }

  private forget(entry: Entry): void {
    this.entries.delete(entry.id);
    this.byNumber.delete(entry.number);
    this.symbolCount -= entry.symbols.length;
    this.eachLoudFrame(entry, (hash, key) => {
      const keys = (this.keysByHash.get(hash) ?? []).filter((other) => other !== key);
      if (keys.length > 0) this.keysByHash.set(hash, keys);
      else this.keysByHash.delete(hash);
    });
  }
}

/** A later part of the utterance that was being heard belongs to the same run (a frame was lost in between). */
function addToRuns(runs: FrameRun[], found: { entry: Entry; frame: number; count: number }, atFrame: number): void {
  const { entry, frame, count } = found;
  let run = runs[runs.length - 1];
  if (!run || run.id !== entry.id || frame <= run.lastFrame) {
    run = { id: entry.id, words: entry.words, loud: entry.loud, frames: new Set(), lastFrame: -1, atFrame };
    runs.push(run);
  }
  for (let i = 0; i < count; i++) run.frames.add(frame + i);
  run.lastFrame = frame + count - 1;
}
