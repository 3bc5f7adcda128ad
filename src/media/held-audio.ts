import { bytesOf, type AudioFormat } from './audio-format';

/** Memory is taken and given back in pieces of so much audio. */
const BLOCK_MS = 1000;

/** Audio that waits, decoded, in a few large pieces: small ones that live for seconds are what a collector suffers from. */
export class HeldAudio {
  private blocks: { bytes: Buffer; used: number }[] = [];
  private heldBytes = 0;

  constructor(private readonly format: AudioFormat) {}

  get ms(): number {
    return this.heldBytes / this.format.bytesPerMs;
  }

  append(payloadBase64: string, audioMs: number): void {
    const block = this.room(audioMs * this.format.bytesPerMs);
    const written = block.bytes.write(payloadBase64, block.used, 'base64');
    block.used += written;
    this.heldBytes += written;
  }

  appendAudio(audio: Buffer): void {
    const block = this.room(audio.length);
    audio.copy(block.bytes, block.used);
    block.used += audio.length;
    this.heldBytes += audio.length;
  }

  /** Forgets this much from the beginning. */
  drop(ms: number): void {
    let left = Math.min(this.heldBytes, bytesOf(this.format, ms));
    this.heldBytes -= left;
    for (let block = this.blocks[0]; block !== undefined && left > 0; block = this.blocks[0]) {
      if (block.used <= left) {
        left -= block.used;
        this.blocks.shift();
        continue;
      }
      block.bytes = block.bytes.subarray(left);
      block.used -= left;
      left = 0;
    }
  }

  /** All of it, in order; nothing is held afterwards. */
  take(): Buffer {
    const audio = Buffer.concat(this.blocks.map(({ bytes, used }) => bytes.subarray(0, used)));
    this.clear();
    return audio;
  }

  clear(): void {
    this.blocks = [];
    this.heldBytes = 0;
  }

  private room(bytes: number): { bytes: Buffer; used: number } {
    const last = this.blocks.at(-1);
    if (last !== undefined && last.bytes.length - last.used >= bytes) return last;
    const block = { bytes: Buffer.allocUnsafe(Math.max(BLOCK_MS * this.format.bytesPerMs, Math.ceil(bytes))), used: 0 };
    this.blocks.push(block);
    return block;
  }
}
