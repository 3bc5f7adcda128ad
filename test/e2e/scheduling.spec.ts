import { DialSettlement } from '../../src/calls/dial-settlement.service';
import { ScheduledCallHandover } from '../../src/scheduling/scheduled-call-handover.service';
import { api, ApiAnswer, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ScriptedTwilio, webhook } from '../support/scripted-twilio';
import { until } from '../support/until';

let twilio: ScriptedTwilio;
let server: StartedApp;
let client: ReturnType<typeof api>;
let user: SignedUp;

beforeAll(async () => {
  twilio = await ScriptedTwilio.start();
  server = await startApp({ env: { ...twilio.env, DIAL_RATE_PER_SECOND: '1000' } });
  client = api(server.url);
});
beforeEach(async () => {
  twilio.reset();
  user = await signUp(server.url);
});
afterAll(async () => {
  await server.close();
  await twilio.close();
});

type Body = Record<string, unknown>;

const NUMBER = '+12025550100';
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
const TOMORROW = inSeconds(24 * 3600);

const schedule = (body: Body = {}, more: { headers?: Record<string, string>; token?: string } = {}) =>
  client.post(
    '/schedule-call',
    { phone_number: NUMBER, scenario: 'sales', scheduled_time: TOMORROW, ...body },
    {
      token: user.token,
      ...more,
    },
  );
const shown = (id: unknown) => client.get(`/scheduled-calls/${String(id)}`, { token: user.token });
const attempts = (id: unknown) => client.get<Body[]>(`/scheduled-calls/${String(id)}/attempts`, { token: user.token });
const list = (query = '') => client.get<Body[]>(`/scheduled-calls${query}`, { token: user.token });
const becomes = (id: unknown, status: string) =>
  until(
    () => shown(id).then(({ body }) => body),
    (body) => body['status'] === status,
    { what: status },
  );
/** Time passes for this one. */
const makeDue = async (id: unknown, ago = '0 seconds') => {
  await server.sql(user.userId, `UPDATE scheduled_calls SET due_at = clock_timestamp() - $2::interval WHERE id = $1`, [
    id,
    ago,
  ]);
  server.app.get(ScheduledCallHandover).callForOne();
};
const creates = (to = NUMBER) => twilio.creates.filter(({ form }) => form.get('To') === to);
const tell = (fields: Record<string, string>, at = creates().length - 1): Promise<ApiAnswer> => {
  const form = creates()[at]?.form;
  const attempt = new URL(form?.get('StatusCallback') ?? '').searchParams.get('attempt') ?? '';
  const sid = [...twilio.calls.keys()][at] ?? '';
  return webhook(server, `/call-status?attempt=${attempt}`, { CallSid: sid, SequenceNumber: '9', ...fields });
};

