import { DEMO_USER } from '../../src/demo-user';
import { AccountsService } from '../../src/auth/accounts.service';
import { FeedbackMail } from '../../src/calls/feedback-mail.service';
import { PhoneNumbers } from '../../src/calls/phone-numbers.service';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { PhoneCall, startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** Somebody rings one of our numbers: what they hear, and what is written down of it. */

const NUMBER = '+12025550000';
const CALLER = '+12025550142';

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, DEMO_DURATION_SECONDS: '20', MAX_CONCURRENT_CALLS: '3' } });
  await server.app.get(AccountsService).ensureDemoUser(DEMO_USER);
  await server.app.get(PhoneNumbers).setUpPlatformNumber();
});
beforeEach(async () => {
  await sandbox.noFaults();
  user = await signUp(server.url);
});
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

type Body = Record<string, unknown>;
const client = () => api(server.url);
const claim = (body: Body = {}, token = user.token) =>
  client().post<Body & { id: number }>(
    '/phone-numbers',
    { phone_number: NUMBER, scenario: 'receptionist', ...body },
    { token },
  );
const release = (id: number) => client().delete(`/phone-numbers/${id}`, { token: user.token });
const callOf = (sid: string, token = user.token) => client().get<Body>(`/calls/${sid}`, { token });
const ended = (sid: string) =>
  until(
    () => sandbox.call(sid),
    ({ status }) => status === 'completed' || status === 'busy' || status === 'failed',
    { what: 'the end of the call', withinMs: 60_000 },
  );
const heardOn = (sid: string, words: RegExp) =>
  until(
    () => sandbox.call(sid),
    (call) => words.test(told(call)),
    { what: String(words), withinMs: 30_000 },
  );
const told = ({ heard }: PhoneCall) => heard.map(({ text }) => text).join(' ');

