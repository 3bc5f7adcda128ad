import fc from 'fast-check';
import { CALL_STATUSES, CallStatus, isOver } from './call-status';
import { CarrierColumns, CarrierReport, changesBy, isMachine, parseCarrierReport } from './carrier-report';

const SID = `CA${'a'.repeat(32)}`;
const NOW = new Date('2026-11-21T10:00:00.500Z');

function aCall(more: Partial<CarrierColumns> = {}): CarrierColumns {
  return {
    callSid: SID,
    dialState: 'placed',
    status: 'queued',
    endedReason: null,
    startedAt: null,
    answeredAt: null,
    endedAt: null,
    callDuration: null,
    answeredBy: null,
    lastSequence: null,
    ...more,
  };
}

function aReport(more: Partial<CarrierReport> = {}): CarrierReport {
  return {
    callSid: SID,
    status: null,
    sequenceNumber: null,
    at: NOW,
    durationSeconds: null,
    answeredBy: null,
    sipResponseCode: null,
    ...more,
  };
}

const follow = (call: CarrierColumns, reports: CarrierReport[]) =>
  reports.reduce<CarrierColumns>((now, report) => ({ ...now, ...changesBy(now, report) }), call);

describe('reading what the carrier posts', () => {
  it('takes the fields of a status callback', () => {
    const form = {
      CallSid: SID,
      CallStatus: 'completed',
      SequenceNumber: '3',
      Timestamp: 'Sat, 21 Nov 2026 09:53:19 +0000',
      CallDuration: '49',
      Duration: '1',
      AnsweredBy: 'human',
      SipResponseCode: '200',
    };
    expect(parseCarrierReport(form, NOW)).toEqual({
      callSid: SID,
      status: 'completed',
      sequenceNumber: 3,
      at: new Date('2026-11-21T09:53:19Z'),
      durationSeconds: 49,
      answeredBy: 'human',
      sipResponseCode: 200,
    });
  });

  it.each([
    ['no sid', {}],
    ['another kind of sid', { CallSid: `RE${'a'.repeat(32)}` }],
    ['a short sid', { CallSid: 'CA12' }],
    ['two sids', { CallSid: [SID, SID] }],
  ])('sees no report in %s', (_, form) => {
    expect(parseCarrierReport(form, NOW)).toBeNull();
  });

  it('does without what it cannot read, and never believes a time from the future', () => {
    const form = {
      CallSid: SID,
      CallStatus: 'dancing',
      SequenceNumber: '-1',
      Timestamp: 'Sat, 21 Nov 2096 09:53:19 +0000',
      CallDuration: 'long',
      SipResponseCode: '',
    };
    expect(parseCarrierReport(form, NOW)).toEqual(aReport());
  });
});

