/** Zero crossings of the filter on each side; 16 keeps the stop band below -60 dB with the window used here. */
const HALF_WIDTH = 16;
/** The pass band ends a little below half the lower rate, so that the slope of the filter is over before it folds. */
const PASS_BAND = 0.9;

const filters = new Map<string, Float64Array[]>();

/**
 * Changes the sample rate through a low-pass filter (windowed sinc), so that nothing above half the lower rate folds
 * back into the speech. The answer has `samples.length * toHz / fromHz` samples, rounded down.
 */
export function resample(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return samples.slice();
  const divisor = greatestCommonDivisor(fromHz, toHz);
  const up = toHz / divisor;
  const down = fromHz / divisor;
  const phases = filterOf(up, down);
  const reach = (phases[0] as Float64Array).length / 2;
  const output = new Int16Array(Math.floor((samples.length * up) / down));
  for (let i = 0; i < output.length; i++) {
    const position = i * down;
    const centre = Math.floor(position / up);
    const taps = phases[position % up] as Float64Array;
    const first = centre - reach + 1;
    let sum = 0;
    for (let k = Math.max(0, -first); k < taps.length && first + k < samples.length; k++) {
      sum += (samples[first + k] as number) * (taps[k] as number);
    }
    output[i] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return output;
}

/** One row of taps for each of the positions that an output sample can have between two input samples. */
function filterOf(up: number, down: number): Float64Array[] {
  const key = `${up}/${down}`;
  const known = filters.get(key);
  if (known) return known;
  const cutoff = PASS_BAND * Math.min(1, up / down);
  const reach = Math.ceil(HALF_WIDTH / cutoff);
  const phases = Array.from({ length: up }, (_, phase) => {
    const taps = new Float64Array(reach * 2);
    let total = 0;
    for (let k = 0; k < taps.length; k++) {
      const distance = k - reach + 1 - phase / up;
      const x = Math.PI * distance * cutoff;
      const tap = (x === 0 ? 1 : Math.sin(x) / x) * window(distance / reach);
      taps[k] = tap;
      total += tap;
    }
    for (let k = 0; k < taps.length; k++) taps[k] = (taps[k] as number) / total;
    return taps;
  });
  filters.set(key, phases);
  return phases;
}

/** Blackman window over -1..1. */
function window(x: number): number {
  if (Math.abs(x) >= 1) return 0;
  return 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
