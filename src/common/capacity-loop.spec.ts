import { LoopMeter, LoopReading, windowBetween } from './capacity-loop';

const START: LoopReading = {
  atMs: 5000,
  ticks: 400,
  intervalsMs: 4000,
  squaredMs2: 40_000,
  activeMs: 900,
  idleMs: 4100,
};

/** The reading after these intervals between the ticks of Node's timer. */
function after(intervals: number[], { activeMs = 100, idleMs = 900 } = {}): LoopReading {
  const sum = (of: (ms: number) => number) => intervals.reduce((total, ms) => total + of(ms), 0);
  return {
    atMs: START.atMs + sum((ms) => ms),
    ticks: START.ticks + intervals.length,
    intervalsMs: START.intervalsMs + sum((ms) => ms),
    squaredMs2: START.squaredMs2 + sum((ms) => ms * ms),
    activeMs: START.activeMs + activeMs,
    idleMs: START.idleMs + idleMs,
  };
}

const times = (count: number, ms: number) => Array.from({ length: count }, () => ms);
const waitMs = (intervals: number[]) => windowBetween(START, after(intervals)).waitMs;

describe('what a frame waits for its turn', () => {
  it('is nothing on an idle loop', () => {
    expect(waitMs(times(100, 10))).toBeCloseTo(0);
  });

  it('is about half a turn on a loop that is busy all the time', () => {
    expect(waitMs(times(16, 60))).toBeCloseTo(25);
    expect(waitMs(times(5, 200))).toBeCloseTo(95);
  });

  it('is little for one pause among many calm moments', () => {
    expect(waitMs([...times(94, 10), 60])).toBeLessThan(2);
    expect(waitMs([...times(80, 10), 200])).toBeCloseTo(19);
  });

  it('is much for one long stop, although it is a single interval', () => {
    expect(waitMs([...times(40, 10), 600])).toBeGreaterThan(150);
  });

  it('is half the window where Node’s timer did not fire at all', () => {
    expect(windowBetween(START, { ...START, atMs: START.atMs + 3000, activeMs: START.activeMs + 3000 })).toEqual({
      spanMs: 3000,
      waitMs: 1495,
      utilisation: 1,
    });
  });
});

it('tells the share of the time at work', () => {
  expect(windowBetween(START, after(times(100, 10), { activeMs: 250, idleMs: 750 })).utilisation).toBe(0.25);
  expect(windowBetween(START, START).utilisation).toBe(0);
});

it('sees a real stop of this process’s loop', async () => {
  const meter = new LoopMeter();
  const tick = () => new Promise((resolve) => setTimeout(resolve, 30));
  await tick();
  const before = meter.read();
  const until = performance.now() + 150;
  while (performance.now() < until);
  await tick();
  const { waitMs, utilisation } = windowBetween(before, meter.read());
  meter.stop();
  expect(waitMs).toBeGreaterThan(30);
  expect(utilisation).toBeGreaterThan(0.5);
});
