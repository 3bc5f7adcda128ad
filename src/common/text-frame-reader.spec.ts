import fc from 'fast-check';
import { TextFrameReader } from './text-frame-reader';

const MASK = Buffer.from([0x12, 0xff, 0x80, 0x01]);

/** RFC 6455 section 5.2, straight from the page. */
function frameOf(first: number, payload: Buffer, isMasked: boolean): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 0x10000 ? 4 : 10);
  head[0] = first;
  head[1] = (isMasked ? 0x80 : 0) | (length < 126 ? length : length < 0x10000 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  if (!isMasked) return Buffer.concat([head, payload]);
  return Buffer.concat([head, MASK, payload.map((byte, at) => byte ^ (MASK[at % 4] as number))]);
}

/** Everything that a reader tells, neighbouring bytes of the rest joined. */
function read(chunks: readonly Buffer[], isMasked: boolean, isWanted = true): (string | Buffer)[] {
  const told: (string | Buffer)[] = [];
  const reader = new TextFrameReader(isMasked, {
    onText: (text) => told.push(text),
    onRest: (bytes) => {
      const last = told.at(-1);
      if (Buffer.isBuffer(last)) told[told.length - 1] = Buffer.concat([last, bytes]);
      else told.push(Buffer.from(bytes));
      return isWanted;
    },
  });
  for (const chunk of chunks) reader.take(chunk);
  return told;
}

/** Long buffers as Jest compares them at once: byte by byte it takes seconds. */
const shown = (told: readonly (string | Buffer)[]) =>
  told.map((one) => (typeof one === 'string' ? one : { bytes: one.toString('latin1') }));

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

const TEXT = 0x81;
const lengths = [0, 1, 3, 4, 5, 124, 125, 126, 127, 300, 5000, 16_384, 16_385, 65_535, 65_536];

