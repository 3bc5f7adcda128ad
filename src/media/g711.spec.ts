import * as fc from 'fast-check';
import { decodeMulaw, decodeMulawSample, encodeMulaw, encodeMulawSample, payloadMs, SILENCE_BYTE } from './g711';

describe('G.711 µ-law', () => {
  it('gives every byte back after decoding and encoding, but for the second way to write zero', () => {
    for (let byte = 0; byte < 256; byte++) {
      const again = encodeMulawSample(decodeMulawSample(byte));
      expect(again).toBe(byte === 0x7f ? 0xff : byte);
    }
  });

  it('knows silence and the loudest samples', () => {
    expect(decodeMulawSample(SILENCE_BYTE)).toBe(0);
    expect(decodeMulawSample(0x00)).toBe(-32124);
    expect(decodeMulawSample(0x80)).toBe(32124);
    expect(encodeMulawSample(32767)).toBe(0x80);
    expect(encodeMulawSample(-32768)).toBe(0x00);
  });

  it('stays within the step of the segment', () => {
    fc.assert(
      fc.property(fc.integer({ min: -32635, max: 32635 }), (sample) => {
        const error = Math.abs(decodeMulawSample(encodeMulawSample(sample)) - sample);
        expect(error).toBeLessThanOrEqual(Math.max(4, (Math.abs(sample) + 132) / 32));
      }),
    );
  });

  it('translates whole buffers sample by sample', () => {
    const bytes = Buffer.from([0xff, 0x00, 0x80, 0x55]);
    expect([...encodeMulaw(decodeMulaw(bytes))]).toEqual([...bytes]);
  });

  it('tells the duration of a payload from its length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(payloadMs(Buffer.from(bytes).toString('base64'))).toBe(bytes.length / 8);
      }),
    );
  });
});
