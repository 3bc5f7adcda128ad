import { ModelLine } from './model-line';
import { LINK_LIMIT_MS } from './model-link';
import type { ModelListener } from './sockets';
import { ManualClock } from './testing/manual-clock';
import { aPlan, RecordedSocket } from './testing/scripted-call';

const HOUR_MS = 3_600_000;
const LEAD_MS = 300_000;
const URGENT_MS = LEAD_MS * 0.3;

/** One dialled session and its server. */
class Dialled {
  readonly socket = new RecordedSocket();

  constructor(
    readonly listener: ModelListener,
    private readonly clock: ManualClock,
  ) {}

  /** Opens and is configured. */
  up(lifeMs: number | null = null): this {
    this.listener.onOpen(this.socket);
    const session = lifeMs === null ? {} : { expires_at: (this.clock.epochMs() + lifeMs) / 1000 };
    this.say({ type: 'session.created', session });
    this.say({ type: 'session.updated', session: {} });
    return this;
  }

  refuse(isFinal = false): void {
    this.listener.onUnavailable({ detail: 'refused', isFinal });
  }

  drop(code = 1006): void {
    this.listener.onClosed(code, '');
  }

  say(message: unknown): void {
    this.listener.onMessage(JSON.stringify(message));
  }
}

function setUp() {
  const clock = new ManualClock();
  const dialled: Dialled[] = [];
  const told: string[] = [];
  const troubles: string[] = [];
  const handlers = { onLost: (): void => undefined };
  const line = new ModelLine({ open: (listener) => dialled.push(new Dialled(listener, clock)) }, clock, aPlan(), {
    turnDetection: () => ({ createResponse: true, interruptResponse: true }),
    onUp: () => told.push('up'),
    onMessage: () => told.push('message'),
    onLost: () => {
      told.push('lost');
      handlers.onLost();
    },
    onGivenUp: () => told.push('given up'),
    onSuccessor: () => told.push('successor'),
    onTrouble: (what, detail) => troubles.push(`${what} ${detail ?? ''}`),
  });
  line.open();
  const at = (index: number): Dialled => {
    const one = dialled[index];
    if (one === undefined) throw new Error(`Session ${index} was not dialled`);
    return one;
  };
  const last = (): Dialled => at(dialled.length - 1);
  return { clock, line, dialled, at, last, told, troubles, handlers };
}

