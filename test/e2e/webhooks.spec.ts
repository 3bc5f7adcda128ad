import { randomUUID } from 'node:crypto';
import { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { CallEnded, CallUpdated } from '../../src/calls/calls.events';
import { DomainEvents } from '../../src/common/domain-events';
import { Database } from '../../src/database/database';
import { TranscriptWritten } from '../../src/transcripts/transcripts.events';
import { DeliveryRemoval } from '../../src/webhooks/delivery-removal.service';
import { DeliveryRounds } from '../../src/webhooks/delivery-rounds.service';
import { EventRecorder } from '../../src/webhooks/event-recorder.service';
import { EventSweep } from '../../src/webhooks/event-sweep.service';
import { rotateWebhookKeys } from '../../src/webhooks/webhook-key-rotation';
import { WebhookSecrets } from '../../src/webhooks/webhook-secrets';
import { aCall } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { LogLines } from '../support/log-lines';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';
import { Received, WebhookReceiver } from '../support/webhook-receiver';

/** What happens is told to systems of the user's own. */

const PRIVATE = 'This address belongs to a private network, where no events are sent.';
const HOUR_MS = 3600_000;
const LEASE_MS = 60_000;

let sandbox: TestSandbox;
let server: StartedApp;
let log: LogLines;
let user: SignedUp;
let receiver: WebhookReceiver;
let tests = 0;
let path = '';

beforeAll(async () => {
  sandbox = await startTestSandbox();
  receiver = await WebhookReceiver.start();
  log = new LogLines();
  server = await startApp({
    env: { ...sandbox.env, ALLOW_PRIVATE_WEBHOOK_TARGETS: 'true' },
    logDestination: log,
  });
});
beforeEach(async () => {
  user = await signUp(server.url);
  path = `/hook-${++tests}`;
});
afterAll(async () => {
  await server.close();
  await receiver.close();
  await sandbox.close();
});

type Body = Record<string, unknown>;
const as = (who = user) => ({ token: who.token });
const client = () => api(server.url);
const create = (body: Body = {}, who = user) =>
  client().post<Body & { id: number; secret: string }>(
    '/webhooks',
    { url: receiver.url + path, events: ['call.ended'], ...body },
    as(who),
  );
const webhookOf = async (id: number) => (await client().get<Body>(`/webhooks/${id}`, as())).body;
const deliveriesOf = (id: number, query = '', who = user) =>
  client().get<Body[]>(`/webhooks/${id}/deliveries${query}`, as(who));
/** The newest delivery, once it is so. */
const becomes = (id: number, fields: Body, who = user) =>
  until(
    () => deliveriesOf(id, '', who).then(({ body }) => body[0] ?? {}),
    (delivery) => Object.entries(fields).every(([name, value]) => delivery[name] === value),
    { what: JSON.stringify(fields) },
  );
/** What came of that attempt is written down. */
const answered = (id: number, attempts: number) =>
  until(
    () => deliveriesOf(id).then(({ body }) => body[0]),
    (one) =>
      one?.['attempts'] === attempts &&
      Math.abs(Date.parse(String(one['next_attempt_at'])) - Date.parse(String(one['last_attempt_at'])) - LEASE_MS) >
        1000,
    { what: `the answer to attempt ${attempts}` },
  );
const verified = (secret: string, { text, headers }: Received) =>
  new Webhook(secret).verify(text, headers as Record<string, string>);
/** A call that is over, as it is announced. */
const ends = async (who = user, columns: Body = {}) => {
  const { id } = await aCall(server, who.userId, { ended_at: new Date(), ...columns });
  server.app.get(DomainEvents).emit(new CallEnded(who, id, null, 'completed', 'customer_hung_up'));
  return id;
};
/** Announces changes of calls, and waits until they were looked at. */
const changed = async (...calls: string[]) => {
  const record = jest.spyOn(server.app.get(EventRecorder), 'record');
  for (const call of calls) server.app.get(DomainEvents).emit(new CallUpdated(user, call));
  await until(
    () => Promise.resolve(record.mock.calls.map(([, , subject]) => subject)),
    (seen) => calls.every((call) => seen.includes(call)),
  );
  await Promise.all(record.mock.results.map(({ value }) => value as Promise<void>));
  record.mockRestore();
};
/** As if so much time had gone by. */
const sendDueIn = (ms: number) => server.app.get(DeliveryRounds).sendDue(new Date(Date.now() + ms));

describe('what happens', () => {
  it('on a call is told, signed, as the API gives it', async () => {
    const { status, body: webhook } = await create({ events: ['*'] });
    expect(status).toBe(201);
    const { body: call } = await client().post<Body>(
      '/calls',
      { phone_number: '+12025550107', scenario: 'sales' },
      as(),
    );
    const types = (all: Received[]) => all.map(({ body }) => body.type);
    await until(
      () => server.app.get(EventRecorder).recordDue(new Date(Date.now() + HOUR_MS)),
      () => types(receiver.at(path)).includes('transcript.created') && types(receiver.at(path)).includes('call.ended'),
      { what: 'the transcript', withinMs: 60_000 },
    );
    const all = receiver.at(path);
    expect(types(all).sort()).toEqual(['call.ended', 'call.started', 'transcript.created']);
    for (const one of all) {
      expect(verified(webhook.secret, one)).toEqual(one.body);
      expect(one.headers).toMatchObject({ 'content-type': 'application/json' });
    }
    const ended = all.find(({ body }) => body.type === 'call.ended');
    const shown = await client().get<Body>(`/calls/${String(call['id'])}`, as());
    expect(Object.keys(ended?.body.data ?? {})).toEqual(Object.keys(shown.body));
    expect(ended?.body).toMatchObject({
      timestamp: shown.body['ended_at'],
      data: { id: call['id'], status: 'completed', phone_number: '+12025550107' },
    });
    const listed = await until(
      () => deliveriesOf(webhook.id, '?status=delivered'),
      ({ body }) => body.length === 3,
    );
    expect(listed.headers.get('x-total-count')).toBe('3');
    expect(listed.body.map(({ id }) => id).sort()).toEqual(all.map(({ headers }) => headers['webhook-id']).sort());
    expect(listed.body[0]).toMatchObject({ attempts: 1, response_status: 200, response_body: 'answered 200' });
    expect((await deliveriesOf(webhook.id, '?event=call.ended&limit=1')).body).toHaveLength(1);
    const one = await client().get<Body>(`/webhooks/${webhook.id}/deliveries/${String(listed.body[0]?.['id'])}`, as());
    expect(all.map(({ body }) => body)).toContainEqual(one.body['payload']);
  });

  it('to a scheduled call is told each time it stands elsewhere', async () => {
    await create({ events: ['scheduled_call.updated'] });
    const { body: scheduled } = await client().post<Body>(
      '/schedule-call',
      {
        phone_number: '+12025550100',
        scenario: 'sales',
        scheduled_time: new Date(Date.now() + 24 * HOUR_MS).toISOString(),
      },
      as(),
    );
    await receiver.arrived(path);
    await client().delete(`/scheduled-calls/${String(scheduled['id'])}`, as());
    const [first, second] = await receiver.arrived(path, 2);
    expect([first?.body.data, second?.body.data]).toMatchObject([
      { id: scheduled['id'], status: 'scheduled' },
      { id: scheduled['id'], status: 'canceled' },
    ]);
  });

  it('is told once, however often it is announced, and to those that listen', async () => {
    const { body: deaf } = await create({ url: `${receiver.url}${path}-deaf`, events: ['transcript.created'] });
    const { body: off } = await create({ url: `${receiver.url}${path}-off`, is_active: false });
    await create();
    const id = await ends();
    await receiver.arrived(path);
    const events = server.app.get(DomainEvents);
    events.emit(new CallEnded(user, id, null, 'completed', 'customer_hung_up'));
    events.emit(new CallUpdated(user, id));
    await server.app.get(EventRecorder).recordDue();
    await server.app.get(EventSweep).sweep(new Date(Date.now() + HOUR_MS));
    await ends();
    await receiver.arrived(path, 2);
    expect(receiver.at(path)).toHaveLength(2);
    expect((await deliveriesOf(deaf.id)).body).toEqual([]);
    expect((await deliveriesOf(off.id)).body).toEqual([]);
  });

  it('is not told of what happened before anybody listened, whatever changes about it later', async () => {
    const long = new Date(Date.now() - 30 * 24 * HOUR_MS);
    const { id: old } = await aCall(server, user.userId, { created_at: long, answered_at: long, ended_at: long });
    const { id: young } = await aCall(server, user.userId, {
      answered_at: new Date(Date.now() - HOUR_MS),
      ended_at: new Date(Date.now() - HOUR_MS / 2),
    });
    const { body: webhook } = await create({ events: ['call.started'] });
    await changed(old, young);
    // Listening for long, and the log has forgotten what it told.
    await server.sql(user.userId, `UPDATE webhooks SET listening_since = now() - interval '60 days'`);
    const { id: now } = await aCall(server, user.userId, { answered_at: new Date() });
    await changed(old, now);
    const [told] = await receiver.arrived(path);
    expect([told?.body.type, told?.body.data['id']]).toEqual(['call.started', now]);
    expect((await deliveriesOf(webhook.id)).body).toHaveLength(1);
  });

  it('that only memory knew is found too: who picked up, where a text and a scheduled call stand', async () => {
    await create({ events: ['call.started', 'sms.updated', 'scheduled_call.updated'] });
    const { id: call } = await aCall(server, user.userId, { answered_at: new Date() });
    await server.sql(
      user.userId,
      `INSERT INTO sms_messages (id, user_id, direction, phone_number, own_number, body, status, send_state)
       VALUES (gen_random_uuid(), $1, 'outbound', '+12025550100', '+12025550000', 'Hello', 'delivered', 'placed')`,
      [user.userId],
    );
    const recorder = server.app.get(EventRecorder);
    // Whoever saw the scheduled call dies with it.
    const dead = jest.spyOn(recorder, 'record').mockResolvedValue();
    const { body: scheduled } = await client().post<Body>(
      '/schedule-call',
      {
        phone_number: '+12025550100',
        scenario: 'sales',
        scheduled_time: new Date(Date.now() + 24 * HOUR_MS).toISOString(),
      },
      as(),
    );
    await until(
      () => recorder.recordDue(),
      () => dead.mock.calls.length > 0,
    );
    dead.mockRestore();
    const sweep = server.app.get(EventSweep);
    await sweep.sweep(new Date(Date.now() + HOUR_MS));
    const all = await receiver.arrived(path, 3);
    expect(Object.fromEntries(all.map(({ body }) => [body.type, body.data['id']]))).toEqual({
      'call.started': call,
      'scheduled_call.updated': scheduled['id'],
      'sms.updated': expect.any(String) as string,
    });
    await sweep.sweep(new Date(Date.now() + HOUR_MS));
    expect(receiver.at(path)).toHaveLength(3);
  });

  it('of one who has very much of it crowds out nobody else', async () => {
    const other = await signUp(server.url);
    await create();
    await create({ url: `${receiver.url}${path}-other` }, other);
    const events = server.app.get(DomainEvents);
    const flood = await signUp(server.url);
    for (let call = 0; call < 20_001; call += 1) {
      events.emit(new CallEnded(flood, randomUUID(), null, 'completed', 'customer_hung_up'));
    }
    await ends();
    await ends(other);
    await receiver.arrived(path);
    await receiver.arrived(`${path}-other`);
  });

  it('to a transcript is told again when Twilio’s takes its place; deleted, it is in no log any more', async () => {
    const { body: webhook } = await create({ events: ['transcript.created'] });
    const { id: callId } = await aCall(server, user.userId, { answered_at: new Date(), ended_at: new Date() });
    const sid = `CT${callId.replaceAll('-', '')}`;
    await server.sql(
      user.userId,
      `INSERT INTO enhanced_transcripts (user_id, transcript_sid, source, call_id, call_date, duration, call_direction, language_code, participant_count,
         conversation_turns, total_words, participant_info, conversation_flow, summary_data, full_text, longest_monologue_ms,
         interruptions, agent_speaking_ms, customer_speaking_ms, latencies_ms, search_config, search)
       VALUES ($1, $2, 'turns', $3, now(), 5, 'outbound', 'en', 2, 1, 1, '{}', '[]', '{}', 'whispered', 0, 0, 0, 0, '{}', 'simple', '')`,
      [user.userId, sid, callId],
    );
    const recorder = server.app.get(EventRecorder);
    const written = async () => {
      server.app.get(DomainEvents).emit(new TranscriptWritten(user, sid));
      await recorder.recordDue(new Date(Date.now() + HOUR_MS));
    };
    await written();
    await written();
    await receiver.arrived(path);
    receiver.answer(path, 500);
    await server.sql(user.userId, `UPDATE enhanced_transcripts SET source = 'twilio', updated_at = now()`);
    await written();
    const [first, second] = await receiver.arrived(path, 2);
    expect(Date.parse(first?.body.timestamp ?? '')).toBeLessThan(Date.parse(second?.body.timestamp ?? ''));
    const { id } = await becomes(webhook.id, { response_status: 500, status: 'pending' });

    expect((await client().delete(`/api/enhanced-transcripts/${sid}`, as())).status).toBeLessThan(300);
    expect(await becomes(webhook.id, { status: 'failed' })).toMatchObject({
      next_attempt_at: null,
      error: 'The transcript was deleted before it was received.',
    });
    const dump = await server.sql(user.userId, 'SELECT payload FROM webhook_deliveries');
    expect(dump).toEqual([{ payload: '' }, { payload: '' }]);
    const one = await client().get<Body>(`/webhooks/${webhook.id}/deliveries/${String(id)}`, as());
    expect(one.body['payload']).toBeNull();
    const again = await client().post(`/webhooks/${webhook.id}/deliveries/${String(id)}/redeliver`, {}, as());
    expect([again.status, again.body['code']]).toEqual([409, 'webhook.delivery_erased']);
  });

  it('while the database is away is told when it is back', async () => {
    const { body: webhook } = await create();
    const db = server.app.get(Database);
    const away = jest.spyOn(db, 'readAsOwner').mockRejectedValue(new Error('The database is away.'));
    const recorder = server.app.get(EventRecorder);
    const id = await ends();
    await recorder.recordDue();
    await until(
      () => Promise.resolve(away.mock.calls.length),
      (asked) => asked > 0,
    );
    away.mockRestore();
    await until(
      () => recorder.recordDue(new Date(Date.now() + HOUR_MS)),
      () => receiver.at(path).length > 0,
    );
    expect(receiver.at(path)[0]?.body.data['id']).toBe(id);
    expect((await deliveriesOf(webhook.id)).body).toHaveLength(1);
  });

  it('and was never announced, since the process died, is found', async () => {
    const { id: before } = await aCall(server, user.userId, { ended_at: new Date(Date.now() - HOUR_MS) });
    const { body: webhook } = await create();
    const { id: lost } = await aCall(server, user.userId, { ended_at: new Date() });
    const sweep = server.app.get(EventSweep);
    // Whoever saw it may be about to write it down.
    await sweep.sweep();
    expect((await deliveriesOf(webhook.id)).body).toEqual([]);
    await sweep.sweep(new Date(Date.now() + HOUR_MS));
    const [told] = await receiver.arrived(path);
    expect(told?.body).toMatchObject({ type: 'call.ended', data: { id: lost } });
    expect(told?.body.data['id']).not.toBe(before);
    await sweep.sweep(new Date(Date.now() + HOUR_MS));
    expect((await deliveriesOf(webhook.id)).body).toHaveLength(1);
  });
});

describe('a target that', () => {
  it('fails is told again, under the same id and signed anew, until it has received it', async () => {
    receiver.answer(path, 500, 200);
    const { body: webhook } = await create();
    await ends();
    const failed = await becomes(webhook.id, { response_status: 500 });
    expect(failed).toMatchObject({ status: 'pending', attempts: 1, error: 'It answered with status 500.' });
    expect(Date.parse(String(failed['next_attempt_at']))).toBeGreaterThan(
      Date.parse(String(failed['last_attempt_at'])),
    );
    expect(await webhookOf(webhook.id)).toMatchObject({ is_active: true, failing_since: expect.any(String) as string });
    await sendDueIn(HOUR_MS);
    const [first, second] = await receiver.arrived(path, 2);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.text).toBe(first?.text);
    if (second !== undefined) verified(webhook.secret, second);
    expect(await becomes(webhook.id, { status: 'delivered' })).toMatchObject({ attempts: 2, error: null });
    expect(await webhookOf(webhook.id)).toMatchObject({ failing_since: null });
  });

  it('never receives it is given up on after ten attempts, and can be told once more', async () => {
    receiver.answer(path, 500);
    const { body: webhook } = await create();
    await ends();
    const { id } = await becomes(webhook.id, { attempts: 1, response_status: 500 });
    for (let attempts = 2; attempts <= 10; attempts += 1) {
      // What is claimed has its number already, and the due time of its lease: only what was answered is due much later, or never.
      await answered(webhook.id, attempts - 1);
      await sendDueIn(48 * HOUR_MS);
      await becomes(webhook.id, { attempts });
    }
    expect(await becomes(webhook.id, { status: 'failed' })).toMatchObject({ attempts: 10, next_attempt_at: null });
    receiver.answer(path, 200);
    const again = await client().post(`/webhooks/${webhook.id}/deliveries/${String(id)}/redeliver`, {}, as());
    expect([again.status, again.body]).toMatchObject([202, { id, status: 'pending' }]);
    expect(await becomes(webhook.id, { status: 'delivered' })).toMatchObject({ id, attempts: 1 });
    expect(new Set(receiver.at(path).map(({ headers }) => headers['webhook-id']))).toEqual(new Set([id]));
  });

  it('is slow holds up nobody but itself', async () => {
    const waiting: ServerResponse[] = [];
    const slow = `${path}-slow`;
    receiver.answer(slow, (response) => waiting.push(response));
    const { body: webhook } = await create({ url: receiver.url + slow });
    for (let call = 0; call < 10; call += 1) await ends();
    await receiver.arrived(slow, 4);
    const other = await signUp(server.url);
    await create();
    await create({ url: `${receiver.url}${path}-other` }, other);
    await ends();
    await ends(other);
    await receiver.arrived(path);
    await receiver.arrived(`${path}-other`);
    // No more than four at once.
    expect(receiver.at(slow)).toHaveLength(4);
    receiver.answer(slow, 200);
    for (const response of waiting) response.end();
    await until(
      () => deliveriesOf(webhook.id, '?status=delivered'),
      ({ body }) => body.length === 11,
    );
  });

  it('is gone is told nothing any more', async () => {
    receiver.answer(path, 410);
    const { body: webhook } = await create();
    await ends();
    expect(await becomes(webhook.id, { status: 'failed' })).toMatchObject({ attempts: 1, response_status: 410 });
    expect(await webhookOf(webhook.id)).toMatchObject({
      is_active: false,
      problem: 'Switched off: it answered that it is gone (410).',
    });
    const id = String((await deliveriesOf(webhook.id)).body[0]?.['id']);
    const again = await client().post(`/webhooks/${webhook.id}/deliveries/${id}/redeliver`, {}, as());
    expect([again.status, again.body['code']]).toEqual([409, 'webhook.inactive']);
    await ends();
    // Back again: what happened meanwhile is none of its business.
    receiver.answer(path, 200);
    const back = await client().put<Body>(`/webhooks/${webhook.id}`, { is_active: true }, as());
    expect(back.body).toMatchObject({ is_active: true, problem: null, failing_since: null });
    const call = await ends();
    const all = await receiver.arrived(path, 2);
    await server.app.get(EventSweep).sweep(new Date(Date.now() + HOUR_MS));
    expect(all.at(-1)?.body.data['id']).toBe(call);
    expect((await deliveriesOf(webhook.id)).body).toHaveLength(2);
  });

  it('has received nothing for five days is told nothing any more', async () => {
    receiver.answer(path, 503);
    const { body: webhook } = await create();
    const failingFor = (ago: string, last = '1 hour') =>
      server.sql(
        user.userId,
        'UPDATE webhooks SET failing_since = now() - $2::interval, last_failed_at = now() - $3::interval WHERE id = $1',
        [webhook.id, ago, last],
      );
    // The last attempt of a delivery, which has taken two days by then.
    const isGivenUp = async () => {
      await ends();
      const { id } = await becomes(webhook.id, { attempts: 1, response_status: 503, status: 'pending' });
      await server.sql(user.userId, 'UPDATE webhook_deliveries SET attempts = 9, due_at = now() WHERE id = $1', [id]);
      await sendDueIn(0);
      await becomes(webhook.id, { attempts: 10, status: 'failed' });
    };
    await failingFor('4 days 23 hours');
    await isGivenUp();
    expect(await webhookOf(webhook.id)).toMatchObject({ is_active: true });
    // Two failures with days between them say nothing of those days, and a test that fails says nothing at all.
    await failingFor('6 days', '3 days');
    await client().post(`/webhooks/${webhook.id}/test`, {}, as());
    await isGivenUp();
    expect(await webhookOf(webhook.id)).toMatchObject({ is_active: true });
    await failingFor('5 days 1 minute');
    await isGivenUp();
    const off = await until(
      () => webhookOf(webhook.id),
      (now) => now['is_active'] === false,
    );
    expect(off).toMatchObject({
      is_active: false,
      problem: 'Switched off: nothing that was sent has arrived for 5 days.',
    });
  });

  it('leads elsewhere is not followed', async () => {
    receiver.answer(path, (response) => response.writeHead(302, { location: `${receiver.url}${path}-else` }).end());
    const { body: webhook } = await create();
    await ends();
    const { error } = await becomes(webhook.id, { response_status: 302 });
    expect(error).toBe('It answered with a redirect (302), which is not followed. Enter the address that it leads to.');
    expect(receiver.at(`${path}-else`)).toEqual([]);
  });
});

