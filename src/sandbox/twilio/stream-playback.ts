import { BYTES_PER_MS, FRAME_BYTES, SILENCE_BYTE } from '../../media/g711';

/** Twenty minutes of audio that waits to be played is a runaway sender, not a conversation. */
const MAX_BUFFERED_BYTES = 20 * 60 * 1000 * BYTES_PER_MS;

type Entry = { kind: 'audio'; bytes: Buffer; offset: number } | { kind: 'mark'; name: string };

/**
 * What the platform has sent into a media stream and the phone has not heard yet: audio and marks in order, played at
 * real time (reference/twilio.md section 6).
 */
export class StreamPlayback {
  bufferedBytes = 0;
  private readonly queue: Entry[] = [];
  private head = 0;
  /** The frame that was handed out last is heard until the next one is asked for. */
  private isFramePlaying = false;
  /** Marks that stand inside that frame, because the audio before them did not end with a frame. */
  private readonly marksInFrame: string[] = [];

  /** @param echo a mark whose turn has come: everything before it was played, or was cleared */
  constructor(private readonly echo: (name: string) => void) {}

  /** False when the buffer is full and the audio was not taken. */
  addAudio(bytes: Buffer): boolean {
    if (bytes.length === 0) return true;
    if (this.bufferedBytes + bytes.length > MAX_BUFFERED_BYTES) return false;
    this.bufferedBytes += bytes.length;
    this.queue.push({ kind: 'audio', bytes, offset: 0 });
    return true;
  }

  /** Comes back at once when nothing is waiting or being heard. */
  addMark(name: string): void {
    if (this.head === this.queue.length && !this.isFramePlaying) this.echo(name);
    else this.queue.push({ kind: 'mark', name });
  }

  /** Forgets the audio; every mark that waited comes back at once, in order. */
  clear(): void {
    const queued = this.queue.slice(this.head).flatMap((entry) => (entry.kind === 'mark' ? [entry.name] : []));
    const marks = [...this.marksInFrame.splice(0), ...queued];
    this.queue.length = 0;
    this.head = 0;
    this.bufferedBytes = 0;
    for (const name of marks) this.echo(name);
  }

  /**
   * The 160 bytes of the next 20 ms, or `undefined` for silence. Called once per frame: the marks in front of the
   * first unplayed byte come back now, because what stood before them has been heard.
   */
  nextFrame(): Buffer | undefined {
    this.echoDueMarks();
    const first = this.queue[this.head];
    this.isFramePlaying = first !== undefined;
    if (first?.kind !== 'audio') return undefined;
    if (first.bytes.length - first.offset >= FRAME_BYTES) return this.takeFrom(first, FRAME_BYTES);
    const frame = Buffer.alloc(FRAME_BYTES, SILENCE_BYTE);
    let filled = 0;
    for (let entry = this.queue[this.head]; entry && filled < FRAME_BYTES; entry = this.queue[this.head]) {
      if (entry.kind === 'mark') {
        this.marksInFrame.push(entry.name);
        this.drop();
        continue;
      }
      const part = this.takeFrom(entry, Math.min(FRAME_BYTES - filled, entry.bytes.length - entry.offset));
      part.copy(frame, filled);
      filled += part.length;
    }
    return frame;
  }

  private takeFrom(entry: Entry & { kind: 'audio' }, count: number): Buffer {
    const part = entry.bytes.subarray(entry.offset, entry.offset + count);
    entry.offset += count;
    this.bufferedBytes -= count;
    if (entry.offset === entry.bytes.length) this.drop();
    return part;
  }

  private echoDueMarks(): void {
    for (const name of this.marksInFrame.splice(0)) this.echo(name);
    for (let entry = this.queue[this.head]; entry?.kind === 'mark'; entry = this.queue[this.head]) {
      this.drop();
      this.echo(entry.name);
    }
  }

  private drop(): void {
    this.head += 1;
    if (this.head < 1000 && this.head < this.queue.length) return;
    this.queue.splice(0, this.head);
    this.head = 0;
  }
}
