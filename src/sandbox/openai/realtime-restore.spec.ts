import {
  PCMU,
  RealtimeFixture,
  responseIn,
  silence,
  type Client,
  type WireEvent,
} from './spec-support/realtime-fixture';

/** Speech is made for real, and the machine may be busy with other specs. */
jest.setTimeout(60_000);

const FIRST = 'How much does it cost?';
const SECOND = 'Yes, speaking. What is this about?';

const told = (id: string, role: string, text: string) => ({
  id,
  type: 'message',
  role,
  content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }],
});

describe('a conversation that is restored', () => {
  let sandbox: RealtimeFixture;
  beforeAll(async () => {
    sandbox = await RealtimeFixture.create();
  });
  afterAll(() => sandbox.voices.close());
  beforeEach(() => sandbox.start());
  afterEach(() => sandbox.stop());

  const create = async (client: Client, item: Record<string, unknown>, previous?: string): Promise<WireEvent> => {
    client.send({
      type: 'conversation.item.create',
      item,
      ...(previous === undefined ? {} : { previous_item_id: previous }),
    });
    return client.next('conversation.item.added');
  };
  const spokenIn = (event: WireEvent): string => {
    const content = responseIn(event).output[0]?.['content'] as { transcript?: string }[];
    return content[0]?.transcript ?? '';
  };

  it('takes every kind of item with ids of the client, each behind the one before', async () => {
    const client = await sandbox.session();
    const items = [
      told('turn_1', 'assistant', 'Hello, this is Mary from Acme.'),
      told('turn_2', 'user', 'Hello. Who is this?'),
      told('turn_3', 'system', 'The line broke for a moment.'),
      { id: 'turn_4', type: 'function_call', call_id: 'call_1', name: 'look_up', arguments: '{}' },
      { id: 'turn_5', type: 'function_call_output', call_id: 'call_1', output: '{"ok":true}' },
    ];
    let previous: string | null = null;
    for (const item of items) {
      const added = await create(client, item, previous ?? undefined);
      expect(added['previous_item_id']).toBe(previous);
      expect(added['item']).toMatchObject({ ...item, object: 'realtime.item', status: 'completed' });
      previous = item.id;
    }
    const between = await create(client, told('turn_1b', 'user', 'Hello?'), 'turn_1');
    expect(between['previous_item_id']).toBe('turn_1');
    const first = await create(client, told('turn_0', 'system', 'It is Monday.'), 'root');
    expect(first['previous_item_id']).toBeNull();
    expect(sandbox.openai.sessions()[0]?.items.map((item) => item.id)).toEqual([
      'turn_0',
      'turn_1',
      'turn_1b',
      'turn_2',
      'turn_3',
      'turn_4',
      'turn_5',
    ]);
  });

  it.each<[string, Record<string, unknown>, string | undefined, string, string | null]>([
    ['an id that is taken', told('turn_1', 'user', 'Again.'), undefined, 'item_create_duplicate_id', 'item.id'],
    [
      'a place that is not there',
      told('turn_2', 'user', 'After what?'),
      'turn_9',
      'item_create_invalid_previous_item_id',
      'previous_item_id',
    ],
    [
      'an output of no call',
      { type: 'function_call_output', call_id: 'call_9', output: '{}' },
      undefined,
      'invalid_tool_call_id',
      null,
    ],
  ])('is refused %s, and goes on', async (_what, item, previous, code, param) => {
    const client = await sandbox.session();
    await create(client, told('turn_1', 'user', 'Hello.'));
    client.send({ type: 'conversation.item.create', item, previous_item_id: previous });
    expect(await client.error()).toMatchObject({ type: 'invalid_request_error', code, param });
    await create(client, told('turn_3', 'user', 'Hello again.'));
  });

  it('is gone on with: no second greeting, and no question that was answered', async () => {
    const client = await sandbox.session();
    await create(client, told('turn_1', 'assistant', 'Hello, this is Mary from Acme. Do you want a new battery?'));
    await create(client, told('turn_2', 'user', 'Maybe. How much does it cost?'));
    client.send({ type: 'response.create' });
    const spoken = spokenIn(await client.next('response.done'));
    expect(spoken).toMatch(/49 dollars/);
    expect(spoken).not.toMatch(/hello|this is Mary|want a new battery/i);
  });

  it('goes on after the words that were heard when it is told to, in one short sentence', async () => {
    const client = await sandbox.session();
    await create(client, told('turn_1', 'user', 'Hello?'));
    await create(client, told('turn_2', 'assistant', 'Hello, this is Mary from Acme. I am calling'));
    const instructions =
      'The line broke while you spoke. You have already said "Hello, this is Mary from Acme. I am calling". ' +
      'Go on from there. Do not greet again.';
    client.send({ type: 'response.create', response: { instructions } });
    const spoken = spokenIn(await client.next('response.done'));
    expect(spoken).toBe('As I was saying, do you want a new battery?');
  });

  describe('with what was said meanwhile in one message', () => {
    const spokenTwice = async () =>
      Buffer.concat([
        silence(400),
        (await sandbox.voices.speak(FIRST, 'person')).mulaw,
        silence(1200),
        (await sandbox.voices.speak(SECOND, 'person')).mulaw,
        silence(900),
      ]);
    const ofTurns = (client: Client) =>
      client.events
        .filter(({ type }) => /^input_audio_buffer\.|^conversation\.item\.(added|done)|transcription/.test(type))
        .map((event) => JSON.stringify(event, (key, value: unknown) => (/(^|_)id$/.test(key) ? undefined : value)))
        .sort();

    it.each([
      ['all of it in one', Infinity],
      ['frames joined oddly', 1234],
      ['every byte by its own place in a frame', 161],
    ])('finds the same turns as in frames of 20 ms: %s', async (_how, bytes) => {
      const audio = await spokenTwice();
      const vad = { type: 'server_vad', create_response: false };
      const config = { audio: { ...PCMU, input: { ...PCMU.input, turn_detection: vad } } };
      const heard: string[][] = [];
      for (const frameBytes of [160, bytes]) {
        const client = await sandbox.session(config);
        client.hear(audio, Math.min(frameBytes, audio.length));
        for (const words of [FIRST, SECOND]) {
          const completed = await client.next('conversation.item.input_audio_transcription.completed');
          expect(completed['transcript']).toBe(words);
        }
        heard.push(ofTurns(client));
      }
      expect(heard[0]?.filter((event) => /speech_|committed/.test(event))).toHaveLength(6);
      expect(heard[1]).toEqual(heard[0]);
    });

    it('answers the last of several turns, right after the configuration, without an error', async () => {
      const audio = await spokenTwice();
      const client = sandbox.connect();
      await client.next('session.created');
      client.send({ type: 'session.update', session: { type: 'realtime', audio: PCMU } });
      client.send({ type: 'conversation.item.create', item: told('turn_1', 'assistant', 'Hello, this is Mary.') });
      client.hear(audio, audio.length);
      const [first, second] = [await client.next('response.done'), await client.next('response.done')];
      expect(responseIn(first)).toMatchObject({ status: 'cancelled', status_details: { reason: 'turn_detected' } });
      expect(responseIn(second)).toMatchObject({ status: 'completed' });
      expect(client.types()).not.toContain('error');
      const items = sandbox.openai.sessions()[0]?.items ?? [];
      expect(items.map((item) => item.transcript).slice(0, 3)).toEqual(['Hello, this is Mary.', FIRST, SECOND]);
      expect(items).toHaveLength(4);
    });
  });
});
