import { PhoneNumbers } from '../../src/calls/phone-numbers.service';
import { CallActions } from '../../src/calls/call-actions.service';
import { Telephony } from '../../src/integrations/telephony/telephony';
import { CallTexts } from '../../src/sms/call-texts.service';
import { SmsRounds } from '../../src/sms/sms-rounds.service';
import { aCall } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { CallBody } from '../support/live-call';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** Texts that calls bring about: by the agent while it talks, and by its scenario afterwards. */

const NUMBER = '+12025550000';
const SECOND = '+12025550001';
const CALL_MS = 90_000;

interface Sms {
  id: string;
  to: string;
  from: string;
  body: string;
  status: string;
  send_state: string;
  source: string | null;
  call_id: string | null;
  error: { code: string; detail: string } | null;
}
type TextingCall = CallBody & { actions: { tool: string; ok: boolean; outcome: string }[] };

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox({ SANDBOX_SMS_MS: '50', SANDBOX_RING_MS: '300', TWILIO_PHONE_NUMBER: SECOND });
  server = await startApp({ env: { ...sandbox.env, SILENCE_REPROMPT_SECONDS: '20', SILENCE_END_SECONDS: '20' } });
  await server.app.get(PhoneNumbers).setUpPlatformNumber();
});
beforeEach(async () => {
  await sandbox.noFaults();
  user = await signUp(server.url);
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

const client = () => api(server.url);
const list = async (query = ''): Promise<Sms[]> => (await client().get<Sms[]>(`/sms${query}`, user)).body;
const at = async (phone: string) => (await sandbox.texts()).filter(({ to }) => to === phone);

async function aScenario(fields: object): Promise<string> {
  const { status, body, text } = await client().post<{ scenario_id: string }>(
    '/realtime/custom-scenario',
    {
      persona: 'You are Mia, who answers for a bike shop.',
      prompt: 'Help the caller. The shop is at 12 Main Street. Ask what bike they have.',
      voice_type: 'warm_engaging',
      temperature: 0.7,
      ...fields,
    },
    user,
  );
  if (status !== 201) throw new Error(text);
  return body.scenario_id;
}

describe('an agent that may text', () => {
  it(
    'texts the person on the line what they ask for, once, and says so',
    async () => {
      const scenario = await aScenario({ sends_texts: true });
      expect((await client().get<object[]>('/custom-scenarios', user)).body).toMatchObject([{ sends_texts: true }]);
      const person = '+12025550150';
      const placed = await client().post<CallBody>('/calls', { phone_number: person, scenario }, user);
      const now = async () => (await client().get<TextingCall>(`/calls/${placed.body.id}`, user)).body;
      await until(now, ({ transcript }) => transcript.length > 0, { withinMs: CALL_MS, what: 'the first words' });
      const say = (text: string) => client2().post(`/sandbox/calls/${placed.body.call_sid}/says`, { text });
      await say('Can you text me that please?');
      const texted = await until(now, ({ actions }) => actions.some(({ ok }) => ok), {
        withinMs: CALL_MS,
        what: 'a text of the agent',
      });
      const [action] = texted.actions;
      expect(action).toMatchObject({ tool: 'send_text', ok: true });
      expect(action?.outcome).toMatch(/^Texted “/);
      await until(now, ({ transcript }) => transcript.some(({ text }) => text.includes('The text is on its way')), {
        withinMs: CALL_MS,
        what: 'the agent to say so',
      });
      await client2().post(`/sandbox/calls/${placed.body.call_sid}/hangup`, {});
      const [sms, ...others] = await list();
      expect(others).toEqual([]);
      expect(sms).toMatchObject({
        to: person,
        from: NUMBER,
        source: 'agent',
        call_id: placed.body.id,
        send_state: 'placed',
      });
      expect((await at(person)).map(({ body }) => body)).toEqual([sms?.body]);
    },
    CALL_MS,
  );

  const client2 = () => api(sandbox.url);
});

describe('the tool', () => {
  const use = (callId: string, toolCallId = 'call_1') => ({ callId, toolCallId, atMs: 1000 });
  const actionsOf = (callId: string) =>
    server.sql<{ state: string; outcome: string }>(
      user.userId,
      'SELECT state, outcome FROM call_actions WHERE call_id = $1 ORDER BY sequence',
      [callId],
    );

  it('sends the same once, another text as well, and not without end', async () => {
    const person = '+12025550351';
    const { id } = await aCall(server, user.userId, { phone_number: person });
    const texts = server.app.get(CallTexts);
    expect(await texts.send(user, use(id), 'Our address: 12 Main Street')).toMatchObject({ ok: true });
    const again = await texts.send(user, use(id, 'call_2'), 'our address:  12 main street ');
    expect(again).toEqual({ ok: true, message: 'This very text was sent on this call already, once.' });
    expect(await at(person)).toHaveLength(1);
    // Twice in one breath.
    const both = await Promise.all(['call_3', 'call_4'].map((one) => texts.send(user, use(id, one), 'Twice')));
    expect(both.some(({ ok }) => ok)).toBe(true);
    expect(await at(person)).toHaveLength(2);
    for (const body of ['3', '4', '5', '6', '7']) await texts.send(user, use(id, `call_${body}`), body);
    expect((await at(person)).length).toBeLessThanOrEqual(5);
    expect(await texts.send(user, use(id, 'call_9'), 'One more')).toEqual({
      ok: false,
      error: 'At most 5 texts are sent on a call.',
    });
  });

  it('says why not, and keeps it', async () => {
    const person = '+12025550352';
    const texts = server.app.get(CallTexts);
    const { id } = await aCall(server, user.userId, { phone_number: person });
    await client().post('/do-not-call', { phone_number: person }, user);
    expect(await texts.send(user, use(id), 'Hello')).toEqual({
      ok: false,
      error: 'This number is on your do-not-call list.',
    });
    expect(await actionsOf(id)).toEqual([
      { state: 'refused', outcome: 'Not texted: “Hello”; This number is on your do-not-call list' },
    ]);
    const { id: hidden } = await aCall(server, user.userId, { phone_number: 'anonymous', direction: 'inbound' });
    expect(await texts.send(user, use(hidden), 'Hello')).toMatchObject({ ok: false });
    expect(await at(person)).toEqual([]);
  });

  it('leaves nothing begun in the journal that was never asked for', async () => {
    const person = '+12025550354';
    const texts = server.app.get(CallTexts);
    const { id } = await aCall(server, user.userId, { phone_number: person });
    // The server dies, or the database goes away, in the middle.
    const journal = jest
      .spyOn(server.app.get(CallActions), 'beginIn')
      .mockRejectedValueOnce(new Error('The database is away.'));
    expect(await texts.send(user, use(id), 'Hello')).toEqual({
      ok: false,
      error: 'No text can be sent at the moment.',
    });
    journal.mockRestore();
    expect([await actionsOf(id), await list()]).toEqual([[], []]);
    expect(await texts.send(user, use(id, 'call_2'), 'Hello')).toMatchObject({ ok: true });
    expect(await actionsOf(id)).toEqual([{ state: 'done', outcome: 'Texted “Hello”' }]);
    // Refused while it was said twice in a breath: neither is perhaps.
    await sandbox.fault('twilio', 'http_403', { number: person });
    const both = await Promise.all(['call_3', 'call_4'].map((one) => texts.send(user, use(id, one), 'Twice')));
    expect(both.every(({ ok }) => !ok)).toBe(true);
    await until(
      () => actionsOf(id),
      (all) => all.slice(1).every(({ state }) => state === 'refused'),
      { what: 'the refusals' },
    );
  });

  it('does not know, sends nothing twice, and finds it out', async () => {
    const person = '+12025550353';
    const texts = server.app.get(CallTexts);
    const { id } = await aCall(server, user.userId, { phone_number: person });
    await sandbox.fault('twilio', 'lose_answer', { number: person });
    await sandbox.fault('twilio', 'lose_webhook', { number: person, count: 2 });
    const perhaps = await texts.send(user, use(id), 'Hello');
    expect(perhaps).toMatchObject({ ok: false });
    expect(await texts.send(user, use(id, 'call_2'), 'Hello')).toEqual(perhaps);
    expect(await actionsOf(id)).toMatchObject([{ state: 'unknown' }]);
    await server.app.get(SmsRounds).seeToAll(45_000);
    expect(await actionsOf(id)).toEqual([{ state: 'done', outcome: 'Texted “Hello”' }]);
    expect(await texts.send(user, use(id, 'call_3'), 'Hello')).toMatchObject({ ok: true });
    expect(await at(person)).toHaveLength(1);
  });
});

describe('a text after a call', () => {
  const agent = JSON.stringify({
    scenarioName: 'sales',
    followUpText: 'Thank you, {{name}}! Order {{order}}.',
    tools: [],
  });
  /** One that was answered and is over. */
  const aTalk = (phone: string, columns: object = {}) =>
    aCall(server, user.userId, {
      phone_number: phone,
      agent,
      variables: JSON.stringify({ name: 'Sam', order: '4711' }),
      answered_at: new Date(Date.now() - 60_000),
      ended_at: new Date(Date.now() - 5000),
      words_version: 2,
      ...columns,
    });
  const round = (app = server, aheadMs = 0) => app.app.get(SmsRounds).seeToAll(aheadMs);
  const sentTo = (phone: string) =>
    until(
      () => at(phone),
      (texts) => texts.length > 0,
      { what: 'the text' },
    );

  it('is sent once, filled in, whatever restarts and whoever looks', async () => {
    const person = '+12025550361';
    const { id } = await aTalk(person);
    const other = await startApp({ env: { ...sandbox.env, SECRET_KEY: 'x'.repeat(40) }, database: server.database });
    try {
      await Promise.all([round(), round(other), round()]);
      await sentTo(person);
      await Promise.all([round(other), round()]);
    } finally {
      await other.close();
    }
    await round(server, 3_600_000);
    expect((await at(person)).map(({ body }) => body)).toEqual(['Thank you, Sam! Order 4711.']);
    expect(await list()).toMatchObject([{ source: 'follow_up', call_id: id, to: person, send_state: 'placed' }]);
  });

  it('that was written down, or asked for, by a server that died is sent once', async () => {
    const person = '+12025550362';
    const { id } = await aTalk(person);
    const row = (sendState: string, phone: string, callId: string) =>
      server.sql(
        user.userId,
        `INSERT INTO sms_messages (id, user_id, direction, phone_number, own_number, body, status, send_state, attempt_id, source,
           call_id, due_at, asked_at)
         VALUES (gen_random_uuid(), ${user.userId}, 'outbound', $1, '${NUMBER}', 'Thank you.', 'queued', $2, gen_random_uuid(),
           'follow_up', $3, now() - interval '1 second', now() - interval '100 seconds')`,
        [phone, sendState, callId],
      );
    await row('intended', person, id);
    await round();
    expect(await sentTo(person)).toHaveLength(1);
    const asked = '+12025550363';
    const { id: second } = await aTalk(asked);
    await row('asked', asked, second);
    await round();
    // Twilio certainly has none: it is sent after all.
    await until(
      () => round().then(() => at(asked)),
      (texts) => texts.length > 0,
      { what: 'the text that was not sent' },
    );
    await until(
      () => list(`?phone_number=${encodeURIComponent(asked)}`),
      ([sms]) => sms?.send_state === 'placed' && sms.error === null,
    );
    await round(server, 3_600_000);
    expect(await at(asked)).toHaveLength(1);
    // Not for ever.
    const hopeless = '+12025550368';
    const { id: third } = await aTalk(hopeless);
    await row('asked', hopeless, third);
    await server.sql(user.userId, 'UPDATE sms_messages SET tries = 20 WHERE phone_number = $1', [hopeless]);
    await round();
    const [given] = await until(
      () => list(`?phone_number=${encodeURIComponent(hopeless)}`),
      ([sms]) => sms?.status === 'failed',
    );
    expect(given).toMatchObject({ send_state: 'absent', error: { code: 'absent' } });
  });

  const waiting = async (phone: string, columns: { own_number?: string; created_at?: Date } = {}) => {
    const { id: callId } = await aTalk(phone, { followed_up_at: new Date() });
    await server.sql(
      user.userId,
      `INSERT INTO sms_messages (id, user_id, direction, phone_number, own_number, body, status, send_state, attempt_id, source,
         call_id, due_at, created_at)
       VALUES (gen_random_uuid(), $1, 'outbound', $2, $3, 'Thank you.', 'queued', 'intended', gen_random_uuid(), 'follow_up', $4,
         now(), $5)`,
      [user.userId, phone, columns.own_number ?? NUMBER, callId, columns.created_at ?? new Date()],
    );
  };

  it('comes from a number that is still one’s own, or from another', async () => {
    const person = '+12025550369';
    const other = await signUp(server.url);
    const claim = await client().post<{ id: number }>(
      '/phone-numbers',
      { phone_number: SECOND, scenario: 'receptionist' },
      other,
    );
    try {
      await waiting(person, { own_number: SECOND });
      await round();
      expect(await sentTo(person)).toMatchObject([{ from: NUMBER }]);
      expect(await list()).toMatchObject([{ from: NUMBER }]);
    } finally {
      await client().delete(`/phone-numbers/${claim.body.id}`, other);
    }
  });

  it('is not sent days later', async () => {
    const person = '+12025550370';
    await waiting(person, { created_at: new Date(Date.now() - 37 * 3_600_000) });
    await round();
    const [late] = await until(
      () => list(),
      ([sms]) => sms?.status === 'failed',
    );
    expect(late).toMatchObject({ send_state: 'refused', error: { code: 'too_late' } });
    expect(await at(person)).toEqual([]);
  });

  it('of one who has many, or whose line hangs, waits for nobody else, and holds up nobody', async () => {
    const telephony = server.app.get(Telephony);
    const send = telephony.sendSms.bind(telephony);
    const hung: (() => void)[] = [];
    const isTheirs = (to: string) => to.startsWith('+1202555038');
    jest.spyOn(telephony, 'sendSms').mockImplementation(async (sms) => {
      if (isTheirs(sms.to)) await new Promise<void>((go) => hung.push(go));
      return send(sms);
    });
    // Asking where texts stand hangs as well.
    jest.spyOn(telephony, 'fetchSms').mockImplementation(() => new Promise((go) => hung.push(() => go(null))));
    await server.sql(
      user.userId,
      `INSERT INTO sms_messages (id, user_id, direction, phone_number, own_number, body, status, send_state, sid, due_at)
       VALUES (gen_random_uuid(), $1, 'outbound', '+12025550100', $2, 'Hello', 'sent', 'placed', 'SM' || md5('hangs'), now())`,
      [user.userId, NUMBER],
    );
    for (let number = 0; number < 10; number += 1) await waiting(`+1202555038${number}`);
    user = await signUp(server.url);
    const person = '+12025550371';
    await waiting(person);
    await sentTo(person);
    // Of one user no more than a few at once: four to be sent, and one that is asked about.
    expect(hung.length).toBeLessThanOrEqual(5);
    jest.restoreAllMocks();
    for (const go of hung) go();
    await until(
      () => sandbox.texts(),
      (all) => all.filter(({ to }) => isTheirs(to)).length === 10,
      { what: 'the others’ texts' },
    );
  });

  it.each([
    ['nobody answered', { answered_at: null }],
    ['a machine did', { voicemail: JSON.stringify({ detectedBy: 'words', messageLeft: false, message: null }) }],
    ['it failed', { status: 'failed' }],
    ['its scenario texts nothing', { agent: JSON.stringify({ scenarioName: 'sales', tools: [] }) }],
    ['it was days ago', { ended_at: new Date(Date.now() - 3 * 86_400_000) }],
  ])('is not sent where %s', async (_, columns) => {
    await aTalk('+12025550364', columns);
    await round();
    expect(await list()).toEqual([]);
  });

  it('waits for what the conversation has to say yet, and not for ever', async () => {
    const person = '+12025550365';
    await aTalk(person, { words_version: 1 });
    await round();
    expect(await list()).toEqual([]);
    await round(server, 60_000);
    expect(await sentTo(person)).toHaveLength(1);
  });

  it('is kept with the reason where it may not be sent', async () => {
    const person = '+12025550366';
    await client().post('/do-not-call', { phone_number: person }, user);
    await aTalk(person);
    await aTalk('anonymous', { direction: 'inbound' });
    await aTalk('+442071838750');
    await round();
    // The server's own round may be at it too.
    const kept = await until(
      () => list(),
      (all) => all.every(({ status }) => status !== 'queued'),
      { what: 'the refusals' },
    );
    expect(kept.map(({ error }) => error?.detail).sort()).toEqual([
      'Nobody can be texted: the other side showed no number.',
      'Texts to this country are not allowed. Allowed: US, CA.',
      'This number is on your do-not-call list.',
    ]);
    expect(kept.every(({ status, send_state: state }) => status === 'failed' && state === 'refused')).toBe(true);
    expect(await at(person)).toEqual([]);
  });

  it('is sent later where Twilio takes none at the moment', async () => {
    const person = '+12025550367';
    await sandbox.fault('twilio', 'http_429', { number: person });
    await aTalk(person);
    await round();
    const [waiting] = await until(
      () => list(),
      ([sms]) => sms?.error !== null,
      { what: 'a text that waits' },
    );
    expect(waiting).toMatchObject({ send_state: 'intended', status: 'queued', error: { code: 'carrier_busy' } });
    await round(server, 120_000);
    await sentTo(person);
    await until(
      () => list(),
      ([sms]) => sms?.send_state === 'placed' && sms.error === null,
      { what: 'the text' },
    );
  });

  it(
    'comes after a whole call',
    async () => {
      const person = '+12025550107';
      const scenario = await aScenario({ follow_up_text: 'It was nice to talk to you, {{name}}.' });
      await client().post('/calls', { phone_number: person, scenario, variables: { name: 'Ann' } }, user);
      const [text] = await until(
        () => at(person),
        (texts) => texts.length > 0,
        { what: 'the text', withinMs: CALL_MS },
      );
      expect(text?.body).toBe('It was nice to talk to you, Ann.');
    },
    CALL_MS,
  );

  it('is no longer than a text may be', async () => {
    const scenario = await aScenario({ follow_up_text: '{{a}}' });
    const variables = { a: 'x'.repeat(1601) };
    const answer = await client().post('/calls', { phone_number: '+12025550151', scenario, variables }, user);
    expect([answer.status, answer.body['code']]).toEqual([422, 'call.text_too_long']);
  });
});
