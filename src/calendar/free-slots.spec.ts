import * as fc from 'fast-check';
import {
  freeStretches,
  nearest,
  nextWorkingDays,
  overlaps,
  slotsWithin,
  spread,
  workingTimes,
  type Slot,
} from './free-slots';

const LONG_AGO = new Date(0);
const at = (time: string): Date => new Date(`2026-12-02T${time}:00Z`);
const slot = (from: string, to: string): Slot => ({ start: at(from), end: at(to) });
const told = (slots: Slot[]): string[] =>
  slots.map(({ start, end }) => `${start.toISOString().slice(11, 16)}-${end.toISOString().slice(11, 16)}`);

describe('free times', () => {
  it('are what busy times leave, however they lie', () => {
    const busy = [slot('12:00', '13:00'), slot('08:00', '09:30'), slot('12:30', '12:45'), slot('16:30', '18:00')];
    expect(told(freeStretches([slot('09:00', '17:00')], busy, LONG_AGO))).toEqual(['09:30-12:00', '13:00-16:30']);
  });

  it('do not lie in the past', () => {
    expect(told(freeStretches([slot('09:00', '17:00')], [], at('10:10')))).toEqual(['10:10-17:00']);
    expect(freeStretches([slot('09:00', '17:00')], [], at('17:00'))).toEqual([]);
  });

  it('begin on quarters of an hour and follow one another', () => {
    expect(told(slotsWithin([slot('09:05', '11:00')], 40))).toEqual(['09:15-09:55', '10:00-10:40']);
  });

  it('are proposed on working days, unless only a weekend was asked for', () => {
    // Friday to Monday.
    expect(workingTimes('2026-12-04', '2026-12-07', 'Europe/Berlin').map(({ start }) => start.toISOString())).toEqual([
      '2026-12-04T08:00:00.000Z',
      '2026-12-07T08:00:00.000Z',
    ]);
    expect(workingTimes('2026-12-05', '2026-12-06', 'America/New_York')).toHaveLength(2);
    expect(nextWorkingDays('2026-12-05', 2)).toEqual({ from: '2026-12-07', to: '2026-12-08' });
    expect(nextWorkingDays('2026-12-04', 2)).toEqual({ from: '2026-12-04', to: '2026-12-07' });
  });

  it('follow the clock when it changes', () => {
    const [before, after] = workingTimes('2026-03-27', '2026-03-30', 'Europe/Berlin');
    expect(before?.start.toISOString()).toBe('2026-03-27T08:00:00.000Z');
    expect(after?.start.toISOString()).toBe('2026-03-30T07:00:00.000Z');
  });

  it('are spread, the first and the last among them', () => {
    expect(spread([1, 2, 3, 4, 5, 6, 7, 8, 9], 5)).toEqual([1, 3, 5, 7, 9]);
    expect(spread([1, 2], 5)).toEqual([1, 2]);
  });

  it('are told near a moment, in their order', () => {
    const slots = slotsWithin([slot('09:00', '17:00')], 60);
    expect(told(nearest(slots, at('15:00'), 3))).toEqual(['14:00-15:00', '15:00-16:00', '16:00-17:00']);
  });
});

const minutes = fc.integer({ min: 0, max: 5 * 24 * 60 });
const busyTimes = fc.array(
  fc.tuple(minutes, fc.integer({ min: 1, max: 900 })).map(([from, length]) => {
    const start = new Date(at('00:00').getTime() + from * 60_000);
    return { start, end: new Date(start.getTime() + length * 60_000) };
  }),
  { maxLength: 30 },
);
const zones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Pacific/Apia',
);

describe('slots, whatever is busy', () => {
  it('overlap nothing that is busy, nor one another, are as long as asked, and lie within working hours and ahead', () => {
    fc.assert(
      fc.property(busyTimes, fc.integer({ min: 5, max: 480 }), minutes, zones, (busy, length, passed, timeZone) => {
        const now = new Date(at('00:00').getTime() + passed * 60_000 + 1);
        const working = workingTimes('2026-12-02', '2026-12-06', timeZone);
        const slots = slotsWithin(freeStretches(working, busy, now), length);
        slots.forEach((one, index) => {
          expect(busy.some((other) => overlaps(one, other))).toBe(false);
          expect(one.end.getTime() - one.start.getTime()).toBe(length * 60_000);
          expect(one.start.getTime() % (15 * 60_000)).toBe(0);
          expect(one.start.getTime()).toBeGreaterThanOrEqual(now.getTime());
          expect(working.some(({ start, end }) => start <= one.start && one.end <= end)).toBe(true);
          const next = slots[index + 1];
          if (next !== undefined) expect(one.end.getTime()).toBeLessThanOrEqual(next.start.getTime());
        });
      }),
    );
  });

  it('leave nothing free out: each stretch and the busy times together are the whole', () => {
    fc.assert(
      fc.property(busyTimes, (busy) => {
        const whole = slot('00:00', '23:59');
        const free = freeStretches([whole], busy, LONG_AGO);
        for (let minute = 0; minute < 23 * 60 + 59; minute += 7) {
          const one = new Date(whole.start.getTime() + minute * 60_000);
          const isIn = ({ start, end }: Slot) => start <= one && one < end;
          expect(free.some(isIn)).toBe(!busy.some(isIn));
        }
      }),
    );
  });

  it('are spread without an invented or repeated one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { maxLength: 200 }), fc.integer({ min: 2, max: 10 }), (all, most) => {
        const chosen = spread(all, most);
        expect(chosen).toHaveLength(Math.min(all.length, most));
        expect(all.filter((one) => chosen.includes(one))).toEqual(chosen);
      }),
    );
  });
});
