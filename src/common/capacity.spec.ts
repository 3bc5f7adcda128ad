import { readConfig } from '../config/app-config';
import { Capacity } from './capacity';
import type { LoopWindow } from './capacity-loop';

function capacityOf(env: { MAX_LIVE_CALLS?: string; MAX_EVENT_LOOP_DELAY_MS?: string } = {}): Capacity {
  const capacity = new Capacity(
    readConfig({
      SECRET_KEY: 'a secret',
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'token',
      TWILIO_PHONE_NUMBER: '+12025550000',
      OPENAI_API_KEY: 'sk-key',
      ...env,
    }),
  );
  jest.spyOn(capacity['log'], 'warn').mockImplementation();
  jest.spyOn(capacity['log'], 'log').mockImplementation();
  return capacity;
}

const CALM: LoopWindow = { spanMs: 1000, waitMs: 0.2, utilisation: 0.1 };
const BUSY: LoopWindow = { ...CALM, utilisation: 0.95 };
const LATE: LoopWindow = { spanMs: 1000, waitMs: 80, utilisation: 1 };

const observe = (capacity: Capacity, window: LoopWindow, times = 3) => {
  for (let each = 0; each < times; each += 1) capacity.observe(window);
};

describe('places', () => {
  it('are as many as the setting says, from the ringing on', () => {
    const capacity = capacityOf({ MAX_LIVE_CALLS: '1' });
    expect(capacity.isFull).toBe(false);
    expect(capacity.admits('first')).toBe(true);
    expect(capacity.admits('second')).toBe(false);
    const giveBack = capacity.carries('first');
    expect(capacity.claimPlace()).toBeNull();
    expect(capacity.figures).toMatchObject({ isFull: true, liveCalls: 1, maxLiveCalls: 1 });
    expect(capacity.admits('first')).toBe(true);
    giveBack();
    expect(capacity.admits('second')).toBe(true);
  });

  it('are kept for a phone that was dialled from one', () => {
    const capacity = capacityOf({ MAX_LIVE_CALLS: '1' });
    const giveBack = capacity.claimPlace();
    expect(capacity.claimPlace()).toBeNull();
    capacity.expect('call', 40_000);
    giveBack?.();
    expect([capacity.isFull, capacity.admits('other'), capacity.admits('call')]).toEqual([true, false, true]);
    capacity.forget('call');
    expect(capacity.isFull).toBe(false);
  });
});

describe('people who ring', () => {
  it('find the places that placed calls leave to them, and more where there are', () => {
    const capacity = capacityOf({ MAX_LIVE_CALLS: '5' });
    const placed = [1, 2, 3, 4].map(() => capacity.claimPlace());
    expect(placed).not.toContain(null);
    expect(capacity.claimPlace()).toBeNull();
    expect(capacity.admitsInbound('first', 1000)).toBe(true);
    expect(capacity.admitsInbound('first', 1000)).toBe(true);
    expect(capacity.admitsInbound('second', 1000)).toBe(false);
    placed[0]?.();
    expect(capacity.admitsInbound('second', 1000)).toBe(true);
    expect(capacity.admits('second')).toBe(true);
  });

  it('get through where placed calls are begun no more, as long as nobody stutters', () => {
    const capacity = capacityOf();
    observe(capacity, BUSY);
    expect([capacity.claimPlace(), capacity.admitsInbound('call', 1000)]).toEqual([null, true]);
    observe(capacity, LATE);
    expect(capacity.admitsInbound('other', 1000)).toBe(false);
  });
});

describe('a loop that is nearly always at work', () => {
  it('begins no calls, but carries whom it has dialled, and whom it carries', () => {
    const capacity = capacityOf();
    capacity.expect('dialled', 40_000);
    capacity.carries('carried');
    observe(capacity, BUSY);
    expect(capacity.claimPlace()).toBeNull();
    expect(capacity.isFull).toBe(true);
    expect(['dialled', 'carried', 'unknown'].map((id) => capacity.admits(id))).toEqual([true, true, false]);
  });
});

describe('a loop that is late', () => {
  it('begins no conversation that has not begun, and no calls', () => {
    const capacity = capacityOf();
    capacity.expect('dialled', 40_000);
    capacity.carries('carried');
    observe(capacity, LATE);
    expect(capacity.claimPlace()).toBeNull();
    expect(['dialled', 'carried', 'unknown'].map((id) => capacity.admits(id))).toEqual([false, true, false]);
    expect(capacity.figures).toMatchObject({ isFull: true, loopWaitMs: 80 });
    observe(capacity, CALM, 3);
    expect(['dialled', 'unknown'].map((id) => capacity.admits(id))).toEqual([true, true]);
  });

  it('is said in the log once when it begins and once when it is over', () => {
    const capacity = capacityOf();
    observe(capacity, LATE, 5);
    expect(capacity['log'].warn).toHaveBeenCalledTimes(1);
    observe(capacity, CALM, 5);
    expect(capacity['log'].log).toHaveBeenCalledTimes(1);
  });

  it('is overwhelmed when that lasts a minute; a house full of calls is not', () => {
    const capacity = capacityOf({ MAX_LIVE_CALLS: '1' });
    capacity.carries('call');
    observe(capacity, CALM, 100);
    expect([capacity.isFull, capacity.isOverwhelmed]).toEqual([true, false]);
    observe(capacity, LATE, 60);
    expect(capacity.isOverwhelmed).toBe(false);
    observe(capacity, LATE, 1);
    expect(capacity.isOverwhelmed).toBe(true);
    observe(capacity, CALM, 3);
    expect(capacity.isOverwhelmed).toBe(false);
  });

  it('is not looked at where the setting is 0', () => {
    jest.useFakeTimers();
    const capacity = capacityOf({ MAX_EVENT_LOOP_DELAY_MS: '0' });
    capacity.onApplicationBootstrap();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
    observe(capacity, LATE, 100);
    expect([capacity.isFull, capacity.isOverwhelmed]).toEqual([false, false]);
    expect(capacity.figures.loopWaitMs).toBeNull();
  });
});

it('watches the loop once a second, and stops with the app', () => {
  jest.useFakeTimers({ doNotFake: ['performance'] });
  const capacity = capacityOf();
  const observed = jest.spyOn(capacity, 'observe');
  capacity.onApplicationBootstrap();
  jest.advanceTimersByTime(3000);
  expect(observed).toHaveBeenCalledTimes(3);
  capacity.beforeApplicationShutdown();
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});
