import { randomUUID } from 'node:crypto';
import { DialAttempts } from '../../src/calls/dial-attempts.service';
import { DialSettlement } from '../../src/calls/dial-settlement.service';
import { ScenariosService } from '../../src/scenarios/scenarios.service';
import { ScheduledCallHandover } from '../../src/scheduling/scheduled-call-handover.service';
import { aCall } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { aCallResource, aCallSid, attemptOf, ScriptedTwilio, webhook } from '../support/scripted-twilio';
import { until } from '../support/until';

/**
 * What a process leaves behind that dies while it dials, and what the others make of it. The kills themselves are in
 * test/crash; here the rows are put as they are found then.
 */

type Body = Record<string, unknown>;

const FROM = '+12025550000';
const TOMORROW = new Date(Date.now() + 24 * 3600_000).toISOString();
/** When Twilio's list counts as complete. */
const later = () => new Date(Date.now() + 120_000);

let twilio: ScriptedTwilio;
let server: StartedApp;
let client: ReturnType<typeof api>;
let user: SignedUp;
/** Each test has its own: attempts at the same number are told apart by callbacks alone. */
let number = '';
let tests = 0;

beforeAll(async () => {
  twilio = await ScriptedTwilio.start();
  server = await startApp({ env: { ...twilio.env, DIAL_RATE_PER_SECOND: '1000' } });
  client = api(server.url);
});
beforeEach(async () => {
  twilio.reset();
  user = await signUp(server.url);
  number = `+120255501${++tests + 10}`;
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await server.close();
  await twilio.close();
});

const sql = (text: string, parameters: unknown[] = []) => server.sql(user.userId, text, parameters);
const shown = (id: unknown) => client.get(`/scheduled-calls/${String(id)}`, { token: user.token });
const attempts = (id: unknown) => client.get<Body[]>(`/scheduled-calls/${String(id)}/attempts`, { token: user.token });
const becomes = (id: unknown, fields: Body) =>
  until(
    () => shown(id).then(({ body }) => body),
    (body) => Object.entries(fields).every(([name, value]) => body[name] === value),
    { what: JSON.stringify(fields) },
  );
const dialled = (count: number) =>
  until(
    async () => twilio.creates.length,
    (there) => there >= count,
  );
const ended = (at: number, sid: string) =>
  webhook(server, `/call-status?attempt=${attemptOf(twilio.creates[at]?.form)}`, {
    CallSid: sid,
    SequenceNumber: '9',
    CallStatus: 'no-answer',
  });

/** Time passes for this one. */
async function makeDue(id: unknown): Promise<void> {
  await sql('UPDATE scheduled_calls SET due_at = clock_timestamp(), handed_at = NULL WHERE id = $1', [id]);
  server.app.get(ScheduledCallHandover).callForOne();
}

async function scheduled(): Promise<unknown> {
  const { status, body } = await client.post(
    '/schedule-call',
    { phone_number: number, scenario: 'sales', scheduled_time: TOMORROW },
    { token: user.token },
  );
  expect(status).toBe(201);
  return body['id'];
}

/** Taken up by a process that has died since. @param check when others may look at it, from now on */
async function leftDialling({ check = '-1 second' } = {}): Promise<{ id: unknown; callId: string }> {
  const id = await scheduled();
  const callId = randomUUID();
  await sql(
    `WITH taken AS (
       UPDATE scheduled_calls SET status = 'dialing', attempts = 1, call_id = $2::uuid, claim = $3::uuid,
         due_at = clock_timestamp(), check_at = clock_timestamp() + $4::interval WHERE id = $1 RETURNING *)
     INSERT INTO scheduled_call_attempts (user_id, scheduled_call_id, number, call_id, due_at, started_at)
     SELECT user_id, id, attempts, call_id, due_at, clock_timestamp() FROM taken`,
    [id, callId, randomUUID(), check],
  );
  return { id, callId };
}

/** The call that an attempt was about to make. */
async function leftCall(callId: string, dialState: 'intended' | 'asked'): Promise<void> {
  await aCall(server, user.userId, {
    id: callId,
    call_sid: null,
    dial_state: dialState,
    status: 'queued',
    ended_reason: null,
    phone_number: number,
    asked_at: dialState === 'asked' ? new Date() : null,
  });
}

/** An attempt whose process has died while Twilio was asked. It is looked at when the settlement has spoken. */
async function leftAsked(): Promise<{ id: unknown; callId: string }> {
  const left = await leftDialling({ check: '1 hour' });
  await leftCall(left.callId, 'asked');
  return left;
}

