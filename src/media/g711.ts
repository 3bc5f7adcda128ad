/**
 * G.711 µ-law as the telephone network and Twilio Media Streams carry it: 8,000 samples a second, one byte a sample.
 * Reference: ITU-T G.711; reference/twilio.md section 6 (20 ms frames of 160 bytes).
 */
export const SAMPLE_RATE_HZ = 8000;
export const BYTES_PER_MS = 8;
export const FRAME_MS = 20;
export const FRAME_BYTES = FRAME_MS * BYTES_PER_MS;
/** The byte of digital silence. */
export const SILENCE_BYTE = 0xff;

const BIAS = 0x84;
const CLIP = 32635;

const DECODE_TABLE = new Int16Array(256);
for (let byte = 0; byte < 256; byte++) {
  const inverted = ~byte & 0xff;
  const exponent = (inverted >> 4) & 0x07;
  const mantissa = inverted & 0x0f;
  const magnitude = (((mantissa << 3) + BIAS) << exponent) - BIAS;
  DECODE_TABLE[byte] = inverted & 0x80 ? -magnitude : magnitude;
}

/** One µ-law byte as a signed 16-bit sample. */
export function decodeMulawSample(byte: number): number {
  return DECODE_TABLE[byte & 0xff] as number;
}

/** One signed 16-bit sample as a µ-law byte; louder samples are clipped. */
export function encodeMulawSample(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

/** µ-law bytes as signed 16-bit samples at 8 kHz. */
export function decodeMulaw(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) samples[i] = DECODE_TABLE[bytes[i] as number] as number;
  return samples;
}

/** Signed 16-bit samples at 8 kHz as µ-law bytes. */
export function encodeMulaw(samples: Int16Array): Buffer {
  const bytes = Buffer.allocUnsafe(samples.length);
  for (let i = 0; i < samples.length; i++) bytes[i] = encodeMulawSample(samples[i] as number);
  return bytes;
}

/** Milliseconds of µ-law audio in a base64 payload, from its length alone (no decoding). */
export function payloadMs(payloadBase64: string): number {
  return payloadBytes(payloadBase64) / BYTES_PER_MS;
}

/** How many bytes a base64 payload holds, from its length alone. */
export function payloadBytes(payloadBase64: string): number {
  const length = payloadBase64.length;
  if (length === 0) return 0;
  const padding = payloadBase64.endsWith('==') ? 2 : payloadBase64.endsWith('=') ? 1 : 0;
  return (length / 4) * 3 - padding;
}