describe('a private target', () => {
  let guarded: StartedApp;
  beforeAll(async () => {
    guarded = await startApp({ database: server.database, env: { SECRET_KEY: server.config.secretKey } });
  });
  afterAll(() => guarded.close());

  it.each([
    'http://127.0.0.1:5050/',
    'http://localhost/',
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://169.254.169.254/latest/meta-data/',
    'https://10.0.0.8/hook',
    'https://2130706433/',
  ])('is refused at once where its address says so: %s', async (url) => {
    const answer = await api(guarded.url).post('/webhooks', { url, events: ['*'] }, as());
    expect([answer.status, answer.body]).toMatchObject([400, { code: 'webhook.private_target', detail: PRIVATE }]);
  });

  it('is refused as the connection is made, with a sentence', async () => {
    const { body: webhook } = await create();
    const tested = await api(guarded.url).post<Body>(`/webhooks/${webhook.id}/test`, {}, as());
    expect([tested.status, tested.body]).toMatchObject([
      200,
      { event: 'webhook.test', status: 'failed', response_status: null, error: PRIVATE },
    ]);
    expect(receiver.at(path)).toEqual([]);
  });
});

describe('the test button', () => {
  it('sends at once, also where the webhook is switched off, and does not try again', async () => {
    const { body: webhook } = await create({ is_active: false });
    const test = () => client().post<Body>(`/webhooks/${webhook.id}/test`, {}, as());
    expect((await test()).body).toMatchObject({ status: 'delivered', response_status: 200, attempts: 1 });
    const [told] = receiver.at(path);
    if (told === undefined) throw new Error('nothing was sent');
    expect(verified(webhook.secret, told)).toMatchObject({ type: 'webhook.test', data: { webhook_id: webhook.id } });
    receiver.answer(path, 500);
    expect((await test()).body).toMatchObject({ status: 'failed', response_status: 500, next_attempt_at: null });
    expect((await deliveriesOf(webhook.id, '?event=webhook.test')).body).toHaveLength(2);
  });
});

