import Fastify, { type FastifyInstance } from 'fastify';
import OpenAI, { toFile } from 'openai';
import { decodeMulaw } from '../../media/g711';
import { UNRECOGNISED_SPEECH } from '../speech/recogniser';
import { VoiceBox } from '../speech/voice-box';
import { decodeWav, encodeWav } from '../speech/wav';
import { createOpenAi } from './openai';

const KEY = 'sk-sandbox';

/** Speech is made for real, and the machine may be busy with other specs. */
jest.setTimeout(60_000);

describe('the simulated REST API, asked by the real SDK', () => {
  let voices: VoiceBox;
  let app: FastifyInstance;
  let client: OpenAI;
  let baseURL: string;
  const faults = new Map<string, { afterMs?: number }>();

  beforeAll(async () => {
    voices = await VoiceBox.start();
    const openai = createOpenAi({
      apiKey: KEY,
      voices,
      faults: {
        take: (_provider, fault) => {
          const armed = faults.get(fault);
          faults.delete(fault);
          return armed;
        },
      },
      log: () => undefined,
    });
    app = Fastify();
    // The rest of the sandbox has parsers and errors of its own.
    app.addContentTypeParser('multipart/form-data', (_request, _body, parsed) => parsed(new Error('not here')));
    openai.registerRest(app);
    baseURL = `${await app.listen({ port: 0, host: '127.0.0.1' })}/v1`;
    client = new OpenAI({ apiKey: KEY, baseURL, maxRetries: 0 });
  });
  afterAll(async () => {
    await app.close();
    await voices.close();
  });

  const transcribe = async (file: Buffer, name = 'audio.wav', model = 'gpt-transcribe') =>
    client.audio.transcriptions.create({ file: await toFile(file, name), model });

  it('speaks, and transcribes what it has spoken', async () => {
    const answer = await client.audio.speech.create({
      model: 'gpt-4o-mini-tts',
      voice: 'marin',
      input: 'Good morning, and welcome.',
      response_format: 'wav',
    });
    const wav = Buffer.from(await answer.arrayBuffer());
    expect(decodeWav(wav).sampleRateHz).toBe(24_000);
    const heard = await transcribe(wav);
    expect(heard.text).toBe('Good morning, and welcome.');
    expect(heard).toMatchObject({ usage: { type: 'tokens' }, languages: [{ code: 'en' }] });
  });

  it('transcribes a telephone recording, both channels of it', async () => {
    const { mulaw } = await voices.speak('How much does it cost?', 'person');
    expect((await transcribe(encodeWav(decodeMulaw(mulaw), 8000))).text).toBe('How much does it cost?');
  });

  it('hears a neutral sentence in audio that is not its own, and nothing in silence', async () => {
    expect((await transcribe(Buffer.alloc(20_000, 7), 'a.webm')).text).toBe(UNRECOGNISED_SPEECH);
    expect((await transcribe(encodeWav(new Int16Array(16_000), 16_000))).text).toBe('');
  });

  it.each<[string, () => Promise<unknown>, number, string]>([
    [
      'an unknown model',
      () => transcribe(encodeWav(new Int16Array(8000), 8000), 'a.wav', 'gpt-9'),
      404,
      'model_not_found',
    ],
    ['a wrong file', () => transcribe(Buffer.from('x'), 'a.txt'), 400, 'invalid_value'],
    ['a broken WAV', () => transcribe(Buffer.from('RIFF0000WAVE'), 'a.wav'), 400, 'invalid_value'],
    [
      'a format without an encoder',
      () => client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hi.', response_format: 'opus' }),
      400,
      'unsupported_value',
    ],
    [
      'an unknown voice',
      () => client.audio.speech.create({ model: 'tts-1', voice: 'bob', input: 'Hi.', response_format: 'wav' }),
      400,
      'invalid_value',
    ],
    ['no messages', () => client.chat.completions.create({ model: 'gpt-6-luna', messages: [] }), 400, 'invalid_value'],
    [
      'a wrong key',
      () => new OpenAI({ apiKey: 'sk-wrong', baseURL, maxRetries: 0 }).models.list(),
      401,
      'invalid_api_key',
    ],
  ])('refuses %s', async (_what, act, status, code) => {
    await expect(act()).rejects.toMatchObject({ status, code });
  });

  const person = 'You are Mary from Acme. The battery costs 49 dollars.';
  it('answers over Responses and Chat, whole and streamed', async () => {
    const response = await client.responses.create({
      model: 'gpt-6-luna',
      instructions: person,
      input: 'How much does it cost?',
    });
    expect(response.output_text).toMatch(/^The battery costs 49 dollars\./);
    const messages = [
      { role: 'system' as const, content: person },
      { role: 'user' as const, content: 'How much does it cost?' },
    ];
    const chat = await client.chat.completions.create({ model: 'gpt-6-luna', messages });
    expect(chat.choices[0]?.message.content).toBe(response.output_text);
    let streamed = '';
    for await (const event of await client.responses.create({
      model: 'm',
      instructions: person,
      input: 'How much does it cost?',
      stream: true,
    })) {
      if (event.type === 'response.output_text.delta') streamed += event.delta;
    }
    expect(streamed).toBe(response.output_text);
    let chunks = '';
    for await (const chunk of await client.chat.completions.create({ model: 'm', messages, stream: true })) {
      chunks += chunk.choices[0]?.delta.content ?? '';
    }
    expect(chunks).toBe(response.output_text);
  });

  it('answers in the shape of a JSON Schema, out of the conversation', async () => {
    const schema = {
      type: 'object',
      properties: {
        summary: { type: 'string' },
        customer_name: { type: ['string', 'null'] },
        mood: { type: 'string', enum: ['negative', 'neutral', 'positive'] },
        rating: { type: 'integer', minimum: 1, maximum: 5 },
        topics: { type: 'array', items: { type: 'string' } },
        email: { type: ['string', 'null'] },
      },
      required: ['summary', 'customer_name', 'mood', 'rating', 'topics', 'email'],
      additionalProperties: false,
    };
    const response = await client.responses.create({
      model: 'gpt-6-luna',
      input: 'Customer: My name is Alex Carter. I am in a positive mood. My rating is 4.',
      text: { format: { type: 'json_schema', name: 'extract', schema, strict: true } },
    });
    expect(JSON.parse(response.output_text)).toEqual({
      summary: 'Customer: My name is Alex Carter. I am in a positive mood.',
      customer_name: 'Alex Carter',
      mood: 'positive',
      rating: 4,
      topics: ['mood', 'rating'],
      email: null,
    });
  });

  const insights = {
    type: 'object',
    properties: {
      sentiment: { type: 'string', enum: ['positive', 'neutral', 'negative'] },
      sentiment_score: { type: 'number', description: 'From -1 (very negative) over 0 to 1 (very positive)' },
      topics: { type: 'array', items: { type: 'string' } },
    },
    required: ['sentiment', 'sentiment_score', 'topics'],
    additionalProperties: false,
  };
  it('says how the customer of a phone call felt and what it was about', async () => {
    const response = await client.responses.create({
      model: 'gpt-6-luna',
      instructions: 'Say how the customer felt about it and what it was about.',
      input: [
        'agent: Good morning, this is Mary Miller from Acme. I am happy to help you.',
        'customer: My late delivery has not arrived, and I am not happy.',
        'operator: I am sorry for the late delivery. A great new tea set is on its way.',
        'customer: This is terrible.',
      ].join('\n'),
      text: { format: { type: 'json_schema', name: 'conversation_insights', schema: insights, strict: true } },
    });
    expect(JSON.parse(response.output_text)).toEqual({
      sentiment: 'negative',
      sentiment_score: -0.85,
      topics: ['late delivery', 'arrived', 'tea'],
    });
  });

  it('knows the customer of a chat by the role', async () => {
    const chat = await client.chat.completions.create({
      model: 'gpt-6-luna',
      messages: [
        { role: 'system', content: 'Be happy.' },
        { role: 'assistant', content: 'I am sorry for the terrible, bad, awful weather.' },
        { role: 'user', content: 'The umbrella is wonderful.' },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'insights', schema: insights, strict: true } },
    });
    const answer = { sentiment: 'positive', sentiment_score: 0.67, topics: ['umbrella', 'weather'] };
    expect(JSON.parse(chat.choices[0]?.message.content ?? '')).toEqual(answer);
  });

  it('refuses a loose schema when it is to be strict', async () => {
    const loose = { ...insights, required: ['sentiment', 'topics'] };
    const open = { ...insights, additionalProperties: true };
    const ask = (schema: Record<string, unknown>, strict: boolean, stream = false) =>
      client.responses.create({
        model: 'gpt-6-luna',
        input: 'customer: Hello.',
        text: { format: { type: 'json_schema', name: 'insights', schema, strict } },
        stream,
      });
    const refused = {
      status: 400,
      code: 'invalid_json_schema',
      type: 'invalid_request_error',
      param: 'text.format.schema',
    };
    await expect(ask(loose, true)).rejects.toMatchObject(refused);
    await expect(ask(loose, true)).rejects.toThrow("Missing 'sentiment_score'.");
    await expect(ask(open, true, true)).rejects.toMatchObject(refused);
    await expect(ask({ type: 'array', items: insights }, true)).rejects.toMatchObject(refused);
    await expect(ask(loose, false)).resolves.toMatchObject({ status: 'completed' });
    const chat = client.chat.completions.create({
      model: 'gpt-6-luna',
      messages: [{ role: 'user', content: 'Hello.' }],
      response_format: { type: 'json_schema', json_schema: { name: 'insights', schema: loose, strict: true } },
    });
    await expect(chat).rejects.toMatchObject({ ...refused, param: 'response_format' });
  });

  it.each([
    ['http_429', 429],
    ['http_500', 500],
    ['http_403', 403],
  ])('misbehaves once under %s', async (fault, status) => {
    faults.set(fault, {});
    await expect(client.models.list()).rejects.toMatchObject({ status });
    expect((await client.models.list()).data.length).toBeGreaterThan(3);
  });

  it('loses its answer and drops its socket when asked to', async () => {
    for (const fault of ['lose_answer', 'drop_socket']) {
      faults.set(fault, {});
      await expect(client.models.list()).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
    }
  });
});
