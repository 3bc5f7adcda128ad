import fc from 'fast-check';
import { FRAME_BYTES, SILENCE_BYTE } from '../../media/g711';
import { StreamPlayback } from './stream-playback';

describe('the playback of a stream', () => {
  const start = () => {
    const echoed: string[] = [];
    return { echoed, playback: new StreamPlayback((name) => echoed.push(name)) };
  };
  const audio = (bytes: number, value = 1) => Buffer.alloc(bytes, value);

  it('plays audio of any length in frames, padding the last with silence', () => {
    const { playback } = start();
    playback.addAudio(audio(100, 1));
    playback.addAudio(audio(100, 2));
    const first = playback.nextFrame();
    expect(first).toHaveLength(FRAME_BYTES);
    expect(first?.[99]).toBe(1);
    expect(first?.[100]).toBe(2);
    const second = playback.nextFrame();
    expect(second?.subarray(0, 41)).toEqual(Buffer.concat([audio(40, 2), audio(1, SILENCE_BYTE)]));
    expect(playback.nextFrame()).toBeUndefined();
  });

  it('echoes a mark only when the frame before it has been heard', () => {
    const { playback, echoed } = start();
    playback.addAudio(audio(2 * FRAME_BYTES));
    playback.addMark('end');
    playback.nextFrame();
    playback.nextFrame();
    expect(echoed).toEqual([]);
    playback.nextFrame();
    expect(echoed).toEqual(['end']);
  });

  it('holds a mark back while the last frame is being heard, and returns it at once when all is silent', () => {
    const { playback, echoed } = start();
    playback.addAudio(audio(FRAME_BYTES));
    playback.nextFrame();
    playback.addMark('late');
    expect(echoed).toEqual([]);
    playback.nextFrame();
    expect(echoed).toEqual(['late']);
    playback.addMark('now');
    expect(echoed).toEqual(['late', 'now']);
  });

  it('clears audio and returns the marks that waited, those inside a frame too', () => {
    const { playback, echoed } = start();
    playback.addAudio(audio(80));
    playback.addMark('inside');
    playback.addAudio(audio(8000));
    playback.addMark('behind');
    playback.nextFrame();
    playback.clear();
    expect(echoed).toEqual(['inside', 'behind']);
    expect(playback.nextFrame()).toBeUndefined();
    expect(playback.bufferedBytes).toBe(0);
  });

  it('takes no more than twenty minutes', () => {
    const { playback } = start();
    expect(playback.addAudio(audio(20 * 60 * 8000))).toBe(true);
    expect(playback.addAudio(audio(1))).toBe(false);
  });

  it('loses no byte and no mark, in whatever pieces they come, and keeps their order', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('audio' as const), bytes: fc.integer({ min: 0, max: 700 }) }),
      fc.record({ kind: fc.constant('mark' as const) }),
      fc.record({ kind: fc.constant('tick' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let ticks = 0;
        let played = 0;
        let sent = 0;
        const dueAfterBytes = new Map<string, number>();
        const echoed: string[] = [];
        const playback = new StreamPlayback((name) => {
          echoed.push(name);
          expect(played).toBeGreaterThanOrEqual(dueAfterBytes.get(name) ?? 0);
        });
        const tick = () => {
          ticks += 1;
          const frame = playback.nextFrame();
          played += frame ? frame.filter((byte) => byte === 7).length : 0;
        };
        for (const each of steps) {
          if (each.kind === 'tick') {
            tick();
          } else if (each.kind === 'audio') {
            playback.addAudio(audio(each.bytes, 7));
            sent += each.bytes;
          } else {
            const name = `m${dueAfterBytes.size}`;
            dueAfterBytes.set(name, sent);
            playback.addMark(name);
          }
        }
        const limit = ticks + sent / FRAME_BYTES + steps.length + 2;
        while (ticks < limit) tick();
        expect(played).toBe(sent);
        expect(echoed).toEqual([...dueAfterBytes.keys()]);
      }),
    );
  });
});
