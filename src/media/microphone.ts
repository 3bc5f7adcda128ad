import { PCM_24K } from './audio-format';
import type { Clock } from './clock';
import { FRAME_MS } from './g711';

const { bytesPerMs: BYTES_PER_MS, sampleBytes: SAMPLE_BYTES } = PCM_24K;
const FRAME_BYTES = FRAME_MS * BYTES_PER_MS;
/** What comes later than this was not held up on its way: nothing was sent meanwhile, as by a microphone that is muted. */
export const MUTED_AFTER_MS = 1000;

/**
 * A browser's microphone: pieces of any length become frames of 20 ms, each with its place in the call, as a carrier sends
 * them. Browsers do not tell places: audio goes on where it left off, but for a pause that the network does not explain.
 */
export class Microphone {
  private readonly frame = Buffer.alloc(FRAME_BYTES);
  private filled = 0;
  /** Where the frame that is being filled begins. */
  private frameAtMs = 0;
  private readonly sinceMs: number;

  constructor(
    private readonly clock: Pick<Clock, 'nowMs'>,
    private readonly onFrame: (payloadBase64: string, timestampMs: number) => void,
  ) {
    this.sinceMs = clock.nowMs();
  }

  /** False when it ends in the middle of a sample: then it is no audio of ours, and dropped. */
  take(pcm: Buffer): boolean {
    if (pcm.length % SAMPLE_BYTES !== 0) return false;
    const beganAtMs = Math.round(this.clock.nowMs() - this.sinceMs - pcm.length / BYTES_PER_MS);
    if (beganAtMs - (this.frameAtMs + this.filled / BYTES_PER_MS) > MUTED_AFTER_MS) {
      // Less than a frame, from before the pause.
      this.filled = 0;
      this.frameAtMs = beganAtMs;
    }
    for (let at = 0; at < pcm.length;) {
      const taken = pcm.copy(this.frame, this.filled, at);
      at += taken;
      this.filled += taken;
      if (this.filled < FRAME_BYTES) return true;
      this.onFrame(this.frame.toString('base64'), this.frameAtMs);
      this.filled = 0;
      this.frameAtMs += FRAME_MS;
    }
    return true;
  }
}
