import { Drain } from '../../src/common/drain';
import { api, ApiAnswer, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { attemptOf, ScriptedTwilio, webhook } from '../support/scripted-twilio';

let twilio: ScriptedTwilio;
let server: StartedApp;
let client: ReturnType<typeof api>;
let user: SignedUp;

beforeAll(async () => {
  twilio = await ScriptedTwilio.start();
  server = await startApp({ env: twilio.env });
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

const NUMBER = '+1 202 555 0100';

function place(body: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<ApiAnswer> {
  return client.post('/calls', { phone_number: NUMBER, scenario: 'sales', ...body }, { token: user.token, headers });
}

const firstAttempt = () => attemptOf(twilio.creates[0]?.form);

const report = (form: URLSearchParams, fields: Record<string, string>) =>
  webhook(server, `/call-status?attempt=${attemptOf(form)}`, fields);

const ownCalls = () => client.get<Record<string, unknown>[]>('/calls', { token: user.token }).then(({ body }) => body);

const anotherUser = () => signUp(server.url);

describe('placing a call', () => {
  it('writes the row, asks Twilio once and follows its webhooks to the end', async () => {
    const { status, body } = await place({ variables: { name: 'Sam' }, metadata: { crm: 7 } });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      call_sid: expect.stringMatching(/^CA[0-9a-f]{32}$/) as string,
      direction: 'outbound',
      status: 'queued',
      ended_reason: null,
      phone_number: '+12025550100',
      scenario_name: 'sales',
      dial_state: 'placed',
      queue_time_ms: 250,
      transcript: [],
      variables: { name: 'Sam' },
      metadata: { crm: 7 },
      audio_url: null,
      cost: { carrier_price: null, carrier_currency: null, model_usage: null },
      latency: { turns: 0, p50_ms: null, p95_ms: null, max_ms: null },
      error: null,
    });
    expect(twilio.creates).toHaveLength(1);
    const attempt = firstAttempt();
    const callSid = String(body['call_sid']);
    const tell = (fields: Record<string, string>) =>
      webhook(server, `/call-status?attempt=${attempt}`, { CallSid: callSid, ...fields });
    const now = async () => (await client.get(`/calls/${callSid}`, { token: user.token })).body;

    expect((await tell({ CallStatus: 'initiated', SequenceNumber: '0' })).status).toBe(200);
    expect(await now()).toMatchObject({ status: 'initiated' });
    await tell({ CallStatus: 'ringing', SequenceNumber: '1' });
    expect(await now()).toMatchObject({ status: 'ringing' });
    const voice = await webhook(server, `/twilio/voice/${attempt}`, { CallSid: callSid, CallStatus: 'in-progress' });
    expect(voice.status).toBe(200);
    expect(voice.headers.get('content-type')).toContain('text/xml');
    expect(voice.text).toMatch(
      new RegExp(
        `<Response><Connect><Stream url="ws://127.0.0.1:\\d+/media-stream/sales"><Parameter name="call_id" value="${String(body['id'])}"/><Parameter name="token" value="[\\w-]{43}"/></Stream></Connect><Redirect method="POST">http://127.0.0.1:\\d+/twilio/stream-over/${firstAttempt()}</Redirect></Response>$`,
      ),
    );
    await tell({ CallStatus: 'completed', SequenceNumber: '3', CallDuration: '42' });
    expect(await now()).toMatchObject({ status: 'completed', ended_reason: 'customer_hung_up', call_duration: 42 });
  });

  it('asks Twilio for everything that the call needs', async () => {
    await place({ max_duration_seconds: 90, record: true });
    const form = Object.fromEntries([...(twilio.creates[0]?.form ?? [])]);
    const attempt = firstAttempt();
    expect(form).toMatchObject({
      To: '+12025550100',
      From: '+12025550000',
      Url: `${server.config.publicUrl}/twilio/voice/${attempt}`,
      StatusCallback: `${server.config.publicUrl}/call-status?attempt=${attempt}`,
      Timeout: '30',
      TimeLimit: '120',
      Record: 'true',
      RecordingChannels: 'dual',
      Trim: 'do-not-trim',
      MachineDetection: 'DetectMessageEnd',
      AsyncAmd: 'true',
      AsyncAmdStatusCallback: `${server.config.publicUrl}/twilio/amd/${attempt}`,
    });
    expect(twilio.creates[0]?.form.getAll('StatusCallbackEvent')).toEqual([
      'initiated',
      'ringing',
      'answered',
      'completed',
    ]);
  });

  it('keeps the scenario as it was, whatever becomes of it', async () => {
    const { body } = await client.post('/realtime/custom-scenario', aScenario(), { token: user.token });
    const scenario = String(body['scenario_id']);
    const placed = await place({ scenario });
    expect(placed.body).toMatchObject({ scenario_name: scenario, max_duration_seconds: 60 });
    await client.delete(`/custom-scenarios/${scenario}`, { token: user.token });
    const [row] = await server.sql<{ agent: Record<string, unknown> }>(user.userId, 'SELECT agent FROM calls');
    expect(row?.agent).toMatchObject({ persona: aScenario().persona, voice: 'coral', tools: ['end_call'] });
    const voice = await webhook(server, `/twilio/voice/${firstAttempt()}`, {
      CallSid: String(placed.body['call_sid']),
      CallStatus: 'in-progress',
    });
    expect(voice.text).toContain(`/media-stream/${scenario}"`);
  });

  it.each([
    ['/make-call/+12025550100/sales', 'success'],
    ['/make-call/%2B12025550100/default', 'success'],
    ['/make-call/12025550100/support/', 'success'],
    ['/make-call/(202)%20555-0100/survey', 'success'],
  ])('works by the first version’s GET %s', async (path, word) => {
    const { status, body, headers } = await client.get(path, { token: user.token });
    expect(status).toBe(200);
    expect(body).toEqual({ status: word, call_sid: expect.stringMatching(/^CA/) as string });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(twilio.creates[0]?.form.get('To')).toBe('+12025550100');
  });

  it('works by GET with an own scenario, and with nothing else', async () => {
    const { body } = await client.post('/realtime/custom-scenario', aScenario(), { token: user.token });
    const id = String(body['scenario_id']);
    const made = await client.get(`/make-custom-call/12025550100/${id}`, { token: user.token });
    expect(made.status).toBe(200);
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect(made.body).toEqual({ status: 'Custom call initiated', call_sid: expect.stringMatching(/^CA/) as string });
    for (const scenario of ['sales', 'custom_1_2', 'x']) {
      const refused = await client.get(`/make-custom-call/12025550100/${scenario}`, { token: user.token });
      expect(refused.status).toBe(404);
      expect(refused.body).toMatchObject({ detail: 'Custom scenario not found' });
    }
    expect((await client.get(`/make-custom-call/tel:1/${id}`, { token: user.token })).status).toBe(400);
  });
});

describe('looking whether the address is there', () => {
  it('rings no phone', async () => {
    for (const path of ['/make-call/12025550100/sales', '/make-custom-call/12025550100/custom_1_1']) {
      const headers = { authorization: `Bearer ${user.token}` };
      expect((await fetch(server.url + path, { method: 'HEAD', headers })).status).toBe(400);
    }
    expect(twilio.creates).toHaveLength(0);
    expect(await ownCalls()).toEqual([]);
  });
});

describe('a call that may not be placed', () => {
  it.each(['tel:+12025550100', '+12025550100;ext=5', '1-800-FLOWERS', 'hello', '+1202', '+1 202 555 010', '٠٩'])(
    'because %p is no phone number, is a 400 everywhere',
    async (phoneNumber) => {
      const options = { token: user.token };
      const answers = [
        await place({ phone_number: phoneNumber }),
        await client.post('/calls/check', { phone_number: phoneNumber, scenario: 'sales' }, options),
        await client.get(`/make-call/${encodeURIComponent(phoneNumber)}/sales`, options),
        await client.post('/do-not-call', { phone_number: phoneNumber }, options),
      ];
      for (const [at, { status, body }] of answers.entries()) {
        // +1202 is understood as a short number, which is refused by where it leads.
        if (phoneNumber === '+1202' && at < 3) continue;
        expect([at, status]).toEqual([at, 400]);
        expect(body).toMatchObject({ detail: 'Invalid phone number', status_code: 400 });
      }
      expect(twilio.creates).toHaveLength(0);
    },
  );

  it.each(['911', '+1 911', '112', '411', '+881612345678', '+19005551234', '+18765551234', '+1 202 555 0000'])(
    'because %p is never dialled, is a 403',
    async (phoneNumber) => {
      const { status, body } = await place({ phone_number: phoneNumber });
      expect(status).toBe(403);
      expect(body).toMatchObject({ code: 'destination_not_allowed', detail: expect.stringMatching(/\.$/) as string });
      const check = await client.post(
        '/calls/check',
        { phone_number: phoneNumber, scenario: 'sales' },
        { token: user.token },
      );
      expect(check.status).toBe(200);
      expect(check.body).toEqual({
        allowed: false,
        reasons: [{ code: 'destination_not_allowed', detail: body['detail'] }],
        earliest_at: null,
      });
      expect(await ownCalls()).toEqual([]);
    },
  );

  it('because the scenario is not there', async () => {
    const unknown = await place({ scenario: 'seduction' });
    expect(unknown.status).toBe(400);
    expect(unknown.body['detail']).toBe(
      'Invalid scenario. Must be one of: default, sales, support, appointment_reminder, survey, receptionist, restaurant_order, calendar_assistant',
    );
    expect((await place({ scenario: 'custom_1_2' })).status).toBe(404);
    expect((await place({ scenario: '__proto__' })).status).toBe(400);
    const other = await anotherUser();
    const { body } = await client.post('/realtime/custom-scenario', aScenario(), { token: other.token });
    const foreign = await place({ scenario: body['scenario_id'] });
    expect(foreign.status).toBe(404);
    expect(foreign.body).toMatchObject({ detail: 'Custom scenario not found' });
    expect(twilio.creates).toHaveLength(0);
  });

  it('because the variables would make a book of the scenario', async () => {
    const prompt = 'Talk about {{thing}}. '.repeat(200);
    const scenario = await client.post('/realtime/custom-scenario', { ...aScenario(), prompt }, { token: user.token });
    const { status, body } = await place({
      scenario: scenario.body['scenario_id'],
      variables: { thing: 'x'.repeat(2000) },
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'call.text_too_long', errors: [{ field: 'variables' }] });
    expect(twilio.creates).toHaveLength(0);
  });

  it('because it would be longer than the server allows', async () => {
    const { status, body } = await place({ max_duration_seconds: 3600 });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'call.too_long', detail: 'Calls may last at most 1800 seconds.' });
  });

  it.each([
    ['no number', { phone_number: undefined }],
    ['a number that is none', { phone_number: 12025550100 }],
    ['no scenario', { scenario: undefined }],
    ['an unknown member', { priority: 1 }],
    ['a duration of nothing', { max_duration_seconds: 0 }],
    ['half a second', { max_duration_seconds: 10.5 }],
    ['variables that are no texts', { variables: { a: 1 } }],
    ['a variable with a strange name', { variables: { 'a b': 'x' } }],
    ['variables as a list', { variables: ['x'] }],
    ['NUL in a variable', { variables: { a: 'x\0y' } }],
    ['half a surrogate pair in a variable', { variables: { a: '\ud800' } }],
    ['NUL in the metadata', { metadata: { deep: [{ text: '\0' }] } }],
    ['endless metadata', { metadata: { text: 'x'.repeat(10_000) } }],
    ['NUL in the number', { phone_number: '+1202\0' }],
    ['record that is no boolean', { record: 'yes' }],
  ])('because of %s', async (_, body) => {
    const { status, body: problem } = await place(body);
    expect(status).toBe(422);
    expect(problem).toMatchObject({ status_code: 422, errors: expect.any(Array) as unknown[] });
    expect(twilio.creates).toHaveLength(0);
  });
});

