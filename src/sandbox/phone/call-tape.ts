import { FRAME_BYTES, SILENCE_BYTE } from '../../media/g711';

/** Two hours at 50 frames a second: longer calls go on, but what comes after is not on the tape. */
const MAX_FRAMES = 2 * 60 * 60 * 50;
/** A piece of tape holds half a minute; a piece nobody spoke in takes no memory. */
const FRAMES_PER_PIECE = 1500;

/** One side of the line: µ-law frames laid end to end from the moment of the answer. */
class Track {
  private readonly pieces: (Buffer | undefined)[] = [];

  write(frameIndex: number, frame: Uint8Array): void {
    const index = Math.floor(frameIndex / FRAMES_PER_PIECE);
    const piece = (this.pieces[index] ??= Buffer.alloc(FRAMES_PER_PIECE * FRAME_BYTES, SILENCE_BYTE));
    piece.set(frame.subarray(0, FRAME_BYTES), (frameIndex % FRAMES_PER_PIECE) * FRAME_BYTES);
  }

  read(fromFrame: number, toFrame: number): Buffer {
    const audio = Buffer.alloc(Math.max(0, toFrame - fromFrame) * FRAME_BYTES, SILENCE_BYTE);
    for (let frame = fromFrame; frame < toFrame;) {
      const within = frame % FRAMES_PER_PIECE;
      const count = Math.min(FRAMES_PER_PIECE - within, toFrame - frame);
      const piece = this.pieces[Math.floor(frame / FRAMES_PER_PIECE)];
      piece?.copy(audio, (frame - fromFrame) * FRAME_BYTES, within * FRAME_BYTES, (within + count) * FRAME_BYTES);
      frame += count;
    }
    return audio;
  }

  get bytes(): number {
    return this.pieces.reduce((sum, piece) => sum + (piece?.length ?? 0), 0);
  }

  wipe(): void {
    this.pieces.length = 0;
  }
}

/** Everything that went over the line of one call, both directions on one time scale that begins at the answer. */
export class CallTape {
  /** Frames on the tape so far; stands still at two hours. */
  frames = 0;
  private readonly party = new Track();
  private readonly platform = new Track();

  /** One step of 20 ms; `undefined` is silence. */
  append(party: Uint8Array | undefined, platform: Uint8Array | undefined): void {
    if (this.frames >= MAX_FRAMES) return;
    if (party) this.party.write(this.frames, party);
    if (platform) this.platform.write(this.frames, platform);
    this.frames += 1;
  }

  /** µ-law of what the person on the phone said and of what the platform played. */
  read(fromFrame = 0, toFrame = this.frames): { party: Buffer; platform: Buffer } {
    return { party: this.party.read(fromFrame, toFrame), platform: this.platform.read(fromFrame, toFrame) };
  }

  get bytes(): number {
    return this.party.bytes + this.platform.bytes;
  }

  /** Forgets the audio of an old call; its length stays. */
  wipe(): void {
    this.party.wipe();
    this.platform.wipe();
  }
}
