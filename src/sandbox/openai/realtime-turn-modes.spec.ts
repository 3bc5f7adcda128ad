import { PCMU, RealtimeFixture, responseIn, type Client } from './spec-support/realtime-fixture';

/** Speech is made for real, and the machine may be busy with other specs. */
jest.setTimeout(60_000);

const QUESTION = 'Yes, speaking. What is this about?';
const LONG = 'One two three four five six seven eight nine ten. '.repeat(3).trim();

describe('what turn detection may do by itself', () => {
  let sandbox: RealtimeFixture;
  beforeAll(async () => {
    sandbox = await RealtimeFixture.create();
  });
  afterAll(() => sandbox.voices.close());
  beforeEach(() => sandbox.start({ speedup: 8 }));
  afterEach(() => sandbox.stop());

  const session = (vad: Record<string, unknown>) =>
    sandbox.session({
      audio: { ...PCMU, input: { ...PCMU.input, turn_detection: { type: 'server_vad', ...vad } } },
    });
  const speaking = async (client: Client) => {
    await sandbox.voices.speak(QUESTION, 'person');
    client.send({ type: 'response.create', response: { instructions: `Say exactly: "${LONG}"` } });
    await client.next('response.output_audio.delta');
  };
  const count = (client: Client, name: string) => client.types().filter((type) => type === name).length;

  it('without interruption a response goes on while the customer speaks, and their turn is answered after it', async () => {
    const client = await session({ interrupt_response: false });
    await speaking(client);
    await sandbox.say(client, QUESTION);
    await client.next('input_audio_buffer.committed');
    expect(count(client, 'response.done')).toBe(0);
    expect(responseIn(await client.next('response.done'))).toMatchObject({ status: 'completed' });
    await client.next('response.created');
    expect(responseIn(await client.next('response.done'))).toMatchObject({ status: 'completed' });
    expect(client.types()).not.toContain('error');
  });

  it('several turns that came meanwhile have one answer', async () => {
    const client = await session({ interrupt_response: false });
    await speaking(client);
    await sandbox.say(client, QUESTION);
    await sandbox.say(client, 'How much does it cost?');
    await client.next('response.done');
    await client.next('response.done');
    client.send({ type: 'session.update', session: { type: 'realtime' } });
    await client.next('session.updated');
    expect(count(client, 'input_audio_buffer.committed')).toBe(2);
    expect(count(client, 'response.created')).toBe(2);
  });

  it('a turn that came meanwhile has no answer when the server may not answer any more', async () => {
    const client = await session({ interrupt_response: false });
    await speaking(client);
    await sandbox.say(client, QUESTION);
    await client.next('input_audio_buffer.committed');
    client.send({
      type: 'session.update',
      session: {
        type: 'realtime',
        audio: { input: { turn_detection: { type: 'server_vad', create_response: false } } },
      },
    });
    await client.next('response.done');
    client.send({ type: 'response.create' });
    await client.next('response.done');
    client.send({ type: 'session.update', session: { type: 'realtime' } });
    await client.next('session.updated');
    expect(count(client, 'response.created')).toBe(2);
  });

  it('without responses of its own the server interrupts, commits and waits to be asked', async () => {
    const client = await session({ create_response: false });
    await speaking(client);
    await sandbox.say(client, QUESTION);
    expect(responseIn(await client.next('response.done'))).toMatchObject({
      status: 'cancelled',
      status_details: { reason: 'turn_detected' },
    });
    await client.first('input_audio_buffer.committed');
    await client.first('conversation.item.input_audio_transcription.completed');
    expect(count(client, 'response.created')).toBe(1);
    client.send({ type: 'response.create' });
    expect(responseIn(await client.next('response.done'))).toMatchObject({ status: 'completed' });
  });

  it('with neither it only tells what it hears', async () => {
    const client = await session({ create_response: false, interrupt_response: false });
    await speaking(client);
    await sandbox.say(client, QUESTION);
    await client.next('conversation.item.input_audio_transcription.completed');
    expect(responseIn(await client.next('response.done'))).toMatchObject({ status: 'completed' });
    expect(count(client, 'response.created')).toBe(1);
  });
});