describe('a session that cannot be had', () => {
  it('is tried again after 0.5 s and after 1.5 s, and given up at the third failure in a row', () => {
    const { clock, last, dialled, told, line } = setUp();
    last().refuse();
    clock.advance(499);
    expect(dialled.length).toBe(1);
    clock.advance(1);
    expect(dialled.length).toBe(2);
    clock.advance(LINK_LIMIT_MS);
    clock.advance(1499);
    expect(dialled.length).toBe(2);
    clock.advance(1);
    expect(dialled.length).toBe(3);
    expect(told).toEqual([]);
    last().refuse();
    expect(told).toEqual(['given up']);
    expect(line.isOver && line.wasGivenUp).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is not tried again when that is no use', () => {
    const { clock, last, told, dialled } = setUp();
    last().refuse(true);
    clock.advance(60_000);
    expect(told).toEqual(['given up']);
    expect(dialled.length).toBe(1);
  });

  it('closes the socket that opens after it was abandoned, and hears nothing of it', () => {
    const { clock, at, told, line } = setUp();
    clock.advance(LINK_LIMIT_MS + 500);
    at(1).up();
    at(0).up();
    expect(at(0).socket.closed?.code).toBe(1001);
    expect(at(0).socket.texts).toEqual([]);
    at(0).say({ type: 'x' });
    expect(told).toEqual(['up']);
    line.close(1000, 'call over');
    expect(at(1).socket.closed).toEqual({ code: 1000, reason: 'call over' });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a session that drops', () => {
  it('is replaced at once when it was a good one, however often', () => {
    const { at, last, told, dialled, clock, line } = setUp();
    for (let n = 0; n < 8; n++) {
      last().up();
      if (n % 2 === 0) clock.advance(10_000);
      else line.proved();
      last().drop();
      expect(dialled.length).toBe(n + 2);
    }
    last().up();
    at(0).say({ type: 'x' });
    expect(told.at(-1)).toBe('up');
    expect(told).not.toContain('message');
    last().say({ type: 'x' });
    expect(told.at(-1)).toBe('message');
  });

  it('young and unproved, is a failure: sessions that come and go are given up', () => {
    const { last, told, clock, dialled } = setUp();
    last().up();
    clock.advance(9999);
    last().drop();
    expect(dialled.length).toBe(1);
    clock.advance(500);
    last().up();
    last().drop();
    clock.advance(1500);
    last().up();
    last().drop();
    expect(told).toEqual(['up', 'lost', 'up', 'lost', 'up', 'lost', 'given up']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('for good (a wrong key) is given up', () => {
    const { last, told, line } = setUp();
    last().up();
    line.proved();
    last().drop(3000);
    expect(told).toEqual(['up', 'lost', 'given up']);
  });

  it('is not replaced, nor a failure, when the loss ends the line', () => {
    const { last, told, line, handlers, dialled, clock } = setUp();
    handlers.onLost = () => line.close(1000, 'call over');
    last().up();
    last().drop(3000);
    clock.advance(60_000);
    expect(told).toEqual(['up', 'lost']);
    expect(line.wasGivenUp).toBe(false);
    expect(dialled.length).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('what is asked of a session and fails', () => {
  it('is asked again, then of another session, then the model is given up', () => {
    const { last, line, told, clock, dialled, at } = setUp();
    last().up();
    expect(line.failed({})).toBe('again');
    expect(line.failed({})).toBe('renewed');
    expect(at(0).socket.closed?.code).toBe(1000);
    clock.advance(1500);
    expect(dialled.length).toBe(2);
    last().up();
    expect(line.failed({})).toBe('given-up');
    expect(told).toEqual(['up', 'lost', 'up', 'given up']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is forgotten with the next success', () => {
    const { last, line } = setUp();
    last().up();
    for (let n = 0; n < 5; n++) {
      expect(line.failed({})).toBe('again');
      line.proved();
    }
    expect(line.failed({ isFinal: true })).toBe('given-up');
  });

  it('ends sessions that are renewed as soon as they are up', () => {
    const { last, line, told, clock } = setUp();
    for (let n = 0; n < 3; n++) {
      last().up();
      line.renew();
      clock.advance(1500);
    }
    expect(told.at(-1)).toBe('given up');
    line.renew();
    expect(told.filter((what) => what === 'given up')).toHaveLength(1);
  });
});

describe('a session that nears its end', () => {
  function live(lifeMs = HOUR_MS) {
    const all = setUp();
    all.last().up(lifeMs);
    all.line.proved();
    return all;
  }

  it('is succeeded by one that is dialled five minutes before', () => {
    const { clock, dialled, at, told, line } = live();
    clock.advance(HOUR_MS - LEAD_MS - 1);
    expect(dialled.length).toBe(1);
    expect(line.takeOver()).toBeNull();
    clock.advance(1);
    expect(dialled.length).toBe(2);
    expect(line.hasSuccessor).toBe(false);
    at(1).up(HOUR_MS);
    expect(told).toEqual(['up', 'successor']);
    at(1).say({ type: 'x' });
    expect(told).toEqual(['up', 'successor']);
    const link = line.takeOver();
    expect(link?.socket).toBe(at(1).socket);
    expect(at(0).socket.closed).toEqual({ code: 1000, reason: 'session renewed' });
    at(0).say({ type: 'x' });
    at(0).drop();
    at(1).say({ type: 'x' });
    expect(told).toEqual(['up', 'successor', 'message']);
    expect(line.hasSuccessor).toBe(false);
    line.close(1000, 'call over');
    expect(clock.pendingTimers).toBe(0);
  });

  it('of a short life has half of it for that', () => {
    const { clock, dialled } = live(8000);
    clock.advance(3999);
    expect(dialled.length).toBe(1);
    clock.advance(1);
    expect(dialled.length).toBe(2);
  });

  it('says when it becomes urgent', () => {
    const { clock, at, told, line } = live();
    clock.advance(HOUR_MS - LEAD_MS);
    at(1).up(HOUR_MS);
    clock.advance(LEAD_MS - URGENT_MS - 1);
    expect(line.isUrgent).toBe(false);
    clock.advance(1);
    expect(line.isUrgent).toBe(true);
    expect(told).toEqual(['up', 'successor', 'successor']);
    line.takeOver();
    expect(line.isUrgent).toBe(false);
  });

  it('is renewed by the time at which the server made it, however long it stood by', () => {
    const { clock, at, dialled, line } = live();
    clock.advance(HOUR_MS - LEAD_MS);
    at(1).up(HOUR_MS);
    clock.advance(240_000);
    line.takeOver();
    clock.advance(HOUR_MS - LEAD_MS - 240_000 - 1);
    expect(dialled.length).toBe(2);
    clock.advance(1);
    expect(dialled.length).toBe(3);
  });

  it('tries for a successor again after a minute', () => {
    const { clock, at, dialled, told, troubles } = live();
    clock.advance(HOUR_MS - LEAD_MS);
    at(1).refuse(true);
    clock.advance(59_999);
    expect(dialled.length).toBe(2);
    clock.advance(1);
    at(2).up();
    at(2).drop();
    clock.advance(60_000);
    expect(dialled.length).toBe(4);
    expect(told).toEqual(['up', 'successor']);
    expect(troubles).toEqual(['model_renewal_failed refused', 'model_renewal_failed 1006']);
  });

  it('and dies first, is replaced by the successor that stands ready', () => {
    const { clock, at, told, dialled, line } = live();
    clock.advance(HOUR_MS - LEAD_MS);
    at(1).up();
    at(0).drop();
    expect(told).toEqual(['up', 'successor', 'lost', 'up']);
    expect(dialled.length).toBe(2);
    expect(line.hasSuccessor).toBe(false);
    clock.advance(HOUR_MS);
    expect(dialled.length).toBe(2);
  });

  it('and dies first, waits for the successor that is on its way, and for another when that fails', () => {
    const { clock, at, told, dialled } = live();
    clock.advance(HOUR_MS - LEAD_MS);
    at(0).drop();
    expect(dialled.length).toBe(2);
    at(1).refuse();
    clock.advance(500);
    at(2).up();
    expect(told).toEqual(['up', 'lost', 'up']);
  });

  it('is left alone when what the server says of its end makes no sense', () => {
    for (const lifeMs of [-5000, 0, 100, 1e12]) {
      const { clock, dialled } = live(lifeMs);
      clock.advance(1000);
      expect(clock.pendingTimers).toBe(0);
      expect(dialled.length).toBe(1);
    }
  });

  it('leaves no successor and no timer behind when the line is closed', () => {
    const { clock, at, line } = live();
    clock.advance(HOUR_MS - LEAD_MS);
    at(1).up(HOUR_MS);
    line.close(1000, 'call over');
    expect(at(1).socket.closed?.code).toBe(1000);
    expect(line.hasSuccessor).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });
});