describe('scheduling a call', () => {
  it('answers with the row', async () => {
    const { status, body } = await schedule();
    expect(status).toBe(201);
    expect(body).toMatchObject({
      phone_number: NUMBER,
      scenario: 'sales',
      scheduled_time: TOMORROW,
      status: 'scheduled',
      user_id: user.userId,
      timezone: 'UTC',
      next_attempt_at: TOMORROW,
      attempts: 0,
      call_sid: null,
      last_error: null,
    });
    expect((await shown(body['id'])).body).toEqual(body);
  });

  it.each([
    ['a time that is over', { scheduled_time: '2024-01-15T14:00:00Z' }, 400, 'Cannot schedule calls in the past'],
    ['an unknown scenario', { scenario: 'nothing' }, 400, 'Invalid scenario. Must be one of: '],
    ["somebody else's scenario", { scenario: 'custom_999_1' }, 404, 'Custom scenario not found'],
    ['what is no number', { phone_number: 'abc' }, 400, 'Invalid phone number'],
    ['an emergency number', { phone_number: '911' }, 403, ''],
    ['what is no time', { scheduled_time: 'tomorrow' }, 422, 'scheduled_time must be a time'],
    ['a day that is not there', { scheduled_time: '2027-02-29T10:00:00' }, 422, 'scheduled_time must be a time'],
    ['a time zone in the time', { scheduled_time: '2027-01-15T09:00:00+01:00[Europe/Berlin]' }, 422, 'scheduled_time'],
    ['a rule that never comes', { recurrence: 'FREQ=YEARLY;INTERVAL=999999' }, 422, 'The recurrence cannot have'],
    ['what is no time zone', { timezone: 'Mars/Olympus' }, 422, ''],
    ['a time in a hundred years', { scheduled_time: '2126-01-15T14:00:00Z' }, 422, 'scheduled_time must be within'],
    ['what is no rule', { recurrence: 'every Monday' }, 422, 'The recurrence must look like'],
    ['a field that nobody knows', { when: 'now' }, 422, ''],
  ])('refuses %s', async (_, body, status, detail) => {
    const answer = await schedule(body);
    expect(answer.status).toBe(status);
    expect(String(answer.body['detail'])).toContain(detail);
    expect((await list()).body).toEqual([]);
  });

  it('refuses what the do-not-call list forbids', async () => {
    await client.post('/do-not-call', { phone_number: NUMBER }, { token: user.token });
    const { status, body } = await schedule();
    expect([status, body['code']]).toEqual([403, 'do_not_call']);
  });

  it('reads a time without an offset by the clock of its owner', async () => {
    await client.patch('/users/me', { timezone: 'Europe/Berlin' }, { token: user.token });
    const { body } = await schedule({ scheduled_time: '2027-07-01T09:00:00' });
    expect(body).toMatchObject({
      scheduled_time: '2027-07-01T07:00:00.000Z',
      timezone: 'Europe/Berlin',
      local_time: '2027-07-01T09:00:00',
    });
  });

  it('says what a change of the clocks makes of a time', async () => {
    const { body } = await schedule({ scheduled_time: '2027-03-28T02:30:00', timezone: 'Europe/Berlin' });
    expect(body).toMatchObject({ scheduled_time: '2027-03-28T01:30:00.000Z', local_time: '2027-03-28T03:30:00' });
    expect(body['note']).toContain('go forward');
  });

  it('gives the same answer for the same Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    const [first, second] = [await schedule({}, { headers }), await schedule({}, { headers })];
    expect(second.body).toEqual(first.body);
    expect((await list()).body).toHaveLength(1);
  });
});

describe('the list', () => {
  it('is sorted, filtered, counted and its owner’s alone', async () => {
    const times = ['2027-05-03T10:00:00Z', '2027-05-01T10:00:00Z', '2027-05-02T10:00:00Z'];
    for (const [at, scheduled_time] of times.entries()) {
      await schedule({ scheduled_time, phone_number: `+1202555010${at}`, scenario: at === 0 ? 'support' : 'sales' });
    }
    const days = ({ body }: ApiAnswer<Body[]>) => body.map((row) => String(row['scheduled_time']).slice(8, 10));
    const page = await list('?limit=2');
    expect([days(page), page.headers.get('x-total-count')]).toEqual([['01', '02'], '3']);
    expect(days(await list('?limit=2&offset=2'))).toEqual(['03']);
    expect(days(await list('?order=desc'))).toEqual(['03', '02', '01']);
    expect(days(await list('?scenario=support'))).toEqual(['03']);
    expect(days(await list('?from=2027-05-02&to=2027-05-02'))).toEqual(['02']);
    expect(days(await list('?q=0101'))).toEqual(['01']);
    expect(days(await list('?status=canceled'))).toEqual([]);
    expect((await list('?status=nonsense')).status).toBe(422);
    const other = await signUp(server.url);
    expect((await client.get('/scheduled-calls', { token: other.token })).body).toEqual([]);
  });

  it('hides one user’s calls from another', async () => {
    const { body } = await schedule();
    const { token } = await signUp(server.url);
    const path = `/scheduled-calls/${String(body['id'])}`;
    for (const answer of [
      await client.get(path, { token }),
      await client.get(`${path}/attempts`, { token }),
      await client.put(path, { scenario: 'support' }, { token }),
      await client.delete(path, { token }),
      await client.get('/scheduled-calls/999999999', { token }),
    ]) {
      expect([answer.status, answer.body['detail']]).toEqual([404, 'Scheduled call not found']);
    }
  });
});