describe('the secret', () => {
  it('is told once, and lies nowhere in clear', async () => {
    const { body: webhook } = await create({ url: `${receiver.url}${path}?key=hushhush` });
    receiver.answer(`${path}?key=hushhush`, 500);
    expect(webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/=]{44}$/);
    const bare = webhook.secret.slice('whsec_'.length);
    const elsewhere = await Promise.all([
      client().get(`/webhooks/${webhook.id}`, as()),
      client().get('/webhooks', as()),
      client().put(`/webhooks/${webhook.id}`, { description: 'changed' }, as()),
      client().post(`/webhooks/${webhook.id}/test`, {}, as()),
    ]);
    for (const { status, text } of elsewhere) {
      expect(status).toBe(200);
      expect(text).not.toContain('secret":');
      expect(text).not.toContain(bare);
    }
    const dump = await server.sql(
      user.userId,
      'SELECT w::text, d::text FROM webhooks w LEFT JOIN webhook_deliveries d ON true',
    );
    expect(JSON.stringify(dump)).toContain('v1.');
    expect(JSON.stringify(dump)).not.toContain(bare);
    expect(log.text).not.toContain(bare);
    expect(log.text).not.toContain('v1,');
    expect(log.text).toContain('A webhook did not receive an event');
    expect(log.text).not.toContain('hushhush');
  });

  it('signs beside a new one for a day', async () => {
    const { body: webhook } = await create();
    const rotated = await client().post<Body & { secret: string }>(`/webhooks/${webhook.id}/rotate-secret`, {}, as());
    expect(rotated.status).toBe(200);
    expect(rotated.body.secret).not.toBe(webhook.secret);
    // The one that signs now would be promised a place that is taken.
    const soon = await client().post<Body>(`/webhooks/${webhook.id}/rotate-secret`, undefined, as());
    expect([soon.status, soon.body['code']]).toEqual([409, 'webhook.rotated_lately']);
    const until = Date.parse(String(rotated.body['previous_secret_until'])) - Date.now();
    expect(Math.abs(until - 24 * HOUR_MS)).toBeLessThan(HOUR_MS);
    await ends();
    const [both] = await receiver.arrived(path);
    if (both === undefined) throw new Error('nothing was sent');
    expect(String(both.headers['webhook-signature']).split(' ')).toHaveLength(2);
    verified(rotated.body.secret, both);
    verified(webhook.secret, both);
    await server.sql(user.userId, `UPDATE webhooks SET previous_until = now() - interval '1 second'`);
    await ends();
    const [, alone] = await receiver.arrived(path, 2);
    if (alone === undefined) throw new Error('nothing was sent');
    verified(rotated.body.secret, alone);
    expect(() => verified(webhook.secret, alone)).toThrow('No matching signature');
  });

  it('that others know signs nothing any more, at once', async () => {
    const { body: webhook } = await create();
    await client().post(`/webhooks/${webhook.id}/rotate-secret`, {}, as());
    const rotated = await client().post<Body & { secret: string }>(
      `/webhooks/${webhook.id}/rotate-secret`,
      { revoke_previous: true },
      as(),
    );
    expect([rotated.status, rotated.body['previous_secret_until']]).toEqual([200, null]);
    await ends();
    const [alone] = await receiver.arrived(path);
    expect(String(alone?.headers['webhook-signature']).split(' ')).toHaveLength(1);
    if (alone !== undefined) verified(rotated.body.secret, alone);
  });

  it('is sealed with the key of now by the rotation of keys', async () => {
    const { body: webhook } = await create();
    await client().post(`/webhooks/${webhook.id}/rotate-secret`, {}, as());
    const db = server.app.get(Database);
    const keys = server.config.encryptionKeys;
    const newer = new WebhookSecrets({ encryptionKeys: [Buffer.alloc(32, 5), ...keys] });
    const { resealed, unreadable } = await rotateWebhookKeys(db, newer);
    expect([resealed > 0, unreadable]).toEqual([true, []]);
    expect(await rotateWebhookKeys(db, newer)).toEqual({ resealed: 0, unreadable: [] });
    // This server has never heard of that key.
    const lost = await client().post<Body>(`/webhooks/${webhook.id}/test`, {}, as());
    expect(lost.body['error']).toContain('Rotate the secret');
    const [former] = keys;
    await rotateWebhookKeys(db, new WebhookSecrets({ encryptionKeys: [former, Buffer.alloc(32, 5)] }));
    expect((await client().post<Body>(`/webhooks/${webhook.id}/test`, {}, as())).body['status']).toBe('delivered');
  });

  it('that is sealed for one webhook opens at no other', async () => {
    const [{ body: one }, { body: two }] = [await create(), await create()];
    await server.sql(
      user.userId,
      'UPDATE webhooks SET secret = (SELECT secret FROM webhooks WHERE id = $1) WHERE id = $2',
      [one.id, two.id],
    );
    expect((await client().post<Body>(`/webhooks/${two.id}/test`, {}, as())).body).toMatchObject({ status: 'failed' });
    const mended = await client().post<Body>(`/webhooks/${two.id}/rotate-secret`, {}, as());
    expect(mended.body['previous_secret_until']).toBeNull();
    expect((await client().post<Body>(`/webhooks/${two.id}/test`, {}, as())).body).toMatchObject({
      status: 'delivered',
    });
  });
});

