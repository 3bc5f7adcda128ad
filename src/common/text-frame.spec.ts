import * as fc from 'fast-check';
import { binaryFrame, textFrame } from './text-frame';

/** Reads a frame as RFC 6455 section 5.2 writes it. */
function read(frame: Buffer): { text: string; isMasked: boolean; isWhole: boolean } {
  const isMasked = ((frame[1] as number) & 0x80) !== 0;
  let length = (frame[1] as number) & 0x7f;
  let at = 2;
  if (length === 126) {
    length = frame.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    length = Number(frame.readBigUInt64BE(2));
    at = 10;
  }
  const mask = isMasked ? frame.subarray(at, at + 4) : Buffer.alloc(4);
  if (isMasked) at += 4;
  const payload = Buffer.from(frame.subarray(at).map((byte, i) => byte ^ (mask[i & 3] as number)));
  return { text: payload.toString('utf8'), isMasked, isWhole: frame[0] === 0x81 && payload.length === length };
}

/** As it goes over the wire. */
function frameOf(text: string, isMasked: boolean): Buffer {
  return Buffer.from(textFrame(text, isMasked), 'latin1');
}

describe('a text frame', () => {
  it('holds any text, masked and not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.boolean(), (text, isMasked) => {
        expect(read(frameOf(text, isMasked))).toEqual({ text, isMasked, isWhole: true });
      }),
    );
  });

  it.each([0, 1, 125, 126, 127, 32_763, 32_764, 32_765, 65_535, 65_536, 200_000])('holds %i bytes', (length) => {
    const text = 'x'.repeat(length);
    expect(read(frameOf(text, false))).toEqual({ text, isMasked: false, isWhole: true });
    expect(read(frameOf(text, true))).toEqual({ text, isMasked: true, isWhole: true });
  });

  it('has another mask each time', () => {
    const masks = new Set(Array.from({ length: 3000 }, () => textFrame('', true)));
    expect(masks.size).toBeGreaterThan(2990);
  });
});

describe('a binary frame', () => {
  it.each([0, 1, 125, 126, 127, 960, 65_535, 65_536, 200_000])('holds %i bytes as they are', (length) => {
    const bytes = Buffer.from(Array.from({ length }, (_, at) => at & 0xff));
    const frame = Buffer.from(binaryFrame(bytes), 'latin1');
    expect(frame[0]).toBe(0x82);
    const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
    expect(frame.subarray(headBytes).equals(bytes)).toBe(true);
    expect(read(Buffer.concat([Buffer.from([0x81]), frame.subarray(1)])).isWhole).toBe(true);
  });
});
