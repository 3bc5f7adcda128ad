import * as fc from 'fast-check';
import { decodeMulawSample, encodeMulawSample } from '../../media/g711';
import { decodeAlawSample, encodeAlawSample } from './alaw';
import { stretchesOf } from './flite';
import { resample } from './resample';
import { sentencesOf, timeWords } from './sentences';
import { decodeWav, encodeWav, pcmToSamples, samplesToPcm, WavError } from './wav';

const anySamples = fc.int16Array({ maxLength: 400 });

const tone = (hz: number, rateHz: number, ms: number) =>
  Int16Array.from({ length: (rateHz * ms) / 1000 }, (_, i) => 10_000 * Math.sin((2 * Math.PI * hz * i) / rateHz));
const rms = (samples: Int16Array) => Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);

describe('WAV files', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(anySamples, fc.integer({ min: 1000, max: 192_000 }), (samples, rate) => {
        const wav = decodeWav(encodeWav(samples, rate));
        expect(wav.sampleRateHz).toBe(rate);
        expect(wav.channels).toEqual([samples]);
      }),
    );
  });

  it('refuse any other bytes with a WavError and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, withHead) => {
        const head = withHead ? Buffer.from('RIFF\0\0\0\0WAVEfmt ', 'latin1') : Buffer.alloc(0);
        try {
          decodeWav(Buffer.concat([head, bytes]));
        } catch (error) {
          expect(error).toBeInstanceOf(WavError);
        }
      }),
    );
  });

  it('with a data chunk of unknown length are read to their end', () => {
    const file = encodeWav(Int16Array.of(1, 2, 3), 8000);
    file.writeUInt32LE(0xffffffff, 40);
    expect(decodeWav(file).channels[0]).toEqual(Int16Array.of(1, 2, 3));
  });

  it('keep samples and bytes in step', () => {
    fc.assert(fc.property(anySamples, (samples) => expect(pcmToSamples(samplesToPcm(samples))).toEqual(samples)));
  });
});

describe('resampling', () => {
  it('keeps what is below the limit and removes what would fold back', () => {
    expect(rms(resample(tone(1000, 16_000, 200), 16_000, 8000))).toBeCloseTo(rms(tone(1000, 8000, 200)), -3);
    expect(rms(resample(tone(6000, 16_000, 200), 16_000, 8000).subarray(100, -100))).toBeLessThan(20);
    expect(rms(resample(tone(440, 16_000, 200), 16_000, 24_000))).toBeCloseTo(rms(tone(440, 24_000, 200)), -3);
  });

  it('gives as many samples as the rates say', () => {
    fc.assert(
      fc.property(anySamples, fc.constantFrom(8000, 16_000, 24_000, 44_100, 48_000), (samples, rate) => {
        expect(resample(samples, rate, 8000)).toHaveLength(Math.floor((samples.length * 8000) / rate));
      }),
    );
  });
});

describe('A-law', () => {
  it('comes within half a step of every sample and is stable', () => {
    fc.assert(
      fc.property(fc.integer({ min: -32_768, max: 32_767 }), (sample) => {
        const back = decodeAlawSample(encodeAlawSample(sample));
        expect(Math.abs(back - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 16));
        expect(decodeAlawSample(encodeAlawSample(back))).toBe(back);
      }),
    );
  });

  it('joins µ-law codes into classes that do not change when the link is crossed again', () => {
    const cross = (byte: number) => encodeMulawSample(decodeAlawSample(encodeAlawSample(decodeMulawSample(byte))));
    for (let byte = 0; byte < 256; byte++) expect(cross(cross(byte))).toBe(cross(byte));
  });
});

describe('words and sentences', () => {
  const words = fc.array(fc.stringMatching(/^[A-Za-z0-9.,!?']{1,12}$/), { maxLength: 80 });

  it('loses no word and changes no order when it cuts sentences', () => {
    fc.assert(fc.property(words, (list) => expect(sentencesOf(list.join('  ')).flat()).toEqual(list)));
  });

  it('places words one after the other within the stretches of speech', () => {
    fc.assert(
      fc.property(
        words,
        fc.array(fc.integer({ min: 30, max: 900 }), { minLength: 1, maxLength: 6 }),
        (list, lengths) => {
          let clock = 100;
          const stretches = lengths.map((length) => {
            const stretch = { startMs: clock, endMs: clock + length };
            clock = stretch.endMs + 120;
            return stretch;
          });
          const timed = timeWords(list, stretches);
          expect(timed.map((word) => word.text)).toEqual(list);
          let before = 100;
          for (const word of timed) {
            expect(word.startMs).toBeGreaterThanOrEqual(before - 0.01);
            expect(word.endMs).toBeGreaterThanOrEqual(word.startMs);
            before = word.endMs;
          }
          expect(before).toBeLessThanOrEqual(clock);
        },
      ),
    );
  });

  it('reads the pauses out of the phones that the engine prints', () => {
    expect(stretchesOf('pau:0.164 hh:0.255 ow:0.661 pau:0.851 k:0.949 iy:1.768 pau:2.019 ')).toEqual([
      { startMs: 164, endMs: 661 },
      { startMs: 851, endMs: 1768 },
    ]);
    expect(stretchesOf('')).toEqual([]);
  });
});