describe.each([true, false])('frames of a peer (masked: %s)', (isMasked) => {
  it.each(lengths)('come out as the text they are, at %d bytes', (length) => {
    const text = '{"a":"b"}'.repeat(Math.ceil(length / 9)).slice(0, length);
    const frame = frameOf(TEXT, Buffer.from(text), isMasked);
    const expected = length <= 16_384 ? [text, text] : [Buffer.concat([frame, frame])];
    expect(shown(read([frame, frame], isMasked))).toEqual(shown(expected));
  });

  it('that are no texts, or not whole, are handed on as they came and where they came', () => {
    const texts = fc.string({ maxLength: 400 }).map((text) => text.replace(/[^ -~]/g, 'x'));
    const rests = fc.constantFrom(0x01, 0x02, 0x80, 0x82, 0x89, 0x8a, 0xc1, 0xf1);
    const frames = fc.oneof(
      texts.map((text) => frameOf(TEXT, Buffer.from(text), isMasked)),
      fc.tuple(rests, texts).map(([first, text]) => frameOf(first, Buffer.from(text), isMasked)),
    );
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 20 }), fc.array(fc.nat(10_000), { maxLength: 10 }), (all, places) => {
        const bytes = Buffer.concat(all);
        const told = read(cut(bytes, places), isMasked);
        // Put together again it is what was sent, no text twice and none lost.
        const again = told.map((one) => (typeof one === 'string' ? frameOf(TEXT, Buffer.from(one), isMasked) : one));
        expect(shown([Buffer.concat(again)])).toEqual(shown([bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it('come out as texts wherever the chunks begin, so long as each is whole', () => {
    const frame = frameOf(TEXT, Buffer.from('hello'), isMasked);
    const chunk = Buffer.concat([frame, frame, frame]);
    for (let at = 0; at <= chunk.length; at++) {
      const told = read([chunk.subarray(0, at), chunk.subarray(at)], isMasked);
      expect(told.filter((one) => one === 'hello').length).toBeGreaterThanOrEqual(2);
    }
  });

  it('between the fragments of a message are not taken for texts of their own', () => {
    const fragment = frameOf(0x01, Buffer.from('one '), isMasked);
    const text = frameOf(TEXT, Buffer.from('two'), isMasked);
    const ping = frameOf(0x89, Buffer.from('ping'), isMasked);
    const last = frameOf(0x80, Buffer.from('three'), isMasked);
    expect(read([fragment, ping, text], isMasked)).toEqual([Buffer.concat([fragment, ping, text])]);
    expect(read([fragment, ping, last, text], isMasked)).toEqual([Buffer.concat([fragment, ping, last]), 'two']);
  });

  it('are left to ws as well where they stand behind something that it refuses, until the piece is over', () => {
    const bad = frameOf(TEXT, Buffer.from('bad'), !isMasked);
    const text = frameOf(TEXT, Buffer.from('behind'), isMasked);
    expect(read([Buffer.concat([text, bad, text, text]), text], isMasked, false)).toEqual([
      'behind',
      Buffer.concat([bad, text, text]),
      'behind',
    ]);
  });

  it('that will not be ours are handed on at once, though their heads are torn', () => {
    const long = frameOf(TEXT, Buffer.alloc(70_000, 'x'), isMasked);
    const ping = frameOf(0x89, Buffer.alloc(3, 'x'), isMasked);
    const text = frameOf(TEXT, Buffer.from('after'), isMasked);
    for (const frame of [long, ping, frameOf(TEXT, Buffer.alloc(200, 'x'), !isMasked)]) {
      for (let at = 2; at < 14; at++) {
        const parts = [frame.subarray(0, at), frame.subarray(at)];
        const told: Buffer[] = [];
        const reader = new TextFrameReader(isMasked, {
          onText: (one) => told.push(Buffer.from(one)),
          onRest: (bytes) => told.push(Buffer.from(bytes)) > 0,
        });
        reader.take(parts[0] as Buffer);
        expect(shown([Buffer.concat(told)])).toEqual(shown([frame.subarray(0, at)]));
        reader.take(Buffer.concat([parts[1] as Buffer, text]));
        expect(shown([Buffer.concat(told)])).toEqual(shown([Buffer.concat([frame, Buffer.from('after')])]));
      }
    }
  });

  it('are for nobody after a close, however the close was cut', () => {
    const close = frameOf(0x88, Buffer.from([0x03, 0xe8]), isMasked);
    const text = frameOf(TEXT, Buffer.from('too late'), isMasked);
    for (let at = 0; at <= close.length; at++) {
      const told = read([close.subarray(0, at), Buffer.concat([close.subarray(at), text]), text], isMasked);
      expect(told).toEqual([close]);
    }
  });
});

it('leaves a frame that is masked where it must not be, or the other way about, to who closes the socket for it', () => {
  for (const isMasked of [true, false]) {
    const frame = frameOf(TEXT, Buffer.from('hello'), !isMasked);
    expect(read([frame], isMasked)).toEqual([frame]);
  }
});

it('leaves masked text that is not ASCII to who checks that it is UTF-8', () => {
  for (const text of ['é', 'abcé', 'abcdé', `${'x'.repeat(300)}é`, `é${'x'.repeat(300)}`]) {
    const frame = frameOf(TEXT, Buffer.from(text), true);
    expect(read([frame], true)).toEqual([frame]);
  }
});

it('reads UTF-8 of a peer that does not mask', () => {
  expect(read([frameOf(TEXT, Buffer.from('zwölf €'), false)], false)).toEqual(['zwölf €']);
});

it('reads nothing more once it is stopped, and says what it had begun', () => {
  const texts: string[] = [];
  const reader = new TextFrameReader(false, { onText: (text) => texts.push(text), onRest: () => true });
  const frame = frameOf(TEXT, Buffer.from('hello'), false);
  reader.take(Buffer.concat([frame, frame.subarray(0, 1)]));
  expect(reader.stop()).toEqual(frame.subarray(0, 1));
  reader.take(frame);
  expect(texts).toEqual(['hello']);
});