describe('a report', () => {
  it('moves the call and fills its times', () => {
    const t = (second: number) => new Date(Date.UTC(2026, 10, 21, 10, 0, second));
    const ended = follow(aCall(), [
      aReport({ status: 'initiated', sequenceNumber: 0, at: t(1) }),
      aReport({ status: 'ringing', sequenceNumber: 1, at: t(2) }),
      aReport({ status: 'in-progress', sequenceNumber: 2, at: t(6) }),
      aReport({ status: 'completed', sequenceNumber: 3, at: t(48), durationSeconds: 42 }),
    ]);
    expect(ended).toMatchObject({
      status: 'completed',
      startedAt: t(1),
      answeredAt: t(6),
      endedAt: t(48),
      callDuration: 42,
      endedReason: 'customer_hung_up',
      lastSequence: 3,
    });
  });

  it('changes nothing when it comes again', () => {
    const report = aReport({ status: 'ringing', sequenceNumber: 1 });
    const call = follow(aCall(), [report]);
    expect(changesBy(call, report)).toEqual({});
  });

  it.each([
    [null, 'human', 'human'],
    [null, 'machine_end_beep', 'machine_end_beep'],
    ['machine_start', 'machine_end_beep', 'machine_end_beep'],
    ['machine_start', 'machine_end_silence', 'machine_end_silence'],
    ['machine_start', 'human', 'machine_start'],
    ['machine_end_beep', 'machine_start', 'machine_end_beep'],
    ['machine_end_beep', 'machine_end_other', 'machine_end_beep'],
    ['human', 'machine_end_beep', 'human'],
    ['unknown', 'machine_start', 'unknown'],
  ])('who answered is %p, and %p makes it %p', (known, reported, answeredBy) => {
    expect(follow(aCall({ answeredBy: known }), [aReport({ answeredBy: reported })]).answeredBy).toBe(answeredBy);
  });

  it('does not take back why a call ended', () => {
    const call = aCall({ status: 'in-progress', endedReason: 'agent_ended' });
    expect(changesBy(call, aReport({ status: 'completed' }))).toMatchObject({ endedReason: 'agent_ended' });
  });

  it('binds the sid of a call that has none, and moves its dial attempt', () => {
    for (const dialState of ['asked', 'unknown', 'absent'] as const) {
      const changes = changesBy(aCall({ callSid: null, dialState }), aReport({ status: 'initiated' }));
      expect(changes).toMatchObject({ callSid: SID, dialState: 'placed' });
    }
  });

  it('tells when a call was answered even if the end was reported before', () => {
    const t = (second: number) => new Date(Date.UTC(2026, 10, 21, 10, 0, second));
    const late = follow(aCall(), [
      aReport({ status: 'completed', at: t(48), durationSeconds: 42 }),
      aReport({ status: 'in-progress', at: t(6) }),
    ]);
    expect(late).toMatchObject({ status: 'completed', answeredAt: t(6), callDuration: 42 });
    const never = follow(aCall(), [aReport({ status: 'no-answer', at: t(30), durationSeconds: 0 })]);
    expect(never).toMatchObject({ status: 'no-answer', answeredAt: null, callDuration: 0, endedReason: 'no_answer' });
  });

  it('leads to the same status, reason and duration in any order and any number', () => {
    const journeys: [CallStatus[], CallStatus][] = [
      [['initiated', 'ringing', 'in-progress', 'completed'], 'completed'],
      [['initiated', 'ringing', 'busy'], 'busy'],
      [['initiated', 'ringing', 'no-answer'], 'no-answer'],
      [['initiated', 'failed'], 'failed'],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...journeys),
        fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
        ([journey, end], order) => {
          const reports = journey.map((status, sequenceNumber) =>
            aReport({ status, sequenceNumber, durationSeconds: isOver(status) ? 7 : null }),
          );
          const arrived = [...reports, ...reports]
            .map((report, at) => ({ report, key: order[at] ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ report }) => report);
          const straight = follow(aCall(), reports);
          expect(follow(aCall(), arrived)).toMatchObject({
            status: end,
            endedReason: straight.endedReason,
            callDuration: 7,
            lastSequence: reports.length - 1,
          });
        },
      ),
    );
  });

  it('never breaks a call: one end, one reason, times in order', () => {
    const anyReport = fc
      .record({
        status: fc.option(fc.constantFrom(...CALL_STATUSES)),
        sequenceNumber: fc.option(fc.nat(9)),
        at: fc.integer({ min: 0, max: 100 }).map((second) => new Date(Date.UTC(2026, 10, 21, 9, 0, second))),
        durationSeconds: fc.option(fc.nat(100)),
        answeredBy: fc.option(fc.constantFrom('human', 'machine_start')),
        sipResponseCode: fc.option(fc.constantFrom(200, 486, 603)),
      })
      .map(aReport);
    fc.assert(
      fc.property(fc.array(anyReport), (reports) => {
        const call = follow(aCall({ callSid: null, dialState: 'unknown' }), reports);
        expect(call.endedReason === null).toBe(!isOver(call.status));
        expect(call.endedAt === null).toBe(!isOver(call.status));
        expect(call.callDuration === null).toBe(!isOver(call.status));
        if (call.answeredAt !== null && call.endedAt !== null) expect(call.answeredAt <= call.endedAt).toBe(true);
        if (reports.length > 0) expect(call).toMatchObject({ callSid: SID, dialState: 'placed' });
      }),
    );
  });
});

describe('who answered', () => {
  it.each([
    ['human', false],
    ['unknown', false],
    [null, false],
    ['machine_start', true],
    ['machine_end_beep', true],
    ['fax', true],
  ])('%p is a machine: %p', (answeredBy, machine) => {
    expect(isMachine(answeredBy)).toBe(machine);
  });
});
