import * as fc from 'fast-check';
import type { CalendarEvent } from '../integrations/calendar/calendar-provider';
import { dayInWords, oneLine, timesInWords, toToldEvent, withOffset } from './told-events';

const event = (more: Partial<CalendarEvent>): CalendarEvent => ({
  id: 'e1',
  status: 'confirmed',
  summary: 'Lunch',
  description: undefined,
  location: undefined,
  start: undefined,
  end: undefined,
  recurringEventId: undefined,
  attendees: [],
  isOrganizedByOwner: true,
  isAppointment: true,
  isBusy: true,
  htmlLink: undefined,
  etag: undefined,
  ownProperties: {},
  ...more,
});

describe('what events are called', () => {
  it('stands on one line, without controls, cut', () => {
    expect(oneLine(' Team\r\n\tmeeting\u2028now\u0000 ')).toBe('Team meeting now');
    expect(oneLine('\u202eevil\u202c')).toBe('evil');
    expect([...oneLine('ä'.repeat(200))]).toHaveLength(120);
    expect(oneLine('👩'.repeat(121))).toBe(`${'👩'.repeat(119)}…`);
  });

  it('is a line whatever somebody wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const line = oneLine(text);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect([...line].length).toBeLessThanOrEqual(120);
        expect(oneLine(line)).toBe(line);
      }),
    );
  });

  it('is told where there is nothing', () => {
    const start = { kind: 'day', date: '2026-12-24' } as const;
    const end = { kind: 'day', date: '2026-12-27' } as const;
    const told = toToldEvent(event({ summary: ' ', start, end }));
    expect(told).toEqual({ kind: 'days', id: 'e1', summary: 'Untitled event', from: '2026-12-24', to: '2026-12-26' });
    expect(toToldEvent(event({}))).toBeNull();
  });
});

describe('times in words', () => {
  const start = new Date('2026-12-02T14:00:00Z');
  const end = new Date('2026-12-02T15:00:00Z');

  it('have the clock of the zone and its offset', () => {
    expect(withOffset(start, 'Europe/Berlin')).toBe('2026-12-02T15:00:00+01:00');
    expect(withOffset(start, 'UTC')).toBe('2026-12-02T14:00:00+00:00');
    expect(timesInWords({ start, end }, 'Europe/Berlin')).toBe(
      'Wednesday, 2 December 2026, 15:00-16:00 (Europe/Berlin)',
    );
    expect(timesInWords({ start, end }, 'Pacific/Auckland')).toBe(
      'Thursday, 3 December 2026, 03:00-04:00 (Pacific/Auckland)',
    );
  });

  it('name the other day where it is another', () => {
    const late = { start: new Date('2026-12-02T22:00:00Z'), end: new Date('2026-12-03T00:00:00Z') };
    expect(timesInWords(late, 'Europe/Berlin')).toBe(
      'Wednesday, 2 December 2026, 23:00-Thursday, 3 December 2026, 01:00 (Europe/Berlin)',
    );
  });

  it('name days', () => expect(dayInWords('2026-12-24')).toBe('Thursday, 24 December 2026'));
});
