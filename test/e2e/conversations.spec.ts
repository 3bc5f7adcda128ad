import { randomUUID } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { ConversationEnds } from '../../src/conversations/conversation-ends.service';
import { ConversationTurns } from '../../src/conversations/conversation-turns.service';
import { Database } from '../../src/database/database';
import { LanguageModel, TalkPart } from '../../src/integrations/language-model/language-model';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** Conversations with an agent by text: begun, answered as they are thought of, broken off, taken over, ended. */

interface Conversation {
  session_id: string;
  conversation_id: string;
  state: string;
  customer_id: string | null;
  ended_reason: string | null;
  history: { role: string; text: string; was_interrupted: boolean; actions: { type: string; ok: boolean }[] }[];
}
interface Answer extends Conversation {
  response: string;
  response_text: string;
  next_state: string;
  was_interrupted: boolean;
  actions: { type: string; arguments: Record<string, string>; ok: boolean; detail: string }[];
}

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: sandbox.env });
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

const PROMPT = 'Help the caller. The shop opens at nine in the morning. The shop is at 12 Main Street.';
const client = () => api(server.url);
const start = (body: object = {}, token = user.token) =>
  client().post<Conversation & { greeting: string; message: string }>('/conversation/start', body, { token });
const say = (sessionId: string, text: string, token = user.token, headers: Record<string, string> = {}) =>
  client().post<Answer>('/conversation/process', { session_id: sessionId, text }, { token, headers });
const whole = async (sessionId: string, token = user.token) =>
  (await client().get<Conversation>(`/conversation/${sessionId}`, { token })).body;
const aConversation = async (body: object = { prompt: PROMPT }) => (await start(body)).body.session_id;

/** The model answers like this. */
function answers(...rounds: (TalkPart | Promise<never>)[][]): jest.SpyInstance {
  return jest.spyOn(server.app.get(LanguageModel), 'converse').mockImplementation(async function* () {
    for (const part of rounds.shift() ?? []) yield await part;
  });
}
const words = (delta: string): TalkPart => ({ kind: 'text', delta });
const calls = (name: string, given: object = {}): TalkPart => ({
  kind: 'call',
  callId: 'call_1',
  name,
  arguments: JSON.stringify(given),
});

