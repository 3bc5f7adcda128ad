import Fastify, { type FastifyInstance } from 'fastify';
import OpenAI, { toFile } from 'openai';
import { audioDurationMs } from '../../common/audio-duration';
import { audioKindOf } from '../../common/audio-kind';
import { FaultBox } from '../faults';
import { VoiceBox } from '../speech/voice-box';
import { decodeWav, encodeWav } from '../speech/wav';
import { createOpenAi, type OpenAiSimulator } from './openai';

const KEY = 'sk-sandbox';

/** Speech is made for real, and the machine may be busy with other specs. */
jest.setTimeout(60_000);

let voices: VoiceBox;
let app: FastifyInstance;
let openai: OpenAiSimulator;
let client: OpenAI;
const faults = new FaultBox();

beforeAll(async () => {
  voices = await VoiceBox.start();
  openai = createOpenAi({ apiKey: KEY, voices, faults, log: () => undefined });
  app = Fastify({ forceCloseConnections: true });
  openai.registerRest(app);
  client = new OpenAI({
    apiKey: KEY,
    baseURL: `${await app.listen({ port: 0, host: '127.0.0.1' })}/v1`,
    maxRetries: 0,
  });
});
afterEach(() => faults.clear());
afterAll(async () => {
  await app.close();
  await voices.close();
});

type Speech = OpenAI.Audio.SpeechCreateParams;
const TEXT = 'Good morning. How are you today?';
const speak = (order: Partial<Speech> = {}, options: { signal?: AbortSignal } = {}) =>
  client.audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'marin', input: TEXT, ...order }, options);
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

/** A form as it is, without the SDK's idea of what may stand in it. */
async function transcribe(fields: Record<string, string>, file: Buffer = silence) {
  const form = new FormData();
  form.set('file', await toFile(file, 'audio.wav'));
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const response = await fetch(`${client.baseURL}/audio/transcriptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}` },
    body: form,
  });
  const text = await response.text();
  return { status: response.status, text, json: () => JSON.parse(text) as Record<string, unknown> };
}
const silence = encodeWav(new Int16Array(16_000), 16_000);

