/**
 * Frames of 160 bytes (20 ms of µ-law, 8 kHz) that say who they are: nine bytes in front, which are twelve characters of
 * base64, so that the tag can be read and written without decoding anything.
 *
 *   0 mark of the bench · 1-2 call · 3-5 number of the frame · 6-8 response
 *
 * The other bytes are the same in all frames of a call, and in no other call's: a frame that was damaged on its way, or has
 * come to the wrong call, is none of those that were sent.
 */

export const FRAME_BYTES = 160;
export const FRAME_MS = 20;
export const PAYLOAD_CHARS = 216;
const MAGIC = 0xb5;
const GROUP_CHARS = 4;
const TAG_CHARS = 3 * GROUP_CHARS;
/** A tag has two bytes for the call. */
const CALL_MASK = 0xffff;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CODES = Uint8Array.from(ALPHABET, (char) => char.charCodeAt(0));
const VALUES = new Uint8Array(256);
for (let i = 0; i < CODES.length; i++) VALUES[CODES[i] as number] = i;

/** What a frame says about itself. Filled in place. */
export interface FrameTag {
  /** The call's number, as much of it as fits into two bytes. */
  call: number;
  frame: number;
  /** Which of the session's responses it was played in; 0: the caller said it. */
  response: number;
}

/** A frame as base64, its tag still to be written. */
export function framePayload(call: number): Buffer {
  const audio = Buffer.alloc(FRAME_BYTES);
  // Something that is neither silence nor the same for everybody.
  let noise = call * 2_654_435_761 + 12_345;
  for (let i = 0; i < audio.length; i++) {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) >>> 0;
    audio[i] = noise >>> 24;
  }
  return Buffer.from(audio.toString('base64'), 'latin1');
}

/** Writes the tag over the first twelve characters of a payload; `mask` is applied when the frame is masked. */
export function writeTag(bytes: Buffer, at: number, tag: FrameTag, mask: Buffer | null, maskPhase: number): void {
  writeGroup(bytes, at, (MAGIC << 16) | (tag.call & CALL_MASK), mask, maskPhase);
  writeGroup(bytes, at + GROUP_CHARS, tag.frame, mask, maskPhase + GROUP_CHARS);
  writeGroup(bytes, at + 2 * GROUP_CHARS, tag.response, mask, maskPhase + 2 * GROUP_CHARS);
}

/** Writes the number of the frame alone. */
export function writeFrameNumber(bytes: Buffer, at: number, frame: number, mask: Buffer, maskPhase: number): void {
  writeGroup(bytes, at + GROUP_CHARS, frame, mask, maskPhase + GROUP_CHARS);
}

/** Writes the response alone, unmasked. */
export function writeResponse(bytes: Buffer, at: number, response: number): void {
  writeGroup(bytes, at + 2 * GROUP_CHARS, response, null, 0);
}

/** Reads the tag of a payload's first frame. False when it is none of the bench's (silence that was filled in). */
export function readTag(bytes: Buffer, at: number, into: FrameTag): boolean {
  const first = readGroup(bytes, at);
  if (first >>> 16 !== MAGIC) return false;
  into.call = first & CALL_MASK;
  into.frame = readGroup(bytes, at + GROUP_CHARS);
  into.response = readGroup(bytes, at + 2 * GROUP_CHARS);
  return true;
}

/** Whether a tagged frame is this call's, and whole: `payload` is what `framePayload` made for the call. */
export function isFrameOf(bytes: Buffer, at: number, { call }: FrameTag, owner: number, payload: Buffer): boolean {
  if (call !== (owner & CALL_MASK)) return false;
  return payload.compare(bytes, at + TAG_CHARS, at + PAYLOAD_CHARS, TAG_CHARS, PAYLOAD_CHARS) === 0;
}

function writeGroup(bytes: Buffer, at: number, value: number, mask: Buffer | null, maskPhase: number): void {
  for (let i = 0; i < GROUP_CHARS; i++) {
    const code = CODES[(value >>> (18 - 6 * i)) & 63] as number;
    bytes[at + i] = mask === null ? code : code ^ (mask[(maskPhase + i) & 3] as number);
  }
}

function readGroup(bytes: Buffer, at: number): number {
  return (
    ((VALUES[bytes[at] as number] as number) << 18) |
    ((VALUES[bytes[at + 1] as number] as number) << 12) |
    ((VALUES[bytes[at + 2] as number] as number) << 6) |
    (VALUES[bytes[at + 3] as number] as number)
  );
}
