import { randomBytes } from 'node:crypto';
import { DEMO_USER } from '../../src/demo-user';
import { AccountsService } from '../../src/auth/accounts.service';
import { PhoneNumbers } from '../../src/calls/phone-numbers.service';
import { Database } from '../../src/database/database';
import { signRequest } from '../../src/sandbox/twilio/signature';
import { CarrierUnreachable, Telephony } from '../../src/integrations/telephony/telephony';
import { IncomingSmsService } from '../../src/sms/incoming-sms.service';
import { MissedSms } from '../../src/sms/missed-sms.service';
import { SmsRounds } from '../../src/sms/sms-rounds.service';
import { aCall } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** Texts: what the simulated Twilio took, delivered and brought in, and what is written down of it. */

const NUMBER = '+12025550000';
const SECOND = '+12025550001';

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;
let lastPerson = 300;
/** Nobody else's phone, in any test. */
let person: string;

beforeAll(async () => {
  sandbox = await startTestSandbox({ SANDBOX_SMS_MS: '50', TWILIO_PHONE_NUMBER: SECOND });
  server = await startApp({ env: sandbox.env });
  await server.app.get(AccountsService).ensureDemoUser(DEMO_USER);
  await server.app.get(PhoneNumbers).setUpPlatformNumber();
});
beforeEach(async () => {
  await sandbox.noFaults();
  user = await signUp(server.url);
  person = `+1202555${String((lastPerson += 1)).padStart(4, '0')}`;
});
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

interface Sms {
  id: string;
  sid: string | null;
  direction: string;
  from: string;
  to: string;
  body: string;
  status: string;
  send_state: string;
  source: string | null;
  keyword: string | null;
  call_id: string | null;
  error: { code: string; detail: string } | null;
  sent_at: string | null;
  delivered_at: string | null;
}

const client = () => api(server.url);
const send = (body: Record<string, unknown> = {}, options: { token?: string; headers?: Record<string, string> } = {}) =>
  client().post<Sms & Record<string, unknown>>(
    '/sms/send',
    { to: person, body: 'Your table is booked.', ...body },
    { token: user.token, ...options },
  );
const list = async (query = '', token = user.token) => (await client().get<Sms[]>(`/sms${query}`, { token })).body;
const reaches = (id: string, status: string) =>
  until(
    () => one(id),
    (sms) => sms.status === status,
    { what: `a text that is ${status}` },
  );
const one = async (id: string, token = user.token) => (await client().get<Sms>(`/sms/${id}`, { token })).body;
const at = async (phone: string) => (await sandbox.texts()).filter(({ to }) => to === phone);
const round = (aheadMs = 0) => server.app.get(SmsRounds).seeToAll(aheadMs);
/** A person texts, and we have taken note of it. */
const texts = async (body: string, to = NUMBER, from = person) => {
  const sid = await sandbox.text({ from, to, body });
  await until(
    async () => (await sandbox.texts()).find((text) => text.sid === sid),
    (text) => text?.webhooks[0]?.status === 200,
    { what: 'the answer to a text' },
  );
  return sid;
};
const doNotCall = async (token = user.token) =>
  (await client().get<{ id: number; reason: string }[]>('/do-not-call', { token })).body;

