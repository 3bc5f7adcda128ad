import { INSTRUCTIONS, RealtimeFixture } from './spec-support/realtime-fixture';

/** Speech is made for real, and the machine may be busy with other specs. */
jest.setTimeout(60_000);

const itemWithId = (length: number) => ({
  type: 'conversation.item.create',
  item: { id: 'x'.repeat(length), type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi.' }] },
});
const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));
const withMetadata = (metadata: object) => ({ type: 'response.create', response: { metadata } });

describe('the Realtime protocol', () => {
  let sandbox: RealtimeFixture;
  beforeAll(async () => {
    sandbox = await RealtimeFixture.create();
  });
  afterAll(() => sandbox.voices.close());
  beforeEach(() => sandbox.start());
  afterEach(() => sandbox.stop());

  describe('at the door', () => {
    it('opens with the default session', async () => {
      const created = await sandbox.connect().next('session.created');
      expect(created['event_id']).toMatch(/^event_/);
      expect(created['session']).toMatchObject({
        type: 'realtime',
        object: 'realtime.session',
        id: expect.stringMatching(/^sess_/) as unknown,
        model: 'gpt-realtime-2.1',
        output_modalities: ['audio'],
        audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 500 } } },
      });
      const { expires_at: expiresAt } = created['session'] as { expires_at: number };
      expect(Math.abs(expiresAt - Date.now() / 1000 - 3600)).toBeLessThan(5);
    });

    it.each([
      ['a wrong key', '?model=gpt-realtime', { Authorization: 'Bearer sk-wrong' }, 'invalid_api_key', 3000],
      ['the beta header', '?model=gpt-realtime', { 'OpenAI-Beta': 'realtime=v1' }, 'beta_api_shape_disabled', 4000],
      ['no model', '', {}, 'missing_model', 4000],
      ['a model that is gone', '?model=gpt-4o-realtime-preview', {}, 'model_not_found', 4000],
    ])('refuses %s', async (_what, query, headers, code, closeCode) => {
      const client = sandbox.connect(query, headers as Record<string, string>);
      expect(await client.error()).toMatchObject({ type: 'invalid_request_error', code });
      expect(await client.closing()).toEqual({ code: closeCode, reason: `invalid_request_error.${code}` });
      expect(client.types()).not.toContain('session.created');
    });

    it.each([
      ['refuse_socket', 503],
      ['http_429', 429],
      ['http_500', 500],
      ['http_403', 403],
    ])('answers the upgrade under %s with %i', async (fault, status) => {
      sandbox.arm(fault);
      const { socket } = sandbox.connect();
      const answer = await new Promise<number | undefined>((resolve) =>
        socket.once('unexpected-response', (_request, refused) => resolve(refused.statusCode)),
      );
      expect(answer).toBe(status);
      expect(sandbox.faults.isEmpty).toBe(true);
    });

    it('drops sockets on demand, without a close frame', async () => {
      const client = await sandbox.session();
      expect(sandbox.openai.cutAll()).toBe(1);
      expect((await client.closing()).code).toBe(1006);
      sandbox.arm('drop_socket', { after_ms: 1 });
      expect((await sandbox.connect().closing()).code).toBe(1006);
    });

    it('ends the session at its limit', async () => {
      await sandbox.restart({ sessionLimitMs: 150 });
      const client = sandbox.connect();
      expect(await client.error()).toMatchObject({ code: 'session_expired' });
      expect((await client.closing()).code).toBe(1001);
      expect(sandbox.openai.sessions()[0]).toMatchObject({ isOpen: false });
    });
  });

  describe('session.update', () => {
    const vad = (fields: Record<string, unknown>) => ({ audio: { input: { turn_detection: fields } } });
    it.each<[string, Record<string, unknown>, string, string]>([
      ['no type', { instructions: 'x' }, 'missing_required_parameter', 'session.type'],
      ['temperature', { type: 'realtime', temperature: 0.8 }, 'unknown_parameter', 'session.temperature'],
      ['a flat voice', { type: 'realtime', voice: 'alloy' }, 'unknown_parameter', 'session.voice'],
      [
        'an unknown voice',
        { type: 'realtime', audio: { output: { voice: 'bob' } } },
        'invalid_value',
        'session.audio.output.voice',
      ],
      [
        'a rate for pcmu',
        { type: 'realtime', audio: { input: { format: { type: 'audio/pcmu', rate: 8000 } } } },
        'unknown_parameter',
        'session.audio.input.format.rate',
      ],
      [
        '16 kHz PCM',
        { type: 'realtime', audio: { output: { format: { type: 'audio/pcm', rate: 16_000 } } } },
        'invalid_value',
        'session.audio.output.format.rate',
      ],
      [
        'an old format name',
        { type: 'realtime', audio: { input: { format: { type: 'g711_ulaw' } } } },
        'invalid_value',
        'session.audio.input.format.type',
      ],
      [
        'audio and text',
        { type: 'realtime', output_modalities: ['audio', 'text'] },
        'invalid_value',
        'session.output_modalities',
      ],
      [
        'a threshold above 1',
        { type: 'realtime', ...vad({ type: 'server_vad', threshold: 2 }) },
        'invalid_value',
        'session.audio.input.turn_detection.threshold',
      ],
      [
        'eagerness for server_vad',
        { type: 'realtime', ...vad({ type: 'server_vad', eagerness: 'low' }) },
        'unknown_parameter',
        'session.audio.input.turn_detection.eagerness',
      ],
      [
        'turn detection without a type',
        { type: 'realtime', ...vad({ threshold: 0.5 }) },
        'missing_required_parameter',
        'session.audio.input.turn_detection.type',
      ],
      [
        'a short idle timeout',
        { type: 'realtime', ...vad({ type: 'server_vad', idle_timeout_ms: 100 }) },
        'invalid_value',
        'session.audio.input.turn_detection.idle_timeout_ms',
      ],
      [
        'a nested tool',
        { type: 'realtime', tools: [{ type: 'function', name: 'x', strict: true }] },
        'unknown_parameter',
        'session.tools[0].strict',
      ],
      ...['nb', 'en-US', 'english', 'jv', ''].map((language): [string, Record<string, unknown>, string, string] => [
        `the language "${language}"`,
        { type: 'realtime', audio: { input: { transcription: { model: 'gpt-4o-transcribe', language } } } },
        'invalid_value',
        'session.audio.input.transcription.language',
      ]),
      [
        'an unknown one of several languages',
        { type: 'realtime', audio: { input: { transcription: { languages: ['en', 'nb'] } } } },
        'invalid_value',
        'session.audio.input.transcription.languages[1]',
      ],
      ['too many tokens', { type: 'realtime', max_output_tokens: 5000 }, 'invalid_value', 'session.max_output_tokens'],
      ['another model', { type: 'realtime', model: 'gpt-realtime' }, 'invalid_value', 'session.model'],
    ])('drops an update with %s as a whole', async (_what, update, code, param) => {
      const client = sandbox.connect();
      const before = (await client.next('session.created'))['session'];
      client.send({ type: 'session.update', event_id: 'c1', session: { instructions: 'Changed.', ...update } });
      expect(await client.error()).toMatchObject({ type: 'invalid_request_error', code, param, event_id: 'c1' });
      client.send({ type: 'session.update', session: { type: 'realtime' } });
      expect((await client.next('session.updated'))['session']).toEqual(before);
    });

    it.each(['en', 'no', 'nn', 'zh'])('takes the language %s', async (language) => {
      const client = sandbox.connect();
      await client.next('session.created');
      const audio = { input: { transcription: { model: 'gpt-4o-transcribe', language } } };
      client.send({ type: 'session.update', session: { type: 'realtime', audio } });
      expect((await client.next('session.updated'))['session']).toMatchObject({ audio });
    });

    it('changes what is given and keeps the rest', async () => {
      const client = await sandbox.session();
      client.send({
        type: 'session.update',
        session: {
          type: 'realtime',
          audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 200 } } },
        },
      });
      const updated = (await client.next('session.updated'))['session'] as Record<string, unknown>;
      expect(updated).toMatchObject({
        instructions: INSTRUCTIONS,
        audio: {
          input: {
            format: { type: 'audio/pcmu' },
            turn_detection: { silence_duration_ms: 200, prefix_padding_ms: 300 },
          },
          output: { voice: 'alloy' },
        },
      });
      client.send({
        type: 'session.update',
        session: { type: 'realtime', audio: { input: { turn_detection: null } } },
      });
      expect((await client.next('session.updated'))['session']).toMatchObject({
        audio: { input: { turn_detection: null } },
      });
    });

    it('keeps the voice once the model has spoken', async () => {
      const client = await sandbox.session();
      client.send({ type: 'response.create', response: { instructions: 'Say exactly: "Hello."' } });
      await client.next('response.done');
      client.send({ type: 'session.update', session: { type: 'realtime', audio: { output: { voice: 'cedar' } } } });
      expect(await client.error()).toMatchObject({ code: 'cannot_update_voice' });
    });
  });

  describe('what a client gets wrong', () => {
    it.each<[string, unknown, string, string | null]>([
      ['an unknown event', { type: 'response.audio.delta' }, 'invalid_value', 'type'],
      ['no type', { event_id: 'e' }, 'missing_required_parameter', 'type'],
      ['audio that is not base64', { type: 'input_audio_buffer.append', audio: '***' }, 'invalid_value', 'audio'],
      ['no audio', { type: 'input_audio_buffer.append' }, 'missing_required_parameter', 'audio'],
      ['an empty commit', { type: 'input_audio_buffer.commit' }, 'input_audio_buffer_commit_empty', null],
      ['a cancel of nothing', { type: 'response.cancel' }, 'response_cancel_not_active', null],
      [
        'an output of no call',
        { type: 'conversation.item.create', item: { type: 'function_call_output', call_id: 'call_x', output: '{}' } },
        'invalid_tool_call_id',
        null,
      ],
      [
        'an output with an id that is none',
        { type: 'conversation.item.create', item: { type: 'function_call_output', call_id: 'a/b', output: '{}' } },
        'invalid_value',
        'item.call_id',
      ],
      [
        'assistant audio',
        {
          type: 'conversation.item.create',
          item: { type: 'message', role: 'assistant', content: [{ type: 'input_text', text: 'x' }] },
        },
        'invalid_value',
        'item.content[0].type',
      ],
      [
        'an unknown item',
        { type: 'conversation.item.delete', item_id: 'item_x' },
        'item_delete_invalid_item_id',
        'item_id',
      ],
      [
        'an unknown item',
        { type: 'conversation.item.retrieve', item_id: 'item_x' },
        'item_retrieve_invalid_item_id',
        'item_id',
      ],
      [
        'an unknown item',
        { type: 'conversation.item.truncate', item_id: 'item_x', content_index: 0, audio_end_ms: 0 },
        'item_truncate_invalid_item_id',
        'item_id',
      ],
      ['a long id', itemWithId(33), 'string_above_max_length', 'item.id'],
      [
        'a long id',
        { type: 'conversation.item.delete', item_id: 'x'.repeat(33) },
        'string_above_max_length',
        'item_id',
      ],
      ['much metadata', withMetadata(pairs(17)), 'invalid_value', 'response.metadata'],
      ['a long key', withMetadata({ ['k'.repeat(65)]: 'v' }), 'invalid_value', 'response.metadata'],
      ['a long value', withMetadata({ k: 'v'.repeat(513) }), 'string_above_max_length', 'response.metadata.k'],
      [
        'an unknown field',
        { type: 'response.create', response: { modalities: ['text'] } },
        'unknown_parameter',
        'response.modalities',
      ],
    ])('%s is answered with an error and the session lives on', async (_what, event, code, param) => {
      const client = await sandbox.session();
      client.send(event);
      expect(await client.error()).toMatchObject({ code, param });
      client.send({ type: 'session.update', session: { type: 'realtime' } });
      await client.next('session.updated');
      expect(sandbox.openai.sessions()[0]?.errorsSent).toHaveLength(1);
    });

    it('takes ids and metadata up to the limits', async () => {
      const client = await sandbox.session();
      client.send(itemWithId(32));
      await client.next('conversation.item.done');
      const metadata = { ...pairs(15), ['k'.repeat(64)]: 'v'.repeat(512) };
      client.send({ type: 'response.create', response: { metadata, output_modalities: ['text'] } });
      expect((await client.next('response.done'))['response']).toMatchObject({ metadata });
    });

    it('so are bytes that are not JSON, and binary frames', async () => {
      const client = await sandbox.session();
      for (const bytes of ['{"type":', '[]', 'null', '"x"']) {
        client.socket.send(bytes);
        expect(await client.error()).toMatchObject({ type: 'invalid_request_error' });
      }
      client.socket.send(Buffer.from([1, 2, 3]));
      expect(await client.error()).toMatchObject({ code: 'invalid_event' });
    });
  });
});
