import { BrowserCalls } from '../../src/calls/browser-calls.service';
import { MAX_MESSAGE_BYTES } from '../../src/realtime/voice-agent-messages';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { aTicket, socketUrl, spoken, TestBrowser } from '../support/browser';
import type { CallBody } from '../support/live-call';
import { PubSubRedis } from '../support/pubsub-redis';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** Somebody talks to an agent from a web page: what they are told, what is kept of it, and who is not let in. */

const PATIENCE_MS = 60_000;

jest.setTimeout(PATIENCE_MS);

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;
let stranger: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, MAX_CONCURRENT_CALLS: '100', MAX_SOCKETS_PER_USER: '100' } });
  [user, stranger] = [await signUp(server.url), await signUp(server.url)];
});
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

const client = () => api(server.url);
const bearer = ({ token }: SignedUp) => ({ authorization: `Bearer ${token}` });

type BrowserCall = CallBody & { direction: string; phone_number: string; from_number: string };

/** The call when it is over. */
function callOf(callId: string, at: StartedApp = server): Promise<BrowserCall> {
  return until(
    async () => (await api(at.url).get<BrowserCall>(`/calls/${callId}`, { token: user.token })).body,
    ({ status, ended_reason }) => status === 'completed' && ended_reason !== null,
    { what: 'the end of the call' },
  );
}

describe('a conversation', () => {
  let browser: TestBrowser;
  let call: BrowserCall;
  /** What had been played when the agent was interrupted. */
  let playedAtClearMs: number;

  beforeAll(async () => {
    const [order, goodbye] = [
      await spoken(sandbox, 'I would like two margherita pizzas and one cola, please.'),
      await spoken(sandbox, 'No, that is all. Goodbye.'),
    ];
    browser = await TestBrowser.open(server, user, {
      ticket: await aTicket(server, user),
      sessionId: 'kitchen',
      query: { scenario: 'restaurant_order' },
    });
    browser.turnOnMicrophone();
    await browser.until(() => browser.playedMs > 1500, 'the greeting');
    browser.say(order);
    await browser.message('clear');
    playedAtClearMs = browser.playedMs;
    await browser.message('tool_call');
    await browser.until(() => browser.isQuiet && browser.said.length >= 2, 'the answer to the order');
    browser.say(goodbye);
    await browser.message('session_ended');
    await browser.closing();
    call = await callOf(browser.callId);
  }, PATIENCE_MS);

  it('begins with what the browser has to know', () => {
    expect(browser.messages[0]).toEqual({
      type: 'connection_established',
      session_id: 'kitchen',
      mode: 'realtime',
      timestamp: expect.stringMatching(/Z$/) as string,
      call_id: call.id,
      scenario: 'restaurant_order',
      max_duration_seconds: 1800,
      audio: { encoding: 'pcm_s16le', sample_rate: 24_000, channels: 1 },
    });
  });

  it('is disclosed, in audio of 24 kHz', async () => {
    expect(call.transcript[0]).toMatchObject({ role: 'agent' });
    expect(call.transcript[0]?.generated_text).toMatch(/automated assistant/);
    const session = (await sandbox.sessions()).find(({ instructions }) => instructions.includes('from a web page'));
    expect(session?.errorsSent).toEqual([]);
    expect(session?.counts.audioBytesOut).toBeGreaterThan(48 * 1500);
  });

  it('is interrupted: what is not played is dropped, and the turn is what was heard', async () => {
    const [cut] = call.transcript;
    expect(cut).toMatchObject({ role: 'agent', interrupted: true });
    expect(cut?.text.length).toBeLessThan(String(cut?.generated_text).length);
    expect(cut?.text).not.toBe('');
    // What counts as heard are marks that came back: never more than was played.
    const session = (await sandbox.sessions()).find(({ instructions }) => instructions.includes('from a web page'));
    const truncatedAtMs = session?.items.find((item) => item.truncatedAtMs !== null)?.truncatedAtMs;
    expect(truncatedAtMs).toBeLessThanOrEqual(playedAtClearMs + 100);
  });

  it('is told as it goes, and kept, turn by turn', () => {
    const told = browser.messages.filter(({ type }) => type === 'transcription' || type === 'conversation_response');
    const bySequence = new Map(told.map((message) => [message['sequence'], message['text']]));
    expect([...bySequence.keys()].sort()).toHaveLength(call.transcript.length);
    expect(call.transcript.map(({ text }) => text).sort()).toEqual([...bySequence.values()].sort());
    expect(call.transcript.map(({ text }) => text)).toContain(
      'I would like two margherita pizzas and one cola, please.',
    );
    expect(call.latency.turns).toBeGreaterThan(0);
  });

  it('runs the tools of the scenario', () => {
    expect(browser.of('tool_call').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['record_order', 'end_call']),
    );
    expect(call.order_items).toMatchObject([
      { name: 'margherita pizza', quantity: 2 },
      { name: 'cola', quantity: 1 },
    ]);
  });

  it('ends with a reason, for the browser and in the list of calls', async () => {
    expect(browser.of('session_ended')).toEqual([{ type: 'session_ended', reason: 'agent_ended', unsaid: null }]);
    expect(await browser.closing()).toBe('1000 The call is over.');
    expect(call).toMatchObject({
      direction: 'browser',
      status: 'completed',
      ended_reason: 'agent_ended',
      phone_number: 'browser',
      from_number: 'browser',
      call_sid: null,
      dial_state: 'placed',
    });
    expect(call.call_duration).toBeGreaterThan(2);
    expect(call.cost.model_usage).not.toBeNull();
    const { body } = await client().get<BrowserCall[]>('/calls?direction=browser', { token: user.token });
    expect(body.map(({ id }) => id)).toContain(call.id);
    expect((await client().get<BrowserCall[]>('/calls?direction=outbound', { token: user.token })).body).toEqual([]);
    expect((await client().get(`/calls/${call.id}`, { token: stranger.token })).status).toBe(404);
  });

  it('has a transcript like every call', async () => {
    const sid = `CT${call.id.replaceAll('-', '')}`;
    const transcript = await until(
      () =>
        client().get<{ call_direction: string; scenario_name: string }>(`/api/enhanced-transcripts/${sid}`, {
          token: user.token,
        }),
      ({ status }) => status === 200,
      { what: 'the transcript' },
    );
    expect(transcript.body).toMatchObject({ call_direction: 'browser', scenario_name: 'restaurant_order' });
  });
});