describe('what Twilio answers', () => {
  it.each([21211, 21214, 21217])('%i means that the number is none', async (code) => {
    twilio.onCreate = () => ({ kind: 'error', status: 400, code, message: `The number is not valid` });
    const { status, body } = await place();
    expect(status).toBe(400);
    expect(body).toMatchObject({ detail: 'Invalid phone number' });
    expect(await ownCalls()).toMatchObject([
      {
        status: 'failed',
        ended_reason: 'rejected',
        dial_state: 'refused',
        error: { code: String(code), detail: 'The number is not valid' },
      },
    ]);
  });

  it.each([
    ['a refusal', { status: 400, code: 21215, message: 'Not authorized to call this number' }],
    ['wrong credentials', { status: 401, code: 20003, message: 'Authenticate' }],
  ])('%s is told with its sentence', async (_, error) => {
    twilio.onCreate = () => ({ kind: 'error', ...error });
    const { status, body } = await place();
    expect(status).toBe(502);
    expect(body).toMatchObject({ code: 'carrier.refused', detail: `Twilio refused the call: ${error.message}` });
    expect(await ownCalls()).toMatchObject([
      { status: 'failed', ended_reason: 'carrier_error', dial_state: 'refused' },
    ]);
  });

  it('429 is a 503 that says when to come back; the same key dials then', async () => {
    twilio.onCreate = () => ({ kind: 'error', status: 429, code: 20429, message: 'Too many requests' });
    const headers = { 'idempotency-key': 'again-and-again' };
    const busy = await place({}, headers);
    expect(busy.status).toBe(503);
    expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(twilio.creates).toHaveLength(1);
    expect(await ownCalls()).toMatchObject([{ status: 'failed', ended_reason: 'carrier_error', dial_state: 'absent' }]);
    twilio.onCreate = () => ({ kind: 'created' });
    expect((await place({}, headers)).status).toBe(201);
    expect(twilio.creates).toHaveLength(2);
    expect(await ownCalls()).toHaveLength(2);
  });

  it('that comes by a callback alone is as good as an answer', async () => {
    let told: Promise<ApiAnswer> | undefined;
    twilio.onCreate = () => ({
      kind: 'hang-up',
      isDone: true,
      before: (sid, form) => {
        const tell = () => report(form, { CallSid: sid, CallStatus: 'initiated', SequenceNumber: '0' });
        setTimeout(() => void (told = tell()), 300);
        return Promise.resolve();
      },
    });
    const { status, body } = await place();
    expect((await told)?.status).toBe(200);
    expect(status).toBe(201);
    expect(body).toMatchObject({ dial_state: 'placed', status: 'initiated', call_sid: [...twilio.calls.keys()][0] });
    expect(twilio.creates).toHaveLength(1);
  });

  it.each([
    ['a lost connection', { kind: 'hang-up', isDone: true } as const],
    ['an answer that is none', { kind: 'nonsense', isDone: true } as const],
    ['an error of its own', { kind: 'error', status: 500, code: 20500, message: 'Oops' } as const],
    ['a gateway’s page', { kind: 'error', status: 502 } as const],
  ])('%s leaves the outcome open, visibly, and nothing is dialled again', async (_, script) => {
    twilio.onCreate = () => script;
    const headers = { 'idempotency-key': `unknown ${script.kind}`.replace(' ', '-') };
    const { status, body } = await place({}, headers);
    expect(status).toBe(502);
    expect(body).toMatchObject({
      code: 'carrier.outcome_unknown',
      detail: expect.stringContaining(String(body['call_id'])) as string,
    });
    const shown = await client.get(`/calls/${String(body['call_id'])}`, { token: user.token });
    expect(shown.body).toMatchObject({ call_sid: null, status: 'queued', dial_state: 'unknown', ended_reason: null });
    await place({}, headers);
    expect(twilio.creates).toHaveLength(1);
  });

  it('nothing within the time limit leaves the outcome open as well', async () => {
    twilio.onCreate = () => ({ kind: 'silence', isDone: true });
    const { status, body } = await place();
    expect(status).toBe(502);
    expect(body).toMatchObject({ code: 'carrier.outcome_unknown' });
    expect(twilio.creates).toHaveLength(1);
  }, 30_000);

  it('does not matter where Twilio cannot be reached: certainly not dialled', async () => {
    const lonely = await startApp({
      env: { ...twilio.env, TWILIO_API_BASE_URL: 'http://127.0.0.1:1' },
      database: server.database,
    });
    try {
      const { token } = await signUp(lonely.url);
      const { status, body, headers } = await api(lonely.url).post(
        '/calls',
        { phone_number: NUMBER, scenario: 'sales' },
        { token },
      );
      expect(status).toBe(503);
      expect(body).toMatchObject({ code: 'carrier.unavailable' });
      expect(headers.get('retry-after')).not.toBeNull();
      const calls = await api(lonely.url).get<object[]>('/calls', { token });
      expect(calls.body).toMatchObject([{ status: 'failed', dial_state: 'absent' }]);
    } finally {
      await lonely.close();
    }
  });
});