describe('a text that is sent', () => {
  it('is delivered, and is in the list', async () => {
    const sent = await send({ to: person.replace('+1202555', '(202) 555-') });
    expect([sent.status, sent.body]).toMatchObject([
      201,
      { from: NUMBER, to: person, status: 'queued', send_state: 'placed', source: 'request', error: null },
    ]);
    expect(sent.body.sid).toMatch(/^SM[0-9a-f]{32}$/);
    const delivered = await reaches(sent.body.id, 'delivered');
    expect(delivered).toMatchObject({ sent_at: expect.any(String) as string, segments: 1 });
    expect(delivered.delivered_at).not.toBeNull();
    expect(await list()).toEqual([delivered]);
    expect(
      await list(`?phone_number=${encodeURIComponent(person)}&status=delivered&q=table&direction=outbound`),
    ).toEqual([delivered]);
    for (const query of ['?q=nothing', '?direction=inbound', '?status=failed', '?phone_number=2025550999']) {
      expect(await list(query)).toEqual([]);
    }
    expect(await at(person)).toHaveLength(1);
  });

  it.each([
    [{ to: '12' }, 400, 'call.invalid_phone_number'],
    [{ to: '911' }, 403, 'destination_not_allowed'],
    [{ to: '+442071838750' }, 403, 'destination_not_allowed'],
    [{ to: NUMBER }, 403, 'destination_not_allowed'],
    [{ to: '+12025550104' }, 400, 'call.invalid_phone_number'],
    [{ body: '' }, 422, 'request.invalid'],
    [{ body: ' \n ' }, 422, 'request.invalid'],
    [{ body: 'x'.repeat(1601) }, 422, 'request.invalid'],
    [{ from: '+12025550777' }, 404, 'phone_number.not_found'],
    [{ from: 'x' }, 400, 'call.invalid_phone_number'],
    [{ cc: 'x' }, 422, 'request.invalid'],
  ])('is not, with %j', async (wrong, status, code) => {
    const answer = await send(wrong);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    if (code === 'destination_not_allowed') expect(answer.body['detail']).toMatch(/text/i);
    expect(await at(person)).toEqual([]);
  });

  it('is kept as undelivered, in words, where the phone is off', async () => {
    const { body } = await send({ to: '+12025550102' });
    expect((await reaches(body.id, 'undelivered')).error).toEqual({
      code: '30003',
      detail: 'The phone is switched off, out of reach, or does not take texts.',
    });
  });

  it('is sent once with one key, and again with another', async () => {
    const key = randomBytes(8).toString('hex');
    const options = { headers: { 'idempotency-key': key } };
    const [first, second] = [await send({}, options), await send({}, options)];
    expect([first.status, second.status, second.body.id]).toEqual([201, 201, first.body.id]);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect((await send({ body: 'Another.' }, options)).status).toBe(422);
    // The server died before it kept its answer, and somebody else took the key over.
    await server.sql(user.userId, 'DELETE FROM idempotency_keys');
    expect((await send({}, options)).body).toMatchObject({ id: first.body.id });
    expect(await at(person)).toHaveLength(1);
    await send({}, { headers: { 'idempotency-key': `${key}-2` } });
    expect(await at(person)).toHaveLength(2);
  });

  it('comes from a number of one’s own, and of nobody else', async () => {
    const other = await signUp(server.url);
    const claim = await client().post<{ id: number }>(
      '/phone-numbers',
      { phone_number: SECOND, scenario: 'receptionist' },
      { token: user.token },
    );
    try {
      expect((await send({ from: SECOND })).body).toMatchObject({ from: SECOND, send_state: 'placed' });
      const foreign = await send({ from: SECOND }, { token: other.token });
      expect([foreign.status, foreign.body['code']]).toEqual([404, 'phone_number.not_found']);
      // Whoever answers it is theirs, and so is STOP.
      await texts('I will be there at eight.', SECOND);
      expect(await list('?direction=inbound')).toMatchObject([{ from: person, to: SECOND, status: 'received' }]);
      expect(await list('', other.token)).toEqual([]);
    } finally {
      await client().delete(`/phone-numbers/${claim.body.id}`, user);
    }
  });

  it('is each user’s own', async () => {
    const { body } = await send();
    const other = await signUp(server.url);
    expect(await list('', other.token)).toEqual([]);
    const foreign = await client().get(`/sms/${body.id}`, { token: other.token });
    const nothing = await client().get('/sms/6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1', { token: other.token });
    expect([foreign.status, { ...foreign.body, request_id: '' }]).toEqual([404, { ...nothing.body, request_id: '' }]);
    expect((await client().get('/sms/x', user)).status).toBe(404);
    expect((await client().get('/sms')).status).toBe(401);
  });

  it('is erased with its user', async () => {
    await send();
    await client().delete('/users/me', user);
    const [row] = await server.app
      .get(Database)
      .asNewOwner(user, (tx) => tx.query<{ count: string }[]>('SELECT count(*) FROM sms_messages'));
    expect(row?.count).toBe('0');
  });
});