describe('somebody who writes and presses keys', () => {
  it('is answered', async () => {
    const browser = await TestBrowser.open(server, user, { query: { scenario: 'restaurant_order' } });
    browser.turnOnMicrophone();
    await browser.until(() => browser.playedMs > 500, 'the greeting');
    browser.send({ type: 'text_input', text: '  I would like three burgers, please. ' });
    await browser.message('clear');
    await browser.message('tool_call');
    await browser.until(() => browser.isQuiet && browser.said.length >= 2, 'the answer');
    for (const digit of ['1', '2', '#']) browser.send({ type: 'key', digit });
    await browser.until(() => browser.heard.includes('[pressed 1 2]') || browser.heard.at(-1)?.includes('1 2'), 'keys');
    browser.close();
    await browser.closing();
    const call = await callOf(browser.callId);
    expect(call.ended_reason).toBe('customer_hung_up');
    expect(call.transcript.map(({ text }) => text)).toContain('I would like three burgers, please.');
    expect(call.order_items).toMatchObject([{ name: 'burger', quantity: 3 }]);
  });
});

describe('a model that is lost', () => {
  it('is replaced, and the conversation goes on', async () => {
    const browser = await TestBrowser.open(server, user, { query: { scenario: 'restaurant_order' } });
    browser.turnOnMicrophone();
    await browser.until(() => browser.said.length >= 1 && browser.isQuiet, 'the greeting');
    await sandbox.cutSessions();
    browser.send({ type: 'text_input', text: 'I would like one salad, please.' });
    await browser.message('tool_call');
    browser.close();
    expect((await callOf(browser.callId)).order_items).toMatchObject([{ name: 'salad', quantity: 1 }]);
  });
});