describe('a webhook', () => {
  it.each<[Body, number, string]>([
    [{ url: 'ftp://example.com/' }, 422, 'request.invalid'],
    [{ url: 'example.com' }, 422, 'request.invalid'],
    [{ url: 'javascript:alert(1)' }, 422, 'request.invalid'],
    [{ url: 'https://ann:secret@example.com/' }, 422, 'request.invalid'],
    [{ url: 'https://ann@example.com/' }, 422, 'request.invalid'],
    [{ url: `https://example.com/${'x'.repeat(2000)}` }, 422, 'request.invalid'],
    [{ events: [] }, 422, 'request.invalid'],
    [{ events: ['call.ended', 'call.dreamt'] }, 422, 'request.invalid'],
    [{ events: ['webhook.test'] }, 422, 'request.invalid'],
    [{ secret: 'whsec_mine' }, 422, 'request.invalid'],
  ])('cannot be made with %j', async (wrong, status, code) => {
    const answer = await create(wrong);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });

  it('is listed, changed and removed with its log', async () => {
    const { body: webhook } = await create({ description: 'Our CRM', events: ['call.ended', 'call.ended'] });
    expect(webhook).toMatchObject({ description: 'Our CRM', events: ['call.ended'], is_active: true, problem: null });
    const changed = await client().put<Body>(`/webhooks/${webhook.id}`, { events: ['*'], description: null }, as());
    expect(changed.body).toMatchObject({ events: ['*'], description: null, url: receiver.url + path });
    const listed = await client().get<Body[]>('/webhooks', as());
    expect([listed.body, listed.headers.get('x-total-count')]).toEqual([[changed.body], '1']);
    await client().post(`/webhooks/${webhook.id}/test`, {}, as());
    expect((await client().delete(`/webhooks/${webhook.id}`, as())).status).toBe(204);
    expect((await deliveriesOf(webhook.id)).status).toBe(404);
    expect(await server.sql(user.userId, 'SELECT id FROM webhook_deliveries')).toEqual([]);
  });

  it('is one of twenty, however many are asked for at once', async () => {
    const answers = await Promise.all(Array.from({ length: 25 }, () => create()));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    const { body } = await create();
    expect(body).toMatchObject({ status: 400, code: 'webhook.too_many' });
  });

  it('is not there for anybody else', async () => {
    const { body: webhook } = await create();
    const { body: tested } = await client().post<Body>(`/webhooks/${webhook.id}/test`, {}, as());
    const delivery = `/webhooks/${webhook.id}/deliveries/${String(tested['id'])}`;
    const other = await signUp(server.url);
    const { body: own } = await create({}, other);
    const answers = await Promise.all([
      client().get(`/webhooks/${webhook.id}`, as(other)),
      client().put(`/webhooks/${webhook.id}`, { is_active: false }, as(other)),
      client().delete(`/webhooks/${webhook.id}`, as(other)),
      client().post(`/webhooks/${webhook.id}/rotate-secret`, {}, as(other)),
      client().post(`/webhooks/${webhook.id}/test`, {}, as(other)),
      client().get(`/webhooks/${webhook.id}/deliveries`, as(other)),
      client().get(delivery, as(other)),
      client().post(`${delivery}/redeliver`, {}, as(other)),
      client().get('/webhooks/none', as(other)),
    ]);
    expect(answers.map(({ status, body }) => [status, body['code']])).toEqual(
      answers.map(() => [404, 'webhook.not_found']),
    );
    const elsewhere = await Promise.all([
      client().get(`/webhooks/${own.id}/deliveries/${String(tested['id'])}`, as(other)),
      client().post(`/webhooks/${own.id}/deliveries/${String(tested['id'])}/redeliver`, {}, as(other)),
      client().get(`/webhooks/${own.id}/deliveries/none`, as(other)),
    ]);
    expect(elsewhere.map(({ status, body }) => [status, body['code']])).toEqual(
      elsewhere.map(() => [404, 'webhook.delivery_not_found']),
    );
    expect((await client().get<Body[]>('/webhooks', as(other))).body.map(({ id }) => id)).toEqual([own.id]);
    await ends(other);
    await becomes(own.id, { status: 'delivered' }, other);
    expect((await deliveriesOf(webhook.id)).body).toHaveLength(1);
  });

  it('goes with its owner', async () => {
    await create();
    await ends();
    await receiver.arrived(path);
    expect((await client().delete('/users/me', as())).status).toBeLessThan(300);
    const left = await server.app
      .get(Database)
      .asNewOwner(user, (tx) =>
        tx.query<Body[]>('SELECT id FROM webhooks UNION ALL SELECT webhook_id FROM webhook_deliveries'),
      );
    expect(left).toEqual([]);
  });
});

describe('the log', () => {
  it('is kept for thirty days', async () => {
    const { body: webhook } = await create();
    const test = () => client().post<Body>(`/webhooks/${webhook.id}/test`, {}, as());
    const [{ body: old }, { body: young }] = [await test(), await test()];
    const age = (id: unknown, days: number) =>
      server.sql(
        user.userId,
        `UPDATE webhook_deliveries SET created_at = now() - make_interval(days => $2) WHERE id = $1`,
        [id, days],
      );
    await age(old['id'], 31);
    await age(young['id'], 29);
    await server.app.get(DeliveryRemoval).removeOld();
    expect((await deliveriesOf(webhook.id)).body.map(({ id }) => id)).toEqual([young['id']]);
  });
});
