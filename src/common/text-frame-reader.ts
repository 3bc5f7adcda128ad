/** RFC 6455 section 5.2. */
const FIN = 0x80;
const OPCODE = 0x0f;
const OPCODE_BINARY = 0x2;
const OPCODE_CLOSE = 0x8;
/** The first byte of a frame that is a whole text message, without extensions. */
const FIN_AND_TEXT = 0x81;
const MASKED = 0x80;
const LENGTH = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;
/** Longer ones are left to `ws`, which has the limits. */
const MAX_TEXT_BYTES = 16 * 1024;
const WORD_BYTES = 4;
const NOT_ASCII = 0x80;
const NOT_ASCII_WORD = 0x80808080;

/** Where masked payloads are unmasked, a word at a time; see text-frame.ts. */
const bench = Buffer.alloc(MASK_BYTES + MAX_TEXT_BYTES);
const benchWords = new Int32Array(bench.buffer, bench.byteOffset, bench.length / WORD_BYTES);

export interface TextFrameListener {
  onText(text: string): void;
  /**
   * Bytes of frames that are anything else, in order among the texts. False when `ws` wants no more for now: it may have
   * found the peer against the protocol, which it says a little later, and what stands behind that is for nobody.
   */
  onRest(bytes: Buffer): boolean;
}

/**
 * Takes the text messages that came whole and in one frame out of a WebSocket's bytes, which are nearly all there are on a
 * live line; whatever else is in them (control frames, fragments, frames that are long, torn or against the protocol) is
 * handed on as it came, for `ws` to read. Measured: by itself `ws` takes two streams and five calls for each of them.
 *
 * Only for sockets without extensions, whose `maxPayload` is not below {@link MAX_TEXT_BYTES}.
 */
export class TextFrameReader {
  /** Bytes of a frame of the rest that are still to come. */
  private owed = 0;
  /** The beginning of a frame that does not yet say how long it is. */
  private torn: Buffer | null = null;
  /** So many bytes of it `ws` has already: it judges a frame by its first two. */
  private given = 0;
  /** In the middle of a message in several frames. */
  private isFragmented = false;
  /** The frame that is being read is a close: what comes after it is for nobody. */
  private isLast = false;
  /** The rest of this piece goes to `ws`, whatever it is. */
  private isRefused = false;
  private isOver = false;

  /** `isMasked`: the other end is a client (RFC 6455 section 5.1). */
  constructor(
    private readonly isMasked: boolean,
    private readonly listener: TextFrameListener,
  ) {}

  take(bytes: Buffer): void {
    if (this.isOver) return;
    this.isRefused = false;
    let at = 0;
    if (this.torn !== null) {
      bytes = Buffer.concat([this.torn, bytes]);
      this.torn = null;
    } else if (this.owed > 0) at = this.takeOwed(bytes);
    while (at < bytes.length && !this.isOver) {
      const end = this.endOfHead(bytes, at);
      if (end < 0) {
        this.keepTorn(bytes.subarray(at));
        return;
      }
      at = this.takeFrame(bytes, at, end);
    }
  }

  /** Nothing more is read. Answers what nobody has read yet. */
  stop(): Buffer | null {
    this.isOver = true;
    const unread = this.torn?.subarray(this.given) ?? null;
    this.torn = null;
    return unread;
  }

  private takeOwed(bytes: Buffer): number {
    const end = Math.min(this.owed, bytes.length);
    this.owe(this.owed - end);
    this.leave(bytes.subarray(0, end));
    return end;
  }

  private owe(missing: number): void {
    this.owed = missing;
    if (this.isLast && missing === 0) this.isOver = true;
  }

  /** Copied: what it is cut from is much larger. A frame that will not be ours is not kept from `ws`. */
  private keepTorn(bytes: Buffer): void {
    this.torn = Buffer.from(bytes);
    if (bytes.length < 2 || this.mayBeOurs(bytes, 0)) return;
    const fresh = this.torn.subarray(this.given);
    this.given = this.torn.length;
    if (fresh.length > 0) this.leave(fresh);
  }

  /** Where the payload of the frame begins; -1 when its head is not whole yet. */
  private endOfHead(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return -1;
    const second = bytes[at + 1] as number;
    const length = second & LENGTH;
    const head = 2 + (length === LENGTH_16 ? 2 : length === LENGTH_64 ? 8 : 0) + (second >= MASKED ? MASK_BYTES : 0);
    return bytes.length - at < head ? -1 : at + head;
  }

  /** As far as its first two bytes tell. */
  private mayBeOurs(bytes: Buffer, at: number): boolean {
    const second = bytes[at + 1] as number;
    return (
      bytes[at] === FIN_AND_TEXT &&
      second >= MASKED === this.isMasked &&
      (second & LENGTH) !== LENGTH_64 &&
      !this.isFragmented &&
      !this.isRefused &&
      this.given === 0
    );
  }

  /** Answers where the frame ends, or the bytes do. */
  private takeFrame(bytes: Buffer, at: number, payloadAt: number): number {
    const length = lengthOf(bytes, at);
    const end = payloadAt + length;
    if (end <= bytes.length && length <= MAX_TEXT_BYTES && this.mayBeOurs(bytes, at)) {
      const text = this.isMasked ? unmasked(bytes, payloadAt, length) : bytes.toString('utf8', payloadAt, end);
      if (text !== null) {
        this.listener.onText(text);
        return end;
      }
    }
    this.leaveFrame(bytes[at] as number, bytes.subarray(at, end), end - bytes.length);
    return end;
  }

  private leaveFrame(first: number, frame: Buffer, missing: number): void {
    const opcode = first & OPCODE;
    if (opcode <= OPCODE_BINARY) this.isFragmented = first < FIN;
    if (opcode === OPCODE_CLOSE) this.isLast = true;
    this.owe(Math.max(0, missing));
    const fresh = frame.subarray(this.given);
    this.given = 0;
    this.leave(fresh);
  }

  private leave(bytes: Buffer): void {
    if (!this.listener.onRest(bytes)) this.isRefused = true;
  }
}

function lengthOf(bytes: Buffer, at: number): number {
  const length = (bytes[at + 1] as number) & LENGTH;
  if (length < LENGTH_16) return length;
  return length === LENGTH_16 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}

/** A masked payload of ASCII, as the JSON of carriers is; null when it has other characters, which are to be validated. */
function unmasked(bytes: Buffer, payloadAt: number, length: number): string | null {
  const end = MASK_BYTES + length;
  bytes.copy(bench, 0, payloadAt - MASK_BYTES, payloadAt + length);
  const mask = benchWords[0] as number;
  const wholeWords = Math.floor(end / WORD_BYTES);
  let seen = 0;
  for (let i = 1; i < wholeWords; i++) seen |= benchWords[i] = (benchWords[i] as number) ^ mask;
  if ((seen & NOT_ASCII_WORD) !== 0) return null;
  for (let i = wholeWords * WORD_BYTES; i < end; i++) {
    const byte = (bench[i] as number) ^ (bench[i % MASK_BYTES] as number);
    if (byte >= NOT_ASCII) return null;
    bench[i] = byte;
  }
  return bench.toString('latin1', MASK_BYTES, end);
}
