import * as fc from 'fast-check';
import { CallerAudio, FILL_LIMIT_MS, MODEL_HIGH_WATER_BYTES, MODEL_STUCK_MS, QUEUE_LIMIT_MS } from './caller-audio';
import { SILENCE_BYTE } from './g711';
import { RECENT_MS } from './recent-frames';
import { ManualClock } from './testing/manual-clock';
import { audioOf, ScriptedCall } from './testing/scripted-call';

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

/** A clock on which a moment lasts until a spec says that it is over. */
class MomentsClock extends ManualClock {
  private readonly later: (() => void)[] = [];

  override soon(run: () => void): void {
    this.later.push(run);
  }

  momentOver(): void {
    for (const run of this.later.splice(0)) run();
  }
}

/** Frames of 20 ms whose bytes count on, so that what is lost, repeated or out of order shows. */
function numbered(audio: CallerAudio) {
  let n = 0;
  const next = (frames = 1): void => {
    for (let i = 0; i < frames; i++) {
      const bytes = Buffer.alloc(160);
      bytes.writeUInt32BE(n);
      audio.receive(bytes.toString('base64'), n * 20);
      n++;
    }
  };
  const numbersOf = (pieces: readonly Buffer[]): number[] => {
    const bytes = Buffer.concat(pieces);
    return Array.from({ length: bytes.length / 160 }, (_, i) => bytes.readUInt32BE(i * 160));
  };
  return { next, numbersOf, count: () => n };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

describe('frames that come in one moment', () => {
  it('go in one message, in order', () => {
    const clock = new MomentsClock();
    const { audio, sent, texts } = setUp(clock);
    const { next, numbersOf } = numbered(audio);
    audio.open();
    next(3);
    expect(texts).toEqual([]);
    clock.momentOver();
    next(1);
    clock.momentOver();
    expect(texts).toHaveLength(2);
    expect(numbersOf(sent)).toEqual([0, 1, 2, 3]);
    expect(audio.framesJoined).toBe(2);
    expect(audio.appendedBytes).toBe(4 * 160);
  });

  it('go before what must come after them, once', () => {
    const clock = new MomentsClock();
    const { audio, sent, texts } = setUp(clock);
    const { next, numbersOf } = numbered(audio);
    audio.open();
    next(2);
    audio.flush();
    expect(numbersOf(sent)).toEqual([0, 1]);
    next(1);
    clock.momentOver();
    clock.momentOver();
    expect(numbersOf(sent)).toEqual([0, 1, 2]);
    expect(texts).toHaveLength(2);
  });

  it('are not lost when the session is, and not sent when the call is over', () => {
    const clock = new MomentsClock();
    const { audio, sent } = setUp(clock);
    const { next, numbersOf } = numbered(audio);
    audio.open();
    next(2);
    audio.close();
    sent.length = 0;
    next(1);
    clock.momentOver();
    audio.open();
    expect(numbersOf(sent)).toEqual([0, 1, 2]);
    next(1);
    audio.stop();
    clock.momentOver();
    expect(numbersOf(sent)).toEqual([0, 1, 2]);
  });
});

describe('a model that reads too slowly', () => {
  function blocked() {
    const all = setUp();
    const frames = numbered(all.audio);
    all.audio.open();
    all.sink.bufferedBytes = MODEL_HIGH_WATER_BYTES;
    frames.next(5);
    expect(all.texts).toHaveLength(5);
    all.sink.bufferedBytes++;
    frames.next(5);
    expect(all.texts).toHaveLength(5);
    return { ...all, ...frames };
  }

  it('gets what it missed in one message, when it has read nearly everything', () => {
    const { sink, clock, sent, texts, next, numbersOf, stuck } = blocked();
    sink.bufferedBytes = 8 * 1024 + 1;
    clock.advance(1000);
    expect(texts).toHaveLength(5);
    sink.bufferedBytes--;
    clock.advance(50);
    expect(texts).toHaveLength(6);
    next(2);
    expect(numbersOf(sent)).toEqual(range(0, 12));
    expect(texts).toHaveLength(8);
    expect(stuck).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is told to be stuck, once, and its audio goes to the next session', () => {
    const { clock, stuck, audio, sent, sink, next, numbersOf } = blocked();
    clock.advance(MODEL_STUCK_MS - 50);
    expect(stuck).toEqual([]);
    clock.advance(60_000);
    expect(stuck).toHaveLength(1);
    audio.close();
    sent.length = 0;
    sink.bufferedBytes = 0;
    next(1);
    audio.open();
    expect(numbersOf(sent)).toEqual(range(0, 11));
    expect(clock.pendingTimers).toBe(0);
  });

  it('costs a bounded amount of audio, and times stay right', () => {
    const { clock, audio, sink, sent, next, numbersOf } = blocked();
    next(QUEUE_LIMIT_MS / 20);
    expect(audio.framesDropped).toBe(5);
    sent.length = 0;
    sink.bufferedBytes = 0;
    clock.advance(50);
    expect(numbersOf(sent)).toEqual(range(10, 10 + QUEUE_LIMIT_MS / 20));
    // The session has had 100 ms of audio before, and the next 100 ms never.
    expect(audio.toCallMs(100)).toBe(200);
  });

  it('ends its session, and the call goes on with another', () => {
    const call = new ScriptedCall().ring().answer();
    call.respond({ responseId: 'r1', itemId: 'a1', text: 'Hello!', audioMs: 500 });
    call.hear(1000);
    call.model.bufferedAmount = MODEL_HIGH_WATER_BYTES + 1;
    call.hear(MODEL_STUCK_MS + 20);
    expect(call.troubles).toEqual(['model_stuck']);
    expect(call.sessions).toHaveLength(2);
    call.ring();
    expect(call.told).toEqual(['assistant: Hello!']);
    expect(call.appended[0]).toHaveLength((MODEL_STUCK_MS + 20) * 8);
    expect(call.bridge.stats().framesDropped).toBe(0);
  });
});

describe('what is being said', () => {
  const RECENT = RECENT_MS / 20;

  function live() {
    const all = setUp();
    const frames = numbered(all.audio);
    all.audio.open();
    frames.next(100);
    const lose = (): void => {
      all.audio.close();
      all.sent.length = 0;
    };
    return { ...all, ...frames, lose };
  }

  it('is heard by the next session from just before it began', () => {
    const { audio, next, lose, sent, numbersOf } = live();
    audio.keep('u1');
    next(50);
    expect(audio.isKept('u1')).toBe(true);
    lose();
    expect(audio.isKept('u1')).toBe(false);
    next(10);
    audio.open();
    expect(numbersOf(sent)).toEqual(range(100 - RECENT, 160));
    expect(audio.toCallMs(0)).toBe((100 - RECENT) * 20);
  });

  it('is not heard again once it is written down', () => {
    const { audio, next, lose, sent, numbersOf } = live();
    audio.keep('u1');
    next(50);
    audio.written('u1');
    audio.written('u1');
    next(3);
    lose();
    audio.open();
    expect(numbersOf(sent)).toEqual(range(150, 153));
  });

  it('stays, when only what was said before it is written down', () => {
    const { audio, next, lose, sent, numbersOf } = live();
    audio.keep('u1');
    next(100);
    audio.keep('u2');
    next(10);
    audio.written('u1');
    lose();
    audio.open();
    expect(numbersOf(sent)).toEqual(range(200 - RECENT, 210));
  });

  it('stays, when what was said after it is written down first', () => {
    const { audio, next, lose, sent, numbersOf } = live();
    audio.keep('u1');
    next(100);
    audio.keep('u2');
    audio.written('u2');
    next(10);
    lose();
    audio.open();
    expect(numbersOf(sent)).toEqual(range(100 - RECENT, 210));
  });

  it('is kept within bounds, and so is all that waits', () => {
    const { audio, next, lose, sent, numbersOf } = live();
    audio.keep('u1');
    next(2000);
    lose();
    audio.open();
    expect(numbersOf(sent)).toEqual(range(2100 - QUEUE_LIMIT_MS / 20, 2100));
    lose();
    next(2000);
    audio.open();
    expect(numbersOf(sent)).toEqual(range(4100 - QUEUE_LIMIT_MS / 20, 4100));
  });

  it('is kept until the next session has had the time to hear it, and no longer', () => {
    const { audio, next, lose, sent, numbersOf } = live();
    audio.keep('u1');
    next(50);
    lose();
    audio.open();
    expect(audio.isUnclaimed).toBe(true);
    next(99);
    lose();
    audio.open();
    expect(numbersOf(sent)).toEqual(range(100 - RECENT, 249));
    next(100);
    expect(audio.isUnclaimed).toBe(false);
    lose();
    audio.open();
    expect(numbersOf(sent)).toEqual(range(349 - RECENT, 349));
  });

  it('is kept whole when somebody is heard in what waited', () => {
    const { audio, next, lose, sent, numbersOf } = live();
    lose();
    next(100);
    audio.open();
    audio.keep('u1');
    next(200);
    audio.keep('u2');
    audio.written('u2');
    lose();
    audio.open();
    expect(numbersOf(sent)).toEqual(range(100 - RECENT, 400));
  });

  it('is contiguous where the carrier left something out', () => {
    const { audio, sent } = setUp();
    audio.open();
    audio.receive(audioOf(20, 0x11), 0);
    audio.receive(audioOf(20, 0x22), 220);
    audio.close();
    sent.length = 0;
    audio.open();
    expect(Buffer.concat(sent).length).toBe(240 * 8);
    expect(audio.toCallMs(0)).toBe(0);
    expect(audio.toCallMs(220)).toBe(220);
  });

  it('is silence only, where the carrier has left out more than a moment', () => {
    const { audio, sent } = setUp();
    audio.open();
    audio.receive(audioOf(20, 0x11), 0);
    audio.receive(audioOf(20, 0x22), 5000);
    audio.close();
    sent.length = 0;
    audio.open();
    const bytes = Buffer.concat(sent);
    expect(bytes.includes(0x11)).toBe(false);
    expect(audio.toCallMs(bytes.length / 8)).toBe(5020);
  });
});

describe('caller audio through anything', () => {
  type Step = 'frame' | 'frames' | 'open' | 'close' | 'block' | 'unblock' | 'keep' | 'written' | 'moment' | 'wait';
  const step = fc.constantFrom<Step>(
    ...([
      'frame',
      'frame',
      'frames',
      'open',
      'close',
      'block',
      'unblock',
      'keep',
      'written',
      'moment',
      'wait',
    ] as const),
  );

  it('reaches every session in order and whole, but for what is counted as dropped', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const clock = new MomentsClock();
        const { audio, sent, sink } = setUp(clock);
        const { next, numbersOf, count } = numbered(audio);
        let isOpen = false;
        let turns = 0;
        /** The first frame that no session has been given. */
        let fresh = 0;
        const check = (): void => {
          const numbers = numbersOf(sent);
          const [first] = numbers;
          if (first === undefined) return;
          let missing = 0;
          numbers.forEach((number, i) => {
            const before = numbers[i - 1];
            if (before === undefined) return;
            expect(number).toBeGreaterThan(before);
            missing += number - before - 1;
          });
          expect(missing + Math.max(0, first - fresh)).toBeLessThanOrEqual(audio.framesDropped);
          expect(audio.toCallMs(((numbers.length - 1) * 160) / 8)).toBe((numbers.at(-1) ?? 0) * 20);
        };
        const close = (): void => {
          audio.close();
          check();
          fresh = Math.max(fresh, (numbersOf(sent).at(-1) ?? -1) + 1);
          sent.length = 0;
          isOpen = false;
        };
        for (const action of steps) {
          if (action === 'frame') next();
          else if (action === 'frames') next(200);
          else if (action === 'open') {
            audio.open();
            isOpen = true;
          } else if (action === 'close') close();
          else if (action === 'block') sink.bufferedBytes = MODEL_HIGH_WATER_BYTES + 1;
          else if (action === 'unblock') sink.bufferedBytes = 0;
          else if (action === 'keep') {
            if (isOpen) audio.keep(`u${++turns}`);
          } else if (action === 'written') audio.written(`u${turns}`);
          else if (action === 'moment') clock.momentOver();
          else clock.advance(100);
        }
        sink.bufferedBytes = 0;
        if (!isOpen) audio.open();
        next();
        clock.momentOver();
        clock.advance(100);
        check();
        expect(numbersOf(sent).at(-1)).toBe(count() - 1);
        audio.stop();
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
