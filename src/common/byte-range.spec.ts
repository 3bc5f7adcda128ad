import fc from 'fast-check';
import { partOf } from './byte-range';

describe('the part of a file that is asked for', () => {
  it.each([
    [undefined, 10, 'whole'],
    ['', 10, 'whole'],
    ['bytes=0-', 10, { from: 0, to: 9 }],
    ['bytes=0-0', 10, { from: 0, to: 0 }],
    ['bytes=3-5', 10, { from: 3, to: 5 }],
    ['BYTES=3-5', 10, { from: 3, to: 5 }],
    ['bytes=3-99', 10, { from: 3, to: 9 }],
    ['bytes=-4', 10, { from: 6, to: 9 }],
    ['bytes=-99', 10, { from: 0, to: 9 }],
    ['bytes=-0', 10, 'none'],
    ['bytes=10-', 10, 'none'],
    ['bytes=0-', 0, 'none'],
    ['bytes=5-3', 10, 'whole'],
    ['bytes=0-1,3-4', 10, 'whole'],
    ['bytes=-', 10, 'whole'],
    ['seconds=0-1', 10, 'whole'],
    ['bytes=a-b', 10, 'whole'],
  ])('%s of %i bytes is %j', (header, size, part) => {
    expect(partOf(header, size)).toEqual(part);
  });

  it('never leaves the file', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), fc.nat(1000), (noise, a, b, size) => {
        for (const header of [noise, `bytes=${a}-${b}`, `bytes=${a}-`, `bytes=-${b}`, `bytes=${noise}`]) {
          const part = partOf(header, size);
          if (typeof part === 'string') continue;
          expect(part.from).toBeGreaterThanOrEqual(0);
          expect(part.to).toBeGreaterThanOrEqual(part.from);
          expect(part.to).toBeLessThan(size);
        }
      }),
    );
  });
});
