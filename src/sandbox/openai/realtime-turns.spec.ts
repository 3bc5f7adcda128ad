import { PCMU, RealtimeFixture, responseIn, type WireEvent } from './spec-support/realtime-fixture';

/** Speech is made for real, and the machine may be busy with other specs. */
jest.setTimeout(60_000);

const QUESTION = 'Yes, speaking. What is this about?';
const INTERRUPTION = 'Sorry, wait a moment. I have a question.';

describe('a conversation over the Realtime API', () => {
  let sandbox: RealtimeFixture;
  beforeAll(async () => {
    sandbox = await RealtimeFixture.create();
  });
  afterAll(() => sandbox.voices.close());
  beforeEach(() => sandbox.start());
  afterEach(() => sandbox.stop());

  it('holds a turn: hears a person, transcribes them and answers in order', async () => {
    const client = await sandbox.session();
    const from = client.events.length;
    await sandbox.say(client, QUESTION);
    const done = responseIn(await client.next('response.done'));
    await client.first('conversation.item.input_audio_transcription.completed');
    const events = client.events.slice(from);
    const order = events.map((event) => event.type).filter((type) => !/transcription|rate_limits/.test(type));
    expect(order.filter((type, i) => !(/\.delta$/.test(type) && /\.delta$/.test(order[i - 1] ?? '')))).toEqual([
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_audio_transcript.delta',
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'response.output_item.done',
      'conversation.item.done',
      'response.done',
    ]);
    const completed = events.find((event) => /transcription\.completed$/.test(event.type));
    expect(completed?.['transcript']).toBe(QUESTION);
    const started = events[0] as WireEvent;
    expect(started['audio_start_ms']).toBeGreaterThan(50);
    expect(started['audio_start_ms']).toBeLessThan(400);
    const deltas = events.filter((event) => event.type === 'response.output_audio_transcript.delta');
    const transcript = deltas.map((event) => event['delta']).join('');
    expect(transcript).toContain('Do you want a new battery?');
    expect(done['status']).toBe('completed');
    expect(done.output[0]?.['content']).toEqual([{ type: 'output_audio', transcript }]);
    expect(done['usage']).toMatchObject({ input_token_details: { audio_tokens: expect.any(Number) as unknown } });
    expect(sandbox.voices.recogniser.recognise(client.audioOf(done.id))).toBe(transcript);
  });

  it('is interrupted: cancels at speech start, and after a truncation knows only what was heard', async () => {
    await sandbox.restart({ speedup: 2 });
    const client = await sandbox.session();
    await sandbox.voices.speak(INTERRUPTION, 'person');
    const sentence =
      'I would like to tell you about the new battery, which lasts for two weeks and is very light indeed.';
    client.send({ type: 'response.create', response: { instructions: `Say exactly: "${sentence}"` } });
    const added = await client.next('response.output_item.added');
    await client.next('response.output_audio.delta');
    await sandbox.say(client, INTERRUPTION);
    await client.next('input_audio_buffer.speech_started');
    const done = responseIn(await client.next('response.done'));
    expect(done).toMatchObject({ status: 'cancelled', status_details: { type: 'cancelled', reason: 'turn_detected' } });
    expect(done.output[0]).toMatchObject({ status: 'incomplete' });
    const itemId = (added['item'] as { id: string }).id;
    const sentMs = client.audioOf(done.id).length / 8;
    expect(sentMs).toBeLessThan((await sandbox.voices.speak(sentence, 'alloy')).durationMs);

    client.send({ type: 'conversation.item.truncate', item_id: itemId, content_index: 0, audio_end_ms: sentMs + 1 });
    expect(await client.error()).toMatchObject({
      code: 'invalid_value',
      message: `Audio content of ${sentMs}ms is already shorter than ${sentMs + 1}ms`,
    });
    const heardMs = Math.min(sentMs, 190);
    client.send({ type: 'conversation.item.truncate', item_id: itemId, content_index: 0, audio_end_ms: heardMs });
    expect(await client.next('conversation.item.truncated')).toMatchObject({ item_id: itemId, audio_end_ms: heardMs });
    client.send({ type: 'conversation.item.retrieve', item_id: itemId });
    expect((await client.next('conversation.item.retrieved'))['item']).toMatchObject({
      content: [{ type: 'output_audio' }],
    });
    const view = sandbox.openai.sessions()[0]?.items.find((item) => item.id === itemId);
    expect(view?.truncatedAtMs).toBe(heardMs);
    expect(sentence.startsWith(view?.transcript ?? 'x')).toBe(true);
    expect(view?.transcript.split(' ').length).toBeLessThan(4);
  });

  it('refuses a second response and goes on with the first; a cancel ends it', async () => {
    const client = await sandbox.session({ audio: { ...PCMU, input: { ...PCMU.input, turn_detection: null } } });
    client.send({ type: 'response.create', response: { instructions: 'Say exactly: "One two three four five six."' } });
    await client.next('response.created');
    client.send({ type: 'response.create', event_id: 'second' });
    expect(await client.error()).toMatchObject({
      code: 'conversation_already_has_active_response',
      event_id: 'second',
    });
    client.send({ type: 'response.cancel' });
    expect(responseIn(await client.next('response.done'))).toMatchObject({
      status: 'cancelled',
      status_details: { reason: 'client_cancelled' },
    });
    client.send({ type: 'response.cancel' });
    expect(await client.error()).toMatchObject({ code: 'response_cancel_not_active' });
  });

  it('calls a tool, takes its output and goes on; says goodbye before it hangs up', async () => {
    const tools = [
      {
        type: 'function',
        name: 'record_order',
        description: 'Records the whole order as it stands.',
        parameters: {
          type: 'object',
          properties: {
            items: {
              type: 'array',
              items: { type: 'object', properties: { name: { type: 'string' }, quantity: { type: 'integer' } } },
            },
            delivery_address: { type: 'string' },
          },
          required: ['items'],
        },
      },
      {
        type: 'function',
        name: 'end_call',
        description: 'Ends the call.',
        parameters: { type: 'object', properties: {} },
      },
    ];
    const client = await sandbox.session({ tools });
    await sandbox.say(client, 'I would like two margherita pizzas and one cola, please.');
    const called = responseIn(await client.next('response.done')).output[0] as WireEvent & { call_id: string };
    expect(called).toMatchObject({ type: 'function_call', name: 'record_order', status: 'completed' });
    expect(JSON.parse(called['arguments'] as string)).toEqual({
      items: [
        { name: 'margherita pizza', quantity: 2 },
        { name: 'cola', quantity: 1 },
      ],
    });
    const item = { type: 'function_call_output', call_id: called.call_id, output: '{"recorded":true}' };
    client.send({ type: 'conversation.item.create', item });
    await client.next('conversation.item.done');
    client.send({ type: 'response.create' });
    const confirmed = responseIn(await client.next('response.done')).output[0]?.['content'] as { transcript: string }[];
    expect(confirmed[0]?.transcript).toContain('two margherita pizzas and one cola');
    await sandbox.say(client, 'Thank you, goodbye.');
    const last = responseIn(await client.next('response.done')).output;
    expect(last.map((one) => one.type)).toEqual(['message', 'function_call']);
    expect(last[1]).toMatchObject({ name: 'end_call' });
    expect((last[0]?.['content'] as { transcript: string }[])[0]?.transcript).toMatch(/goodbye/i);
  });
});
