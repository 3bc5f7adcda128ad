import { AppError } from './app-error';
import { Drain } from './drain';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('refuses new work once it has begun', () => {
  const drain = new Drain();
  expect(() => drain.refuseNewWork()).not.toThrow();
  drain.begin();
  expect(drain.isDraining).toBe(true);
  expect(() => drain.refuseNewWork()).toThrow(AppError);
});

it('waits for every room', async () => {
  const drain = new Drain();
  let end: () => void = () => undefined;
  const over: string[] = [];
  const slow = new Promise<void>((resolve) => (end = resolve));
  drain.onDrain(() => Promise.resolve(void over.push('quick')));
  drain.onDrain(() => slow.then(() => void over.push('slow')));
  const finished = drain.finish(1000);
  await jest.advanceTimersByTimeAsync(900);
  expect(over).toEqual(['quick']);
  end();
  expect(await finished).toBe(true);
  expect(over.slice(0, 2)).toEqual(['quick', 'slow']);
});

it('asks again, since what one room waits for may become another’s', async () => {
  const drain = new Drain();
  let [isRinging, talkMs] = [true, 0];
  drain.onDrain(() => new Promise<void>((resolve) => setTimeout(resolve, talkMs)));
  drain.onDrain(async () => {
    if (!isRinging) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 100));
    [isRinging, talkMs] = [false, 500];
  });
  let isFinished = false;
  const finished = drain.finish(1000).then((isWhole) => (isFinished = isWhole));
  await jest.advanceTimersByTimeAsync(550);
  expect(isFinished).toBe(false);
  await jest.advanceTimersByTimeAsync(100);
  expect(await finished).toBe(true);
});

it('does not wait longer than the grace', async () => {
  const drain = new Drain();
  drain.onDrain(() => new Promise(() => undefined));
  const finished = drain.finish(1000);
  await jest.advanceTimersByTimeAsync(1000);
  expect(await finished).toBe(false);
});

it('goes on when a room fails, and forgets one that has gone', async () => {
  const drain = new Drain();
  drain.onDrain(() => Promise.reject(new Error('stuck')));
  const forget = drain.onDrain(() => new Promise(() => undefined));
  forget();
  jest.spyOn(drain['logger'], 'error').mockImplementation();
  expect(await drain.finish(1000)).toBe(true);
});
