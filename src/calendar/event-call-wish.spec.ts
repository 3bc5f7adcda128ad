import type { CalendarEvent } from '../integrations/calendar/calendar-provider';
import {
  askedOf,
  DEFAULT_PREFERENCES,
  EventCallPreferences,
  EventCallWish,
  fingerprintOf,
  wishOf,
} from './event-call-wish';

const MINE = '+12025550100';
const BERLIN = 'Europe/Berlin';

const event = (more: Partial<CalendarEvent> = {}): CalendarEvent => ({
  id: 'e1',
  status: 'confirmed',
  summary: 'Dentist',
  description: 'call me 10 minutes before',
  location: undefined,
  start: { kind: 'moment', at: new Date('2026-12-02T14:00:00Z'), timeZone: undefined },
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
const me = (response: string) => ({ email: 'me@example.com', displayName: 'Me', response, isSelf: true });
const INVITED = { isOrganizedByOwner: false, description: 'call +1 202 555 0111 1 minute before' };
const anna = { email: 'anna@example.com', displayName: 'Anna', response: undefined, isSelf: false };

const wish = (
  more: Partial<CalendarEvent> = {},
  preferences: Partial<EventCallPreferences> = {},
  timeZone = BERLIN,
): EventCallWish =>
  wishOf(
    event(more),
    { ...DEFAULT_PREFERENCES, callsFor: 'marked', phoneNumber: MINE, ...preferences },
    { timeZone, region: 'US' },
  );
const call = (...given: Parameters<typeof wish>) => {
  const found = wish(...given);
  if (found.kind !== 'call') throw new Error(JSON.stringify(found));
  return found.call;
};
const problem = (...given: Parameters<typeof wish>) => {
  const found = wish(...given);
  return found.kind === 'problem' ? found.sentence : found.kind;
};

describe('an event', () => {
  it('with a mark asks for a call, in words of the owner’s clock', () => {
    expect(call({ attendees: [me('accepted'), anna] })).toEqual({
      phoneNumber: MINE,
      scenario: 'appointment_reminder',
      minutesBefore: 10,
      at: new Date('2026-12-02T13:50:00Z'),
      variables: { event: 'Dentist', event_time: 'Wednesday, 2 December 2026, 15:00 (Europe/Berlin)', guest: 'Anna' },
    });
  });

  it('has its time before the start in real minutes where the clocks change between', () => {
    // 01:30 by the clock before it goes back from 03:00 to 02:00, for 08:00 after.
    const start = { kind: 'moment', at: new Date('2026-10-25T07:00:00Z'), timeZone: BERLIN } as const;
    const { at, variables } = call({ start, description: 'call me 8 hours before' });
    expect(at.toISOString()).toBe('2026-10-24T23:00:00.000Z');
    expect(variables['event_time']).toBe('Sunday, 25 October 2026, 08:00 (Europe/Berlin)');
    const spring = { kind: 'moment', at: new Date('2026-03-29T07:00:00Z'), timeZone: BERLIN } as const;
    expect(call({ start: spring, description: 'call me 1 day before' }).at.toISOString()).toBe(
      '2026-03-28T07:00:00.000Z',
    );
  });

  it('asks for the guest by the number that is written down, which is not the owner’s', () => {
    const description = `remind the guest 1 hour before<br>From ${MINE}`;
    expect(problem({ description })).toContain('no phone number of the guest');
    expect(call({ description, location: 'Anna’s, 202-555-0123' })).toMatchObject({
      phoneNumber: '+12025550123',
      minutesBefore: 60,
    });
  });

  it.each<[string, Partial<CalendarEvent>, Partial<EventCallPreferences>, string]>([
    ['nobody’s number', {}, { phoneNumber: null }, 'PUT /google-calendar/call-settings'],
    ['a number that is none', { description: 'call +1 202 555 01 10 minutes before' }, {}, 'Invalid phone number'],
    ['an emergency number', { description: '[call 911 10m]' }, {}, 'never called'],
    ['too early a call', { description: 'call me 2 weeks before' }, {}, 'at most 7 days'],
    ['half a minute', { ownProperties: { call_minutes_before: '0.5' } }, {}, 'whole number'],
    ['no number of minutes', { ownProperties: { call_minutes_before: 'soon' } }, {}, 'whole number'],
    ['what nobody was asked to', INVITED, { callsFor: 'all' }, 'not among its guests'],
    [
      'an open invitation, where all are called for',
      { ...INVITED, attendees: [me('needsAction')] },
      { callsFor: 'all' },
      'not answered',
    ],
    ['a whole day', { start: { kind: 'day', date: '2026-12-02' } }, {}, 'all-day'],
  ])('with %s is a problem in words', (_, more, preferences, words) => {
    expect(problem(more, preferences)).toContain(words);
  });

  it.each<[string, Partial<CalendarEvent>, Partial<EventCallPreferences>]>([
    ['without a mark', { description: 'bring papers' }, {}],
    ['of somebody else, whatever stands in it', { ...INVITED, attendees: [me('accepted')] }, {}],
    ['that the agent has booked, whatever was dictated', { ownProperties: { booked_on_call: 'c1' } }, {}],
    ['that only keeps time free', { description: undefined, isAppointment: false }, { callsFor: 'all' }],
    ['that is declined', { attendees: [me('declined')] }, { callsFor: 'all' }],
    ['that is cancelled', { status: 'cancelled' }, { callsFor: 'all' }],
    ['without a start', { start: undefined }, { callsFor: 'all' }],
    ['of a whole day', { description: undefined, start: { kind: 'day', date: '2026-12-02' } }, { callsFor: 'all' }],
    ['of somebody who wants no calls', { ownProperties: { call_minutes_before: '5' } }, { callsFor: 'none' }],
  ])('%s asks for none', (_, more, preferences) => {
    expect(wish(more, preferences).kind).toBe('none');
  });

  it('is called for by the settings where all are, and by its own words before that', () => {
    const all = { callsFor: 'all', minutesBefore: 30, scenario: 'survey' } as const;
    expect(call({ description: undefined }, all)).toMatchObject({
      phoneNumber: MINE,
      minutesBefore: 30,
      scenario: 'survey',
    });
    expect(call({}, all)).toMatchObject({ minutesBefore: 10, scenario: 'survey' });
    // What a stranger writes into an invitation calls nobody but the owner.
    expect(call({ ...INVITED, attendees: [me('accepted')] }, all)).toMatchObject({
      phoneNumber: MINE,
      minutesBefore: 30,
    });
  });

  it('of somebody else is called for by what its owner has written on it', () => {
    const ownProperties = { call_minutes_before: '5', call_phone_number: '202 555 0123' };
    expect(call({ ...INVITED, attendees: [me('accepted')], ownProperties })).toMatchObject({
      phoneNumber: '+12025550123',
      minutesBefore: 5,
    });
  });

  it('is called for by what was written on it before its words', () => {
    const ownProperties = { call_minutes_before: '', call_phone_number: '202 555 0123', call_scenario: 'survey' };
    expect(call({ ownProperties })).toMatchObject({
      phoneNumber: '+12025550123',
      minutesBefore: 10,
      scenario: 'survey',
    });
  });
});

it('what is asked and what is planned are told apart', () => {
  const one = call();
  const moved = { ...one, at: new Date('2026-12-03T13:50:00Z') };
  const renamed = call({ summary: 'Dentist, new' });
  expect(askedOf(moved)).toBe(askedOf(one));
  expect(fingerprintOf(call())).toBe(fingerprintOf(one));
  expect(new Set([one, moved, renamed].map(fingerprintOf)).size).toBe(3);
});
