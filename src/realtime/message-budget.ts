import type { Clock } from '../media/clock';

/** 25 s of a held-up call at once: more than the 15 s without a sign of life that a socket survives. */
const BURST = 1500;
/** Three times what a call has in the long run: 50 frames and some marks. */
const PER_SECOND = 200;

/**
 * How many messages a stream may send. After a hold-up of the network the frames of all its seconds come at once. No clock
 * is read while there is something left.
 */
export class MessageBudget {
  private left = BURST;
  private refilledAtMs: number;

  constructor(private readonly clock: Pick<Clock, 'nowMs'>) {
    this.refilledAtMs = clock.nowMs();
  }

  /** False for a message too many. */
  take(): boolean {
    if (this.left === 0) this.refill();
    if (this.left === 0) return false;
    this.left--;
    return true;
  }

  private refill(): void {
    const nowMs = this.clock.nowMs();
    this.left = Math.min(BURST, Math.floor(((nowMs - this.refilledAtMs) * PER_SECOND) / 1000));
    this.refilledAtMs = nowMs;
  }
}