describe('a server that is on its way out', () => {
  it('places no call', async () => {
    const leaving = await startApp({ env: twilio.env, database: server.database });
    try {
      const { token } = await signUp(leaving.url);
      leaving.app.get(Drain).begin();
      const { status, headers } = await api(leaving.url).post(
        '/calls',
        { phone_number: NUMBER, scenario: 'sales' },
        { token },
      );
      expect(status).toBe(503);
      expect(headers.get('retry-after')).not.toBeNull();
      expect(twilio.creates).toHaveLength(0);
    } finally {
      await leaving.close();
    }
  });
});

describe('many at once', () => {
  it('the same key twenty times is one call', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => place({}, { 'idempotency-key': 'twenty' })));
    expect(twilio.creates).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 409]));
    expect(await ownCalls()).toHaveLength(1);
    const again = await place({}, { 'idempotency-key': 'twenty' });
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await place({ scenario: 'support' }, { 'idempotency-key': 'twenty' })).status).toBe(422);
    expect(twilio.creates).toHaveLength(1);
  });

  it('a key protects its call even when its answer was lost', async () => {
    const headers = { 'idempotency-key': 'lost-answer' };
    const first = await place({}, headers);
    await server.sql(user.userId, 'DELETE FROM idempotency_keys');
    const second = await place({}, headers);
    expect(second.status).toBe(201);
    expect(second.body['id']).toBe(first.body['id']);
    expect(twilio.creates).toHaveLength(1);
    await server.sql(user.userId, 'DELETE FROM idempotency_keys');
    expect((await place({ scenario: 'support' }, headers)).body).toMatchObject({ code: 'idempotency.key_reused' });
    await server.sql(user.userId, `UPDATE calls SET created_at = now() - interval '25 hours'`);
    await server.sql(user.userId, 'DELETE FROM idempotency_keys');
    expect((await place({ scenario: 'support' }, headers)).status).toBe(201);
    expect(twilio.creates).toHaveLength(2);
  });

  it('the caps hold', async () => {
    const capped = await startApp({
      env: { ...twilio.env, MAX_CONCURRENT_CALLS: '5' },
      database: server.database,
    });
    try {
      const { token } = await signUp(capped.url);
      const other = await signUp(capped.url);
      const placing = (by: string) =>
        api(capped.url).post('/calls', { phone_number: NUMBER, scenario: 'sales' }, { token: by });
      const answers = await Promise.all(Array.from({ length: 20 }, () => placing(token)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
      expect(twilio.creates).toHaveLength(5);
      for (const { status, body, headers } of answers.filter((answer) => answer.status !== 201)) {
        expect(status).toBe(429);
        expect(body).toMatchObject({
          code: 'calls_at_once',
          detail: expect.stringMatching(/^Rate limit exceeded/) as string,
        });
        expect(headers.get('retry-after')).not.toBeNull();
      }
      expect((await placing(other.token)).status).toBe(201);
      const check = await api(capped.url).post('/calls/check', { phone_number: NUMBER, scenario: 'sales' }, { token });
      expect(check.body).toMatchObject({ allowed: false, reasons: [{ code: 'calls_at_once' }] });
    } finally {
      await capped.close();
    }
  });

  it('the caps of a day hold, and what never rang does not count', async () => {
    const capped = await startApp({
      env: { ...twilio.env, MAX_CALLS_PER_DAY: '2' },
      database: server.database,
    });
    try {
      const placing = () => api(capped.url).post('/calls', { phone_number: NUMBER, scenario: 'sales' }, { token });
      const { token } = await signUp(capped.url);
      twilio.onCreate = () => ({ kind: 'error', status: 400, code: 21211 });
      await placing();
      twilio.onCreate = () => ({ kind: 'created' });
      expect([(await placing()).status, (await placing()).status]).toEqual([201, 201]);
      const refused = await placing();
      expect(refused.status).toBe(429);
      expect(refused.body).toMatchObject({
        code: 'calls_per_day',
        earliest_at: expect.stringMatching(/T00:00:00.000Z$/) as string,
      });
    } finally {
      await capped.close();
    }
  });
});

function aScenario() {
  return {
    persona: 'You are Mia, a friendly advisor.',
    prompt: 'Find out whether the person owns a house.',
    voice_type: 'concerned_female',
    temperature: 0.7,
    max_duration_seconds: 60,
  };
}
