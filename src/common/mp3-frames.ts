/** What an MPEG audio frame says of itself (ISO 11172-3, 13818-3). */
export interface Mp3Frame {
  /** With its header. */
  bytes: number;
  samples: number;
  sampleRateHz: number;
}

/** kbit/s by [MPEG 1 or later][layer]; 0 is "free", which nobody sends. */
const KBITS = {
  first: {
    1: [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    2: [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    3: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  },
  later: {
    1: [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    3: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  },
} as const;
const RATES_HZ = [44_100, 48_000, 32_000];
/** By the header's two bits. */
const RATE_DIVIDER = [4, undefined, 2, 1];
const LAYERS = [undefined, 3, 2, 1] as const;
const HEADER_BYTES = 4;
const ID3_HEADER_BYTES = 10;
const ID3_FOOTER_FLAG = 0x10;
/** Taggers leave room behind their tag. */
const MAX_GAP_BYTES = 4_096;

/** The frame whose header begins here; null where none does. */
export function mp3FrameAt(bytes: Uint8Array, at: number): Mp3Frame | null {
  if (at + HEADER_BYTES > bytes.length || bytes[at] !== 0xff) return null;
  const second = bytes[at + 1] ?? 0;
  const third = bytes[at + 2] ?? 0;
  const divider = RATE_DIVIDER[(second >> 3) & 3];
  const layer = LAYERS[(second >> 1) & 3];
  const rateHz = RATES_HZ[(third >> 2) & 3];
  if ((second & 0xe0) !== 0xe0 || divider === undefined || layer === undefined || rateHz === undefined) return null;
  const kbits = KBITS[divider === 1 ? 'first' : 'later'][layer][third >> 4] ?? 0;
  if (kbits === 0) return null;
  const sampleRateHz = rateHz / divider;
  const padding = (third >> 1) & 1;
  const samples = layer === 1 ? 384 : layer === 2 || divider === 1 ? 1152 : 576;
  const slotBytes = layer === 1 ? 4 : 1;
  const size = (Math.floor((samples * kbits * 1000) / (8 * slotBytes * sampleRateHz)) + padding) * slotBytes;
  return { bytes: size, samples, sampleRateHz };
}

/**
 * Where the first frame is, behind an ID3 tag if there is one; -1 where this is no MPEG audio. Two frames that follow each other,
 * or one that fills the rest, are needed: the eleven bits of a header come about in any data.
 */
export function firstMp3Frame(bytes: Uint8Array): number {
  const tagged = afterId3(bytes);
  const last = tagged === 0 ? 0 : Math.min(tagged + MAX_GAP_BYTES, bytes.length - 1);
  for (let at = tagged; at <= last; at++) {
    const frame = mp3FrameAt(bytes, at);
    if (frame === null) continue;
    const next = at + frame.bytes;
    const follower = mp3FrameAt(bytes, next);
    if (next === bytes.length || follower?.sampleRateHz === frame.sampleRateHz) return at;
  }
  return -1;
}

function afterId3(bytes: Uint8Array): number {
  if (bytes.length < ID3_HEADER_BYTES || bytes[0] !== 0x49 || bytes[1] !== 0x44 || bytes[2] !== 0x33) return 0;
  const size = bytes.subarray(6, ID3_HEADER_BYTES).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
  const footer = ((bytes[5] ?? 0) & ID3_FOOTER_FLAG) === 0 ? 0 : ID3_HEADER_BYTES;
  return ID3_HEADER_BYTES + size + footer;
}
