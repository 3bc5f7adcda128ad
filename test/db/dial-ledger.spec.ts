import { CallPlacing } from '../../src/calls/call-placing.service';
import { DialAttempts } from '../../src/calls/dial-attempts.service';
import { DialSettlement } from '../../src/calls/dial-settlement.service';
import type { DialState } from '../../src/calls/dial-ledger';
import { aCall } from '../support/a-call';
import { SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { aCallResource, aCallSid, ScriptedTwilio } from '../support/scripted-twilio';

let twilio: ScriptedTwilio;
let server: StartedApp;
let user: SignedUp;
let settlement: DialSettlement;
let attempts: DialAttempts;

const TO = '+12025550142';
const FROM = '+12025550000';

beforeAll(async () => {
  twilio = await ScriptedTwilio.start();
  server = await startApp({ env: twilio.env });
  settlement = server.app.get(DialSettlement);
  attempts = server.app.get(DialAttempts);
});
beforeEach(async () => {
  twilio.reset();
  user = await signUp(server.url);
});
afterEach(async () => {
  // What one test leaves open would be a rival of the next one's attempt.
  await server.sql(
    user.userId,
    `UPDATE calls SET status = 'failed', ended_reason = coalesce(ended_reason, 'carrier_error')`,
  );
});
afterAll(async () => {
  await server.close();
  await twilio.close();
});

const owner = () => ({ userId: user.userId });
const later = (seconds: number) => new Date(Date.now() + seconds * 1000);
const settleIn = (seconds: number) => settlement.settle(later(seconds));

/** An attempt that was asked for this very moment, by default. */
async function anAttempt(dialState: DialState, columns: Record<string, unknown> = {}): Promise<string> {
  const call = await aCall(server, user.userId, {
    call_sid: null,
    dial_state: dialState,
    status: 'queued',
    ended_reason: null,
    phone_number: TO,
    from_number: FROM,
    asked_at: dialState === 'intended' ? null : new Date(),
    ...columns,
  });
  return call.id;
}

async function row(id: string): Promise<Record<string, unknown>> {
  const [found] = await server.sql<Record<string, unknown>>(user.userId, 'SELECT * FROM calls WHERE id = $1', [id]);
  return found ?? {};
}

/** Twilio has a call between the two numbers. */
function twilioHas(more: Record<string, unknown> = {}, to = TO): string {
  const sid = aCallSid();
  twilio.calls.set(sid, aCallResource(sid, to, FROM, more));
  return sid;
}

describe('settling an attempt', () => {
  it('that nobody was asked for gives it up after a minute, and never dials', async () => {
    const id = await anAttempt('intended');
    await settleIn(50);
    expect(await row(id)).toMatchObject({ dial_state: 'intended', status: 'queued' });
    await settleIn(61);
    expect(await row(id)).toMatchObject({ dial_state: 'absent', status: 'failed', ended_reason: 'server_error' });
    expect(twilio.requests).toHaveLength(0);
  });

  it('that was given up is not asked for any more by a process that was only slow', async () => {
    const id = await anAttempt('intended');
    await settleIn(61);
    const call = await attempts.get(owner(), id);
    await expect(server.app.get(CallPlacing).dial(owner(), call)).rejects.toMatchObject({
      code: 'carrier.unavailable',
    });
    expect(twilio.creates).toHaveLength(0);
  });

  it('leaves one alone that is being asked for right now', async () => {
    const id = await anAttempt('asked');
    twilioHas();
    await settleIn(20);
    expect(await row(id)).toMatchObject({ dial_state: 'asked' });
    expect(twilio.requests).toHaveLength(0);
  });

  it.each(['asked', 'unknown'] as const)('in state %s finds the call at Twilio and binds it', async (dialState) => {
    const id = await anAttempt(dialState);
    const sid = twilioHas({ status: 'ringing' });
    await settleIn(31);
    expect(await row(id)).toMatchObject({ dial_state: 'placed', call_sid: sid, status: 'ringing' });
    expect(twilio.creates).toHaveLength(0);
  });

  it('takes over how a call ended that is over by then', async () => {
    const id = await anAttempt('unknown');
    const ended = new Date();
    twilioHas({
      status: 'completed',
      duration: '17',
      start_time: new Date(ended.getTime() - 17_000).toUTCString(),
      end_time: ended.toUTCString(),
      price: '-0.01300',
    });
    await settleIn(31);
    expect(await row(id)).toMatchObject({
      dial_state: 'placed',
      status: 'completed',
      ended_reason: 'customer_hung_up',
      call_duration: 17,
      carrier_price: '0.01300',
      carrier_currency: 'USD',
    });
  });

  it('proves it absent only after a while, when Twilio has no such call', async () => {
    const id = await anAttempt('asked');
    twilioHas({}, '+12025550177');
    await settleIn(31);
    expect(await row(id)).toMatchObject({ dial_state: 'unknown', status: 'queued' });
    await settleIn(91);
    expect(await row(id)).toMatchObject({
      dial_state: 'absent',
      status: 'failed',
      ended_reason: 'carrier_error',
      error_code: 'absent',
    });
  });

  it('does not take a call that is another row’s, or was made before or long after', async () => {
    const id = await anAttempt('unknown');
    const taken = twilioHas();
    await aCall(server, user.userId, { call_sid: taken, status: 'in-progress', ended_reason: null });
    twilioHas({ date_created: later(-3600).toUTCString() });
    twilioHas({ date_created: later(600).toUTCString() });
    await settleIn(91);
    expect(await row(id)).toMatchObject({ dial_state: 'absent', call_sid: null });
  });

  it('does not take another user’s call either', async () => {
    const other = await signUp(server.url);
    const taken = twilioHas();
    await aCall(server, other.userId, { call_sid: taken, status: 'in-progress', ended_reason: null });
    const id = await anAttempt('unknown');
    await settleIn(91);
    expect(await row(id)).toMatchObject({ dial_state: 'absent', call_sid: null });
  });

  it('does not guess between two calls, or between two attempts', async () => {
    const first = await anAttempt('unknown');
    const sid = twilioHas();
    twilioHas();
    await settleIn(200);
    expect(await row(first)).toMatchObject({ dial_state: 'unknown', status: 'queued', call_sid: null });
    twilio.calls.clear();
    twilio.calls.set(sid, aCallResource(sid, TO, FROM));
    const second = await anAttempt('unknown');
    await settleIn(200);
    for (const id of [first, second]) expect(await row(id)).toMatchObject({ dial_state: 'unknown', call_sid: null });
  });

  it('stays unknown, visibly, while Twilio cannot be asked, and is closed as unknown at last', async () => {
    const id = await anAttempt('asked');
    twilio.readStatus = 500;
    await settleIn(200);
    expect(await row(id)).toMatchObject({ dial_state: 'unknown', status: 'queued', ended_reason: null });
    await settleIn(3600 + 1800 + 1);
    expect(await row(id)).toMatchObject({
      dial_state: 'unknown',
      status: 'failed',
      ended_reason: 'carrier_error',
      error_code: 'outcome_unknown',
    });
    expect(twilio.creates).toHaveLength(0);
  });

  it('does the same when several processes do it at once', async () => {
    const id = await anAttempt('unknown');
    const sid = twilioHas({ status: 'in-progress' });
    await Promise.all([settleIn(91), settleIn(91), settleIn(91), settleIn(31)]);
    expect(await row(id)).toMatchObject({ dial_state: 'placed', call_sid: sid, status: 'in-progress' });
  });
});

describe('settling a call whose last callback was lost', () => {
  const aLiveCall = (sid: string) =>
    aCall(server, user.userId, {
      call_sid: sid,
      status: 'in-progress',
      ended_reason: null,
      asked_at: new Date(),
      answered_at: new Date(),
      max_duration_seconds: 60,
    });

  it('waits until it must be over', async () => {
    const sid = twilioHas({ status: 'completed', duration: '5' });
    const call = await aLiveCall(sid);
    await settleIn(150);
    expect(await row(call.id)).toMatchObject({ status: 'in-progress' });
    await settleIn(181);
    expect(await row(call.id)).toMatchObject({ status: 'completed', call_duration: 5 });
  });

  it.each(['queued', 'initiated', 'ringing'])('asks sooner about one that nobody has answered: %s', async (status) => {
    const sid = twilioHas({ status: 'no-answer' });
    const call = await aCall(server, user.userId, {
      call_sid: sid,
      status,
      ended_reason: null,
      asked_at: new Date(),
      max_duration_seconds: 1800,
    });
    await settleIn(85);
    expect(await row(call.id)).toMatchObject({ status });
    await settleIn(91);
    expect(await row(call.id)).toMatchObject({ status: 'no-answer', ended_reason: 'no_answer' });
  });

  it('asks sooner about one that has ended for us, and hangs up what is still open', async () => {
    const sid = twilioHas({ status: 'in-progress' });
    const call = await aCall(server, user.userId, {
      call_sid: sid,
      status: 'in-progress',
      ended_reason: 'model_error',
      asked_at: new Date(),
      answered_at: new Date(),
      max_duration_seconds: 1800,
    });
    await settleIn(55);
    expect(twilio.requests).toHaveLength(0);
    await settleIn(61);
    expect(twilio.hangUps).toEqual([sid]);
    await settleIn(61);
    expect(await row(call.id)).toMatchObject({ status: 'completed', ended_reason: 'model_error' });
    expect(twilio.hangUps).toHaveLength(1);
  });

  it('asks about a call that is going on no sooner', async () => {
    await aCall(server, user.userId, {
      call_sid: twilioHas({ status: 'in-progress' }),
      status: 'in-progress',
      ended_reason: null,
      asked_at: new Date(),
      max_duration_seconds: 1800,
    });
    await settleIn(1900);
    expect(twilio.requests).toHaveLength(0);
  });

  it('closes one that nobody has answered and that Twilio does not know', async () => {
    const call = await aCall(server, user.userId, {
      status: 'initiated',
      ended_reason: null,
      asked_at: new Date(),
    });
    await settleIn(91);
    expect(await row(call.id)).toMatchObject({ status: 'failed', ended_reason: 'carrier_error' });
  });

  it('believes Twilio that it goes on, and that it does not know it', async () => {
    const call = await aLiveCall(twilioHas({ status: 'in-progress' }));
    await settleIn(200);
    expect(await row(call.id)).toMatchObject({ status: 'in-progress' });
    twilio.calls.clear();
    await settleIn(200);
    expect(await row(call.id)).toMatchObject({ status: 'failed', ended_reason: 'carrier_error' });
  });
});

describe('the ledger under its locks', () => {
  it('asks once, however many try', async () => {
    const id = await anAttempt('intended');
    const asked = await Promise.all(Array.from({ length: 10 }, () => attempts.markAsked(owner(), id)));
    expect(asked.filter(Boolean)).toHaveLength(1);
  });

  it('lets either the intent be asked for or given up, never both', async () => {
    for (let round = 0; round < 20; round += 1) {
      const id = await anAttempt('intended');
      const [asked, failed] = await Promise.all([
        attempts.markAsked(owner(), id),
        attempts.fail(owner(), id, {
          from: 'intended',
          dialState: 'absent',
          endedReason: 'server_error',
          errorCode: 'never_dialled',
          errorDetail: 'x',
        }),
      ]);
      expect([asked, failed].filter(Boolean)).toHaveLength(1);
      expect(await row(id)).toMatchObject(asked ? { dial_state: 'asked', status: 'queued' } : { dial_state: 'absent' });
    }
  });

  it('keeps a sid that a callback has brought, whatever the answer says later', async () => {
    const id = await anAttempt('asked');
    const sid = aCallSid();
    await attempts.markPlaced(owner(), id, { callSid: sid, queueTimeMs: 0 });
    await attempts.markUnknown(owner(), id, 'late');
    const ended = await attempts.fail(owner(), id, {
      from: 'asked',
      dialState: 'refused',
      endedReason: 'rejected',
      errorCode: '21211',
      errorDetail: 'late',
    });
    expect(ended).toBe(false);
    expect(await row(id)).toMatchObject({ dial_state: 'placed', call_sid: sid, status: 'queued', error_code: null });
  });

  it('is nobody else’s', async () => {
    const id = await anAttempt('intended');
    const stranger = { userId: (await signUp(server.url)).userId };
    await expect(attempts.markAsked(stranger, id)).rejects.toMatchObject({ code: 'call.not_found' });
    await expect(attempts.get(stranger, id)).rejects.toMatchObject({ code: 'call.not_found' });
    expect(await row(id)).toMatchObject({ dial_state: 'intended' });
  });
});

describe('the lookups', () => {
  it('give no number away', async () => {
    await anAttempt('unknown');
    const found = await server.sql<object>(user.userId, 'SELECT * FROM lookup_open_attempts()');
    expect(found.length).toBeGreaterThan(0);
    expect(JSON.stringify(found)).not.toContain(TO.slice(1));
  });
});