describe('a number that somebody has claimed', () => {
  it('is answered by the agent of its scenario, at once', async () => {
    const { body, status } = await claim({ label: 'Front desk' });
    expect([status, body]).toMatchObject([
      201,
      { phone_number: NUMBER, scenario: 'receptionist', mode: 'agent', label: 'Front desk', problem: null },
    ]);
    try {
      const sid = await sandbox.ring({ from: CALLER, to: NUMBER, says: ['Hello, when are you open?'] });
      await heardOn(sid, /automated assistant/);
      const live = await until(
        () => callOf(sid),
        (answer) => answer.body['status'] === 'in-progress',
        { what: 'the call in the list' },
      );
      expect(live.body).toMatchObject({
        direction: 'inbound',
        phone_number: CALLER,
        from_number: NUMBER,
        scenario_name: 'receptionist',
        dial_state: 'placed',
        answered_at: expect.any(String) as string,
      });
      await api(sandbox.url).post(`/sandbox/calls/${sid}/hangup`, {});
      const over = await until(
        () => callOf(sid),
        (answer) => answer.body['status'] === 'completed',
        { what: 'the end' },
      );
      expect(over.body).toMatchObject({ ended_reason: 'customer_hung_up' });
      expect(JSON.stringify(over.body['transcript'])).toMatch(/automated assistant/);
      // Of another user it is not there.
      const other = await signUp(server.url);
      expect((await callOf(sid, other.token)).status).toBe(404);
    } finally {
      await release(body.id);
    }
  });

  it('belongs to one, who is asked for by its number alone', async () => {
    const { body } = await claim();
    const other = await signUp(server.url);
    try {
      expect((await claim({}, other.token)).body).toMatchObject({ status: 409, code: 'phone_number.taken' });
      for (const [method, path] of [
        ['put', `/phone-numbers/${body.id}`],
        ['delete', `/phone-numbers/${body.id}`],
      ] as const) {
        const answer = await (method === 'put'
          ? client().put(path, { mode: 'demo' }, { token: other.token })
          : client().delete(path, { token: other.token }));
        expect([answer.status, answer.body]).toMatchObject([404, { code: 'phone_number.not_found' }]);
      }
      expect((await client().get('/phone-numbers', { token: other.token })).body).toEqual([]);
      const changed = await client().put(
        `/phone-numbers/${body.id}`,
        { mode: 'demo', record: false },
        { token: user.token },
      );
      expect(changed.body).toMatchObject({ mode: 'demo', record: false, scenario: 'receptionist' });
    } finally {
      await release(body.id);
    }
  });

  it.each<[Body, number, string]>([
    [{ phone_number: '12' }, 400, 'call.invalid_phone_number'],
    [{ phone_number: '+12025550199' }, 400, 'phone_number.not_in_account'],
    [{ scenario: 'nothing_such' }, 400, 'scenario.invalid'],
    [{ scenario: 'custom_1_1' }, 404, 'scenario.not_found'],
    [{ mode: 'both' }, 422, 'request.invalid'],
  ])('cannot be claimed with %j', async (wrong, status, code) => {
    const answer = await claim(wrong);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });

  it('is one that users may claim', async () => {
    const fenced = await startApp({ env: { ...sandbox.env, CLAIMABLE_NUMBERS: '+12025550009' } });
    try {
      const { token } = await signUp(fenced.url);
      const wanted = { phone_number: NUMBER, scenario: 'receptionist' };
      const { status, body } = await api(fenced.url).post('/phone-numbers', wanted, { token });
      expect([status, body]).toMatchObject([403, { code: 'phone_number.not_claimable' }]);
    } finally {
      await fenced.close();
    }
  });

  it('tells what keeps it from being answered, and mends it', async () => {
    const { body } = await claim();
    try {
      const verify = (repair?: boolean) =>
        client().post<{ ok: boolean; problems: { code: string; detail: string }[] }>(
          `/phone-numbers/${body.id}/verify${repair === undefined ? '' : `?repair=${repair}`}`,
          undefined,
          { token: user.token },
        );
      expect((await verify()).body).toEqual({ ok: true, problems: [] });
      const { TWILIO_ACCOUNT_SID: account, TWILIO_AUTH_TOKEN: token } = sandbox.env;
      const basic = { authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}` };
      const path = `/2010-04-01/Accounts/${account}/IncomingPhoneNumbers`;
      const numbers = await api(sandbox.url).get<{ incoming_phone_numbers: { sid: string; phone_number: string }[] }>(
        `${path}.json`,
        { headers: basic },
      );
      const sid = numbers.body.incoming_phone_numbers.find(({ phone_number: e164 }) => e164 === NUMBER)?.sid;
      await api(sandbox.url).post(
        `${path}/${sid}.json`,
        new URLSearchParams({ VoiceUrl: 'https://old.example.com/incoming-call', StatusCallback: '' }),
        { headers: basic },
      );
      const wrong = await verify();
      expect(wrong.body.problems.map(({ code }) => code)).toEqual(['wrong_voice_url', 'wrong_status_callback']);
      expect(wrong.body.problems[0]?.detail).toContain('https://old.example.com/incoming-call');
      expect((await verify(true)).body).toEqual({ ok: true, problems: [] });
    } finally {
      await release(body.id);
    }
  });

  it('says so where its owner has too many calls, or its scenario is gone', async () => {
    const scenario = await client().post<{ scenario_id: string }>(
      '/realtime/custom-scenario',
      {
        persona: 'You are Mia, who answers for a bike shop.',
        prompt: 'Find out what the caller needs.',
        voice_type: 'warm_engaging',
        temperature: 0.7,
      },
      { token: user.token },
    );
    const { body } = await claim({ scenario: scenario.body.scenario_id });
    try {
      await client().delete(`/custom-scenarios/${scenario.body.scenario_id}`, { token: user.token });
      const gone = await sandbox.ring({ from: CALLER, to: NUMBER });
      expect(told(await ended(gone))).toMatch(/cannot be taken/);
      await client().put(`/phone-numbers/${body.id}`, { scenario: 'receptionist' }, { token: user.token });
      await server.sql(
        user.userId,
        `INSERT INTO calls (id, user_id, dial_state, direction, status, phone_number, from_number, scenario_name, agent, max_duration_seconds)
         SELECT gen_random_uuid(), ${user.userId}, 'placed', 'outbound', 'in-progress', '+12025550111', '${NUMBER}', 'sales', '{}', 60
         FROM generate_series(1, 3)`,
      );
      const sid = await sandbox.ring({ from: CALLER, to: NUMBER });
      expect(told(await ended(sid))).toMatch(/all lines are busy/);
      const refused = await until(
        () => callOf(sid),
        (answer) => answer.body['status'] === 'completed',
        { what: 'the refused call' },
      );
      expect(refused.body).toMatchObject({ ended_reason: 'budget', direction: 'inbound' });
    } finally {
      await release(body.id);
    }
  });
});

describe('the demo of a number that nobody has claimed', () => {
  const sessionOf = async (sid: string) =>
    (await client().get<Body>(`/call-status?callSid=${sid}`)).body['session_id'] as string;

  it('welcomes, begins with any key, and ends politely at its limit; then people say what they think', async () => {
    const sid = await sandbox.ring({ from: CALLER, to: NUMBER, digits: '5' });
    const session = await until(
      () => sessionOf(sid),
      (id) => typeof id === 'string',
      { what: 'the session' },
    );
    const running = await until(
      () => client().get<Body>(`/api/validate-session/${session}`),
      (answer) => answer.body['expires_at'] !== null,
      { what: 'the conversation', withinMs: 30_000 },
    );
    expect(running.body).toMatchObject({ valid: true, session_id: session, status: 'in-progress' });
    expect(running.body['seconds_remaining']).toBeGreaterThan(0);
    expect(running.body['seconds_remaining']).toBeLessThanOrEqual(20);
    const said = told(await ended(sid));
    expect(said).toMatch(/press any key/i);
    expect(said).toMatch(/automated assistant speaking/);
    expect(said).toMatch(/time for this call is up/);
    const over = await until(
      () => client().get<Body>(`/call-status?callSid=${sid}`),
      (answer) => answer.body['status'] === 'completed',
      { what: 'the end' },
    );
    expect(over.body).toEqual({
      call_sid: sid,
      status: 'completed',
      call_duration: expect.any(Number) as number,
      session_id: session,
    });
    expect((await client().get(`/api/validate-session/${session}`)).body).toMatchObject({
      valid: false,
      seconds_remaining: 0,
    });
    const demoUser = await client().post<{ access_token: string }>('/auth/login', {
      email: DEMO_USER.email,
      password: DEMO_USER.password,
    });
    expect((await callOf(sid, demoUser.body.access_token)).body).toMatchObject({
      ended_reason: 'demo_limit',
      max_duration_seconds: 20,
    });

    const say = (body: Body) => client().post('/api/feedback', { session_id: session, rating: 5, ...body });
    // Twice where the answer is lost, and once in the mailbox.
    await sandbox.fault('mail', 'lose_answer');
    expect((await say({ message: 'It understood me at once.' })).body).toMatchObject({
      rating: 5,
      session_id: session,
    });
    expect((await say({})).body).toMatchObject({ status: 409, code: 'feedback.given' });
    const mails = await until(
      async () => (await api(sandbox.url).get<{ to: string[]; subject: string; text: string }[]>('/sandbox/mail')).body,
      ({ length }) => length > 0,
      { what: 'the mail' },
    );
    expect(mails).toMatchObject([{ to: ['feedback@example.com'], subject: 'Feedback on a demo call: 5 of 5' }]);
    expect(mails[0]?.text).toContain('It understood me at once.');
    // The answer was lost, so it is sent again, and arrives once.
    const owner = (await client().get<{ id: number }>('/users/me', { token: demoUser.body.access_token })).body.id;
    const mailed = () => server.sql<{ mailed_at: string | null }>(owner, 'SELECT mailed_at FROM feedback');
    await until(
      () => server.sql<{ mail_error: string | null }>(owner, 'SELECT mail_error FROM feedback'),
      ([row]) => row?.mail_error !== null,
      { what: 'the lost answer' },
    );
    await server.app.get(FeedbackMail).mailAll(new Date(Date.now() + 60_000));
    expect((await mailed())[0]?.mailed_at).not.toBeNull();
    expect((await api(sandbox.url).get<object[]>('/sandbox/mail')).body).toHaveLength(1);
  }, 90_000);

  it('ends in words where no key is pressed', async () => {
    const sid = await sandbox.ring({ from: '+12025550106', to: NUMBER });
    const call = await ended(sid);
    expect(told(call).match(/press any key/gi)).toHaveLength(2);
    expect(told(call)).toMatch(/no key was pressed/i);
    const demoUser = await client().post<{ access_token: string }>('/auth/login', {
      email: DEMO_USER.email,
      password: DEMO_USER.password,
    });
    const kept = await until(
      () => callOf(sid, demoUser.body.access_token),
      (answer) => answer.body['status'] === 'completed',
      { what: 'the end' },
    );
    expect(kept.body).toMatchObject({ ended_reason: 'silence' });
  }, 60_000);

  it('is asked about by ids that cannot be guessed', async () => {
    const unknown = '/api/validate-session/6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1';
    expect((await client().get(unknown)).body).toMatchObject({ status: 404, code: 'session.not_found' });
    expect((await client().get('/api/validate-session/made-up')).status).toBe(404);
    expect((await client().get(`/call-status?callSid=CA${'0'.repeat(32)}`)).status).toBe(404);
    expect((await client().get('/call-status')).status).toBe(422);
    const feedback = { session_id: 'made-up', rating: 3 };
    expect((await client().post('/api/feedback', feedback)).body).toMatchObject({ code: 'session.not_found' });
    expect((await client().post('/api/feedback', { ...feedback, rating: 6 })).status).toBe(422);
  });

  it('answers nobody whose request Twilio has not signed', async () => {
    for (const path of ['/incoming-call', '/demo-start']) {
      const answer = await client().post(path, new URLSearchParams({ CallSid: `CA${'1'.repeat(32)}`, To: NUMBER }));
      expect([answer.status, answer.body]).toMatchObject([403, { code: 'webhook.bad_signature' }]);
    }
  });
});
