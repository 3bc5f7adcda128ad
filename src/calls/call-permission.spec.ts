import { CallFacts, decideCall, decideText, TextFacts } from './call-permission';
import { parseQuietHours } from './quiet-hours';

const AT = new Date('2026-11-21T18:00:00Z');

function facts(more: Partial<CallFacts> = {}): CallFacts {
  return {
    at: AT,
    destinationRefusal: null,
    isOnDoNotCallList: false,
    quietHours: undefined,
    calleeTimeZones: ['America/New_York'],
    callsInLastMinute: [],
    callsToday: 0,
    liveCalls: 0,
    isServerFull: false,
    limits: { perMinute: 2, perDay: 10, atOnce: 3 },
    ...more,
  };
}

const codes = (more: Partial<CallFacts>) => decideCall(facts(more)).reasons.map(({ code }) => code);
const earliest = (more: Partial<CallFacts>) => decideCall(facts(more)).earliestAt?.toISOString() ?? null;
const secondsAgo = (seconds: number) => new Date(AT.getTime() - seconds * 1000);

describe('may this call start now?', () => {
  it('yes, where nothing speaks against it', () => {
    expect(decideCall(facts())).toEqual({ allowed: true, reasons: [], earliestAt: AT });
  });

  it('no, where the number is never dialled or asked not to be; waiting does not help', () => {
    const refused = { destinationRefusal: 'Emergency numbers are never called.' };
    expect(decideCall(facts(refused))).toEqual({
      allowed: false,
      reasons: [{ code: 'destination_not_allowed', detail: 'Emergency numbers are never called.' }],
      earliestAt: null,
    });
    expect(codes({ isOnDoNotCallList: true })).toEqual(['do_not_call']);
    expect(earliest({ isOnDoNotCallList: true })).toBeNull();
  });

  it('not yet, where the calls of the last minute reach the cap', () => {
    expect(codes({ callsInLastMinute: [secondsAgo(20)] })).toEqual([]);
    const full = { callsInLastMinute: [secondsAgo(50), secondsAgo(40), secondsAgo(20)] };
    expect(codes(full)).toEqual(['calls_per_minute']);
    // Of three within the minute with two allowed, the second has to leave it.
    expect(earliest(full)).toBe(new Date(AT.getTime() + 20_000).toISOString());
  });

  it('tomorrow, where the calls of the day reach the cap', () => {
    expect(codes({ callsToday: 9 })).toEqual([]);
    expect(codes({ callsToday: 10 })).toEqual(['calls_per_day']);
    expect(earliest({ callsToday: 10 })).toBe('2026-11-22T00:00:00.000Z');
  });

  it('nobody knows when, where as many calls are live as may be', () => {
    expect(codes({ liveCalls: 2 })).toEqual([]);
    expect(codes({ liveCalls: 3 })).toEqual(['calls_at_once']);
    expect(earliest({ liveCalls: 3 })).toBeNull();
  });

  it('nobody knows when, where the server carries as many calls as it can', () => {
    expect(codes({ isServerFull: true })).toEqual(['capacity_full']);
    expect(earliest({ isServerFull: true })).toBeNull();
  });

  it('after the quiet hours of the callee', () => {
    const asleep = { at: new Date('2026-11-21T04:00:00Z'), quietHours: parseQuietHours('21:00-08:00') };
    expect(codes(asleep)).toEqual(['quiet_hours']);
    expect(earliest(asleep)).toBe('2026-11-21T13:00:00.000Z');
  });

  it('after everything that can be waited for, and outside of quiet hours then', () => {
    const more = { quietHours: parseQuietHours('21:00-08:00'), callsToday: 10 };
    expect(codes(more)).toEqual(['calls_per_day']);
    expect(earliest({ ...more, at: new Date('2026-11-22T00:30:00Z') })).toBe('2026-11-23T00:00:00.000Z');
    // Midnight UTC is 19:00 in New York; with quiet hours from 18:00 it is the next morning.
    expect(earliest({ ...more, quietHours: parseQuietHours('18:00-08:00') })).toBe('2026-11-22T13:00:00.000Z');
  });

  it('tells all reasons, the gravest first', () => {
    const all = codes({
      at: new Date('2026-11-21T04:00:00Z'),
      destinationRefusal: 'No.',
      isOnDoNotCallList: true,
      quietHours: parseQuietHours('21:00-08:00'),
      callsInLastMinute: [secondsAgo(1), secondsAgo(1)],
      callsToday: 10,
      liveCalls: 3,
      isServerFull: true,
    });
    expect(all).toEqual([
      'destination_not_allowed',
      'do_not_call',
      'calls_per_minute',
      'calls_per_day',
      'calls_at_once',
      'quiet_hours',
      'capacity_full',
    ]);
  });
});

describe('may this text be sent now?', () => {
  const textFacts = (more: Partial<TextFacts> = {}): TextFacts => ({
    at: AT,
    destinationRefusal: null,
    isOnDoNotCallList: false,
    quietHours: undefined,
    calleeTimeZones: ['America/New_York'],
    textsToday: 0,
    limits: { perDay: 10 },
    ...more,
  });

  it('is decided by the same rules, and a cap of its own', () => {
    expect(decideText(textFacts())).toEqual({ allowed: true, reasons: [], earliestAt: AT });
    const all = decideText(
      textFacts({
        destinationRefusal: 'Emergency numbers are never texted.',
        isOnDoNotCallList: true,
        textsToday: 10,
        quietHours: parseQuietHours('12:00-14:00'),
      }),
    );
    expect(all.reasons.map(({ code }) => code)).toEqual([
      'destination_not_allowed',
      'do_not_call',
      'texts_per_day',
      'quiet_hours',
    ]);
    expect(all.earliestAt).toBeNull();
    expect(decideText(textFacts({ textsToday: 10 })).earliestAt).toEqual(new Date('2026-11-22T00:00:00Z'));
  });
});
