import { SAMPLE_RATE_HZ, encodeMulaw } from '../../media/g711';
import type { Speech } from './voices';

const COUGH_MS = 300;
/** Loud for so long, then it dies away: longer foreign noise would be taken for somebody's speech. */
const BODY_MS = 220;
/** About -15 dBFS: as loud as a voice, so that turn detection starts. */
const AMPLITUDE = 10_000;
const DECAY_MS = 12;

/** A burst of noise that is the same every time (a linear congruential generator, no chance in it). */
function noise(): Int16Array {
  let seed = 1;
  return Int16Array.from({ length: (COUGH_MS * SAMPLE_RATE_HZ) / 1000 }, (_, i) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    const atMs = (i * 1000) / SAMPLE_RATE_HZ;
    const level = atMs < BODY_MS ? 1 : Math.exp(-(atMs - BODY_MS) / DECAY_MS);
    return Math.round((seed / 0x3fffffff - 1) * AMPLITUDE * level);
  });
}

/** A sound without words. `said` names it, so that it can be found there. */
export const COUGH: Speech = { text: '(coughs)', mulaw: encodeMulaw(noise()) };