describe('what Twilio tells of a text', () => {
  const tell = (attempt: string, form: Record<string, string>, sign = true) => {
    const url = `${server.config.publicUrl}/sms-status?attempt=${attempt}`;
    const signature = sign ? signRequest(sandbox.env['TWILIO_AUTH_TOKEN'] ?? '', url, Object.entries(form)) : 'forged';
    return client().post(`/sms-status?attempt=${attempt}`, new URLSearchParams(form), {
      headers: { 'x-twilio-signature': signature },
    });
  };

  it('moves it forward alone: twice, late and in the wrong order', async () => {
    await sandbox.fault('twilio', 'reorder_webhooks', { number: person });
    const { body } = await send();
    await until(
      () => sandbox.texts(),
      (all) => all[0]?.webhooks.length === 2 && all[0].webhooks.every(({ status }) => status === 200),
      { what: 'both callbacks' },
    );
    expect(await one(body.id)).toMatchObject({ status: 'delivered', error: null });
    await sandbox.fault('twilio', 'repeat_webhook', { number: person, count: 2 });
    const second = await send();
    await reaches(second.body.id, 'delivered');
    const [row] = await server.sql<{ attempt_id: string }>(
      user.userId,
      `SELECT attempt_id FROM sms_messages WHERE id = '${body.id}'`,
    );
    for (const status of ['queued', 'sent', 'undelivered', 'failed', 'nonsense']) {
      const form = { MessageSid: body.sid ?? '', MessageStatus: status, ErrorCode: '30003' };
      expect((await tell(row?.attempt_id ?? '', form)).status).toBe(200);
    }
    // Of another text, with the attempt of this one.
    await tell(row?.attempt_id ?? '', { MessageSid: `SM${'0'.repeat(32)}`, MessageStatus: 'failed' });
    expect(await one(body.id)).toMatchObject({ status: 'delivered', sid: body.sid, error: null });
  });

  it('is believed with a signature alone', async () => {
    const { body } = await send();
    const forged = await tell('x', { MessageSid: body.sid ?? '', MessageStatus: 'failed' }, false);
    expect([forged.status, forged.body]).toMatchObject([403, { code: 'webhook.bad_signature' }]);
    const text = await client().post(
      '/incoming-sms',
      new URLSearchParams({ MessageSid: `SM${'1'.repeat(32)}`, From: person, To: NUMBER, Body: 'STOP' }),
    );
    expect([text.status, text.body]).toMatchObject([403, { code: 'webhook.bad_signature' }]);
    expect(await doNotCall()).toEqual([]);
  });

  it('is asked for where it was lost', async () => {
    await sandbox.fault('twilio', 'lose_webhook', { number: person, count: 2 });
    const { body } = await send();
    await until(
      () => at(person),
      ([text]) => text?.status === 'delivered',
      { what: 'the delivery' },
    );
    expect((await one(body.id)).status).toBe('queued');
    await round(130_000);
    expect((await one(body.id)).status).toBe('delivered');
  });
});

