import { FRAME_MS } from './tagged-audio';

/** Golden ratio: any number of calls in a row are spread evenly over the 20 ms. */
const SPREAD = 0.618_033_988_75;
const TICK_MS = 1;

interface Paced {
  speak(nowMs: number): void;
}

interface Slot {
  phone: Paced;
  phase: number;
  nextMs: number;
}

/** Gives every phone its turn once in 20 ms of real time, each in a phase of its own. */
export class Pacer {
  /** The longest that a frame has waited for the driver itself, and how many have waited for longer than a frame lasts. */
  latestMs = 0;
  frames = 0;
  lateFrames = 0;
  private readonly slots: Slot[] = [];
  private count = 0;
  private timer: NodeJS.Timeout | null = null;

  /** Begins to count anew. */
  reset(): void {
    this.latestMs = 0;
    this.frames = 0;
    this.lateFrames = 0;
  }

  add(phone: Paced): void {
    const phase = ((this.count++ * SPREAD) % 1) * FRAME_MS;
    const now = performance.now();
    const slot = { phone, phase, nextMs: Math.ceil((now - phase) / FRAME_MS) * FRAME_MS + phase };
    this.slots.push(slot);
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  remove(phone: Paced): void {
    const at = this.slots.findIndex((slot) => slot.phone === phone);
    if (at >= 0) this.slots.splice(at, 1);
    if (this.slots.length === 0) this.stop();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.slots.length = 0;
  }

  private tick(): void {
    const now = performance.now();
    for (const slot of this.slots) {
      while (slot.nextMs <= now) {
        const lateMs = now - slot.nextMs;
        if (lateMs > this.latestMs) this.latestMs = lateMs;
        this.frames++;
        if (lateMs > FRAME_MS) this.lateFrames++;
        slot.phone.speak(performance.now());
        slot.nextMs += FRAME_MS;
      }
    }
  }
}
