import { ManualClock } from '../media/testing/manual-clock';
import { MessageBudget } from './message-budget';

/** What a call sends: 50 media frames a second, and up to ten marks. */
const CALL_PER_SECOND = 60;
const FRAME_LENGTH = 420;
const MAX_FRAME_LENGTH = 64 * 1024;

describe('MessageBudget', () => {
  let clock: ManualClock;
  let budget: MessageBudget;

  beforeEach(() => {
    clock = new ManualClock();
    budget = new MessageBudget(clock);
  });

  /** How many of so many messages at once are taken. */
  function takenOf(messages: number, length = FRAME_LENGTH): number {
    let taken = 0;
    while (taken < messages && budget.take(length)) taken++;
    return taken;
  }

  function aCallOf(seconds: number): number {
    let taken = 0;
    for (let second = 0; second < seconds; second++) {
      clock.advance(1000);
      taken += takenOf(CALL_PER_SECOND);
    }
    return taken;
  }

  it('takes everything that an hour of a call has', () => {
    expect(aCallOf(3600)).toBe(3600 * CALL_PER_SECOND);
  });

  it.each([0, 1, 7, 24, 25, 26, 49, 50, 51, 300])('takes a hold-up of 25 s at once after %i s of a call', (seconds) => {
    aCallOf(seconds);
    clock.advance(25_000);
    expect(takenOf(25 * CALL_PER_SECOND)).toBe(25 * CALL_PER_SECOND);
    expect(aCallOf(60)).toBe(60 * CALL_PER_SECOND);
  });

  it('takes one hold-up after another', () => {
    for (let times = 0; times < 20; times++) {
      clock.advance(25_000);
      expect(takenOf(25 * CALL_PER_SECOND)).toBe(25 * CALL_PER_SECOND);
    }
  });

  it('refuses a flood after 3000 messages at most, however quiet the stream was before', () => {
    clock.advance(3_600_000);
    expect(takenOf(20_000)).toBeLessThanOrEqual(3000);
    expect(budget.take(1)).toBe(false);
  });

  it('refuses what is faster than 200 a second in the long run', () => {
    let seconds = 0;
    for (; seconds < 600 && takenOf(220) === 220; seconds++) clock.advance(1000);
    expect(seconds).toBeLessThan(600);
  });

  it('takes 200 a second for as long as they come', () => {
    for (let second = 0; second < 600; second++) {
      expect(takenOf(200)).toBe(200);
      clock.advance(1000);
    }
  });

  it('takes some of the longest frames, but not a stream of them', () => {
    expect(takenOf(10, MAX_FRAME_LENGTH)).toBe(10);
    let seconds = 0;
    for (; seconds < 600 && takenOf(4, MAX_FRAME_LENGTH) === 4; seconds++) clock.advance(1000);
    expect(seconds).toBeLessThan(60);
    expect(takenOf(20_000, MAX_FRAME_LENGTH)).toBeLessThanOrEqual(32);
  });

  it('recovers from too many of the longest', () => {
    takenOf(20_000, MAX_FRAME_LENGTH);
    clock.advance(10_000);
    expect(aCallOf(60)).toBe(60 * CALL_PER_SECOND);
  });
});
