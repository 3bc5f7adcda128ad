import { setImmediate as yieldToOthers } from 'node:timers/promises';

/** A frame is due every 20 ms on every line. */
const SLICE_MS = 2;

/** What `map` makes of each, a little at a time: for work of many milliseconds while others are on the phone. */
export async function mapSoftly<One, Made>(items: readonly One[], map: (one: One) => Made): Promise<Made[]> {
  const made: Made[] = [];
  let sinceMs = performance.now();
  for (const item of items) {
    made.push(map(item));
    if (performance.now() - sinceMs < SLICE_MS) continue;
    await yieldToOthers();
    sinceMs = performance.now();
  }
  return made;
}
