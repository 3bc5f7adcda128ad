/** G.711 A-law (ITU-T G.711 section 3): 8 kHz, one byte a sample, every second bit inverted on the line. */
const LINE_BITS = 0x55;
const SIGN = 0x80;

export function encodeAlawSample(sample: number): number {
  const isNegative = sample < 0;
  const magnitude = Math.min((isNegative ? -sample - 1 : sample) >> 3, 4095);
  const segment = magnitude < 32 ? 0 : 27 - Math.clz32(magnitude);
  const mantissa = (magnitude >> Math.max(1, segment)) & 0x0f;
  return ((isNegative ? 0 : SIGN) | (segment << 4) | mantissa) ^ LINE_BITS;
}

export function decodeAlawSample(byte: number): number {
  const bits = byte ^ LINE_BITS;
  const segment = (bits >> 4) & 0x07;
  const mantissa = bits & 0x0f;
  const magnitude = segment === 0 ? mantissa * 2 + 1 : (mantissa * 2 + 33) << (segment - 1);
  return (bits & SIGN ? magnitude : -magnitude) << 3;
}

export function encodeAlaw(samples: Int16Array): Buffer {
  return Buffer.from(Uint8Array.from(samples, encodeAlawSample));
}

export function decodeAlaw(bytes: Uint8Array): Int16Array {
  return Int16Array.from(bytes, decodeAlawSample);
}
