import fc from 'fast-check';
import { pauseSeconds } from './retry-policy';

describe('the pause after a failed attempt', () => {
  it('grows from seconds to a day, and then there is none', () => {
    const pauses = Array.from({ length: 10 }, (_, at) => pauseSeconds(at + 1, 0));
    expect(pauses).toEqual([5, 30, 120, 600, 3600, 10_800, 21_600, 43_200, 86_400, null]);
  });

  it('is up to a fifth longer, and never shorter than the one before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
        const base = pauseSeconds(attempts, 0) ?? 0;
        const pause = pauseSeconds(attempts, random) ?? 0;
        expect(pause).toBeGreaterThanOrEqual(base);
        expect(pause).toBeLessThanOrEqual(base * 1.2);
        expect(pause).toBeGreaterThan(pauseSeconds(attempts - 1, 1) ?? 0);
      }),
    );
  });
});
