import { setTimeout as delay } from 'node:timers/promises';
import { INSTRUCTIONS, RealtimeFixture, responseIn, type Client } from './spec-support/realtime-fixture';

/** Speech is made for real, and the machine may be busy with other specs. */
jest.setTimeout(60_000);

const QUESTION = 'Yes, speaking. What is this about?';
const OTHERS = 'You are Tom from Bolt.';

describe('trouble with the Realtime API', () => {
  let sandbox: RealtimeFixture;
  beforeAll(async () => {
    sandbox = await RealtimeFixture.create();
  });
  afterAll(() => sandbox.voices.close());
  beforeEach(() => sandbox.start());
  afterEach(() => sandbox.stop());

  /** Sent in order, answered in order: when this comes back the session is alive and all before it was taken. */
  const answers = async (client: Client) => {
    client.send({ type: 'session.update', session: { type: 'realtime' } });
    await client.next('session.updated');
  };
  const sessionIn = (event: Record<string, unknown>) => event['session'] as { id: string; expires_at: number };

  describe('cut connections', () => {
    it('with one fault are all that are open, and a count of as many leaves none for later', async () => {
      const clients = await Promise.all(Array.from({ length: 50 }, () => sandbox.session()));
      const armedAt = performance.now();
      sandbox.arm('drop_socket', { count: 50, after_ms: 0 });
      const codes = await Promise.all(clients.map((client) => client.closing()));
      expect(performance.now() - armedAt).toBeLessThan(2000);
      expect(new Set(codes.map(({ code }) => code))).toEqual(new Set([1006]));
      expect(sandbox.faults.isEmpty).toBe(true);
      await answers(await sandbox.session());
    });

    it('are only those of the session that is meant, by its instructions or its id', async () => {
      const other = await sandbox.session({ instructions: OTHERS });
      const victim = await sandbox.session();
      sandbox.arm('drop_socket', { match: 'Mary from Acme' });
      expect((await victim.closing()).code).toBe(1006);
      await answers(other);
      const { id } = sessionIn(await other.first('session.created'));
      sandbox.arm('drop_socket', { session: id });
      expect((await other.closing()).code).toBe(1006);
      expect(sandbox.faults.isEmpty).toBe(true);
    });

    it('wait for the session that is meant, which is known by its configuration', async () => {
      sandbox.arm('drop_socket', { match: 'Mary from Acme', count: 2 });
      await answers(await sandbox.session({ instructions: OTHERS }));
      for (let time = 0; time < 2; time++) {
        const client = sandbox.connect();
        await client.next('session.created');
        client.send({ type: 'session.update', session: { type: 'realtime', instructions: INSTRUCTIONS } });
        expect((await client.closing()).code).toBe(1006);
      }
      await answers(await sandbox.session());
    });
  });

  it('refuses as many connections as was said', async () => {
    sandbox.arm('refuse_socket', { count: 2 });
    const status = () =>
      new Promise((resolve) => {
        const { socket } = sandbox.connect();
        socket.once('unexpected-response', (_request, refused) => resolve(refused.statusCode));
        socket.once('open', () => resolve(101));
      });
    expect([await status(), await status(), await status()]).toEqual([503, 503, 101]);
  });

  it.each([
    ['invalid_api_key', 'invalid_request_error'],
    ['insufficient_quota', 'insufficient_quota'],
  ])('opens and closes under %s, as the provider does over it', async (fault, type) => {
    sandbox.arm(fault);
    const client = sandbox.connect();
    expect(await client.error()).toMatchObject({ type, code: fault, event_id: null });
    expect(await client.closing()).toEqual({ code: 3000, reason: `${type}.${fault}` });
    expect(client.types()).toEqual(['error']);
    await answers(await sandbox.session());
  });

  it('answers the next request of an open session under insufficient_quota with the error, and lives on', async () => {
    const client = await sandbox.session();
    sandbox.arm('insufficient_quota', { match: 'Mary from Acme' });
    client.send({ type: 'response.create', event_id: 'ask' });
    expect(await client.error()).toMatchObject({ code: 'insufficient_quota', event_id: 'ask' });
    client.send({ type: 'response.create' });
    await client.next('response.done');
  });

  describe('a session that expires', () => {
    const EXPIRED = 'Your session hit the maximum duration of 60 minutes.';

    it('says when, and ends then with the sentence and the code of the provider', async () => {
      sandbox.arm('expire_session', { after_ms: 1500 });
      const client = sandbox.connect();
      const openedAtMs = Date.now();
      const { expires_at: expiresAt } = sessionIn(await client.next('session.created'));
      expect(expiresAt * 1000).toBeGreaterThan(openedAtMs);
      expect(expiresAt * 1000).toBeLessThanOrEqual(Date.now() + 1500);
      await answers(client);
      expect(await client.error()).toMatchObject({
        type: 'invalid_request_error',
        code: 'session_expired',
        message: EXPIRED,
      });
      expect(await client.closing()).toEqual({ code: 1001, reason: 'session_expired' });
      expect(Date.now() - openedAtMs).toBeGreaterThan(1400);
      const next = sessionIn(await sandbox.connect().next('session.created'));
      expect(next.expires_at - Date.now() / 1000).toBeGreaterThan(3590);
    });

    it('may be the one with these instructions; those that are under way keep their time', async () => {
      const older = await sandbox.session();
      sandbox.arm('expire_session', { after_ms: 300, match: 'Mary from Acme' });
      await answers(older);
      const other = await sandbox.session({ instructions: OTHERS });
      const client = sandbox.connect();
      const created = sessionIn(await client.next('session.created'));
      client.send({ type: 'session.update', session: { type: 'realtime', instructions: INSTRUCTIONS } });
      const updated = sessionIn(await client.next('session.updated'));
      expect(created.expires_at - updated.expires_at).toBeGreaterThan(3500);
      expect(await client.error()).toMatchObject({ code: 'session_expired', message: EXPIRED });
      await Promise.all([answers(older), answers(other)]);
    });
  });

  it('stalls: deaf and mute, no pong, no answer to a close, the socket open until the client gives it up', async () => {
    const other = await sandbox.session({ instructions: OTHERS });
    const client = await sandbox.session();
    client.send({ type: 'response.create', response: { instructions: 'Say exactly: "One two three four five."' } });
    await client.next('response.created');
    sandbox.arm('stall', { match: 'Mary from Acme', after_ms: 20 });
    await delay(250);
    const eventsBefore = client.events.length;
    let pongs = 0;
    client.socket.on('pong', () => (pongs += 1));
    client.socket.ping();
    client.send({ type: 'response.create' });
    client.send({ type: 'nonsense' });
    await delay(500);
    expect(client.events).toHaveLength(eventsBefore);
    expect(pongs).toBe(0);
    client.socket.close(1000);
    await delay(200);
    expect(client.closed).toBeUndefined();
    expect(sandbox.openai.sessions()[1]).toMatchObject({ isOpen: true });
    await answers(other);
    client.socket.terminate();
    await client.closing();
    await delay(50);
    expect(sandbox.openai.sessions()[1]).toMatchObject({ isOpen: false });
  });

  it('reads slowly: nothing is taken for a while and then everything, while it goes on to speak', async () => {
    const client = await sandbox.session();
    client.send({ type: 'response.create', response: { instructions: 'Say exactly: "One two three four five."' } });
    await client.next('response.created');
    sandbox.arm('slow_reader', { after_ms: 2000 });
    const armedAt = performance.now();
    let pongs = 0;
    client.socket.on('pong', () => (pongs += 1));
    client.socket.ping();
    client.send({ type: 'session.update', session: { type: 'realtime' } });
    await client.next('response.done');
    expect(client.types().filter((type) => type === 'session.updated')).toHaveLength(1);
    expect(pongs).toBe(0);
    await client.next('session.updated');
    expect(performance.now() - armedAt).toBeGreaterThan(1900);
    expect(pongs).toBe(1);
  });

  describe('responses', () => {
    it('begin and never go on under mute_response, until they are cancelled', async () => {
      const client = await sandbox.session();
      sandbox.arm('mute_response');
      client.send({ type: 'response.create' });
      await client.next('response.created');
      await delay(300);
      expect(client.types().at(-1)).toBe('response.created');
      client.send({ type: 'response.cancel' });
      expect(responseIn(await client.next('response.done'))).toMatchObject({ status: 'cancelled', output: [] });
      client.send({ type: 'response.create' });
      expect(responseIn(await client.next('response.done'))).toMatchObject({ status: 'completed' });
    });

    it('never end under stuck_response, not even when they are cancelled', async () => {
      const client = await sandbox.session();
      sandbox.arm('stuck_response');
      client.send({ type: 'response.create' });
      await client.next('response.created');
      client.send({ type: 'response.cancel' });
      await answers(client);
      expect(client.types()).not.toContain('response.done');
      client.send({ type: 'response.create' });
      expect(await client.next('error')).toMatchObject({
        error: { code: 'conversation_already_has_active_response' },
      });
    });

    it('fail under fail_response with the error of a server', async () => {
      const client = await sandbox.session();
      sandbox.arm('fail_response', { count: 2 });
      for (const status of ['failed', 'failed', 'completed']) {
        client.send({ type: 'response.create' });
        expect(responseIn(await client.next('response.done'))['status']).toBe(status);
      }
      const failed = client.events.find((event) => event.type === 'response.done');
      expect(failed?.['response']).toMatchObject({
        status_details: { type: 'failed', error: { type: 'server_error', code: 'server_error' } },
        output: [],
      });
    });

    it('that were asked for never begin under lose_create, and nothing is said about it', async () => {
      const client = await sandbox.session();
      sandbox.arm('lose_create');
      client.send({ type: 'response.create', event_id: 'lost' });
      await answers(client);
      expect(client.types()).not.toContain('response.created');
      expect(client.types()).not.toContain('error');
      client.send({ type: 'response.create' });
      await client.next('response.done');
    });

    it('to a turn never begin under no_answer, though the turn is there', async () => {
      const client = await sandbox.session();
      sandbox.arm('no_answer');
      await sandbox.say(client, QUESTION);
      await client.next('conversation.item.input_audio_transcription.completed');
      await delay(300);
      expect(client.types()).not.toContain('response.created');
      await sandbox.say(client, 'How much does it cost?');
      expect(responseIn(await client.next('response.done'))).toMatchObject({ status: 'completed' });
    });

    it('suffer only in the session that is meant', async () => {
      const other = await sandbox.session({ instructions: OTHERS });
      const victim = await sandbox.session();
      sandbox.arm('fail_response', { match: 'Mary from Acme' });
      other.send({ type: 'response.create' });
      expect(responseIn(await other.next('response.done'))['status']).toBe('completed');
      victim.send({ type: 'response.create' });
      expect(responseIn(await victim.next('response.done'))['status']).toBe('failed');
    });
  });
});