describe('simulated speech', () => {
  it('is mp3, wav or pcm of the same length', async () => {
    const mp3 = await speak();
    expect(mp3.headers.get('content-type')).toBe('audio/mpeg');
    const frames = await bytesOf(mp3);
    const wav = decodeWav(await bytesOf(await speak({ response_format: 'wav' })));
    const pcm = await bytesOf(await speak({ response_format: 'pcm' }));
    expect(audioKindOf(frames)).toBe('mp3');
    expect(wav.channels[0]).toHaveLength(pcm.length / 2);
    // The encoder adds its delay and fills its last frame.
    const lateMs = (audioDurationMs(frames, 'mp3') ?? 0) - pcm.length / 48;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(150);
  });

  it('comes as events where it is asked to', async () => {
    const answer = await speak({ response_format: 'pcm', stream_format: 'sse' });
    const events = (await answer.text())
      .split('\n\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line.replace(/^data: /, '')) as { type: string; audio?: string });
    const audio = Buffer.concat(events.map((event) => Buffer.from(event.audio ?? '', 'base64')));
    expect(audio).toEqual(await bytesOf(await speak({ response_format: 'pcm' })));
    expect(events.at(-1)).toMatchObject({ type: 'speech.audio.done', usage: { input_tokens: 8 } });
    expect(events.length).toBeGreaterThan(5);
  });

  it('stops half-way, with or without its connection, and knows when nobody listens any more', async () => {
    faults.arm({ provider: 'openai', fault: 'cut_speech', after_ms: 400 });
    await expect(speak({ response_format: 'pcm' }).then(bytesOf)).rejects.toThrow('terminated');

    faults.arm({ provider: 'openai', fault: 'stall_speech', after_ms: 400 });
    const listener = new AbortController();
    const stalled = await speak({ response_format: 'pcm' }, { signal: listener.signal });
    const reader = (stalled.body as ReadableStream<Uint8Array>).getReader();
    let bytes = 0;
    while (bytes < 400 * 48) bytes += (await reader.read()).value?.length ?? 0;
    const view = () => openai.audioRequests().at(-1);
    expect([bytes, view()]).toMatchObject([400 * 48, { state: 'running', asked: { input: TEXT.length } }]);
    listener.abort();
    while (view()?.state === 'running') await new Promise((resolve) => setImmediate(resolve));
    expect(view()).toMatchObject({ state: 'abandoned', path: '/v1/audio/speech' });
  });

  it.each<[string, Partial<Speech>, string, string]>([
    ['a text that is too long', { input: 'a'.repeat(4097) }, 'string_above_max_length', 'input'],
    ['no text', { input: '' }, 'invalid_value', 'input'],
    ['a speed out of range', { speed: 4.5 }, 'invalid_value', 'speed'],
    ['a field that it does not know', { pitch: 2 } as Partial<Speech>, 'unknown_parameter', 'pitch'],
    ['a model that ended', { model: 'tts-2' }, 'model_not_found', 'model'],
    ['a realtime model', { model: 'gpt-realtime-2.1-mini' }, 'model_not_found', 'model'],
    ['a format without an encoder', { response_format: 'flac' }, 'unsupported_value', 'response_format'],
    [
      'events of an old model',
      { model: 'tts-1', voice: 'nova', stream_format: 'sse' },
      'unsupported_value',
      'stream_format',
    ],
    ['a new voice of an old model', { model: 'tts-1-hd' }, 'invalid_value', 'voice'],
  ])('refuses %s', async (_what, order, code, param) => {
    await expect(speak(order)).rejects.toMatchObject({ code, param });
  });
});

describe('simulated transcription', () => {
  let said: Buffer;
  beforeAll(async () => {
    said = await bytesOf(await speak({ response_format: 'wav' }));
  });

  it('has the forms of every model', async () => {
    const plain = (await transcribe({ model: 'gpt-transcribe' }, said)).json();
    expect(plain).toMatchObject({ text: TEXT, languages: [{ code: 'en' }], usage: { type: 'tokens' } });
    expect((await transcribe({ model: 'gpt-transcribe', 'languages[]': 'es' }, said)).json()).toMatchObject({
      languages: [{ code: 'es' }],
    });
    expect((await transcribe({ model: 'gpt-transcribe' })).json()).toMatchObject({ text: '', languages: [] });
    expect((await transcribe({ model: 'gpt-4o-transcribe' }, said)).json()).not.toHaveProperty('languages');
    const verbose = { model: 'whisper-1', response_format: 'verbose_json', language: 'es' };
    const long = (await transcribe({ ...verbose, 'timestamp_granularities[]': 'word' }, said)).json();
    expect(long).toMatchObject({ task: 'transcribe', language: 'spanish', text: TEXT, usage: { type: 'duration' } });
    expect(long['words']).toHaveLength(6);
    expect((await transcribe({ model: 'whisper-1', response_format: 'text' }, said)).text).toBe(`${TEXT}\n`);
    expect((await transcribe({ model: 'whisper-1', response_format: 'vtt' }, said)).text).toMatch(
      /^WEBVTT\n\n00:00:00\.000 --> 00:00:0\d\.\d{3}\nGood morning/,
    );
  });

  it('streams what it hears', async () => {
    const { text } = await transcribe({ model: 'gpt-transcribe', stream: 'true' }, said);
    const events = text.match(/data: .*/g)?.map((line) => JSON.parse(line.slice(6)) as Record<string, string>) ?? [];
    expect(events.map(({ delta }) => delta ?? '').join('')).toBe(TEXT);
    expect(events.at(-1)).toMatchObject({ type: 'transcript.text.done', text: TEXT });
  });

  it.each<[string, Record<string, string>, string, string]>([
    ['no model', {}, 'missing_required_parameter', 'model'],
    ['a field that it does not know', { model: 'gpt-transcribe', speed: '1' }, 'unknown_parameter', 'speed'],
    ['a language that is none', { model: 'gpt-transcribe', language: 'xx' }, 'unsupported_language', 'language'],
    [
      'two words on the language',
      { model: 'gpt-transcribe', language: 'en', 'languages[]': 'es' },
      'invalid_value',
      'languages',
    ],
    ['keywords of an old model', { model: 'whisper-1', 'keywords[]': 'Acme' }, 'unsupported_value', 'keywords'],
    ['subtitles', { model: 'gpt-transcribe', response_format: 'srt' }, 'unsupported_value', 'response_format'],
    ['a format that is none', { model: 'whisper-1', response_format: 'xml' }, 'invalid_value', 'response_format'],
    ['a temperature out of range', { model: 'whisper-1', temperature: '2' }, 'invalid_value', 'temperature'],
    ['a temperature that is none', { model: 'whisper-1', temperature: 'hot' }, 'invalid_value', 'temperature'],
    [
      'times of words without their format',
      { model: 'whisper-1', 'timestamp_granularities[]': 'word' },
      'unsupported_value',
      'timestamp_granularities',
    ],
    ['likelihoods', { model: 'gpt-transcribe', 'include[]': 'logprobs' }, 'unsupported_value', 'include'],
  ])('refuses %s', async (_what, fields, code, param) => {
    const answer = await transcribe(fields);
    expect([answer.status, answer.json()]).toMatchObject([
      400,
      { error: { code, param, type: 'invalid_request_error' } },
    ]);
  });

  it('says when to come again, and when there is no money left', async () => {
    faults.arm({ provider: 'openai', fault: 'http_429', after_ms: 7000 });
    const limited = await speak().catch((error: unknown) => error);
    expect(limited).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    expect((limited as { headers: Headers }).headers.get('retry-after')).toBe('7');
    faults.arm({ provider: 'openai', fault: 'insufficient_quota' });
    await expect(speak()).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' });
  });
});
