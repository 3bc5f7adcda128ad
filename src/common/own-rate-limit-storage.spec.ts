import { OwnRateLimitStorage } from './own-rate-limit-storage';

const MINUTE_MS = 60_000;
const LIMIT = 3;

let now: number;
let storage: OwnRateLimitStorage;

beforeEach(() => {
  now = 5_000;
  storage = new OwnRateLimitStorage(() => now);
});

const hit = (key = 'user:1', limit = LIMIT) => storage.increment(key, MINUTE_MS, limit);
const hitAfter = (ms: number) => {
  now += ms;
  return hit();
};

it('counts up to the limit, each caller apart', async () => {
  for (const totalHits of [1, 2, 3]) {
    expect(await hit()).toEqual({ totalHits, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 0 });
  }
  expect(await hit()).toEqual({ totalHits: 4, timeToExpire: 60, isBlocked: true, timeToBlockExpire: 60 });
  expect(await hit('user:2')).toMatchObject({ totalHits: 1, isBlocked: false });
});

it('never asks to wait longer than a minute, whatever the fractions of the clock', async () => {
  for (now of [21459.027283321564, 0.1 + 0.2, 1e7 / 3]) {
    expect(await hit(`at ${now}`)).toMatchObject({ timeToExpire: 60 });
  }
});

it('forgets each request a minute after it came, not before', async () => {
  await hit();
  await hitAfter(20_000);
  await hitAfter(20_000);
  expect(await hitAfter(19_999)).toMatchObject({ isBlocked: true, timeToBlockExpire: 1 });
  expect(await hitAfter(1)).toMatchObject({ totalHits: 3, isBlocked: false, timeToExpire: 20 });
  expect(await hit()).toMatchObject({ isBlocked: true, timeToBlockExpire: 20 });
});

it('does not count what it refuses: waiting as long as it says is always enough', async () => {
  for (let time = 0; time < LIMIT; time += 1) await hit();
  let waitSeconds = 0;
  for (let time = 0; time < 50; time += 1) waitSeconds = (await hitAfter(1_000)).timeToBlockExpire;
  expect(waitSeconds).toBe(10);
  expect(await hitAfter(waitSeconds * 1_000)).toMatchObject({ totalHits: 1, isBlocked: false });
});

it('keeps counting right over many windows of many requests', async () => {
  const times: number[] = [];
  for (let time = 0; time < 5_000; time += 1) {
    now += 37;
    const { totalHits } = await hit('user:1', 1_000_000);
    times.push(now);
    expect(totalHits).toBe(times.filter((at) => at > now - MINUTE_MS).length);
  }
});

it('lets one of many through when they come at once', async () => {
  const hits = await Promise.all(Array.from({ length: 20 }, () => hit()));
  expect(hits.filter(({ isBlocked }) => !isBlocked)).toHaveLength(LIMIT);
});

it('does not remember callers who stay away', async () => {
  for (let caller = 0; caller < 100; caller += 1) await hit(`address:${caller}`);
  expect(storage.size).toBe(100);
  now += 2 * MINUTE_MS;
  await hit('user:1');
  expect(storage.size).toBe(1);
});
