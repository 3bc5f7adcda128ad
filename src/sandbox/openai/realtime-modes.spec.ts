import { pcmToSamples } from '../speech/wav';
import { PCMU, RealtimeFixture, responseIn, silence } from './spec-support/realtime-fixture';

/** Speech is made for real, and the machine may be busy with other specs. */
jest.setTimeout(60_000);

const QUESTION = 'Yes, speaking. What is this about?';

describe('the modes of a Realtime session', () => {
  let sandbox: RealtimeFixture;
  beforeAll(async () => {
    sandbox = await RealtimeFixture.create();
  });
  afterAll(() => sandbox.voices.close());
  beforeEach(() => sandbox.start());
  afterEach(() => sandbox.stop());

  it('answers out of band without touching the conversation, also while it speaks', async () => {
    const client = await sandbox.session();
    client.send({ type: 'response.create', response: { instructions: 'Say exactly: "One two three four five."' } });
    await client.next('response.created');
    client.send({
      type: 'response.create',
      response: {
        conversation: 'none',
        output_modalities: ['text'],
        metadata: { purpose: 'note' },
        instructions: 'Say exactly: "A note."',
        input: [],
      },
    });
    const first = responseIn(await client.next('response.done'));
    const second = responseIn(await client.next('response.done'));
    const aside = [first, second].find((one) => one['conversation_id'] === null);
    expect(aside).toMatchObject({
      metadata: { purpose: 'note' },
      output: [{ content: [{ type: 'output_text', text: 'A note.' }] }],
    });
    expect(sandbox.openai.sessions()[0]?.items.map((item) => item.transcript)).toEqual(['One two three four five.']);
  });

  it('commits by hand, deletes items, and replays history as text', async () => {
    const client = await sandbox.session({ audio: { ...PCMU, input: { ...PCMU.input, turn_detection: null } } });
    client.hear((await sandbox.voices.speak('How much does it cost?', 'person')).mulaw);
    client.send({ type: 'input_audio_buffer.commit' });
    const committed = await client.next('input_audio_buffer.committed');
    expect(committed['previous_item_id']).toBeNull();
    const transcribed = await client.next('conversation.item.input_audio_transcription.completed');
    expect(transcribed['transcript']).toBe('How much does it cost?');
    client.send({
      type: 'conversation.item.create',
      previous_item_id: 'root',
      item: { id: 'item_mine', type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello.' }] },
    });
    expect((await client.next('conversation.item.added'))['previous_item_id']).toBeNull();
    client.send({ type: 'conversation.item.truncate', item_id: 'item_mine', content_index: 0, audio_end_ms: 0 });
    expect(await client.error()).toMatchObject({ code: 'unsupported_content_type' });
    client.send({ type: 'response.create', response: { output_modalities: ['text'] } });
    expect((await client.next('response.output_text.done'))['text']).toMatch(/^The battery costs 49 dollars\./);
    client.send({ type: 'conversation.item.delete', item_id: committed['item_id'] });
    await client.next('conversation.item.deleted');
    expect(sandbox.openai.sessions()[0]?.items.map((item) => item.role)).toEqual(['assistant', 'assistant']);
  });

  it('loses or delays a transcription when told to, and goes on without it', async () => {
    const COMPLETED = 'conversation.item.input_audio_transcription.completed';
    const client = await sandbox.session();
    sandbox.arm('lose_transcription');
    await sandbox.say(client, QUESTION);
    const lost = await client.next('input_audio_buffer.committed');
    await client.next('response.done');
    sandbox.arm('late_transcription', { after_ms: 600 });
    await sandbox.say(client, QUESTION);
    const late = await client.next('input_audio_buffer.committed');
    const committedAt = performance.now();
    expect((await client.next(COMPLETED))['item_id']).toBe(late['item_id']);
    expect(performance.now() - committedAt).toBeGreaterThan(700);
    expect(client.events.filter(({ type }) => type === COMPLETED)).toHaveLength(1);
    expect(lost['item_id']).not.toBe(late['item_id']);
  });

  it('asks again after the idle time, measured in audio', async () => {
    const input = { ...PCMU.input, turn_detection: { type: 'server_vad', idle_timeout_ms: 5000 } };
    const client = await sandbox.session({ audio: { ...PCMU, input } });
    client.send({ type: 'response.create', response: { instructions: 'Say exactly: "Hello."' } });
    await client.next('response.done');
    client.hear(silence(8000));
    await client.next('input_audio_buffer.timeout_triggered');
    await client.next('response.created');
  });

  it('waits longer for an incomplete sentence with semantic_vad', async () => {
    const input = { ...PCMU.input, turn_detection: { type: 'semantic_vad', eagerness: 'high' } };
    const client = await sandbox.session({ audio: { ...PCMU, input } });
    const { mulaw, words } = await sandbox.voices.speak('I would like two margherita pizzas, please.', 'person');
    client.hear(Buffer.concat([silence(200), mulaw, silence(400)]));
    await client.next('input_audio_buffer.speech_stopped');
    await client.next('response.done');
    const before = client.types().filter((type) => type.endsWith('speech_stopped')).length;
    client.hear(Buffer.concat([mulaw.subarray(0, Math.ceil((words[3]?.endMs ?? 0) / 20) * 160), silence(1500)]));
    client.send({ type: 'session.update', session: { type: 'realtime' } });
    await client.next('session.updated');
    expect(client.types().filter((type) => type.endsWith('speech_stopped'))).toHaveLength(before);
    client.hear(silence(1000));
    await client.next('input_audio_buffer.speech_stopped');
  });

  it('speaks and hears 24 kHz PCM and A-law as well', async () => {
    const formats: [Record<string, unknown>, (text: string) => Promise<Buffer>, number][] = [
      [{ type: 'audio/pcm', rate: 24_000 }, (text) => sandbox.voices.speakPcm24k(text, 'person'), 48],
    ];
    for (const [format, spoken, bytesPerMs] of formats) {
      const client = await sandbox.session({
        audio: { input: { ...PCMU.input, format }, output: { format, voice: 'echo' } },
      });
      client.hear(Buffer.concat([await spoken(QUESTION), Buffer.alloc(700 * bytesPerMs)]), 1000);
      const completed = await client.next('conversation.item.input_audio_transcription.completed');
      expect(completed['transcript']).toBe(QUESTION);
      const done = await client.next('response.done');
      const audio = client.audioOf(responseIn(done).id);
      expect(sandbox.voices.recogniser.recognisePcm24k(pcmToSamples(audio))).toMatch(/battery/);
    }
    const client = await sandbox.session({
      audio: { ...PCMU, output: { format: { type: 'audio/pcma' }, voice: 'echo' } },
    });
    client.send({ type: 'response.create', response: { instructions: 'Say exactly: "Good morning."' } });
    const done = responseIn(await client.next('response.done'));
    expect(client.audioOf(done.id).length).toBe((await sandbox.voices.speak('Good morning.', 'echo')).mulaw.length);
  });

  it.each([
    ['http_429', 'rate_limit_exceeded'],
    ['http_500', 'server_error'],
    ['http_403', 'insufficient_quota'],
  ])('fails a response of an open session under %s', async (fault, code) => {
    const client = await sandbox.session();
    sandbox.arm(fault);
    client.send({ type: 'response.create' });
    expect(responseIn(await client.next('response.done'))).toMatchObject({
      status: 'failed',
      status_details: { type: 'failed', error: { code } },
    });
  });

  it('never goes on under timeout until it is cancelled', async () => {
    const client = await sandbox.session();
    sandbox.arm('timeout');
    client.send({ type: 'response.create' });
    await client.next('response.created');
    client.send({ type: 'response.cancel' });
    expect(responseIn(await client.next('response.done'))).toMatchObject({ status: 'cancelled', output: [] });
  });

  it('cuts a response at its limit of tokens', async () => {
    const client = await sandbox.session({ max_output_tokens: 20 });
    client.send({
      type: 'response.create',
      response: { instructions: 'Say exactly: "One two three four five six seven."' },
    });
    const done = responseIn(await client.next('response.done'));
    expect(done).toMatchObject({ status: 'incomplete', status_details: { reason: 'max_output_tokens' } });
    expect(client.audioOf(done.id).length / 8).toBeLessThanOrEqual(1000);
  });
});