describe('who is not let in', () => {
  const refused = (query: Record<string, string>, headers?: Record<string, string>, sessionId = 'refused') =>
    TestBrowser.refused(socketUrl(server, sessionId, query), headers);

  it('shows no token, a wrong one, or a spent ticket: 401', async () => {
    const realtime = { mode: 'realtime' };
    const ticket = await aTicket(server, user);
    (await TestBrowser.open(server, user, { ticket })).close();
    const answers = [
      await refused(realtime),
      await refused(realtime, { authorization: 'Bearer nothing' }),
      await refused(realtime, { authorization: 'Basic dXNlcjpwYXNz' }),
      await refused({ ...realtime, ticket: 'unknown' }),
      await refused({ ...realtime, ticket }),
      // Who is nobody is not told what there is.
      await refused({}),
    ];
    expect(answers.map(({ status, code }) => `${status} ${code}`)).toEqual(
      answers.map(() => '401 auth.not_authenticated'),
    );
  });

  it('comes from a web page of somebody else: 403, and none of ours', async () => {
    const ticket = await aTicket(server, user);
    const realtime = { mode: 'realtime', ticket };
    expect(await refused(realtime, { origin: 'https://evil.example' })).toMatchObject({
      status: 403,
      code: 'socket.origin_not_allowed',
    });
    const browser = await TestBrowser.open(server, user, { ticket, socket: { origin: server.url } });
    browser.close();
    await browser.closing();
  });

  it('wants a scenario that is not there, or somebody else’s: 404, in the same words', async () => {
    const created = await client().post<{ scenario_id: string }>(
      '/realtime/custom-scenario',
      { persona: 'You are Mary, a baker.', prompt: 'Sell bread to them.', voice_type: 'echo', temperature: 0.7 },
      { token: stranger.token },
    );
    const foreign = { mode: 'realtime', scenario: created.body.scenario_id };
    const answers = [
      await refused(foreign, bearer(user)),
      await refused({ mode: 'realtime', scenario: 'custom_1_1' }, bearer(user)),
    ];
    expect(answers[0]).toEqual({ status: 404, code: 'scenario.not_found', detail: 'Custom scenario not found' });
    expect(answers[1]).toEqual(answers[0]);
    const own = await TestBrowser.open(server, stranger, { query: { scenario: created.body.scenario_id } });
    own.close();
  });

  it.each([
    ['a built-in scenario that is none', { mode: 'realtime', scenario: 'nonsense' }, 'ok', 400],
    ['a scenario of nonsense', { mode: 'realtime', scenario: 'custom_\u0000\u{1F600}' }, 'ok', 422],
    ['a session id with a slash in it', { mode: 'realtime' }, 'a%2Fb', 400],
    ['a session id that is too long', { mode: 'realtime' }, 'x'.repeat(129), 400],
    ['a session id with a NUL in it', { mode: 'realtime' }, 'a%00b', 400],
    ['a session id that cannot be decoded', { mode: 'realtime' }, '%ff', 400],
    ['a mode that is none', { mode: 'telepathy' }, 'ok', 400],
  ])('wants %s: %s', async (_, query, sessionId, status) => {
    expect(await refused(query as Record<string, string>, bearer(user), sessionId)).toMatchObject({ status });
  });

  it('leaves no live call behind, who vanishes in the middle of the handshake or after it', async () => {
    const since = await liveCalls();
    const browser = await TestBrowser.open(server, user);
    browser.socket.terminate();
    await until(liveCalls, (live) => live === since, { what: 'no live call' });
  });

  async function liveCalls(): Promise<number> {
    const { body } = await client().get<unknown[]>('/calls?status=in-progress&limit=100', { token: user.token });
    return body.length;
  }

  it('has had as many calls as they may, or sockets: 429', async () => {
    const strict = await startApp({
      env: { ...sandbox.env, MAX_CONCURRENT_CALLS: '2', MAX_SOCKETS_PER_USER: '3', RATE_LIMIT_CALLS: '4' },
    });
    const someone = await signUp(strict.url);
    const another = await signUp(strict.url);
    const knock = () => TestBrowser.refused(socketUrl(strict, 'third', { mode: 'realtime' }), bearer(someone));
    const two = [await TestBrowser.open(strict, someone), await TestBrowser.open(strict, someone)];
    expect(await knock()).toMatchObject({ status: 429, code: 'calls_at_once' });
    for (const browser of two) browser.close();
    await until(
      () => strict.sql(someone.userId, `SELECT FROM calls WHERE status = 'in-progress'`),
      (rows) => rows.length === 0,
    );
    for (let times = 0; times < 2; times++) (await TestBrowser.open(strict, someone)).close();
    expect(await knock()).toMatchObject({ status: 429, code: 'calls_per_minute' });
    // Nobody else notices.
    (await TestBrowser.open(strict, another)).close();
    await strict.close();
  });
});

