import { FrameTicker, type TickerClock } from './frame-ticker';

/** A clock that is moved by hand; timers fire late by as much as they are told. */
class HandClock implements TickerClock {
  atMs = 1000;
  private timer: { run: () => void; dueAtMs: number } | undefined;

  nowMs(): number {
    return this.atMs;
  }

  setTimer(run: () => void, delayMs: number): unknown {
    this.timer = { run, dueAtMs: this.atMs + delayMs };
    return this.timer;
  }

  clearTimer(timer: unknown): void {
    if (this.timer === timer) this.timer = undefined;
  }

  get isAsleep(): boolean {
    return this.timer === undefined;
  }

  /** Lets the timer that is set fire, this much after it was due. */
  fire(lateMs = 0): void {
    const { timer } = this;
    if (!timer) throw new Error('no timer is set');
    this.atMs = Math.max(this.atMs, timer.dueAtMs + lateMs);
    this.timer = undefined;
    timer.run();
  }
}

describe('the frame ticker', () => {
  const start = () => {
    const clock = new HandClock();
    const errors: unknown[] = [];
    return { clock, errors, ticker: new FrameTicker((error) => errors.push(error), clock) };
  };
  const counter = () => ({
    ticks: 0,
    skipped: 0,
    skip(frames: number) {
      this.skipped += frames;
    },
    tick() {
      this.ticks += 1;
    },
  });

  it('does not drift when every beat is late', () => {
    const { clock, ticker } = start();
    const member = counter();
    ticker.add(member);
    for (let i = 0; i < 50; i++) clock.fire(7);
    expect(member.ticks).toBe(50);
    expect(clock.atMs - 1000).toBe(50 * 20 + 7);
  });

  it('makes up for a short standstill, and skips what is more than half a second', () => {
    const { clock, ticker } = start();
    const member = counter();
    ticker.add(member);
    clock.fire(100);
    expect(member.ticks).toBe(6);
    expect(ticker.lateFrames).toBe(5);
    clock.fire(10_000);
    expect(member.ticks).toBe(6 + 25);
    expect(ticker.skippedFrames).toBe(501 - 25);
    expect(member.skipped).toBe(501 - 25);
    clock.fire();
    expect(member.ticks).toBe(6 + 25 + 1);
  });

  it('sleeps without members, and wakes up with one clock only', () => {
    const { clock, ticker } = start();
    const first = counter();
    ticker.add(first);
    clock.fire();
    ticker.remove(first);
    expect(clock.isAsleep).toBe(true);
    const second = counter();
    const swapping = {
      tick: () => {
        ticker.remove(swapping);
        ticker.add(second);
      },
    };
    ticker.add(swapping);
    clock.fire();
    clock.fire();
    expect(second.ticks).toBe(2);
    expect(first.ticks).toBe(1);
  });

  it('goes on for the others when one of them throws', () => {
    const { clock, errors, ticker } = start();
    const member = counter();
    ticker.add({
      tick: () => {
        throw new Error('broken');
      },
    });
    ticker.add(member);
    clock.fire();
    clock.fire();
    expect(member.ticks).toBe(2);
    expect(errors).toHaveLength(1);
  });
});