describe('an answer of Twilio that is lost', () => {
  it('is made up for by a callback', async () => {
    await sandbox.fault('twilio', 'lose_answer', { number: person });
    const { status, body } = await send();
    expect([status, body]).toMatchObject([201, { send_state: 'placed', error: null }]);
    expect(await at(person)).toHaveLength(1);
  });

  it('is found out by asking for the texts since, and nothing is sent twice', async () => {
    await sandbox.fault('twilio', 'lose_answer', { number: person });
    await sandbox.fault('twilio', 'lose_webhook', { number: person, count: 2 });
    const { status, body } = await send();
    expect([status, body]).toMatchObject([502, { code: 'carrier.outcome_unknown' }]);
    const id = body['sms_id'] as string;
    expect(await one(id)).toMatchObject({ send_state: 'unknown', sid: null, error: { code: 'outcome_unknown' } });
    await until(
      () => at(person),
      ([text]) => text?.status === 'delivered',
      { what: 'the delivery' },
    );
    await round(45_000);
    expect(await one(id)).toMatchObject({ send_state: 'placed', status: 'delivered', error: null });
    expect(await at(person)).toHaveLength(1);
  });

  it('is proven to have been none, in a sentence', async () => {
    await sandbox.fault('twilio', 'drop_socket', { number: person });
    const { status, body } = await send();
    expect([status, body]).toMatchObject([502, { code: 'carrier.outcome_unknown' }]);
    const id = body['sms_id'] as string;
    await round(45_000);
    expect((await one(id)).send_state).toBe('unknown');
    await round(200_000);
    expect(await one(id)).toMatchObject({
      send_state: 'absent',
      status: 'failed',
      error: { code: 'absent', detail: 'Twilio has no such text: it was not sent.' },
    });
    await round(400_000);
    expect(await at(person)).toEqual([]);
  });

  it('is not proven to have been none by a list in which something else stands', async () => {
    await sandbox.fault('twilio', 'drop_socket', { number: person });
    const { body } = await send();
    const id = body['sms_id'] as string;
    const telephony = server.app.get(Telephony);
    const redacted = {
      sid: `SM${randomBytes(16).toString('hex')}`,
      status: 'sent',
      body: '',
      segments: 1,
      createdAt: new Date(),
      sentAt: null,
      errorCode: null,
    };
    const found = jest.spyOn(telephony, 'findSms').mockResolvedValue([redacted]);
    await round(200_000);
    expect(found).toHaveBeenCalled();
    expect((await one(id)).send_state).toBe('unknown');
    found.mockRestore();
    await round(500_000);
    expect((await one(id)).send_state).toBe('absent');
  });

  it('is asked for ever more rarely', async () => {
    await sandbox.fault('twilio', 'drop_socket', { number: person });
    const { body } = await send();
    const id = body['sms_id'] as string;
    await server.sql(user.userId, 'UPDATE sms_messages SET tries = 6 WHERE id = $1', [id]);
    const telephony = server.app.get(Telephony);
    const away = jest.spyOn(telephony, 'findSms').mockRejectedValue(new CarrierUnreachable('Twilio is away.'));
    await round(45_000);
    away.mockRestore();
    const [row] = await server.sql<{ seconds: number }>(
      user.userId,
      `SELECT extract(epoch FROM due_at - now())::float8 AS seconds FROM sms_messages WHERE id = $1`,
      [id],
    );
    expect(row?.seconds).toBeGreaterThan(3000);
  });

  it.each([
    ['http_429', 503, 'carrier.unavailable', 'absent'],
    ['http_500', 502, 'carrier.outcome_unknown', 'unknown'],
    ['http_403', 502, 'carrier.refused', 'refused'],
  ])('is another thing than %s', async (fault, status, code, sendState) => {
    await sandbox.fault('twilio', fault, { number: person });
    const answer = await send();
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(await one(answer.body['sms_id'] as string)).toMatchObject({ send_state: sendState, sid: null });
  });
});

