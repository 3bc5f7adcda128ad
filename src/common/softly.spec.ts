import { mapSoftly, Patience } from './softly';

let nowMs: number;

beforeEach(() => {
  nowMs = 1000;
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => jest.restoreAllMocks());

/** How often others had their turn while it ran. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const others = () => {
    if (isOver) return;
    turns += 1;
    setImmediate(others);
  };
  setImmediate(others);
  await work();
  isOver = true;
  return turns;
}

/** A piece of work that takes this long. */
const takes = (ms: number) => () => (nowMs += ms);

it('lets others have their turn after two milliseconds of work, and not before', async () => {
  const tenPieces = (ms: number) => () => mapSoftly(Array.from({ length: 10 }), takes(ms));
  expect(await turnsDuring(tenPieces(0.1))).toBe(0);
  expect(await turnsDuring(tenPieces(1))).toBe(5);
  expect(await turnsDuring(tenPieces(50))).toBe(10);
});

it('counts from the last turn', async () => {
  const patience = new Patience();
  const pieces = async () => {
    for (const ms of [3, 1, 1, 1]) {
      takes(ms)();
      await patience.pause();
    }
  };
  expect(await turnsDuring(pieces)).toBe(2);
});

it('gives back what was made, in its order', async () => {
  expect(await mapSoftly([1, 2, 3], (one) => one * 2)).toEqual([2, 4, 6]);
});
