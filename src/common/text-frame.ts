import { randomFillSync } from 'node:crypto';

/** RFC 6455 section 5.2: the last frame of a message, and it is text. */
const FIN_AND_TEXT = 0x81;
const MASKED = 0x80;
const MASK_BYTES = 4;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
/** Random bytes are fetched in pieces of this size: a call for four of them costs as much as one for all. */
const RANDOM_BYTES = 4096;

const random = Buffer.alloc(RANDOM_BYTES);
let randomAt = RANDOM_BYTES;

/**
 * A text message as one WebSocket frame, ready to be written in one piece. `isMasked`: from a client to a server, which must
 * be (RFC 6455 section 5.3).
 */
export function textFrame(text: string, isMasked: boolean): Buffer {
  const length = Buffer.byteLength(text);
  const lengthBytes = length < LENGTH_16 ? 0 : length < 0x10000 ? 2 : 8;
  const maskAt = 2 + lengthBytes;
  const payloadAt = maskAt + (isMasked ? MASK_BYTES : 0);
  const frame = Buffer.allocUnsafe(payloadAt + length);
  const maskBit = isMasked ? MASKED : 0;
  frame[0] = FIN_AND_TEXT;
  if (lengthBytes === 0) frame[1] = maskBit | length;
  else if (lengthBytes === 2) {
    frame[1] = maskBit | LENGTH_16;
    frame[2] = length >> 8;
    frame[3] = length & 0xff;
  } else {
    frame[1] = maskBit | LENGTH_64;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, payloadAt, 'utf8');
  if (isMasked) mask(frame, maskAt, payloadAt);
  return frame;
}

function mask(frame: Buffer, maskAt: number, payloadAt: number): void {
  if (randomAt === RANDOM_BYTES) {
    randomFillSync(random);
    randomAt = 0;
  }
  const at = randomAt;
  randomAt += MASK_BYTES;
  for (let i = 0; i < MASK_BYTES; i++) frame[maskAt + i] = random[at + i] as number;
  for (let i = payloadAt; i < frame.length; i++) {
    frame[i] = (frame[i] as number) ^ (random[at + ((i - payloadAt) & 3)] as number);
  }
}