describe('a text that comes in', () => {
  it('belongs to whoever has texted that person last, or else to the demo', async () => {
    const demo = await client().post<{ access_token: string }>('/auth/login', {
      email: DEMO_USER.email,
      password: DEMO_USER.password,
    });
    await texts('Hello?');
    expect(await list(`?phone_number=${encodeURIComponent(person)}`, demo.body.access_token)).toMatchObject([
      { direction: 'inbound', from: person, to: NUMBER, body: 'Hello?', keyword: null, status: 'received' },
    ]);
    const other = await signUp(server.url);
    await send({}, { token: other.token });
    await send();
    await texts('Thank you.');
    expect(await list('?direction=inbound')).toMatchObject([{ body: 'Thank you.' }]);
    expect(await list('?direction=inbound', other.token)).toEqual([]);
  });

  it('belongs to whoever has called that person since, too', async () => {
    const caller = await signUp(server.url);
    await send();
    await aCall(server, caller.userId, { phone_number: person, from_number: NUMBER, created_at: new Date() });
    await texts('You have just called me.');
    expect(await list('?direction=inbound', caller.token)).toMatchObject([{ body: 'You have just called me.' }]);
    expect(await list('?direction=inbound')).toEqual([]);
  });

  it('says how many pictures came with it', async () => {
    await send();
    const url = `${server.config.publicUrl}/incoming-sms`;
    const form = {
      MessageSid: `MM${randomBytes(16).toString('hex')}`,
      From: person,
      To: NUMBER,
      Body: '',
      NumMedia: '2',
    };
    const signature = signRequest(sandbox.env['TWILIO_AUTH_TOKEN'] ?? '', url, Object.entries(form));
    const headers = { 'x-twilio-signature': signature };
    expect((await client().post('/incoming-sms', new URLSearchParams(form), { headers })).status).toBe(200);
    expect(await list('?direction=inbound')).toMatchObject([{ body: '', media_count: 2 }]);
  });

  it('is kept once, however often it is told of', async () => {
    await send();
    await sandbox.fault('twilio', 'repeat_webhook', { number: person });
    await texts('Once.');
    await until(
      async () => (await sandbox.texts()).find(({ body }) => body === 'Once.'),
      (text) => text?.webhooks[0]?.attempts === 2,
      { what: 'the second webhook' },
    );
    expect(await list('?q=Once')).toHaveLength(1);
  });
});

describe('a text that came in while nobody was there', () => {
  it('is told a second time where that fails', async () => {
    await send();
    jest
      .spyOn(server.app.get(IncomingSmsService), 'onReceived')
      .mockRejectedValueOnce(new Error('The database is away.'));
    const sid = await sandbox.text({ from: person, to: NUMBER, body: 'STOP' });
    await until(
      async () => (await sandbox.texts()).find((text) => text.sid === sid)?.webhooks.map(({ status }) => status),
      (statuses) => statuses?.join() === '500,200',
      { what: 'the second time' },
    );
    expect(await doNotCall()).toHaveLength(1);
  });

  const missed = (aheadMs = 120_000) => server.app.get(MissedSms).readAll(aheadMs);
  const lost = async (body: string, to = NUMBER) => {
    await sandbox.fault('twilio', 'lose_webhook', { number: person });
    await sandbox.text({ from: person, to, body });
  };

  it('is found at Twilio: heeded and kept once, and told', async () => {
    await missed(0);
    await send();
    await lost('STOP');
    await lost('Are you there?');
    await missed();
    expect(await doNotCall()).toMatchObject([{ reason: 'Answered STOP to a text.' }]);
    expect((await list('?direction=inbound')).map(({ body }) => body).sort()).toEqual(['Are you there?', 'STOP']);
    await missed(240_000);
    expect(await list('?direction=inbound')).toHaveLength(2);
  });

  it('does not undo what was asked for since', async () => {
    await missed(0);
    await send();
    await lost('STOP');
    // Twilio writes whole seconds, so by now it was sent before.
    await texts('START');
    await missed();
    expect(await doNotCall()).toEqual([]);
    expect((await list('?direction=inbound')).map(({ body }) => body).sort()).toEqual(['START', 'STOP']);
  });

  it('to a number that Twilio cannot be asked about waits, and loses nothing', async () => {
    await missed(0);
    await send();
    await lost('STOP');
    const telephony = server.app.get(Telephony);
    const away = jest.spyOn(telephony, 'receivedSms').mockRejectedValue(new CarrierUnreachable('Twilio is away.'));
    await missed();
    expect(away).toHaveBeenCalled();
    away.mockRestore();
    expect(await doNotCall()).toEqual([]);
    await missed(240_000);
    expect(await doNotCall()).toHaveLength(1);
  });
});

