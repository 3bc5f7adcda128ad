import fc from 'fast-check';
import { CallerAudio } from './caller-audio';
import { BrowserLine } from './browser-line';
import { bytesOf, MULAW_8K, PCM_24K } from './audio-format';
import { decodeMulawSample, encodeMulawSample } from './g711';
import { HeldAudio } from './held-audio';
import { sessionUpdate } from './openai-commands';
import { pcm24kToMulaw } from './pcm';
import { ManualClock } from './testing/manual-clock';
import { aPlan } from './testing/scripted-call';

describe('a browser', () => {
  it('is sent audio as it is, and marks and clears between it', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 3000 }), fc.string(), fc.constant(null))), (all) => {
        const sent: unknown[] = [];
        const line = new BrowserLine({
          send: (text) => sent.push(JSON.parse(text)),
          sendBinary: (bytes) => sent.push(bytes),
          bufferedAmount: 7,
        });
        for (const one of all) {
          if (one === null) line.clear();
          else if (typeof one === 'string') line.mark(one);
          else line.play(Buffer.from(one).toString('base64'));
        }
        expect(line.bufferedAmount).toBe(7);
        expect(sent).toEqual(
          all.map((one) => {
            if (one === null) return { type: 'clear' };
            return typeof one === 'string' ? { type: 'mark', name: one } : Buffer.from(one);
          }),
        );
      }),
    );
  });

  it('talks to a session of its own format', () => {
    const format = { type: 'audio/pcm', rate: 24_000 };
    const detection = { createResponse: true, interruptResponse: true };
    expect(JSON.parse(sessionUpdate('s', aPlan({ audio: PCM_24K }), detection))).toMatchObject({
      session: { audio: { input: { format }, output: { format } } },
    });
  });
});

describe('audio that waits', () => {
  it('is dropped in whole samples, whatever the format', () => {
    const format = fc.constantFrom(MULAW_8K, PCM_24K);
    const drops = fc.array(fc.double({ min: 0, max: 700, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(format, drops, (audio, all) => {
        const held = new HeldAudio(audio);
        for (let i = 0; i < 50; i++) held.append(Buffer.alloc(bytesOf(audio, 20), i).toString('base64'), 20);
        for (const ms of all) held.drop(ms);
        expect(held.take().length % audio.sampleBytes).toBe(0);
      }),
    );
  });

  it('of a browser is kept as long as that of a phone', () => {
    const clock = new ManualClock();
    const sent: string[] = [];
    const audio = new CallerAudio(
      clock,
      { send: (text) => sent.push(text), bufferedBytes: 0 },
      { onStuck: () => undefined },
      PCM_24K,
    );
    const frame = Buffer.alloc(960, 3).toString('base64');
    for (let at = 0; at < 1000; at++) audio.receive(frame, at * 20);
    audio.open();
    const [append] = sent.map((text) => JSON.parse(text) as { audio: string });
    expect(Buffer.from(append?.audio ?? '', 'base64')).toHaveLength(15_000 * 48);
    expect(audio.framesDropped).toBe(250);
  });

  it('is filled with the silence of its format where nothing came', () => {
    const sent: string[] = [];
    const audio = new CallerAudio(
      new ManualClock(),
      { send: (text) => sent.push(text), bufferedBytes: 0 },
      { onStuck: () => undefined },
      PCM_24K,
    );
    audio.open();
    const frame = Buffer.alloc(960, 3).toString('base64');
    audio.receive(frame, 0);
    audio.receive(frame, 2020);
    const appended = Buffer.concat(
      sent.map((text) => Buffer.from((JSON.parse(text) as { audio: string }).audio, 'base64')),
    );
    expect(appended).toHaveLength((20 + 2000 + 20) * 48);
    expect(appended.subarray(960, -960).every((byte) => byte === 0)).toBe(true);
  });
});

describe('listening in', () => {
  it('hears a browser like a phone: a third as many samples, each near the mean of three', () => {
    fc.assert(
      fc.property(fc.int16Array({ maxLength: 600 }), (samples) => {
        const pcm = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
        const mulaw = Buffer.from(pcm24kToMulaw(pcm.toString('base64')), 'base64');
        expect(mulaw).toHaveLength(Math.floor(samples.length / 3));
        for (const [at, byte] of mulaw.entries()) {
          const [a = 0, b = 0, c = 0] = samples.subarray(at * 3, at * 3 + 3);
          const mean = decodeMulawSample(encodeMulawSample(Math.round((a + b + c) / 3)));
          expect(decodeMulawSample(byte)).toBe(mean);
        }
      }),
    );
  });
});
