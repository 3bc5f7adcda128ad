import { randomFillSync } from 'node:crypto';

/** RFC 6455 section 5.2: the last frame of a message, and it is text. */
const FIN_AND_TEXT = 0x81;
/** The same of bytes. */
const FIN_AND_BINARY = 0x82;
const MASKED = 0x80;
const MASK_BYTES = 4;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const WORD_BYTES = 4;
/** Random words are fetched in pieces of this size: a call for one of them costs as much as one for all. */
const RANDOM_WORDS = 1024;
/** Where frames up to this size are masked. Nearly all are; a longer one gets a place of its own. */
const BENCH_BYTES = 32 * 1024;

/** Memory seen both ways: a mask goes over it a word at a time, four times as fast as over single bytes. */
interface Bench {
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

const bench = benchOf(BENCH_BYTES);
const random = new Int32Array(RANDOM_WORDS);
let randomAt = RANDOM_WORDS;

/**
 * A text message as one WebSocket frame, a character for each byte: to be written as `latin1`, together with others if
 * there are any. A socket takes such a string without a buffer being made for it, and writes it in one piece.
 * `isMasked`: from a client to a server, which must be (RFC 6455 section 5.3).
 */
export function textFrame(text: string, isMasked: boolean): string {
  const length = Buffer.byteLength(text);
  if (isMasked) return maskedFrame(text, length);
  const payload = length === text.length ? text : Buffer.from(text).toString('latin1');
  return head(length, 0) + payload;
}

/** A binary message, the same way; only servers send any here, so it is not masked. */
export function binaryFrame(bytes: Buffer): string {
  return head(bytes.length, 0, FIN_AND_BINARY) + bytes.toString('latin1');
}

/** The two to ten bytes before mask and payload (RFC 6455 section 5.2). */
function head(length: number, maskBit: number, first = FIN_AND_TEXT): string {
  if (length < LENGTH_16) return String.fromCharCode(first, maskBit | length);
  if (length < 0x10000) return String.fromCharCode(first, maskBit | LENGTH_16, length >> 8, length & 0xff);
  const bytes = Buffer.alloc(2 + 8);
  bytes[0] = first;
  bytes[1] = maskBit | LENGTH_64;
  bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes.toString('latin1');
}

/** Mask and payload are laid on the bench so that both begin with a word. */
function maskedFrame(text: string, length: number): string {
  const end = MASK_BYTES + length;
  const { bytes, words } = end <= BENCH_BYTES ? bench : benchOf(end);
  const mask = randomWord();
  words[0] = mask;
  bytes.write(text, MASK_BYTES, length === text.length ? 'latin1' : 'utf8');
  const wordCount = Math.ceil(end / WORD_BYTES);
  for (let i = 1; i < wordCount; i++) words[i] = (words[i] as number) ^ mask;
  return head(length, MASKED) + bytes.toString('latin1', 0, end);
}

function randomWord(): number {
  if (randomAt === RANDOM_WORDS) {
    randomFillSync(random);
    randomAt = 0;
  }
  return random[randomAt++] as number;
}

function benchOf(size: number): Bench {
  const memory = new ArrayBuffer(Math.ceil(size / WORD_BYTES) * WORD_BYTES);
  return { bytes: Buffer.from(memory), words: new Int32Array(memory) };
}
