import fc from 'fast-check';
import { audioDurationMs } from '../../common/audio-duration';
import { audioKindOf } from '../../common/audio-kind';
import { closedFile, encodedSpeech, SPEECH_FORMATS, SpeechFormat } from './speech-encoding';

async function* inParts(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    yield bytes.subarray(at, cut);
    at = Math.max(at, cut);
  }
  yield bytes.subarray(at);
}

async function partsOf(pcm: AsyncIterable<Buffer>, format: SpeechFormat): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for await (const part of encodedSpeech(pcm, format)) parts.push(part);
  return parts;
}

/** A second of a tone. */
const TONE = Buffer.from(Int16Array.from({ length: 24_000 }, (_, at) => 9000 * Math.sin(at / 10)).buffer);

it.each(SPEECH_FORMATS)('makes the same %s whatever the parts that the samples come in', async (format) => {
  const whole = Buffer.concat(await partsOf(inParts(TONE, []), format));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(TONE.length), { maxLength: 20 }), async (cuts) => {
      const parts = await partsOf(inParts(TONE, cuts), format);
      // Frames of MP3 hang together, and are the same only where the encoder was fed in equal steps.
      if (format === 'mp3') expect(audioDurationMs(Buffer.concat(parts), 'mp3')).toBe(audioDurationMs(whole, 'mp3'));
      else expect(Buffer.concat(parts).equals(whole)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

it('gives out MP3 while the samples still come', async () => {
  let given = 0;

  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      given++;
      yield TONE;
    }
  }
  for await (const frame of encodedSpeech(endless(), 'mp3')) {
    expect(frame.length).toBeGreaterThan(0);
    break;
  }
  expect(given).toBe(1);
});

it('says in a file how long it is once that is known', async () => {
  const parts = await partsOf(inParts(TONE, [10_000]), 'wav');
  const streamed = Buffer.concat(parts);
  expect([audioKindOf(streamed), audioDurationMs(streamed, 'wav')]).toEqual(['wav', 1000]);
  const file = closedFile(parts, 'wav');
  expect([file.readUInt32LE(4), file.readUInt32LE(40)]).toEqual([file.length - 8, TONE.length]);
  expect(file.subarray(44).equals(TONE)).toBe(true);
});

it('is nothing at all where nothing was spoken', async () => {
  for (const format of ['wav', 'pcm'] as const) expect(await partsOf(inParts(Buffer.alloc(0), []), format)).toEqual([]);
  expect(closedFile([], 'wav')).toHaveLength(0);
});

it('passes on what goes wrong in the midst', async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield TONE;
    throw new Error('cut off');
  }
  for (const format of SPEECH_FORMATS) await expect(partsOf(broken(), format)).rejects.toThrow('cut off');
});