describe('sessions', () => {
  const status = async (of: SignedUp, at = server) =>
    (await api(at.url).get<{ active_connections: number; sessions: string[] }>('/ws/status', { token: of.token })).body;

  it('belong to their user: an equal id of somebody else is another session', async () => {
    const mine = await TestBrowser.open(server, user, { sessionId: 'living-room' });
    const theirs = await TestBrowser.open(server, stranger, { sessionId: 'living-room' });
    expect((await mine.message('connection_established'))['call_id']).not.toBe(
      (await theirs.message('connection_established'))['call_id'],
    );
    expect(await status(stranger)).toMatchObject({
      active_connections: 1,
      sessions: ['living-room'],
      connections: [{ session_id: 'living-room', mode: 'realtime', call_id: theirs.callId }],
    });
    const disconnect = (of: SignedUp, id: string) => client().post(`/ws/disconnect/${id}`, {}, { token: of.token });
    expect(await disconnect(stranger, 'living-room')).toMatchObject({
      status: 200,
      body: { message: 'Session living-room disconnected' },
    });
    expect(await theirs.closing()).toBe('1000 Disconnected by its owner.');
    expect(mine.closed).toBeUndefined();
    const [again, unknown] = [await disconnect(stranger, 'living-room'), await disconnect(stranger, 'nowhere')];
    expect(again).toMatchObject({
      status: 404,
      body: { code: 'voice_session.not_found', detail: 'Session not found' },
    });
    expect({ ...unknown.body, request_id: '' }).toEqual({ ...again.body, request_id: '' });
    expect((await disconnect(stranger, '%00%ff')).status).toBeLessThan(500);
    expect((await client().get('/ws/status')).status).toBe(401);
    mine.close();
    await mine.closing();
    await until(
      () => status(user),
      ({ sessions }) => !sessions.includes('living-room'),
    );
  });

  it('go on with the socket that was opened last', async () => {
    const first = await TestBrowser.open(server, user, { sessionId: 'hall' });
    await first.message('connection_established');
    const second = await TestBrowser.open(server, user, { sessionId: 'hall' });
    expect(await first.closing()).toBe('4001 Another socket has this session now.');
    expect((await callOf(first.callId)).ended_reason).toBe('customer_hung_up');
    second.send({ type: 'ping' });
    await second.message('pong');
    second.close();
  });

  it('are hung up on like calls', async () => {
    const browser = await TestBrowser.open(server, user);
    await browser.message('connection_established');
    await client().post(`/calls/${browser.callId}/hangup`, undefined, { token: user.token });
    expect(await browser.message('session_ended')).toMatchObject({ reason: 'owner_hung_up' });
    expect(await browser.closing()).toBe('1000 The call is over.');
    expect((await callOf(browser.callId)).ended_reason).toBe('owner_hung_up');
  });

  it('are found and closed on whichever instance they are', async () => {
    const redis = new PubSubRedis();
    const env = { ...sandbox.env, REDIS_URL: await redis.listen(), SECRET_KEY: 'k'.repeat(40) };
    const one = await startApp({ env });
    const two = await startApp({ env, database: one.database });
    await until(
      () => Promise.resolve(redis.listening('speech-assistant:questions')),
      (listening) => listening === 2,
    );
    const someone = await signUp(one.url);
    const here = await TestBrowser.open(one, someone, { sessionId: 'here' });
    const there = await TestBrowser.open(two, someone, { sessionId: 'there' });
    await there.message('connection_established');
    for (const instance of [one, two]) {
      expect(await status(someone, instance)).toMatchObject({ active_connections: 2, sessions: ['here', 'there'] });
    }
    const { status: answer } = await api(two.url).post('/ws/disconnect/here', {}, { token: someone.token });
    expect(answer).toBe(200);
    expect(await here.closing()).toBe('1000 Disconnected by its owner.');
    await api(one.url).post(`/calls/${there.callId}/hangup`, undefined, { token: someone.token });
    expect(await there.message('session_ended')).toMatchObject({ reason: 'owner_hung_up' });
    await two.close();
    await one.close();
    await redis.close();
  });

  it('go with their user', async () => {
    const leaving = await signUp(server.url);
    const browser = await TestBrowser.open(server, leaving);
    expect((await client().delete('/users/me', { token: leaving.token })).status).toBeLessThan(300);
    await browser.closing();
  });
});