describe('moving and canceling', () => {
  it('changes what is given and keeps the rest', async () => {
    const { body } = await schedule({ variables: { name: 'Sam' }, retry: { max_attempts: 2 } });
    const moved = await client.put(
      `/scheduled-calls/${String(body['id'])}`,
      { scheduled_time: '2027-09-01T10:00:00Z' },
      { token: user.token },
    );
    expect(moved.status).toBe(200);
    expect(moved.body).toMatchObject({
      scheduled_time: '2027-09-01T10:00:00.000Z',
      next_attempt_at: '2027-09-01T10:00:00.000Z',
      variables: { name: 'Sam' },
      retry: { max_attempts: 2, delay_minutes: 15, on: ['busy', 'no_answer'] },
      scenario: 'sales',
    });
    const changed = await client.put(
      `/scheduled-calls/${String(body['id'])}`,
      { scenario: 'support', retry: null },
      { token: user.token },
    );
    expect(changed.body).toMatchObject({
      scenario: 'support',
      retry: null,
      scheduled_time: '2027-09-01T10:00:00.000Z',
    });
  });

  it.each([
    [{ scheduled_time: '2024-01-15T14:00:00Z' }, 400, 'Cannot schedule calls in the past'],
    [{ scenario: 'nothing' }, 400, 'Invalid scenario'],
    [{ phone_number: 'abc' }, 400, 'Invalid phone number'],
    [{}, 422, ''],
  ])('refuses %j and changes nothing', async (change, status, detail) => {
    const { body } = await schedule();
    const answer = await client.put(`/scheduled-calls/${String(body['id'])}`, change, { token: user.token });
    expect(answer.status).toBe(status);
    expect(String(answer.body['detail'])).toContain(detail);
    expect((await shown(body['id'])).body).toEqual(body);
  });

  it('cancels, twice without harm, and it stays in the list', async () => {
    const { body } = await schedule();
    const path = `/scheduled-calls/${String(body['id'])}`;
    expect((await client.delete(path, { token: user.token })).status).toBe(204);
    expect((await client.delete(path, { token: user.token })).status).toBe(204);
    expect((await shown(body['id'])).body).toMatchObject({ status: 'canceled', next_attempt_at: null });
    expect((await client.put(path, { scenario: 'support' }, { token: user.token })).status).toBe(409);
  });
});

