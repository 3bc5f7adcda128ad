import { aCall, aTurn } from '../support/a-call';
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

describe('asking whether a call may start', () => {
  const check = (body: object) => client.post('/calls/check', body, { token: user.token });

  it('says yes without dialling', async () => {
    const { status, body } = await check({ phone_number: NUMBER, scenario: 'sales', at: '2030-01-01T10:00:00-05:00' });
    expect(status).toBe(200);
    expect(body).toEqual({ allowed: true, reasons: [], earliest_at: '2030-01-01T15:00:00.000Z' });
    expect(twilio.requests).toHaveLength(0);
    expect(await ownCalls()).toEqual([]);
  });

  it.each([
    [{ phone_number: NUMBER, scenario: 'nope' }, 400],
    [{ phone_number: NUMBER, scenario: 'custom_0_0' }, 404],
    [{ phone_number: NUMBER, scenario: 'sales', at: '2030-01-01T10:00:00' }, 422],
    [{ phone_number: NUMBER, scenario: 'sales', at: 'tomorrow' }, 422],
    [{ phone_number: NUMBER }, 422],
  ])('%j is answered with %i', async (body, status) => {
    expect((await check(body)).status).toBe(status);
  });

  it('knows quiet hours where the number belongs', async () => {
    const quiet = await startApp({
      env: { ...twilio.env, QUIET_HOURS: '21:00-08:00' },
      database: server.database,
    });
    try {
      const { token } = await signUp(quiet.url);
      const ask = (at: string, phoneNumber = NUMBER) =>
        api(quiet.url).post('/calls/check', { phone_number: phoneNumber, scenario: 'sales', at }, { token });
      expect((await ask('2030-01-15T15:00:00Z')).body).toMatchObject({ allowed: true });
      expect((await ask('2030-01-15T15:00:00Z', '+14155550123')).body).toMatchObject({
        allowed: false,
        reasons: [{ code: 'quiet_hours' }],
        earliest_at: '2030-01-15T16:00:00.000Z',
      });
    } finally {
      await quiet.close();
    }
  });
});