describe('what comes over a socket', () => {
  it('is refused in words where it is no message, and the socket lives on', async () => {
    const browser = await TestBrowser.open(server, user);
    const wrong: (string | Buffer)[] = [
      'hello?',
      '',
      'null',
      '[]',
      '{}',
      '{"type":7}',
      '{"type":"fly"}',
      '{"type":"mark"}',
      '{"type":"mark","name":7}',
      '{"type":"mark","name":"m1","more":true}',
      '{"type":"key","digit":"12"}',
      '{"type":"text_input","text":""}',
      '{"type":"text_input","text":"a\\u0000b"}',
      `{"type":"text_input","text":"${'x'.repeat(2001)}"}`,
      Buffer.from([1, 2, 3]),
      Buffer.alloc(64 * 1024 + 2),
    ];
    for (const message of wrong) browser.socket.send(message);
    browser.send({ type: 'ping' });
    await browser.message('pong');
    expect(browser.of('error')).toHaveLength(wrong.length);
    expect(browser.of('error').map(({ code }) => code)).toEqual([
      ...Array<string>(6).fill('malformed'),
      'unknown_type',
      ...Array<string>(7).fill('invalid_message'),
      'audio_malformed',
      'audio_too_long',
    ]);
    for (const { message } of browser.of('error')) expect(message).toMatch(/\.$|: /);
    browser.close();
  });

  it('is too big: 1009', async () => {
    const browser = await TestBrowser.open(server, user);
    browser.socket.send('x'.repeat(MAX_MESSAGE_BYTES + 1));
    expect(await browser.closing()).toBe('1009 A message is too big.');
  });

  it('is a flood: 1008', async () => {
    const browser = await TestBrowser.open(server, user);
    for (let times = 0; times < 5000; times++) browser.send({ type: 'ping' });
    expect(await browser.closing()).toBe('1008 More messages than a conversation has.');
    expect((await callOf(browser.callId)).ended_reason).toBe('customer_hung_up');
    const loud = await TestBrowser.open(server, user);
    for (let times = 0; times < 100; times++) loud.socket.send(Buffer.alloc(60_000));
    expect(await loud.closing()).toBe('1008 More messages than a conversation has.');
  });

  it('is nothing at all for too long', async () => {
    const impatient = await startApp({ env: { ...sandbox.env, SOCKET_IDLE_SECONDS: '5' } });
    const someone = await signUp(impatient.url);
    const silent = await TestBrowser.open(impatient, someone);
    expect(await silent.closing()).toBe('1008 Nothing was sent for too long.');
    await impatient.close();
  });
});

describe('a server that goes', () => {
  it('ends its calls with a reason, and lets nobody in meanwhile', async () => {
    const going = await startApp({ env: sandbox.env, database: server.database });
    const someone = await signUp(going.url);
    const browser = await TestBrowser.open(going, someone);
    await browser.until(() => browser.receivedMs > 0, 'the greeting');
    await going.close();
    expect(await browser.message('session_ended')).toMatchObject({ reason: 'server_error' });
    await browser.closing();
    const rows = await server.sql<{ status: string; ended_reason: string }>(
      someone.userId,
      'SELECT status, ended_reason FROM calls',
    );
    expect(rows).toEqual([{ status: 'completed', ended_reason: 'server_error' }]);
  });

  it('that died has its calls closed by another', async () => {
    const dying = await startApp({ env: sandbox.env, database: server.database });
    const someone = await signUp(dying.url);
    const browser = await TestBrowser.open(dying, someone);
    await browser.message('connection_established');
    const statuses = () =>
      server.sql<{ status: string; reason: string }>(
        someone.userId,
        'SELECT status, ended_reason AS reason FROM calls',
      );
    await server.app.get(BrowserCalls).goRound();
    expect(await statuses()).toEqual([{ status: 'in-progress', reason: null }]);
    await server.sql(someone.userId, `UPDATE calls SET carried_at = carried_at - interval '2 minutes'`);
    // The one that carries it says so again.
    await dying.app.get(BrowserCalls).goRound();
    await server.app.get(BrowserCalls).goRound();
    expect(await statuses()).toEqual([{ status: 'in-progress', reason: null }]);
    await server.sql(someone.userId, `UPDATE calls SET carried_at = carried_at - interval '2 minutes'`);
    await server.app.get(BrowserCalls).goRound();
    expect(await statuses()).toEqual([{ status: 'completed', reason: 'server_error' }]);
    browser.close();
    await dying.close();
  });
});
