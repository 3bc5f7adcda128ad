import { setImmediate as yieldToOthers } from 'node:timers/promises';

/** A frame is due every 20 ms on every line. */
const SLICE_MS = 2;

/** For work of many milliseconds while others are on the phone: lets them have their turn now and then. */
export class Patience {
  private sinceMs = performance.now();

  async pause(): Promise<void> {
    if (performance.now() - this.sinceMs < SLICE_MS) return;
    await yieldToOthers();
    this.sinceMs = performance.now();
  }
}

/** What `map` makes of each, a little at a time. */
export async function mapSoftly<One, Made>(items: readonly One[], map: (one: One) => Made): Promise<Made[]> {
  const made: Made[] = [];
  const patience = new Patience();
  for (const item of items) {
    made.push(map(item));
    await patience.pause();
  }
  return made;
}