describe('STOP and START', () => {
  const mayCall = async (token = user.token) =>
    (
      await client().post<{ allowed: boolean; reasons: { code: string }[] }>(
        '/calls/check',
        { phone_number: person, scenario: 'sales' },
        { token },
      )
    ).body;

  it('of a person stop and start again the texts and calls of all who have reached them from that number', async () => {
    const other = await signUp(server.url);
    const stranger = await signUp(server.url);
    await send();
    await send({}, { token: other.token });
    await texts(' Stop! ');
    for (const { token } of [user, other]) {
      expect(await doNotCall(token)).toMatchObject([{ reason: 'Answered STOP to a text.' }]);
      expect(await mayCall(token)).toMatchObject({ allowed: false, reasons: [{ code: 'do_not_call' }] });
      const refused = await send({}, { token });
      expect([refused.status, refused.body['code']]).toEqual([403, 'do_not_call']);
    }
    expect(await list('?direction=inbound', other.token)).toMatchObject([{ keyword: 'stop', body: ' Stop! ' }]);
    expect(await doNotCall(stranger.token)).toEqual([]);
    // The person had not told Twilio so in one word, but does now; and whoever comes later is told by Twilio.
    await texts('STOP');
    const late = await send({}, { token: stranger.token });
    expect([late.status, late.body['code']]).toEqual([403, 'sms.opted_out']);
    expect(await one(late.body['sms_id'] as string, stranger.token)).toMatchObject({
      send_state: 'refused',
      error: { code: '21610' },
    });
    expect(await mayCall(stranger.token)).toMatchObject({ allowed: false });
    await texts('start');
    for (const { token } of [user, other, stranger]) {
      expect(await doNotCall(token)).toEqual([]);
      expect((await send({}, { token })).status).toBe(201);
      expect((await mayCall(token)).allowed).toBe(true);
    }
  });

  it('to one number of ours say nothing of another', async () => {
    const claim = await client().post<{ id: number }>(
      '/phone-numbers',
      { phone_number: SECOND, scenario: 'receptionist' },
      user,
    );
    try {
      await send();
      await send({ from: SECOND });
      await texts('STOP', NUMBER);
      await texts('STOP', SECOND);
      await texts('START', SECOND);
      expect(await doNotCall()).toHaveLength(1);
      await texts('YES', NUMBER);
      expect(await doNotCall()).toEqual([]);
    } finally {
      await client().delete(`/phone-numbers/${claim.body.id}`, user);
    }
  });

  it('leave alone what the owner has put on the list', async () => {
    await send();
    await client().post('/do-not-call', { phone_number: person, reason: 'By hand' }, user);
    await texts('STOP');
    await texts('START');
    expect(await doNotCall()).toMatchObject([{ reason: 'By hand' }]);
    // Put there by a word, and by hand since.
    const two = await signUp(server.url);
    await server.sql(user.userId, 'DELETE FROM do_not_call');
    await send();
    await send({}, { token: two.token });
    await texts('QUIT');
    await client().post('/do-not-call', { phone_number: person }, two);
    await texts('YES');
    expect([await doNotCall(), await doNotCall(two.token)]).toMatchObject([[], [{}]]);
  });

  it('count on the number of somebody who was called and never texted', async () => {
    await aCall(server, user.userId, { phone_number: person, from_number: NUMBER });
    await texts('Unsubscribe.');
    expect(await doNotCall()).toHaveLength(1);
  });

  it('are answered by Twilio alone', async () => {
    await send();
    for (const word of ['STOP', 'START', 'HELP']) await texts(word);
    const replies = (await at(person)).filter(({ direction }) => direction === 'outbound-reply');
    expect(replies.map(({ body }) => body.slice(0, 30))).toEqual([
      'Reply STOP to unsubscribe. Msg',
      'You have successfully been re-',
      'You have successfully been uns',
    ]);
  });
});

