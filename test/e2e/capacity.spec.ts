import { Capacity } from '../../src/common/capacity';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ring } from '../support/live-call';
import { PhoneCall, startTestSandbox, TestSandbox } from '../support/sandbox';
import { ScriptedTwilio, webhook } from '../support/scripted-twilio';
import { until } from '../support/until';

/** Above capacity new calls are refused in words, and the calls under way do not notice. */

const FULL_SENTENCE = 'The server is carrying as many calls as it can. Please try again in a minute.';

const healthOf = async (server: StartedApp) =>
  (await api(server.url).get<{ status: string; checks: { capacity: Record<string, unknown> } }>('/health')).body;
const capacityOf = async (server: StartedApp) => (await healthOf(server)).checks.capacity;

/** The instances of one deployment share their key. */
const SECRET_KEY = 'the secret key of every app of this spec';

describe('a server that carries as many calls as it may', () => {
  let sandbox: TestSandbox;
  let server: StartedApp;
  let user: SignedUp;

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    server = await startApp({ env: { ...sandbox.env, SECRET_KEY, MAX_LIVE_CALLS: '1' } });
    user = await signUp(server.url);
  });
  afterAll(async () => {
    await server.close();
    await sandbox.close();
  });

  const hangUp = (callId: string) => api(server.url).post(`/calls/${callId}/hangup`, undefined, { token: user.token });

  it('refuses another one in words, leaves the first alone, and takes the next when that is over', async () => {
    const client = api(server.url);
    const { token } = await signUp(server.url);
    const first = await ring(server, user, '+12025550110');
    const refusals = [await client.get('/make-call/+12025550111/sales', { token })];
    await first.until(({ transcript }) => transcript.length > 0, 'a first turn');

    const body = { phone_number: '+12025550111', scenario: 'sales' };
    const another = () => client.post('/calls', body, { token, headers: { 'idempotency-key': 'one-more' } });
    refusals.push(await another());
    for (const { status, headers, body: problem } of refusals) {
      expect(status).toBe(503);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(headers.get('retry-after')).toBe('60');
      expect(problem).toMatchObject({
        code: 'capacity_full',
        detail: FULL_SENTENCE,
        reasons: [{ code: 'capacity_full', detail: FULL_SENTENCE }],
        earliest_at: null,
      });
    }
    expect((await client.post('/calls/check', body, { token })).body).toEqual({
      allowed: false,
      reasons: [{ code: 'capacity_full', detail: FULL_SENTENCE }],
      earliest_at: null,
    });
    expect(await capacityOf(server)).toMatchObject({ status: 'full', live_calls: 1, max_live_calls: 1 });
    expect((await healthOf(server)).status).toBe('ok');
    expect((await client.get('/health/ready')).status).toBe(200);

    // Nothing was written and nobody was rung.
    expect((await client.get('/calls', { token })).body).toEqual([]);
    expect(await sandbox.calls()).toHaveLength(1);
    const { length } = (await first.now()).transcript;
    await first.until(({ transcript }) => transcript.length > length + 1, 'the conversation going on');
    expect((await first.now()).ended_reason).toBeNull();

    await hangUp(first.placed.id);
    await first.over();
    await until(
      () => capacityOf(server),
      ({ status }) => status === 'open',
    );
    // The refused request gave its key back.
    const next = await another();
    expect(next.status).toBe(201);
    expect(next.headers.get('idempotent-replayed')).toBeNull();
    await client.post(`/calls/${String(next.body['id'])}/hangup`, undefined, { token });
  }, 120_000);

  it('lets one of many through that ask at the same time', async () => {
    await until(
      () => capacityOf(server),
      ({ status }) => status === 'open',
    );
    const client = api(server.url);
    const users = await Promise.all(Array.from({ length: 6 }, () => signUp(server.url)));
    const answers = await Promise.all(
      users.map(({ token }) => client.post('/calls', { phone_number: '+12025550101', scenario: 'sales' }, { token })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 503, 503, 503, 503, 503]);
    // The phone is busy: its place is free without having been taken.
    await until(
      () => capacityOf(server),
      ({ status }) => status === 'open',
    );
  }, 60_000);
});

