import { createMp3Encoder } from 'wasm-media-encoders';
import { SPEECH_RATE_HZ } from './speech-output';

/** What speech is sent as. */
export const SPEECH_FORMATS = ['mp3', 'wav', 'pcm'] as const;
export type SpeechFormat = (typeof SPEECH_FORMATS)[number];

export const SPEECH_TYPES: Readonly<Record<SpeechFormat, string>> = {
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
};

const SAMPLE_BYTES = 2;
/** One channel of speech at 24 kHz sounds no better with more. */
const MP3_KBITS = 64;
/** 200 ms: encoding them keeps the event loop for less than a millisecond. */
const MAX_STEP_BYTES = SPEECH_RATE_HZ * SAMPLE_BYTES * 0.2;

/** Samples as a file that can be played while it comes. @param pcm of SPEECH_RATE_HZ, in parts of any size */
export function encodedSpeech(pcm: AsyncIterable<Buffer>, format: SpeechFormat): AsyncGenerator<Buffer> {
  return ENCODED[format](wholeSamples(pcm));
}

const ENCODED: Readonly<Record<SpeechFormat, (pcm: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>>> = {
  mp3: mp3Of,
  wav: wavOf,
  pcm: pcmOf,
};

async function* pcmOf(pcm: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* pcm;
}

/** Nobody knows yet how long it will be: the largest length stands for that, and `closedFile` sets it right. */
async function* wavOf(pcm: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isBegun = false;
  for await (const samples of pcm) {
    // With the first sound, and not before there is any.
    if (!isBegun) yield wavHeader(UNKNOWN_LENGTH);
    isBegun = true;
    yield samples;
  }
}

async function* mp3Of(pcm: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const encoder = await createMp3Encoder();
  encoder.configure({ sampleRate: SPEECH_RATE_HZ, channels: 1, bitrate: MP3_KBITS });
  for await (const samples of pcm) {
    for (let from = 0; from < samples.length; from += MAX_STEP_BYTES) {
      const step = samples.subarray(from, from + MAX_STEP_BYTES);
      // It belongs to the encoder and is overwritten by the next.
      const frames = Buffer.from(encoder.encode([floats(step)]));
      if (frames.length > 0) yield frames;
    }
  }
  const rest = Buffer.from(encoder.finalize());
  if (rest.length > 0) yield rest;
}

/** The same in parts that do not cut samples in two. */
async function* wholeSamples(pcm: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let half: Buffer = Buffer.alloc(0);
  for await (const part of pcm) {
    const bytes = half.length === 0 ? part : Buffer.concat([half, part]);
    const end = bytes.length - (bytes.length % SAMPLE_BYTES);
    half = bytes.subarray(end);
    if (end > 0) yield bytes.subarray(0, end);
  }
}

function floats(pcm: Buffer): Float32Array {
  const samples = new Float32Array(pcm.length / SAMPLE_BYTES);
  for (let i = 0; i < samples.length; i++) samples[i] = pcm.readInt16LE(i * SAMPLE_BYTES) / 0x8000;
  return samples;
}

const WAV_HEADER_BYTES = 44;
const UNKNOWN_LENGTH = 0xffff_ffff;
const PCM_CODE = 1;

function wavHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(Math.min(dataBytes + WAV_HEADER_BYTES - 8, UNKNOWN_LENGTH), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(PCM_CODE, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SPEECH_RATE_HZ, 24);
  header.writeUInt32LE(SPEECH_RATE_HZ * SAMPLE_BYTES, 28);
  header.writeUInt16LE(SAMPLE_BYTES, 32);
  header.writeUInt16LE(SAMPLE_BYTES * 8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

/** A file that has come to its end says how long it is. */
export function closedFile(parts: readonly Buffer[], format: SpeechFormat): Buffer {
  const file = Buffer.concat(parts);
  if (format === 'wav' && file.length >= WAV_HEADER_BYTES) wavHeader(file.length - WAV_HEADER_BYTES).copy(file);
  return file;
}
