import type { Clock } from '../media/clock';

/** How much may be sent at once, and in the long run: messages, and what is in them. */
export interface Budget {
  burst: number;
  perSecond: number;
  burstLength: number;
  lengthPerSecond: number;
}

/**
 * 25 s of a held-up call at once: more than the 15 s without a sign of life that a socket survives. In the long run three times
 * what a call has: 50 frames and some marks, of about 400 characters.
 */
const OF_A_PHONE: Budget = {
  burst: 1500,
  perSecond: 200,
  burstLength: 1024 * 1024,
  lengthPerSecond: 128 * 1024,
};

/**
 * How much a stream may send, a carrier's if nothing else is said. After a hold-up of the network the frames of all its seconds come at once. No clock is read
 * while there is something left.
 */
export class MessageBudget {
  private left: number;
  private lengthLeft: number;
  private refilledAtMs: number;

  constructor(
    private readonly clock: Pick<Clock, 'nowMs'>,
    private readonly budget: Budget = OF_A_PHONE,
  ) {
    this.left = budget.burst;
    this.lengthLeft = budget.burstLength;
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
    const { burst, perSecond, burstLength, lengthPerSecond } = this.budget;
    this.left = Math.min(burst, this.left + seconds * perSecond);
    this.lengthLeft = Math.min(burstLength, this.lengthLeft + seconds * lengthPerSecond);
    this.refilledAtMs = nowMs;
  }
}