describe('a phone that is picked up where there is no room', () => {
  let sandbox: TestSandbox;
  let full: StartedApp;
  /** Another instance over the same database, whose calls are answered by the first one. */
  let other: StartedApp;
  let user: SignedUp;

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    full = await startApp({ env: { ...sandbox.env, SECRET_KEY, MAX_LIVE_CALLS: '1' } });
    other = await startApp({
      env: { ...sandbox.env, SECRET_KEY, PUBLIC_URL: full.config.publicUrl },
      database: full.database,
    });
    user = await signUp(other.url);
  });
  afterAll(async () => {
    await other.close();
    await full.close();
    await sandbox.close();
  });

  it('hears why, in its own language, and the call that is under way goes on', async () => {
    const first = await ring(other, user, '+12025550112');
    await first.until(({ transcript }) => transcript.length > 0, 'a first turn');
    const second = await ring(other, user, '+12025550113');
    const spanish = await api(other.url).post<{ scenario_id: string }>(
      '/realtime/custom-scenario',
      {
        persona: 'You are Mia, the receptionist of a bike shop.',
        prompt: 'Find out which bike needs a repair. Offer a time tomorrow.',
        voice_type: 'warm_engaging',
        temperature: 0.7,
        language: 'es-MX',
      },
      { token: user.token },
    );
    const third = await ring(other, user, '+12025550114', { scenario: spanish.body.scenario_id });

    expect(await second.over()).toMatchObject({ status: 'completed', ended_reason: 'server_error', transcript: [] });
    expect(await third.over()).toMatchObject({ ended_reason: 'server_error' });
    const phone = await sandbox.call(second.placed.call_sid);
    expect(phone.heard.map(({ text }) => text).join(' ')).toContain('we cannot talk to you at the moment');
    expect(phone.stream).toBeNull();
    expect(await twimlOf(third.placed.call_sid)).toMatch(
      /<Say language="es-MX"[^>]*>.*llamada automática.*<\/Say><Hangup\/>/,
    );

    const { length } = (await first.now()).transcript;
    await first.until(({ transcript }) => transcript.length > length, 'the conversation going on');
    expect((await first.now()).ended_reason).toBeNull();
    await api(other.url).post(`/calls/${first.placed.id}/hangup`, undefined, { token: user.token });
    await first.over();
  }, 120_000);

  async function twimlOf(callSid: string): Promise<string> {
    const phone = await api(sandbox.url).get<PhoneCall & { twiml: unknown }>(`/sandbox/calls/${callSid}`);
    return JSON.stringify(phone.body.twiml).replaceAll('\\"', '"');
  }
});

describe('a phone that was dialled from a place', () => {
  let twilio: ScriptedTwilio;
  let server: StartedApp;

  beforeAll(async () => {
    twilio = await ScriptedTwilio.start();
    server = await startApp({ env: { ...twilio.env, MAX_LIVE_CALLS: '1' } });
  });
  afterAll(async () => {
    await server.close();
    await twilio.close();
  });

  it('is connected when it is picked up, although nobody has prepared for it and the server is full', async () => {
    const { token } = await signUp(server.url);
    const placed = await api(server.url).post('/calls', { phone_number: '+12025550100', scenario: 'sales' }, { token });
    server.app.get(Capacity).carries('another call');
    const attempt = new URL(twilio.creates[0]?.form.get('Url') ?? '').pathname;
    const voice = await webhook(server, attempt, {
      CallSid: String(placed.body['call_sid']),
      CallStatus: 'in-progress',
    });
    expect(voice.text).toContain('<Connect><Stream');
  });
});

describe('a server whose event loop is late', () => {
  let twilio: ScriptedTwilio;
  let server: StartedApp;

  beforeAll(async () => {
    twilio = await ScriptedTwilio.start();
    server = await startApp({ env: { ...twilio.env, MAX_EVENT_LOOP_DELAY_MS: '30' } });
  });
  afterAll(async () => {
    await server.close();
    await twilio.close();
  });

  /** Turns of the real loop that take so long. */
  async function spin(turnMs: number, forMs: number): Promise<void> {
    const end = performance.now() + forMs;
    while (performance.now() < end) {
      const turnEnd = performance.now() + turnMs;
      while (performance.now() < turnEnd);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('begins no calls until it has been calm for a while; one stop is not enough', async () => {
    const { token } = await signUp(server.url);
    const place = () => api(server.url).post('/calls', { phone_number: '+12025550100', scenario: 'sales' }, { token });
    await until(
      () => Promise.resolve(server.app.get(Capacity).figures.loopWaitMs),
      (waitMs) => Number(waitMs) > 0,
      { what: 'a first window' },
    );
    await spin(900, 900);
    expect(await capacityOf(server)).toMatchObject({ status: 'open' });

    await spin(150, 3500);
    const refused = await place();
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ code: 'capacity_full', detail: FULL_SENTENCE });
    expect(twilio.creates).toHaveLength(0);

    await until(
      () => capacityOf(server),
      ({ status }) => status === 'open',
      { withinMs: 60_000, what: 'calm' },
    );
    expect((await place()).status).toBe(201);
  }, 90_000);
});
