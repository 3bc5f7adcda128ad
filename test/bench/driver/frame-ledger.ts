import type { LatencyHistogram } from './latency-histogram';

/** Frames that may be on their way at once: 80 s of them. */
const SLOTS = 4096;

/** Frames that the model makes by itself are numbered from here, those of callers from 0: each in an order of its own. */
export const OWN_FRAMES = 1 << 23;

/** The account of one direction of one call: each frame is to arrive once, in order. */
export class FrameLedger {
  sent = 0;
  received = 0;
  duplicated = 0;
  reordered = 0;
  /** Frames that came and were never sent. */
  unknown = 0;
  private lastOfCaller = -1;
  private lastOwn = -1;
  private readonly numbers = new Int32Array(SLOTS).fill(-1);
  private readonly sentAtMs = new Float64Array(SLOTS);
  private readonly isThere = new Uint8Array(SLOTS);

  get lost(): number {
    return this.sent - this.received;
  }

  send(frame: number, nowMs: number): void {
    const slot = frame % SLOTS;
    this.numbers[slot] = frame;
    this.sentAtMs[slot] = nowMs;
    this.isThere[slot] = 0;
    this.sent++;
  }

  /** `into` counts how long it took; null where nobody measures. */
  receive(frame: number, nowMs: number, into: LatencyHistogram | null): void {
    const slot = frame % SLOTS;
    if (this.numbers[slot] !== frame) {
      this.unknown++;
      return;
    }
    if (this.isThere[slot] === 1) {
      this.duplicated++;
      return;
    }
    this.isThere[slot] = 1;
    this.received++;
    const isOwn = frame >= OWN_FRAMES;
    const last = isOwn ? this.lastOwn : this.lastOfCaller;
    if (frame < last) this.reordered++;
    else if (isOwn) this.lastOwn = frame;
    else this.lastOfCaller = frame;
    into?.record(nowMs - (this.sentAtMs[slot] as number));
  }
}