/** The events of a streamed answer. @param most after which nobody reads any more */
async function streamed(sessionId: string, text: string, most = Infinity) {
  const events: { event: string; data: Record<string, unknown> }[] = [];
  const gone = new AbortController();
  const response = await fetch(`${server.url}/conversation/process`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${user.token}`,
    },
    body: JSON.stringify({ session_id: sessionId, text }),
    signal: gone.signal,
  });
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const [event = '', data = ''] = rest.slice(0, end).split('\ndata: ');
      events.push({ event: event.replace('event: ', ''), data: JSON.parse(data) as Record<string, unknown> });
      rest = rest.slice(end + 2);
    }
    if (events.length >= most) break;
  }
  gone.abort();
  return { status: response.status, type: response.headers.get('content-type'), events };
}

describe('a conversation', () => {
  it('begins with who the agent is, is answered, and keeps what was said', async () => {
    const begun = await start({ prompt: PROMPT });
    expect(begun.status).toBe(201);
    expect(begun.body).toMatchObject({ state: 'greeting', message: begun.body.greeting });
    expect(begun.body.greeting).toMatch(/^Hello, this is an automated assistant .* How can I help you today\?$/);
    const answer = await say(begun.body.session_id, 'When does the shop open?');
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { state: 'responding', next_state: 'listening', was_interrupted: false, response_text: answer.body.response },
    ]);
    expect(answer.body.response).toMatch(/nine/);
    const kept = await whole(begun.body.session_id);
    expect(kept).toMatchObject({ state: 'listening', customer_id: null, conversation_id: begun.body.conversation_id });
    expect(kept.history.map(({ role, text }) => [role, text])).toEqual([
      ['assistant', begun.body.greeting],
      ['user', 'When does the shop open?'],
      ['assistant', answer.body.response],
    ]);
    expect(answer.body.history).toEqual(kept.history);
    expect(
      (
        await client().post<Answer>(
          '/conversation/process',
          { session_id: begun.body.session_id, user_input: 'Thanks' },
          user,
        )
      ).status,
    ).toBe(200);
  });

  it('is streamed word by word, and kept as it was', async () => {
    const id = await aConversation();
    const { status, type, events } = await streamed(id, 'Where is the shop?');
    expect([status, type]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const deltas = events.filter(({ event }) => event === 'delta').map(({ data }) => String(data['text']));
    expect(deltas.length).toBeGreaterThan(2);
    const done = events.at(-1);
    expect(done?.event).toBe('done');
    expect(done?.data['response']).toBe(deltas.join('').trim());
    expect((await whole(id)).history.at(-1)?.text).toBe(done?.data['response']);
  });

  it('is of one scenario, with a persona and a prompt of its own where they are given', async () => {
    const shown = answers([words('Ahoy.')]);
    const id = await aConversation({ scenario: 'receptionist', persona: 'You are a pirate.' });
    await say(id, 'Hello');
    const [talk] = shown.mock.calls[0] as [{ instructions: string; lines: { role: string; text: string }[] }];
    expect(talk.instructions).toContain('You are a pirate.');
    expect(talk.lines.at(-1)).toEqual({ role: 'user', text: 'Hello' });
    const unknown = await start({ scenario: 'nothing_like_it' });
    expect([unknown.status, unknown.body]).toMatchObject([400, { code: 'scenario.invalid' }]);
    expect((await start({ scenario: 'custom_1_1' })).status).toBe(404);
  });

  it('is shown to the model as far as it bears', async () => {
    const id = await aConversation();
    await server.sql(
      user.userId,
      `INSERT INTO conversation_messages (user_id, conversation_id, sequence, role, text)
       SELECT user_id, id, n, 'user', repeat('x', 1000) FROM conversation_sessions, generate_series(1, 100) n`,
    );
    await server.sql(user.userId, 'UPDATE conversation_sessions SET message_count = 101');
    const shown = answers([words('Yes.')]);
    await say(id, 'Are you there?');
    const [talk] = shown.mock.calls[0] as [{ lines: { text: string }[] }];
    expect(talk.lines.length).toBeLessThanOrEqual(40);
    expect(talk.lines.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(24_000);
    expect(talk.lines.at(-1)?.text).toBe('Are you there?');
  });

  it('is one thing at a time', async () => {
    const id = await aConversation();
    await sandbox.fault('openai', 'slow', { after_ms: 300 });
    const first = say(id, 'When does the shop open?');
    await until(
      () => whole(id),
      ({ state }) => state === 'processing',
    );
    const second = await say(id, 'And where is it?');
    expect([second.status, second.body]).toMatchObject([409, { code: 'conversation.busy' }]);
    expect((await first).status).toBe(200);
    expect((await whole(id)).history).toHaveLength(3);
  });

  it('whose server died while it answered goes on', async () => {
    const id = await aConversation();
    await server.sql(
      user.userId,
      `UPDATE conversation_sessions SET state = 'processing', turn_id = gen_random_uuid(), turn_until = now() - interval '1 second'`,
    );
    expect((await whole(id)).state).toBe('listening');
    expect((await say(id, 'When does the shop open?')).status).toBe(200);
  });

  it.each([
    ['http_429', 503, 'conversation.model_busy'],
    ['http_500', 503, 'conversation.model_busy'],
    ['http_403', 502, 'conversation.no_answer'],
  ])('without an answer (%s) says so and can be gone on with', async (fault, status, code) => {
    const id = await aConversation();
    await sandbox.fault('openai', fault, { count: 2 });
    const refused = await say(id, 'When does the shop open?');
    expect([refused.status, refused.body]).toMatchObject([status, { code }]);
    expect((await whole(id)).history).toHaveLength(1);
    await sandbox.noFaults();
    expect((await say(id, 'When does the shop open?')).status).toBe(200);
  });

  it('whose answer breaks off keeps what was said of it', async () => {
    const id = await aConversation();
    await sandbox.fault('openai', 'cut_stream', {});
    const { events } = await streamed(id, 'Where is the shop?');
    const done = events.at(-1);
    expect([done?.event, done?.data['was_interrupted']]).toEqual(['done', true]);
    expect((await whole(id)).history.at(-1)).toMatchObject({ role: 'assistant', was_interrupted: true });
    expect((await say(id, 'Where is the shop?')).body.was_interrupted).toBe(false);
  });

  it('that nobody waits for any more is given up, and what was said of it stays', async () => {
    const id = await aConversation();
    let isGivenUp = false;
    jest.spyOn(server.app.get(LanguageModel), 'converse').mockImplementationOnce(async function* ({ signal }) {
      yield words('One, two,');
      await new Promise((_, giveUp) =>
        signal.addEventListener('abort', () => {
          isGivenUp = true;
          giveUp(signal.reason as Error);
        }),
      );
    });
    await streamed(id, 'Count to a thousand.', 1);
    const last = await until(
      async () => (await whole(id)).history.at(-1),
      (message) => message?.role === 'assistant' && message.was_interrupted,
      { what: 'what was said' },
    );
    expect([isGivenUp, last?.text]).toEqual([true, 'One, two,']);
    // Before the first word nothing is left but the question.
    jest.spyOn(server.app.get(LanguageModel), 'converse').mockImplementationOnce(async function* ({ signal }) {
      await new Promise((_, giveUp) => signal.addEventListener('abort', () => giveUp(signal.reason as Error)));
      yield words('never');
    });
    const going = requestHttp(`${server.url}/conversation/process`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${user.token}` },
    });
    going.on('error', () => undefined);
    going.end(JSON.stringify({ session_id: id, text: 'Hello?' }));
    await until(
      () => whole(id),
      ({ state }) => state === 'processing',
    );
    going.destroy();
    const left = await until(
      () => whole(id),
      ({ state }) => state === 'listening',
    );
    expect(left.history.at(-1)).toMatchObject({ role: 'user', text: 'Hello?' });
  });

  it('ends when it is asked to, and nothing comes after', async () => {
    const id = await aConversation();
    let go: () => void = () => undefined;
    answers([words('Well'), new Promise<never>((_, over) => (go = () => over(new Error('over'))))]);
    const late = say(id, 'When does the shop open?');
    await until(
      () => whole(id),
      ({ state }) => state === 'processing',
    );
    const ended = await client().post<Conversation>(`/conversation/${id}/end`, {}, user);
    expect([ended.status, ended.body]).toMatchObject([200, { state: 'ended', ended_reason: 'requested' }]);
    go();
    expect([(await late).status, (await late).body]).toMatchObject([409, { code: 'conversation.ended' }]);
    expect((await say(id, 'Hello?')).status).toBe(409);
    expect((await client().post<Conversation>(`/conversation/${id}/end`, {}, user)).body).toEqual(ended.body);
    expect((await whole(id)).history.at(-1)).toMatchObject({ role: 'user' });
  });

  it('closes with a goodbye, is heard all the same, and ends by itself', async () => {
    const id = await aConversation();
    answers(
      [words('Goodbye.'), calls('end_conversation', { reason: 'settled' })],
      [words('Yes?')],
      [words('Goodbye.'), calls('end_conversation')],
    );
    expect((await say(id, 'That is all.')).body).toMatchObject({
      next_state: 'closing',
      actions: [{ type: 'end_conversation', arguments: { reason: 'settled' }, ok: true }],
    });
    expect((await say(id, 'One more thing.')).body).toMatchObject({ next_state: 'listening', actions: [] });
    await say(id, 'That is all.');
    const ends = server.app.get(ConversationEnds);
    await ends.endAll();
    expect((await whole(id)).state).toBe('closing');
    await ends.endAll(new Date(Date.now() + 61_000));
    expect(await whole(id)).toMatchObject({ state: 'ended', ended_reason: 'said_goodbye' });
    const other = await aConversation();
    await ends.endAll(new Date(Date.now() + 59 * 60_000));
    expect((await whole(other)).state).toBe('greeting');
    await ends.endAll(new Date(Date.now() + 61 * 60_000));
    expect(await whole(other)).toMatchObject({ state: 'ended', ended_reason: 'idle' });
  });

  it('is clarified, and goes on from there', async () => {
    const id = await aConversation();
    // It only uses the tool at first, and speaks when it is asked again.
    answers([calls('ask_clarification', { about: 'which shop' })], [words('Which shop?')], [words('At nine.')]);
    expect((await say(id, 'When does it open?')).body).toMatchObject({
      response: 'Which shop?',
      next_state: 'clarifying',
      actions: [{ type: 'ask_clarification' }],
    });
    expect((await say(id, 'Yours.')).body.next_state).toBe('listening');
  });

  it.each([
    ['no session', { text: 'Hello' }],
    ['nothing said', { session_id: 's' }],
    ['white space', { session_id: 's', text: ' \n ' }],
    ['a NUL', { session_id: 's', text: 'a\u0000' }],
    ['a number', { session_id: 5, text: 'Hello' }],
    ['a book', { session_id: 's', text: 'x'.repeat(10_001) }],
  ])('with %s is refused in words', async (_, body) => {
    const answer = await client().post('/conversation/process', body, user);
    expect([answer.status, answer.body['code']]).toEqual([422, 'request.invalid']);
  });

  it('is nobody else’s, and nobody else’s name is taken', async () => {
    const other = await signUp(server.url);
    const id = await aConversation();
    const unknown = await client().get(`/conversation/${randomUUID()}`, other);
    const tries = [
      await client().get(`/conversation/${id}`, other),
      await client().post(`/conversation/${id}/end`, {}, other),
      await say(id, 'Hello', other.token),
    ];
    for (const { status, body } of tries) {
      expect([status, { ...body, request_id: '' }]).toEqual([404, { ...unknown.body, request_id: '' }]);
    }
    expect((await client().get<object[]>('/conversations', other)).body).toEqual([]);
    expect((await client().get('/conversations')).status).toBe(401);
  });

  it('is listed, newest first, and erased with its user', async () => {
    const [first, second] = [await aConversation({ customer_id: 'c-1' }), await aConversation()];
    const list = async (query = '') =>
      (await client().get<Conversation[]>(`/conversations${query}`, user)).body.map(({ session_id: id }) => id);
    expect(await list()).toEqual([second, first]);
    expect(await list('?customer_id=c-1')).toEqual([first]);
    expect(await list('?state=ended')).toEqual([]);
    await client().delete('/users/me', user);
    const left = await server.app
      .get(Database)
      .asNewOwner(user, (tx) => tx.query<object[]>('SELECT id FROM conversation_messages'));
    expect(left).toEqual([]);
  });

  it('answers a request that is repeated once', async () => {
    const id = await aConversation();
    const shown = answers([words('One.')], [words('Two.')]);
    const headers = { 'idempotency-key': randomUUID() };
    const [first, second] = [await say(id, 'Hello', user.token, headers), await say(id, 'Hello', user.token, headers)];
    expect([first.body.response, second.body]).toEqual(['One.', first.body]);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect([shown.mock.calls.length, (await whole(id)).history.length]).toEqual([1, 3]);
  });

  it('that is answered with nothing but space is not answered, and stands where it stood', async () => {
    const id = await aConversation();
    answers([words('Which one?'), calls('ask_clarification')], [words(' \n')]);
    await say(id, 'When does it open?');
    const nothing = await say(id, 'Yours.');
    expect([nothing.status, nothing.body]).toMatchObject([502, { code: 'conversation.no_answer' }]);
    expect(await whole(id)).toMatchObject({ state: 'clarifying', history: { length: 3 } });
  });

  it('that 20 say something in at once is answered to one of them', async () => {
    const id = await aConversation();
    const turns = server.app.get(ConversationTurns);
    const all = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => turns.turn(user, id, `Number ${at}`)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await whole(id)).history).toHaveLength(3);
  });
});