describe('looking at calls', () => {
  it('lists them newest first, page by page, each with what was said', async () => {
    const first = await aCall(server, user.userId, { created_at: '2026-01-01T10:00:00Z' });
    const second = await aCall(server, user.userId, { created_at: '2026-01-02T10:00:00Z' });
    await aTurn(server, user.userId, first.id, { sequence: 1, role: 'customer', text: 'Hi', generated_text: null });
    await aTurn(server, user.userId, first.id, { sequence: 0, latency_ms: 420, was_interrupted: true, end_ms: 1234 });
    const { body, headers } = await client.get<Record<string, unknown>[]>('/calls', { token: user.token });
    expect(headers.get('x-total-count')).toBe('2');
    expect(body.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(body[1]).toMatchObject({
      transcript: [
        {
          role: 'agent',
          text: 'Hello there.',
          generated_text: 'Hello there.',
          start_time: 0,
          end_time: 1.234,
          interrupted: true,
          latency_ms: 420,
        },
        { role: 'customer', text: 'Hi', generated_text: null, interrupted: false, latency_ms: null },
      ],
      latency: { turns: 1, p50_ms: 420, p95_ms: 420, max_ms: 420 },
    });
    const page = await client.get<Record<string, unknown>[]>('/calls?limit=1&offset=1', { token: user.token });
    expect(page.body.map(({ id }) => id)).toEqual([first.id]);
    expect(page.headers.get('x-total-count')).toBe('2');
  });

  it('filters', async () => {
    const { userId, token } = user;
    const a = await aCall(server, userId, { created_at: '2026-01-01T10:00:00Z', status: 'busy', ended_reason: 'busy' });
    const b = await aCall(server, userId, {
      created_at: '2026-01-02T10:00:00Z',
      scenario_name: 'support',
      phone_number: '+14155550123',
    });
    const c = await aCall(server, userId, {
      created_at: '2026-01-03T10:00:00Z',
      direction: 'inbound',
      notes: '100% sure_thing',
    });
    await aTurn(server, userId, b.id, { text: 'The invoice is wrong' });
    const found = async (query: string) =>
      (await client.get<{ id: string }[]>(`/calls?${query}`, { token })).body.map(({ id }) => id);
    expect(await found('status=busy')).toEqual([a.id]);
    expect(await found('direction=inbound')).toEqual([c.id]);
    expect(await found('scenario_name=support')).toEqual([b.id]);
    expect(await found('from=2026-01-02')).toEqual([c.id, b.id]);
    expect(await found('to=2026-01-02')).toEqual([b.id, a.id]);
    expect(await found('from=2026-01-02T10:00:00Z&to=2026-01-02T10:00:00Z')).toEqual([b.id]);
    expect(await found('from=2026-01-02T12:00:00%2B02:00&to=2026-01-02')).toEqual([b.id]);
    expect(await found('q=INVOICE')).toEqual([b.id]);
    expect(await found('q=(415)%20555')).toEqual([b.id]);
    expect(await found('q=100%25')).toEqual([c.id]);
    expect(await found('q=sure_thing')).toEqual([c.id]);
    expect(await found('q=sure%25thing')).toEqual([]);
    expect(await found(`q=${encodeURIComponent("'; DROP TABLE calls; --")}`)).toEqual([]);
  });

  it.each([
    'status=lost',
    'direction=up',
    'limit=0',
    'limit=201',
    'offset=-1',
    'from=yesterday',
    'to=2026-13-01',
    'q=',
    'q=%00',
    'x=1',
    'limit=1e9',
  ])('refuses ?%s', async (query) => {
    expect((await client.get(`/calls?${query}`, { token: user.token })).status).toBe(422);
  });

  it('shows one by its sid and by its id', async () => {
    const call = await aCall(server, user.userId);
    const bySid = await client.get(`/calls/${String(call['call_sid'])}`, { token: user.token });
    const byId = await client.get(`/calls/${call.id}`, { token: user.token });
    expect(bySid.status).toBe(200);
    expect(byId.body).toEqual(bySid.body);
  });

  it('answers the same 404 for what is not there, is no id, or is somebody else’s', async () => {
    const other = await anotherUser();
    const foreign = await aCall(server, other.userId, { status: 'in-progress', ended_reason: null });
    const paths = [
      foreign.id,
      String(foreign['call_sid']),
      `CA${'0'.repeat(32)}`,
      'CA1',
      'nonsense',
      '1',
      '%F0%9F%92%A9',
    ];
    for (const path of paths) {
      const answers = [
        await client.get(`/calls/${path}`, { token: user.token }),
        await client.patch(`/calls/${path}`, { notes: 'mine' }, { token: user.token }),
        await client.post(`/calls/${path}/hangup`, undefined, { token: user.token }),
      ];
      for (const { status, body } of answers) {
        expect(status).toBe(404);
        expect({ ...body, request_id: undefined }).toEqual({
          type: 'urn:speech-assistant:error:call.not_found',
          title: 'Not Found',
          status: 404,
          detail: 'Call not found',
          status_code: 404,
          code: 'call.not_found',
        });
      }
    }
    expect(await ownCalls()).toEqual([]);
    expect(twilio.hangUps).toEqual([]);
    const [row] = await server.sql<{ notes: unknown }>(other.userId, 'SELECT notes FROM calls');
    expect(row?.notes).toBeNull();
  });

  it('tells the total of a search on every page, also behind the last', async () => {
    for (const notes of ['tyres', 'brakes', 'tyres']) await aCall(server, user.userId, { notes });
    for (const offset of [0, 1, 2, 7]) {
      const page = await client.get<unknown[]>(`/calls?q=tyres&limit=1&offset=${offset}`, { token: user.token });
      expect([page.body.length, page.headers.get('x-total-count')]).toEqual([offset < 2 ? 1 : 0, '2']);
    }
  });

  it('ends with the user: a token that was good a moment ago reads nothing', async () => {
    const call = await aCall(server, user.userId);
    const statuses = () =>
      Promise.all(
        ['/calls', '/calls?q=x', `/calls/${call.id}`, '/calls/no-id'].map((path) =>
          client.get(path, { token: user.token }).then(({ status }) => status),
        ),
      );
    expect(await statuses()).toEqual([200, 200, 200, 404]);
    await server.sql(user.userId, 'UPDATE users SET is_active = false WHERE id = $1', [user.userId]);
    expect(await statuses()).toEqual([401, 401, 401, 401]);
  });

  it('needs to be signed in', async () => {
    for (const path of ['/calls', `/calls/CA${'0'.repeat(32)}`, '/make-call/12025550100/sales', '/do-not-call']) {
      expect((await client.get(path)).status).toBe(401);
    }
  });
});

describe('noting on a call', () => {
  it('changes what is given and clears what is null', async () => {
    const call = await aCall(server, user.userId);
    const patch = (body: object) => client.patch(`/calls/${call.id}`, body, { token: user.token });
    const items = [{ name: 'Margherita', quantity: 2 }];
    const changed = await patch({ order_items: items, customer_name: 'Sam', notes: 'Nice', restaurant_id: 'r1' });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      order_items: items,
      customer_name: 'Sam',
      notes: 'Nice',
      restaurant_id: 'r1',
    });
    expect((await patch({ notes: null, delivery_address: '1 Main St' })).body).toMatchObject({
      notes: null,
      delivery_address: '1 Main St',
      customer_name: 'Sam',
    });
    expect((await patch({})).body).toMatchObject({ customer_name: 'Sam' });
  });

  it.each([
    ['what the carrier says', { status: 'completed' }],
    ['notes that are a number', { notes: 5 }],
    ['endless notes', { notes: 'x'.repeat(5001) }],
    ['NUL', { notes: 'a\0b' }],
    ['an order that is no list', { order_items: {} }],
    ['an item that is a text', { order_items: ['pizza'] }],
    ['NUL in an item', { order_items: [{ name: 'a\0b' }] }],
    ['an endless order', { order_items: [{ name: 'x'.repeat(40_000) }] }],
    ['half a surrogate pair', { customer_name: '\udfff' }],
  ])('refuses %s', async (_, body) => {
    const call = await aCall(server, user.userId);
    expect((await client.patch(`/calls/${call.id}`, body, { token: user.token })).status).toBe(422);
  });
});

