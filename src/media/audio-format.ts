import { BYTES_PER_MS, SILENCE_BYTE } from './g711';

/** How the voices of a call are written, both ways, between the customer's end and the model: nothing is transcoded on the way. */
export interface AudioFormat {
  /** As the Realtime session is asked for it (reference/openai-realtime.md section 2). */
  readonly session: { readonly type: 'audio/pcmu' } | { readonly type: 'audio/pcm'; readonly rate: 24_000 };
  readonly bytesPerMs: number;
  readonly sampleBytes: number;
  /** The byte of digital silence. */
  readonly silenceByte: number;
}

/** The telephone's: G.711 µ-law, 8 kHz. */
export const MULAW_8K: AudioFormat = {
  session: { type: 'audio/pcmu' },
  bytesPerMs: BYTES_PER_MS,
  sampleBytes: 1,
  silenceByte: SILENCE_BYTE,
};

/** A browser's: signed 16-bit samples, little endian, 24 kHz, mono. */
export const PCM_24K: AudioFormat = {
  session: { type: 'audio/pcm', rate: 24_000 },
  bytesPerMs: 48,
  sampleBytes: 2,
  silenceByte: 0,
};

/** The bytes of so much audio, in whole samples. */
export function bytesOf({ bytesPerMs, sampleBytes }: AudioFormat, ms: number): number {
  return Math.round((ms * bytesPerMs) / sampleBytes) * sampleBytes;
}

/** How much a bound that is set in bytes of telephone audio is in this format, for the same time. */
export function scaledTo({ bytesPerMs }: AudioFormat, telephoneBytes: number): number {
  return (telephoneBytes * bytesPerMs) / BYTES_PER_MS;
}