describe('where Twilio leaves the words to us, and there are limits', () => {
  let quiet: TestSandbox;
  let strict: StartedApp;

  beforeAll(async () => {
    quiet = await startTestSandbox({ SANDBOX_SMS_MS: '20', SANDBOX_SMS_KEYWORDS: '0' });
    strict = await startApp({
      env: { ...quiet.env, SMS_KEYWORD_REPLIES: 'true', MAX_TEXTS_PER_DAY: '2', RATE_LIMIT_TEXTS: '4' },
    });
    await strict.app.get(PhoneNumbers).setUpPlatformNumber();
  });
  afterAll(async () => {
    await strict.close();
    await quiet.close();
  });

  const replies = async () =>
    (await quiet.texts()).filter(({ direction, to }) => direction === 'outbound-reply' && to === person);
  const tell = async (body: string, repeated = false) => {
    if (repeated) await quiet.fault('twilio', 'repeat_webhook', { number: person });
    const sid = await quiet.text({ from: person, to: NUMBER, body });
    await until(
      async () => (await quiet.texts()).find((text) => text.sid === sid),
      (text) => text?.webhooks[0]?.status === 200 && text.webhooks[0].attempts === (repeated ? 2 : 1),
      { what: 'the answer to a text' },
    );
  };

  it('HELP and START are answered once, STOP never, and nothing else', async () => {
    const owner = await signUp(strict.url);
    const body = { to: person, body: 'Hello' };
    expect((await api(strict.url).post('/sms/send', body, owner)).status).toBe(201);
    await tell('Yes');
    await tell('Hello');
    await tell('STOP');
    expect(await replies()).toEqual([]);
    await tell('Info?', true);
    expect((await replies()).map((text) => text.body)).toEqual([expect.stringMatching(/^An automated assistant/)]);
    await tell('Start', true);
    expect((await replies()).map((text) => text.body)[0]).toMatch(/^You get texts and calls from this number again/);
    expect(await replies()).toHaveLength(2);
    const kept = await api(strict.url).get<Sms[]>('/sms?direction=inbound', owner);
    expect(kept.body.map(({ keyword }) => keyword)).toEqual(['start', 'help', 'stop', null, 'start']);
  });

  it('texts are counted by the day, and requests by the minute', async () => {
    const owner = await signUp(strict.url);
    const answers = [];
    for (let count = 0; count < 5; count += 1) {
      answers.push(await api(strict.url).post('/sms/send', { to: person, body: `Number ${count}` }, owner));
    }
    expect(answers.map(({ status, body }) => [status, body['code']])).toEqual([
      [201, undefined],
      [201, undefined],
      [429, 'texts_per_day'],
      [429, 'texts_per_day'],
      [429, 'rate_limit.exceeded'],
    ]);
    expect(answers[2]?.body['detail']).toBe('Rate limit exceeded: at most 2 texts can be sent in a day (UTC).');
    // What follows a call waits for the next day, and says so.
    await aCall(strict, owner.userId, {
      phone_number: person,
      agent: JSON.stringify({ scenarioName: 'sales', followUpText: 'Thank you.', tools: [] }),
      answered_at: new Date(Date.now() - 60_000),
      ended_at: new Date(Date.now() - 5000),
      words_version: 2,
    });
    await strict.app.get(SmsRounds).seeToAll();
    const [waiting] = await until(
      async () => (await api(strict.url).get<Sms[]>('/sms?q=Thank', owner)).body,
      ([sms]) => sms?.error !== null,
      { what: 'a text that waits' },
    );
    expect(waiting).toMatchObject({ send_state: 'intended', status: 'queued', error: { code: 'texts_per_day' } });
    // It counts on the day on which it is asked for, and not on that of its call.
    const patient = await signUp(strict.url);
    await strict.sql(
      patient.userId,
      `INSERT INTO sms_messages (id, user_id, direction, phone_number, own_number, body, status, send_state, source, created_at, asked_at)
       SELECT gen_random_uuid(), $1, 'outbound', '+12025550100', $2, 'Thank you.', 'delivered', 'placed', 'follow_up',
         now() - interval '1 day', now() FROM generate_series(1, 2)`,
      [patient.userId, NUMBER],
    );
    const full = await api(strict.url).post('/sms/send', { to: person, body: 'One more' }, patient);
    expect([full.status, full.body['code']]).toEqual([429, 'texts_per_day']);
    // Another group is not counted with them.
    expect((await api(strict.url).get('/sms', owner)).status).toBe(200);
  });
});
