import type { CallerAudio } from './caller-audio';
import type { CancelTimer, Clock } from './clock';

/** How often the frames are counted while the customer speaks: a timer costs less than a look at the clock per frame. */
const LOOK_MS = 175;
/** So many looks without a frame (700 ms) mean that the carrier sends none for silence. */
const LOOKS_UNTIL_STALLED = 4;
/** Appended at once then; longer than the silence that ends a turn, shorter than the time that has really passed. */
export const STALL_SILENCE_MS = 600;
/** In one stretch without frames; a model that does not see the end by then will not see it for more. */
const MAX_STALL_CHUNKS = 5;
/** Nobody speaks this long without a pause: the model has lost the end, or there is none (a television). */
export const STUCK_LIMIT_MS = 30_000;

/**
 * Watches a customer turn that the model says is open. Its detection hears the end of a turn in the audio only, so when
 * the carrier stops sending (silence suppressed, packets lost) it is given the silence it waits for.
 */
export class SpeechWatch {
  private look: CancelTimer | null = null;
  private limit: CancelTimer | null = null;
  private framesSeen = 0;
  private looksWithout = 0;
  private chunks = 0;

  constructor(
    private readonly clock: Clock,
    private readonly callerAudio: CallerAudio,
    private readonly onStuck: () => void,
  ) {}

  begin(): void {
    this.end();
    this.limit = this.clock.after(STUCK_LIMIT_MS, () => {
      this.end();
      this.onStuck();
    });
    this.sawFrames();
    this.lookLater();
  }

  end(): void {
    this.look?.();
    this.limit?.();
    this.look = null;
    this.limit = null;
  }

  private lookLater(): void {
    this.look = this.clock.after(LOOK_MS, () => {
      this.check();
      this.lookLater();
    });
  }

  private check(): void {
    if (this.callerAudio.framesIn !== this.framesSeen) {
      this.sawFrames();
      return;
    }
    if (++this.looksWithout < LOOKS_UNTIL_STALLED || this.chunks >= MAX_STALL_CHUNKS) return;
    this.looksWithout = 0;
    this.chunks++;
    this.callerAudio.appendSilence(STALL_SILENCE_MS);
  }

  private sawFrames(): void {
    this.framesSeen = this.callerAudio.framesIn;
    this.looksWithout = 0;
    this.chunks = 0;
  }
}
