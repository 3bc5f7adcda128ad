import { decodeMulawSample, encodeMulawSample, FRAME_BYTES, FRAME_MS } from '../../media/g711';
import { decodeAlawSample, encodeAlawSample } from './alaw';
import { FrameIndex, type FrameRun } from './frame-index';
import type { SpokenWord } from './sentences';
import { pcmToSamples } from './wav';

/** What the sandbox's transcriber hears in speech that is not its own: a sentence that fits into any conversation. */
export const UNRECOGNISED_SPEECH = 'Hello, I would like to know a little more about that, please.';

/** 20 ms at 24 kHz. */
const PCM_FRAME_SAMPLES = 480;
/** A word counts as heard when so much of it was covered. */
const HEARD_PART = 0.6;
/** Shorter foreign noises are coughs and clicks, not speech. */
const MIN_FOREIGN_MS = 300;
/** Beside recognised speech only a longer stretch is somebody else's sentence. */
const MIN_FOREIGN_BESIDE_MS = 1500;

/**
 * µ-law bytes that A-law cannot tell apart share a symbol, so that audio which crossed an A-law link, or whose
 * negative zero became a positive one, is still recognised.
 */
const SYMBOLS = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  SYMBOLS[byte] = encodeMulawSample(decodeAlawSample(encodeAlawSample(decodeMulawSample(byte))));
}

/** Recognises what the sandbox itself has spoken, by fingerprints of its 20 ms frames. */
export class Recogniser {
  private readonly mulaw = new FrameIndex(FRAME_BYTES, (symbol) => decodeMulawSample(symbol) ** 2);
  private readonly pcm = new FrameIndex(PCM_FRAME_SAMPLES, (sample) => sample ** 2);

  /** Makes an utterance known in its 8 kHz µ-law form. */
  registerMulaw(id: string, mulaw: Buffer, words: SpokenWord[]): void {
    if (!this.mulaw.touch(id)) this.mulaw.add(id, symbolsOf(mulaw), words);
  }

  /** Makes an utterance known in its 24 kHz PCM form. */
  registerPcm24k(id: string, pcm: Buffer, words: SpokenWord[]): void {
    if (!this.pcm.touch(id)) this.pcm.add(id, pcmToSamples(pcm), words);
  }

  /** The words that are really in this 8 kHz µ-law audio, in order; '' for silence. */
  recognise(mulaw: Buffer): string {
    return transcriptOf(this.mulaw.match(symbolsOf(mulaw)));
  }

  /** The same for 16-bit PCM at 24 kHz. */
  recognisePcm24k(samples: Int16Array): string {
    return transcriptOf(this.pcm.match(samples));
  }
}

function transcriptOf(match: { runs: FrameRun[]; foreignFrames: number[] }): string {
  const heard: { atFrame: number; text: string }[] = [];
  for (const run of match.runs) {
    const words = run.words.filter((word) => coverage(word, run) >= HEARD_PART);
    if (words.length > 0) heard.push({ atFrame: run.atFrame, text: words.map((word) => word.text).join(' ') });
  }
  const minFrames = (heard.length === 0 ? MIN_FOREIGN_MS : MIN_FOREIGN_BESIDE_MS) / FRAME_MS;
  if (match.foreignFrames.length >= minFrames) {
    heard.push({ atFrame: match.foreignFrames[0] as number, text: UNRECOGNISED_SPEECH });
  }
  return heard
    .sort((a, b) => a.atFrame - b.atFrame)
    .map((part) => part.text)
    .join(' ');
}

/** The part of a word's loud frames that was found in the audio. */
function coverage(word: SpokenWord, run: FrameRun): number {
  const first = Math.floor(word.startMs / FRAME_MS);
  const last = Math.max(first, Math.ceil(word.endMs / FRAME_MS) - 1);
  let loud = 0;
  let found = 0;
  for (let frame = first; frame <= last; frame++) {
    if (!run.loud[frame]) continue;
    loud++;
    if (run.frames.has(frame)) found++;
  }
  return loud === 0 ? 0 : found / loud;
}

function symbolsOf(mulaw: Buffer): Uint8Array {
  const symbols = new Uint8Array(mulaw.length);
  for (let i = 0; i < mulaw.length; i++) symbols[i] = SYMBOLS[mulaw[i] as number] as number;
  return symbols;
}