describe('hanging up', () => {
  const hangUp = (sid: unknown) => client.post(`/calls/${String(sid)}/hangup`, undefined, { token: user.token });

  it('ends a live call, and says that its owner did', async () => {
    const { body } = await place();
    const { status, body: after } = await hangUp(body['call_sid']);
    expect(status).toBe(200);
    expect(after).toMatchObject({ ended_reason: 'owner_hung_up' });
    expect(twilio.hangUps).toEqual([body['call_sid']]);
    const form = twilio.creates[0]?.form ?? new URLSearchParams();
    await report(form, { CallSid: String(body['call_sid']), CallStatus: 'completed', CallDuration: '5' });
    expect((await hangUp(body['call_sid'])).body).toMatchObject({ status: 'completed', ended_reason: 'owner_hung_up' });
    expect(twilio.hangUps).toHaveLength(1);
  });

  it('takes it that Twilio says it is over', async () => {
    const { body } = await place();
    twilio.calls.get(String(body['call_sid']))!['status'] = 'completed';
    expect((await hangUp(body['call_sid'])).status).toBe(200);
    twilio.calls.clear();
    expect((await hangUp(body['call_sid'])).status).toBe(200);
  });

  it('that did not work is told, and is not why the call ends', async () => {
    const { body } = await place();
    twilio.readStatus = 500;
    expect((await hangUp(body['call_sid'])).status).toBe(502);
    expect((await client.get(`/calls/${String(body['id'])}`, { token: user.token })).body).toMatchObject({
      ended_reason: null,
    });
  });

  it('while Twilio is still being asked ends the call as soon as its sid is known', async () => {
    let hungUp: Promise<ApiAnswer> | undefined;
    twilio.onCreate = () => ({
      kind: 'created',
      before: async () => {
        const [call] = await ownCalls();
        hungUp = hangUp(call?.['id']);
        await hungUp;
      },
    });
    const { body } = await place();
    expect((await hungUp)?.status).toBe(200);
    expect(twilio.hangUps).toEqual([body['call_sid']]);
    const voice = await webhook(server, `/twilio/voice/${firstAttempt()}`, {
      CallSid: String(body['call_sid']),
      CallStatus: 'in-progress',
    });
    expect(voice.text).toContain('<Hangup/>');
  });

  it('happens to every live call of a user who is erased', async () => {
    const { body } = await place();
    expect((await client.delete('/users/me', { token: user.token })).status).toBe(204);
    expect(twilio.hangUps).toEqual([body['call_sid']]);
  });
});