describe('customers', () => {
  const create = (body: object, who = user) =>
    client().post<Record<string, unknown> & { id: number }>('/customers', body, who);

  it('are made by a key of one’s own, read, changed and deleted', async () => {
    const made = await create({
      customer_id: 'c-1',
      name: 'Ann',
      phone_number: '(202) 555-0100',
      email: 'ann@example.com',
    });
    expect([made.status, made.body]).toMatchObject([
      201,
      { customer_id: 'c-1', name: 'Ann', phone_number: '+12025550100', email: 'ann@example.com', notes: null },
    ]);
    const { id } = made.body;
    expect((await create({ customer_id: 'c-1' })).body).toMatchObject({ status: 409, code: 'customer.id_taken' });
    await create({ customer_id: 'c-2' });
    const changed = await client().put<Record<string, unknown>>(
      `/customers/${id}`,
      { notes: 'Mornings', phone_number: null },
      user,
    );
    expect(changed.body).toMatchObject({ name: 'Ann', notes: 'Mornings', phone_number: null });
    expect((await client().put(`/customers/${id}`, { customer_id: 'c-2' }, user)).status).toBe(409);
    const list = await client().get<{ customer_id: string }[]>('/customers?q=ann', user);
    expect([list.body.map((one) => one.customer_id), list.headers.get('x-total-count')]).toEqual([['c-1'], '1']);
    expect((await client().get<object[]>('/customers?customer_id=c-2', user)).body).toHaveLength(1);
    expect((await client().delete(`/customers/${id}`, user)).status).toBe(204);
    expect((await client().get(`/customers/${id}`, user)).status).toBe(404);
  });

  it.each([
    [{}, 422],
    [{ customer_id: '' }, 422],
    [{ customer_id: 'c', email: 'nobody' }, 422],
    [{ customer_id: 'c', phone_number: 'none' }, 400],
    [{ customer_id: 'c', id: 7 }, 422],
  ])('are not made with %j', async (body, status) => {
    expect((await create(body)).status).toBe(status);
  });

  it('are each user’s own, and two users may have the same key', async () => {
    const other = await signUp(server.url);
    const { id } = (await create({ customer_id: 'c-1' })).body;
    expect((await create({ customer_id: 'c-1' }, other)).status).toBe(201);
    const tries = [
      await client().get(`/customers/${id}`, other),
      await client().put(`/customers/${id}`, { name: 'x' }, other),
      await client().delete(`/customers/${id}`, other),
      await client().get('/customers/99999999999', other),
    ];
    expect(tries.map(({ status, body }) => [status, body['code']])).toEqual(
      tries.map(() => [404, 'customer.not_found']),
    );
  });

  it('are known to the agent who talks to them, and learned of', async () => {
    await create({ customer_id: 'c-1', name: 'Ann', notes: 'Likes tea.' });
    const id = await aConversation({ prompt: PROMPT, customer_id: 'c-1' });
    const shown = answers(
      [calls('save_customer_details', { email: 'ann@example.com', phone_number: 'none' })],
      [words('I have kept that.')],
    );
    const { body } = await say(id, 'My address is ann@example.com, and my number is none.');
    const [talk] = shown.mock.calls[0] as [{ instructions: string; tools: { name: string }[] }];
    expect(talk.instructions).toContain('notes: Likes tea.');
    expect(talk.tools.map(({ name }) => name)).toContain('save_customer_details');
    expect(body.actions).toMatchObject([{ type: 'save_customer_details', ok: false }]);
    expect(body.actions[0]?.detail).toMatch(/^The phone number was not kept/);
    const [row] = (await client().get<Record<string, unknown>[]>('/customers?customer_id=c-1', user)).body;
    expect(row).toMatchObject({ email: 'ann@example.com', phone_number: null, name: 'Ann' });
    // Whoever was deleted does not come back by being talked to.
    await client().delete(`/customers/${String(row?.['id'])}`, user);
    shown.mockImplementationOnce(async function* () {
      yield await Promise.resolve(calls('save_customer_details', { name: 'Ann' }));
      yield words('I have kept that.');
    });
    expect((await say(id, 'I am Ann.')).body.actions).toMatchObject([{ ok: false }]);
    expect((await client().get<object[]>('/customers', user)).body).toEqual([]);
    // A key that is new makes a customer, and a conversation without one learns of nobody.
    await aConversation({ customer_id: 'customer123' });
    expect((await client().get<object[]>('/customers?customer_id=customer123', user)).body).toHaveLength(1);
    await say(await aConversation(), 'Hello');
    const [last] = shown.mock.calls.at(-1) as [{ tools: { name: string }[] }];
    expect(last.tools.map(({ name }) => name)).not.toContain('save_customer_details');
  });
});