describe('an attempt that a process has left', () => {
  it('before its call was written down is gone on with: one call, under the id that was chosen then', async () => {
    const { id, callId } = await leftDialling();
    const dialling = await becomes(id, { call_sid: await sidOf(1) });
    expect(dialling).toMatchObject({ status: 'dialing', call_id: callId, attempts: 1 });
    await ended(0, String(dialling['call_sid']));
    await becomes(id, { status: 'failed', call_status: 'no-answer' });
    expect((await attempts(id)).body).toMatchObject([{ number: 1, call_id: callId, outcome: 'no_answer' }]);
    expect(twilio.creates).toHaveLength(1);
  });

  it('between the intent and the asking is dialled once, by an attempt of its own', async () => {
    const { id, callId } = await leftDialling({ check: '1 hour' });
    await leftCall(callId, 'intended');
    await sql('UPDATE scheduled_calls SET check_at = clock_timestamp() WHERE id = $1', [id]);
    await becomes(id, { status: 'scheduled' });
    await makeDue(id);
    await becomes(id, { call_sid: await sidOf(1) });
    expect((await attempts(id)).body).toMatchObject([
      { number: 1, call_id: callId, outcome: 'not_dialled', call_sid: null },
      { number: 2, outcome: null },
    ]);
    expect(twilio.creates).toHaveLength(1);
  });

  it.each([null, 'intended', 'asked'] as const)(
    'and that is too late by now is not dialled (%s)',
    async (dialState) => {
      const { id, callId } = await leftDialling({ check: '1 hour' });
      if (dialState !== null) await leftCall(callId, dialState);
      await sql(
        `UPDATE dial_pace SET gone_at = clock_timestamp() - interval '30 minutes', resumed_at = clock_timestamp()`,
      );
      await sql(
        `UPDATE scheduled_calls SET due_at = clock_timestamp() - interval '20 minutes', check_at = clock_timestamp() WHERE id = $1`,
        [id],
      );
      if (dialState === 'asked') await server.app.get(DialSettlement).settle(later());
      expect(await becomes(id, { status: 'failed' })).toMatchObject({
        last_error: expect.stringContaining('No server was running') as string,
      });
      expect(twilio.creates).toHaveLength(0);
    },
  );

  it.each([null, 'intended'] as const)('and that may not start any more is not dialled (%s)', async (dialState) => {
    const { id, callId } = await leftDialling({ check: '1 hour' });
    if (dialState !== null) await leftCall(callId, dialState);
    await client.post('/do-not-call', { phone_number: number }, { token: user.token });
    await sql('UPDATE scheduled_calls SET check_at = clock_timestamp() WHERE id = $1', [id]);
    if (dialState !== null) {
      await becomes(id, { status: 'scheduled' });
      await makeDue(id);
    }
    expect(await becomes(id, { status: 'blocked' })).toMatchObject({
      last_error: 'This number is on your do-not-call list.',
    });
    expect(twilio.creates).toHaveLength(0);
  });

  it('while Twilio was asked is dialled again when Twilio does not have the call', async () => {
    const { id, callId } = await leftAsked();
    await server.app.get(DialSettlement).settle(later());
    const waiting = await becomes(id, { status: 'scheduled' });
    expect(waiting).toMatchObject({ attempts: 1, last_error: 'Twilio has no such call: it was not dialled.' });
    expect(twilio.creates).toHaveLength(0);
    await makeDue(id);
    await becomes(id, { call_sid: await sidOf(1) });
    expect((await attempts(id)).body).toMatchObject([
      { number: 1, call_id: callId, outcome: 'not_dialled', call_sid: null },
      { number: 2, outcome: null },
    ]);
    expect(twilio.creates).toHaveLength(1);
  });

  it('while Twilio was asked is bound to the call that Twilio has, and not dialled again', async () => {
    const { id, callId } = await leftAsked();
    const sid = aCallSid();
    twilio.calls.set(sid, aCallResource(sid, number, FROM, { status: 'no-answer' }));
    await server.app.get(DialSettlement).settle(later());
    expect(await becomes(id, { status: 'failed' })).toMatchObject({ call_id: callId, call_sid: sid, attempts: 1 });
    expect((await attempts(id)).body).toMatchObject([{ number: 1, call_sid: sid, outcome: 'no_answer' }]);
    expect(twilio.creates).toHaveLength(0);
  });

  it('while Twilio was asked shows as unknown for as long as Twilio does not say', async () => {
    const { id } = await leftAsked();
    twilio.readStatus = 500;
    await server.app.get(DialSettlement).settle(later());
    await sql('UPDATE scheduled_calls SET check_at = clock_timestamp() WHERE id = $1', [id]);
    await becomes(id, { status: 'outcome_unknown' });
    expect(twilio.creates).toHaveLength(0);
  });
});

describe('a process that was away for too long', () => {
  it('cannot make the call that another one has taken over', async () => {
    const id = await scheduled();
    const scenarios = server.app.get(ScenariosService);
    const resolveAgent = scenarios.resolveAgent.bind(scenarios);
    let wakeUp = () => {};
    const asleep = new Promise<void>((resolve) => (wakeUp = resolve));
    const isThere = new Promise<void>((there) => {
      jest.spyOn(scenarios, 'resolveAgent').mockImplementationOnce(async (...args) => {
        there();
        await asleep;
        return resolveAgent(...args);
      });
    });
    await makeDue(id);
    await isThere;
    await sql('UPDATE scheduled_calls SET claim = $2::uuid WHERE id = $1', [id, randomUUID()]);
    const { body: before } = await shown(id);
    const intend = jest.spyOn(server.app.get(DialAttempts), 'intend');
    wakeUp();
    await until(
      async () => intend.mock.results.length,
      (there) => there === 1,
    );
    const lost: unknown = await (intend.mock.results[0]?.value as Promise<unknown>).catch((error: unknown) => error);
    expect((lost as Error).constructor.name).toBe('ClaimLost');
    expect(await sql('SELECT id FROM calls')).toEqual([]);
    expect(twilio.creates).toHaveLength(0);
    expect((await shown(id)).body).toEqual(before);
    // Whoever has it now is gone as well, and the next one goes on.
    await sql('UPDATE scheduled_calls SET check_at = clock_timestamp() WHERE id = $1', [id]);
    const after = await becomes(id, { call_sid: await sidOf(1) });
    expect(after).toMatchObject({ call_id: before['call_id'], attempts: 1 });
    expect(await sql('SELECT id FROM calls')).toEqual([{ id: before['call_id'] }]);
    expect(twilio.creates).toHaveLength(1);
  });
});

/** Of the call that Twilio has made last, once it was asked so often. */
async function sidOf(count: number): Promise<string | undefined> {
  await dialled(count);
  return [...twilio.calls.keys()].at(-1);
}
