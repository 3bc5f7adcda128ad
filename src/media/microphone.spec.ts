import fc from 'fast-check';
import { ManualClock } from './testing/manual-clock';
import { Microphone, MUTED_AFTER_MS } from './microphone';

const FRAME_BYTES = 960;
const BYTES_PER_MS = 48;

function setUp() {
  const clock = new ManualClock();
  const frames: { pcm: Buffer; atMs: number }[] = [];
  const microphone = new Microphone(clock, (payload, atMs) => {
    frames.push({ pcm: Buffer.from(payload, 'base64'), atMs });
  });
  return { clock, frames, microphone };
}

/** Each sample tells which it is. */
function samples(count: number, from = 0): Buffer {
  const pcm = Buffer.alloc(count * 2);
  for (let i = 0; i < count; i++) pcm.writeInt16LE(((from + i) % 65_536) - 32_768, i * 2);
  return pcm;
}

describe('a microphone', () => {
  it('makes frames of 20 ms of pieces of any size: nothing is lost, doubled or out of its order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 40 }), (counts) => {
        const { clock, frames, microphone } = setUp();
        let sent = 0;
        for (const count of counts) {
          clock.advance(count / 24);
          expect(microphone.take(samples(count, sent))).toBe(true);
          sent += count;
        }
        const all = samples(sent);
        const whole = all.length - (all.length % FRAME_BYTES);
        expect(Buffer.concat(frames.map(({ pcm }) => pcm)).equals(all.subarray(0, whole))).toBe(true);
        expect(frames.map(({ atMs }) => atMs)).toEqual(frames.map((_, at) => at * 20));
      }),
    );
  });

  it('never goes back in time, and is never further behind it than a hold-up of the network', () => {
    const piece = fc.record({ pauseMs: fc.integer({ min: 0, max: 5000 }), ms: fc.integer({ min: 20, max: 400 }) });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 40 }), (pieces) => {
        const { clock, frames, microphone } = setUp();
        const since = clock.nowMs();
        for (const { pauseMs, ms } of pieces) {
          clock.advance(pauseMs + ms);
          microphone.take(samples(ms * 24));
          const behindMs = clock.nowMs() - since - ((frames.at(-1)?.atMs ?? 0) + 20);
          expect(behindMs).toBeLessThanOrEqual(MUTED_AFTER_MS + 20);
        }
        const times = frames.map(({ atMs }) => atMs);
        for (const [at, ms] of times.entries())
          if (at > 0) expect(ms).toBeGreaterThanOrEqual((times[at - 1] ?? 0) + 20);
        expect(times.every(Number.isInteger)).toBe(true);
      }),
    );
  });

  it('takes a pause for one of the speaker, and a late piece for one of the network', () => {
    const { clock, frames, microphone } = setUp();
    clock.advance(20);
    microphone.take(samples(480));
    clock.advance(900);
    microphone.take(samples(480));
    clock.advance(5000);
    microphone.take(samples(480));
    expect(frames.map(({ atMs }) => atMs)).toEqual([0, 20, 5900]);
  });

  it('drops what ends in the middle of a sample', () => {
    const { frames, microphone } = setUp();
    expect(microphone.take(Buffer.alloc(FRAME_BYTES + 1))).toBe(false);
    expect(microphone.take(Buffer.alloc(20 * BYTES_PER_MS))).toBe(true);
    expect(frames).toHaveLength(1);
  });
});
