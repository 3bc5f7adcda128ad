import * as fc from 'fast-check';
import { Playback, type PlayedItem } from './playback';

function play(playback: Playback, itemId: string, audioMs: number, nowMs = 0): PlayedItem {
  return playback.sent(itemId, `resp_${itemId}`, 0, audioMs, nowMs);
}

describe('what was heard', () => {
  it('is what marks prove, and no more', () => {
    const playback = new Playback();
    const item = play(playback, 'a', 200);
    const first = playback.mark(item);
    play(playback, 'a', 300);
    const second = playback.mark(item);
    expect(playback.returned(first, 250)).toEqual([item]);
    expect(item).toMatchObject({ sentMs: 500, heardMs: 200, heardAtMs: 250, startedAtMs: 0 });
    expect(playback.unplayedMs).toBe(300);
    playback.returned(second, 560);
    expect(item).toMatchObject({ heardMs: 500, heardAtMs: 560 });
    expect(playback.unplayedMs).toBe(0);
  });

  it('includes marks that got lost on the way when a later one comes back', () => {
    const playback = new Playback();
    const item = play(playback, 'a', 200);
    playback.mark(item);
    play(playback, 'a', 200);
    playback.returned(playback.mark(item), 400);
    expect(item.heardMs).toBe(400);
  });

  it('lets an item begin when the one before it has been heard', () => {
    const playback = new Playback();
    const first = play(playback, 'a', 1000, 0);
    const firstMark = playback.mark(first);
    const second = play(playback, 'b', 200, 10);
    const secondMark = playback.mark(second);
    expect(second.startedAtMs).toBeNull();
    playback.returned(firstMark, 1020);
    playback.returned(secondMark, 1230);
    expect(second.startedAtMs).toBe(1030);
  });

  it('is over only when the item is complete', () => {
    const playback = new Playback();
    const item = play(playback, 'a', 200);
    playback.returned(playback.mark(item), 210);
    expect(playback.takeIfHeard(item)).toBe(false);
    expect(playback.isIdle).toBe(false);
    expect(playback.complete('a')).toBe(item);
    expect(playback.complete('a')).toBeNull();
    expect(playback.takeIfHeard(item)).toBe(true);
    expect(playback.isIdle).toBe(true);
  });

  it('takes no mark twice, no unknown one, and none that was cleared', () => {
    const playback = new Playback();
    const item = play(playback, 'a', 200);
    const mark = playback.mark(item);
    expect(playback.returned('m99', 1)).toEqual([]);
    expect(playback.returned('hello', 1)).toEqual([]);
    expect(playback.returned(mark, 1)).toEqual([item]);
    expect(playback.returned(mark, 2)).toEqual([]);
    play(playback, 'a', 200);
    const cleared = playback.mark(item);
    expect(playback.clear(50)).toEqual([item]);
    expect(playback.returned(cleared, 60)).toEqual([]);
    expect(item).toMatchObject({ sentMs: 400, heardMs: 200, heardAtMs: 50 });
    expect(playback).toMatchObject({ unplayedMs: 0, isIdle: true });
  });

  it('holds for every order of events: heard <= sent, never shrinks, cleared marks never count', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('send' as const), item: fc.nat(3), ms: fc.integer({ min: 1, max: 500 }) }),
      fc.record({ do: fc.constant('mark' as const) }),
      fc.record({ do: fc.constant('return' as const), which: fc.nat(30) }),
      fc.record({ do: fc.constant('complete' as const), item: fc.nat(3) }),
      fc.record({ do: fc.constant('clear' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const playback = new Playback();
        const items = new Set<PlayedItem>();
        const cleared = new Map<PlayedItem, number>();
        const marks: string[] = [];
        let last: PlayedItem | null = null;
        let generation = 0;
        for (const [nowMs, action] of steps.entries()) {
          const before = new Map([...items].map((item) => [item, item.heardMs]));
          if (action.do === 'send') {
            last = play(playback, `item_${generation}_${action.item}`, action.ms, nowMs);
            items.add(last);
          } else if (action.do === 'mark' && last !== null && !cleared.has(last)) {
            marks.push(playback.mark(last));
          } else if (action.do === 'return') {
            for (const item of playback.returned(marks[action.which] ?? 'm0', nowMs)) playback.takeIfHeard(item);
          } else if (action.do === 'complete') {
            playback.complete(`item_${generation}_${action.item}`);
          } else if (action.do === 'clear') {
            for (const item of playback.clear(nowMs)) cleared.set(item, item.heardMs);
            generation++;
          }
          let unproved = 0;
          for (const item of items) {
            expect(item.heardMs).toBeLessThanOrEqual(item.sentMs);
            expect(item.heardMs).toBeGreaterThanOrEqual(before.get(item) ?? 0);
            if (!cleared.has(item)) unproved += item.sentMs - item.heardMs;
          }
          for (const [item, heardMs] of cleared) expect(item.heardMs).toBe(heardMs);
          expect(playback.unplayedMs).toBe(unproved);
        }
      }),
      { numRuns: 500 },
    );
  });
});
