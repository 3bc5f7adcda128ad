import * as fc from 'fast-check';
import { CallerAudio, FILL_LIMIT_MS, QUEUE_LIMIT_MS } from './caller-audio';
import { SILENCE_BYTE } from './g711';
import { ManualClock } from './testing/manual-clock';
import { audioOf } from './testing/scripted-call';

function setUp(clock = new ManualClock()) {
  const sent: Buffer[] = [];
  const texts: string[] = [];
  const stuck: number[] = [];
  const sink = {
    bufferedBytes: 0,
    send: (text: string) => {
      const message = JSON.parse(text) as { type: string; audio: string };
      expect(message.type).toBe('input_audio_buffer.append');
      texts.push(text);
      sent.push(Buffer.from(message.audio, 'base64'));
    },
  };
  const audio = new CallerAudio(clock, sink, { onStuck: () => stuck.push(clock.nowMs()) });
  return { audio, sent, texts, sink, clock, stuck };
}

describe('caller audio', () => {
  it('waits for the session, goes joined, and loses and reorders nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 50 }),
        fc.nat(50),
        (frames, at) => {
          const { audio, sent } = setUp();
          frames.forEach((frame, index) => {
            if (index === at) audio.open();
            audio.receive(Buffer.from(frame).toString('base64'), null);
          });
          const early = Math.min(at, frames.length);
          if (frames.length <= at) {
            expect(sent).toEqual([]);
            audio.open();
          }
          expect(Buffer.concat(sent)).toEqual(Buffer.concat(frames));
          expect(audio.framesQueuedAtSetup).toBe(Math.round(Buffer.concat(frames.slice(0, early)).length / 160));
          expect(audio.appendedBytes).toBe(Buffer.concat(frames).length);
          expect(sent.length).toBe(frames.length - early + (early > 0 ? 1 : 0));
        },
      ),
    );
  });

  it('passes payloads on as the text they came as', () => {
    const { audio, texts } = setUp();
    audio.open();
    audio.receive('AAAA', 0);
    expect(texts).toEqual(['{"type":"input_audio_buffer.append","audio":"AAAA"}']);
  });

  it('keeps the newest quarter of a minute when the session is not ready for longer', () => {
    const { audio, sent } = setUp();
    const frames = QUEUE_LIMIT_MS / 20 + 10;
    for (let i = 0; i < frames; i++) audio.receive(audioOf(20, i % 250), i * 20);
    audio.open();
    expect(audio.framesDropped).toBe(10);
    expect(Buffer.concat(sent).length).toBe(QUEUE_LIMIT_MS * 8);
    expect(Buffer.concat(sent)[0]).toBe(10);
    // The model's zero is 200 ms into the call now.
    expect(audio.toCallMs(0)).toBe(200);
  });
});

describe('the time of the caller’s words', () => {
  it('is the carrier’s, with silence where it sent nothing', () => {
    const { audio, sent } = setUp();
    audio.open();
    for (let i = 0; i < 50; i++) audio.receive(audioOf(20), i * 20);
    for (let i = 0; i < 50; i++) audio.receive(audioOf(20), 3000 + i * 20);
    expect(audio.toCallMs(500)).toBe(500);
    expect(audio.toCallMs(1000)).toBe(1000);
    expect(audio.toCallMs(3500)).toBe(3500);
    const bytes = Buffer.concat(sent);
    expect(bytes.length).toBe(4000 * 8);
    expect(bytes.subarray(1000 * 8, 3000 * 8).every((byte) => byte === SILENCE_BYTE)).toBe(true);
  });

  it('fills ten seconds of a hole at most, and knows what it left out', () => {
    const { audio, sent } = setUp();
    audio.open();
    audio.receive(audioOf(20), 0);
    audio.receive(audioOf(20), 30_000);
    expect(Buffer.concat(sent).length).toBe((20 + FILL_LIMIT_MS + 20) * 8);
    expect(audio.toCallMs(20 + FILL_LIMIT_MS)).toBe(30_000);
  });

  it('does not fill what was filled while nothing came', () => {
    const { audio, sent } = setUp();
    audio.open();
    audio.receive(audioOf(20), 0);
    audio.appendSilence(600);
    audio.receive(audioOf(20), 1000);
    expect(Buffer.concat(sent).length).toBe(1020 * 8);
    expect(audio.toCallMs(1010)).toBe(1010);
  });

  it('stays right when the frames were only late', () => {
    const { audio } = setUp();
    audio.open();
    audio.receive(audioOf(20), 0);
    audio.appendSilence(600);
    for (let i = 1; i < 50; i++) audio.receive(audioOf(20), i * 20);
    expect(audio.toCallMs(620)).toBe(20);
    expect(audio.toCallMs(1000)).toBe(400);
  });

  it('does not mind jitter, a late beginning, or a carrier without timestamps', () => {
    const jittery = setUp().audio;
    [5, 25, 47, 62, 85].forEach((timestamp) => jittery.receive(audioOf(20), timestamp));
    expect(jittery.toCallMs(80)).toBe(85);
    const silent = setUp().audio;
    for (let i = 0; i < 10; i++) silent.receive(audioOf(20), null);
    expect(silent.toCallMs(120)).toBe(120);
  });
});
