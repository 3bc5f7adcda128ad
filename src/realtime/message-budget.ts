import type { Clock } from '../media/clock';

/** 25 s of a held-up call at once: more than the 15 s without a sign of life that a socket survives. */
const BURST = 1500;
/** Three times what a call has in the long run: 50 frames and some marks. */
const PER_SECOND = 200;
/** The same for what is in them. A frame has about 400 characters, so this refuses fewer and longer ones. */
const BURST_LENGTH = 1024 * 1024;
const LENGTH_PER_SECOND = 128 * 1024;

/**
 * How much a stream may send. After a hold-up of the network the frames of all its seconds come at once. No clock is read
 * while there is something left.
 */
export class MessageBudget {
  private left = BURST;
  private lengthLeft = BURST_LENGTH;
  private refilledAtMs: number;

  constructor(private readonly clock: Pick<Clock, 'nowMs'>) {
    this.refilledAtMs = clock.nowMs();
  }

  /** False for a message too many. `length` in characters. */
  take(length: number): boolean {
    if (this.left < 1 || this.lengthLeft < length) this.refill();
    if (this.left < 1 || this.lengthLeft < length) return false;
    this.left--;
    this.lengthLeft -= length;
    return true;
  }

  private refill(): void {
    const nowMs = this.clock.nowMs();
    const seconds = (nowMs - this.refilledAtMs) / 1000;
    this.left = Math.min(BURST, this.left + seconds * PER_SECOND);
    this.lengthLeft = Math.min(BURST_LENGTH, this.lengthLeft + seconds * LENGTH_PER_SECOND);
    this.refilledAtMs = nowMs;
  }
}
