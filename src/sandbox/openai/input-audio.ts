import type { AudioFormat } from './audio-format';
import { DETECTOR_FRAME_MS } from './turn-detector';

/** The provider keeps an uncommitted buffer only so long; older audio is dropped. */
const MAX_KEPT_MS = 15 * 60_000;

/** The audio that a client has appended, by audio time since the beginning of the session. */
export class InputAudio {
  private chunks: Buffer[] = [];
  /** Where the first kept byte and the byte after the last one stand. */
  private startByte: number;
  private endByte: number;
  private measuredByte: number;

  constructor(
    readonly format: AudioFormat,
    fromMs: number,
  ) {
    this.startByte = this.endByte = this.measuredByte = fromMs * format.bytesPerMs;
  }

  get endMs(): number {
    return this.endByte / this.format.bytesPerMs;
  }

  /** What is kept and not committed yet. */
  get keptMs(): number {
    return (this.endByte - this.startByte) / this.format.bytesPerMs;
  }

  append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.chunks.push(bytes);
    this.endByte += bytes.length;
    this.dropBefore(this.endMs - MAX_KEPT_MS);
  }

  /** Gives the root mean square of each 20 ms that has become complete, and where it begins. */
  measure(visit: (rms: number, startMs: number) => void): void {
    const frameBytes = DETECTOR_FRAME_MS * this.format.bytesPerMs;
    if (this.endByte - this.measuredByte < frameBytes) return;
    const fresh = this.bytes(this.measuredByte, this.endByte);
    for (let at = 0; at + frameBytes <= fresh.length; at += frameBytes) {
      const startMs = this.measuredByte / this.format.bytesPerMs;
      this.measuredByte += frameBytes;
      const samples = this.format.samplesOf(fresh.subarray(at, at + frameBytes));
      let energy = 0;
      for (const sample of samples) energy += sample * sample;
      visit(Math.sqrt(energy / samples.length), startMs);
    }
  }

  between(fromMs: number, toMs: number): Buffer {
    return this.bytes(fromMs * this.format.bytesPerMs, toMs * this.format.bytesPerMs);
  }

  all(): Buffer {
    return this.bytes(this.startByte, this.endByte);
  }

  dropAll(): void {
    this.chunks = [];
    this.startByte = this.measuredByte = this.endByte;
  }

  dropBefore(ms: number): void {
    const byte = Math.min(Math.floor(ms) * this.format.bytesPerMs, this.endByte);
    while (this.chunks.length > 0 && this.startByte + (this.chunks[0] as Buffer).length <= byte) {
      this.startByte += (this.chunks.shift() as Buffer).length;
    }
    if (byte > this.startByte && this.chunks.length > 0) {
      this.chunks[0] = (this.chunks[0] as Buffer).subarray(byte - this.startByte);
      this.startByte = byte;
    }
    this.measuredByte = Math.max(this.measuredByte, this.startByte);
  }

  private bytes(from: number, to: number): Buffer {
    const parts: Buffer[] = [];
    let at = this.startByte;
    for (const chunk of this.chunks) {
      const end = at + chunk.length;
      if (end > from && at < to) parts.push(chunk.subarray(Math.max(0, from - at), Math.min(chunk.length, to - at)));
      at = end;
      if (at >= to) break;
    }
    return Buffer.concat(parts);
  }
}
