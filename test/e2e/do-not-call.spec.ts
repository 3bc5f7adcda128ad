import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ScriptedTwilio } from '../support/scripted-twilio';

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

const add = (body: object, token = user.token) => client.post('/do-not-call', body, { token });

describe('the do-not-call list', () => {
  it('keeps a number without keeping it', async () => {
    const { status, body } = await add({ phone_number: '(202) 555-0123', reason: ' Asked for it ' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(Number) as number,
      masked_number: '+1******0123',
      reason: 'Asked for it',
      created_at: expect.any(String) as string,
    });
    const [row] = await server.sql<Record<string, unknown>>(user.userId, 'SELECT * FROM do_not_call');
    expect(JSON.stringify(row)).not.toContain('2025550123');
    expect(row?.['number_hash']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('keeps a number once, however it is written', async () => {
    const first = await add({ phone_number: '+12025550123', reason: 'First' });
    const again = await add({ phone_number: '202.555.0123' });
    expect(again.status).toBe(201);
    expect(again.body).toMatchObject({ id: first.body['id'], reason: 'First' });
    expect((await add({ phone_number: '+1 202 555 0123', reason: 'Second' })).body).toMatchObject({ reason: 'Second' });
    const list = await client.get<object[]>('/do-not-call', { token: user.token });
    expect(list.body).toHaveLength(1);
    expect(list.headers.get('x-total-count')).toBe('1');
  });

  it('stops every call to its numbers, until one is taken off', async () => {
    const { body } = await add({ phone_number: '+12025550123' });
    const call = { phone_number: '202-555-0123', scenario: 'sales' };
    const refused = await client.post('/calls', call, { token: user.token });
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({ code: 'do_not_call', detail: 'This number is on your do-not-call list.' });
    expect((await client.get('/make-call/12025550123/sales', { token: user.token })).status).toBe(403);
    expect((await client.post('/calls/check', call, { token: user.token })).body).toEqual({
      allowed: false,
      reasons: [{ code: 'do_not_call', detail: 'This number is on your do-not-call list.' }],
      earliest_at: null,
    });
    expect(twilio.creates).toHaveLength(0);
    const removed = await client.delete(`/do-not-call/${String(body['id'])}`, { token: user.token });
    expect(removed.status).toBe(204);
    expect((await client.post('/calls', call, { token: user.token })).status).toBe(201);
  });

  it('is each user’s own', async () => {
    const other = await signUp(server.url);
    const { body } = await add({ phone_number: '+12025550123' }, other.token);
    expect((await client.get('/do-not-call', { token: user.token })).body).toEqual([]);
    const call = { phone_number: '+12025550123', scenario: 'sales' };
    expect((await client.post('/calls', call, { token: user.token })).status).toBe(201);
    const foreign = await client.delete(`/do-not-call/${String(body['id'])}`, { token: user.token });
    expect(foreign.status).toBe(404);
    for (const id of ['0', 'x', '99999999999', '-1', '1.5']) {
      const missing = await client.delete(`/do-not-call/${id}`, { token: user.token });
      expect({ ...missing.body, request_id: '' }).toEqual({ ...foreign.body, request_id: '' });
    }
    expect((await client.get<object[]>('/do-not-call', { token: other.token })).body).toHaveLength(1);
    await add({ phone_number: '+12025550123' });
    const hashes = await Promise.all(
      [user, other].map(({ userId }) =>
        server.sql<{ number_hash: string }>(userId, 'SELECT number_hash FROM do_not_call'),
      ),
    );
    expect(hashes[0]?.[0]?.number_hash).not.toBe(hashes[1]?.[0]?.number_hash);
  });

  it('takes numbers that are never dialled in a foreign country, and nothing that is no number', async () => {
    expect((await add({ phone_number: '+442071838750' })).status).toBe(201);
    for (const phoneNumber of ['911', 'tel:+12025550123', 'x', '+1']) {
      const { status, body } = await add({ phone_number: phoneNumber });
      expect(status).toBe(400);
      expect(body).toMatchObject({ detail: 'Invalid phone number' });
    }
  });

  it.each([
    ['no number', {}],
    ['a number that is none', { phone_number: 1 }],
    ['an empty reason', { phone_number: '+12025550123', reason: '' }],
    ['NUL in the reason', { phone_number: '+12025550123', reason: 'a\0' }],
    ['an unknown member', { phone_number: '+12025550123', note: 'x' }],
  ])('refuses %s', async (_, body) => {
    expect((await add(body)).status).toBe(422);
  });

  it('pages', async () => {
    for (let last = 0; last < 3; last += 1) await add({ phone_number: `+1202555012${last}` });
    const page = await client.get<{ masked_number: string }[]>('/do-not-call?limit=1&offset=1', { token: user.token });
    expect(page.body.map(({ masked_number }) => masked_number)).toEqual(['+1******0121']);
    expect(page.headers.get('x-total-count')).toBe('3');
  });
});
