const SECOND = 1;
const MINUTE = 60;
const HOUR = 3600;

/** Between an attempt and the next: two days in all. */
const PAUSES_SECONDS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  1 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
];

/** Up to so much longer: what failed together does not come back together. */
const JITTER = 0.2;

/**
 * After so many failed attempts; null: it is given up.
 * @param random 0 to 1
 */
export function pauseSeconds(attempts: number, random: number): number | null {
  const pause = PAUSES_SECONDS[attempts - 1];
  return pause === undefined ? null : pause * (1 + JITTER * random);
}
