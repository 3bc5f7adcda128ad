import { FRAME_MS } from './g711';

/** How much is at hand: the beginning of a word is over when the model says that speech has started. */
export const RECENT_MS = 640;
const SLOTS = RECENT_MS / FRAME_MS;

/**
 * The last moments of the caller's audio. Copied into memory that lives as long as the call: strings that are held for half
 * a second survive the young generation's collections, and 400 calls of them cost more than all the rest of the relay.
 */
export class RecentFrames {
  /** The base64 of a frame. A longer payload takes several slots; it is cut where four characters end. */
  private readonly slotBytes: number;
  private readonly slots: Buffer;
  private readonly lengths = new Uint16Array(SLOTS);
  private at = 0;

  constructor(bytesPerMs: number) {
    this.slotBytes = Math.ceil((FRAME_MS * bytesPerMs) / 3) * 4;
    this.slots = Buffer.alloc(SLOTS * this.slotBytes);
  }

  add(payloadBase64: string): void {
    if (payloadBase64.length <= this.slotBytes) this.put(payloadBase64);
    else this.addLong(payloadBase64);
  }

  clear(): void {
    this.lengths.fill(0);
  }

  private addLong(payloadBase64: string): void {
    const { slotBytes } = this;
    for (let from = 0; from < payloadBase64.length; from += slotBytes) {
      this.put(payloadBase64.slice(from, from + slotBytes));
    }
  }

  private put(payloadBase64: string): void {
    const { at } = this;
    this.lengths[at] = this.slots.write(payloadBase64, at * this.slotBytes, 'latin1');
    this.at = at + 1 === SLOTS ? 0 : at + 1;
  }

  /** The frames, decoded, oldest first. */
  frames(): Buffer[] {
    const frames: Buffer[] = [];
    for (let i = 0; i < SLOTS; i++) {
      const slot = (this.at + i) % SLOTS;
      const length = this.lengths[slot] ?? 0;
      if (length === 0) continue;
      const from = slot * this.slotBytes;
      frames.push(Buffer.from(this.slots.toString('latin1', from, from + length), 'base64'));
    }
    return frames;
  }
}