describe('dialling', () => {
  it('dials at its time, once, and follows the call to its end', async () => {
    const { body } = await schedule({
      scheduled_time: inSeconds(1.5),
      variables: { name: 'Sam' },
      metadata: { crm: 7 },
    });
    const dialing = await becomes(body['id'], 'dialing');
    await until(
      async () => creates().length,
      (count) => count === 1,
    );
    const lateMs = Date.now() - Date.parse(String(body['scheduled_time']));
    expect(lateMs).toBeGreaterThan(0);
    expect(dialing).toMatchObject({ attempts: 1, next_attempt_at: null });
    const withSid = await until(
      () => shown(body['id']),
      (answer) => answer.body['call_sid'] !== null,
    );
    const call = await client.get(`/calls/${String(withSid.body['call_sid'])}`, { token: user.token });
    expect(call.body).toMatchObject({ variables: { name: 'Sam' }, metadata: { crm: 7 }, scenario_name: 'sales' });
    expect((await client.delete(`/scheduled-calls/${String(body['id'])}`, { token: user.token })).status).toBe(409);
    await tell({ CallStatus: 'completed', CallDuration: '42' });
    expect(await becomes(body['id'], 'completed')).toMatchObject({ last_error: null, call_status: 'completed' });
    expect((await attempts(body['id'])).body).toMatchObject([
      { number: 1, outcome: 'completed', error: null, call_duration: 42 },
    ]);
    expect(creates()).toHaveLength(1);
  });

  it('is dialled again after busy, as often as was asked for', async () => {
    const { body } = await schedule({ retry: { max_attempts: 2, delay_minutes: 5, on: ['busy'] } });
    await makeDue(body['id']);
    await until(
      async () => creates().length,
      (count) => count === 1,
    );
    await becomes(body['id'], 'dialing');
    await tell({ CallStatus: 'busy' });
    const waiting = await becomes(body['id'], 'scheduled');
    expect(waiting).toMatchObject({ attempts: 1, last_error: 'The line was busy.' });
    const inMs = Date.parse(String(waiting['next_attempt_at'])) - Date.now();
    expect(inMs).toBeGreaterThan(4 * 60_000);
    await makeDue(body['id']);
    await until(
      async () => creates().length,
      (count) => count === 2,
    );
    await becomes(body['id'], 'dialing');
    await tell({ CallStatus: 'busy' });
    expect(await becomes(body['id'], 'failed')).toMatchObject({ attempts: 2, last_error: 'The line was busy.' });
    expect((await attempts(body['id'])).body).toMatchObject([{ outcome: 'busy' }, { outcome: 'busy' }]);
  });

  it('is not dialled when the server comes back too late, unless that was asked for', async () => {
    const [skipped, run] = [await schedule(), await schedule({ if_late: 'run', phone_number: '+12025550199' })];
    await server.sql(
      user.userId,
      `UPDATE dial_pace SET gone_at = clock_timestamp() - interval '30 minutes', resumed_at = clock_timestamp()`,
    );
    await makeDue(skipped.body['id'], '20 minutes');
    await makeDue(run.body['id'], '20 minutes');
    expect(await becomes(skipped.body['id'], 'failed')).toMatchObject({
      attempts: 0,
      last_error: expect.stringContaining('No server was running') as string,
    });
    await until(
      async () => creates('+12025550199').length,
      (count) => count === 1,
    );
    expect(creates()).toHaveLength(0);
  });

  it('ends as blocked when it may not start any more', async () => {
    const { body } = await schedule();
    await client.post('/do-not-call', { phone_number: NUMBER }, { token: user.token });
    await makeDue(body['id']);
    expect(await becomes(body['id'], 'blocked')).toMatchObject({
      attempts: 0,
      last_error: 'This number is on your do-not-call list.',
    });
    expect(creates()).toHaveLength(0);
  });

  it('fails when its scenario is gone', async () => {
    const made = await client.post(
      '/realtime/custom-scenario',
      { persona: 'A helpful person', prompt: 'Help whoever calls.', temperature: 0.7, voice_type: 'warm_engaging' },
      { token: user.token },
    );
    const scenario = String(made.body['scenario_id']);
    const { body } = await schedule({ scenario });
    await client.delete(`/custom-scenarios/${scenario}`, { token: user.token });
    await makeDue(body['id']);
    expect(await becomes(body['id'], 'failed')).toMatchObject({ last_error: 'Custom scenario not found' });
  });

  it('waits while Twilio cannot be asked, and is dialled once it can', async () => {
    twilio.onCreate = () => ({ kind: 'error', status: 429, code: 20429 });
    const { body } = await schedule();
    await makeDue(body['id']);
    const waiting = await until(
      () => shown(body['id']).then((answer) => answer.body),
      (row) => row['status'] === 'scheduled' && row['attempts'] === 1,
    );
    expect(waiting['last_error']).not.toBeNull();
    twilio.onCreate = () => ({ kind: 'created' });
    await makeDue(body['id']);
    await becomes(body['id'], 'dialing');
    expect((await attempts(body['id'])).body).toMatchObject([{ outcome: 'not_dialled' }, { outcome: null }]);
  });

  it('fails with what Twilio says of a number', async () => {
    twilio.onCreate = () => ({ kind: 'error', status: 400, code: 21211, message: 'Invalid phone number' });
    const { body } = await schedule();
    await makeDue(body['id']);
    const failed = await becomes(body['id'], 'failed');
    expect(String(failed['last_error'])).toContain('Invalid phone number');
  });

  it('shows what is not known, and never dials it blindly', async () => {
    twilio.onCreate = () => ({ kind: 'hang-up', isDone: true });
    const { body } = await schedule();
    await makeDue(body['id']);
    await becomes(body['id'], 'outcome_unknown');
    expect(creates()).toHaveLength(1);
    // Its callback tells after all.
    await tell({ CallStatus: 'completed', CallDuration: '7' });
    await becomes(body['id'], 'completed');
    expect(creates()).toHaveLength(1);
  });

  it.each([-120_000, 120_000])('finds its call in Twilio’s list when their clocks differ by %i ms', async (aheadMs) => {
    twilio.clockAheadMs = aheadMs;
    twilio.onCreate = () => ({ kind: 'hang-up', isDone: true });
    const { body } = await schedule();
    await makeDue(body['id']);
    await becomes(body['id'], 'outcome_unknown');
    for (const inSeconds of [40, 200]) {
      await server.app.get(DialSettlement).settle(new Date(Date.now() + inSeconds * 1000));
    }
    const [sid] = twilio.calls.keys();
    await until(
      () => shown(body['id']),
      (answer) => answer.body['call_sid'] === sid,
    );
    expect(creates()).toHaveLength(1);
  });
});
