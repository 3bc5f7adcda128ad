import { LoopGate } from './capacity-gate';

const MAX_WAIT_MS = 30;

let gate: LoopGate;
beforeEach(() => (gate = new LoopGate(MAX_WAIT_MS)));

/** Windows of a second, each with what a frame waits in it; the loop is little at work. */
const waits = (...windows: number[]) => {
  for (const waitMs of windows) gate.observe({ spanMs: 1000, waitMs, utilisation: 0.3 });
};
const works = (...windows: number[]) => {
  for (const utilisation of windows) gate.observe({ spanMs: 1000, waitMs: 1, utilisation });
};

describe('the gate', () => {
  it('is open at first, and stays so while frames wait no longer than they may', () => {
    expect(gate.isFull).toBe(false);
    waits(0, 10, 29, 30, 30, 30, 30);
    expect(gate.isFull).toBe(false);
  });

  it('stays open for one pause, however long, and for pauses that come now and then', () => {
    waits(1500, 0, 0, 40, 0, 0, 700, 0, 0);
    expect(gate.isFull).toBe(false);
  });

  it('closes when frames waited too long in two of the last three seconds', () => {
    waits(31, 0);
    expect(gate.isFull).toBe(false);
    waits(31);
    expect(gate).toMatchObject({ isFull: true, isLate: true });
  });

  it('closes when the loop is nearly always at work, before a frame waits', () => {
    works(0.86, 0.84, 0.7);
    expect(gate.isFull).toBe(false);
    works(0.9, 0.9);
    expect(gate).toMatchObject({ isFull: true, isLate: false });
  });

  it('opens after three calm windows in a row, and not in a lull', () => {
    waits(50, 50, 0, 0, 20, 0, 0);
    expect(gate.isFull).toBe(true);
    waits(0);
    expect(gate.isFull).toBe(false);
  });

  it('does not flap around either limit', () => {
    waits(50, 50);
    const states = [29, 16, 31, 15, 20, 29, 31, 16, 28].map((waitMs) => {
      waits(waitMs);
      return gate.isFull;
    });
    expect(new Set(states)).toEqual(new Set([true]));
    works(0.9, 0.9, 0.69, 0.69, 0.75, 0.69, 0.69);
    expect(gate).toMatchObject({ isFull: true, isLate: false });
    works(0.69);
    expect(gate.isFull).toBe(false);
  });

  it('knows for how long it has been closed', () => {
    waits(50);
    expect(gate.fullForMs).toBe(0);
    waits(50, 50, 0);
    expect(gate.fullForMs).toBe(3000);
    waits(0, 0);
    expect(gate.fullForMs).toBe(0);
  });
});
