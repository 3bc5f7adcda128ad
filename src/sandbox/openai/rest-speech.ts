import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Mp3Stream } from '../speech/mp3';
import { sentencesOf } from '../speech/sentences';
import { PCM_SAMPLE_RATE_HZ, type VoiceBox } from '../speech/voice-box';
import { encodeWav } from '../speech/wav';
import type { AudioRequests, AudioRequestView } from './audio-requests';
import type { Faults } from './faults.port';
import { requireModel } from './rest-text';
import { VOICES } from './session-config';
import { speechTokens, textTokens } from './usage';
import { WireError } from './wire-error';
import { checked } from './wire-schema';

const MODEL = /^(?:tts-1(?:-hd)?|gpt-4o-mini-tts)(?:-\d{4}-\d\d-\d\d)?$/;
const OLD_MODEL = /^tts-1/;
/** The old models do not have the newest. */
const NOT_OF_OLD_MODELS: readonly string[] = ['ballad', 'verse', 'marin', 'cedar'];

const speechRequest = z.strictObject({
  model: z.string().min(1),
  input: z.string().min(1).max(4096),
  voice: z.union([z.enum([...VOICES, 'fable', 'onyx', 'nova']), z.strictObject({ id: z.string() })]),
  instructions: z.string().max(4096).optional(),
  response_format: z.enum(['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm']).default('mp3'),
  speed: z.number().min(0.25).max(4).default(1),
  stream_format: z.enum(['audio', 'sse']).default('audio'),
});
type SpeechRequest = z.infer<typeof speechRequest>;

/** What the sandbox has an encoder for. */
const CONTENT_TYPES: Readonly<Record<string, string>> = { mp3: 'audio/mpeg', wav: 'audio/wav', pcm: 'audio/pcm' };

const PCM_BYTES_PER_MS = (PCM_SAMPLE_RATE_HZ * 2) / 1000;
/** Audio in one part of the answer. */
const PART_MS = 200;
const DEFAULT_STALL_MS = 200;
/** In the head of a file whose length nobody knows yet. */
const UNKNOWN_LENGTH = 0xffff_ffff;
const RIFF_LENGTH_AT = 4;
const DATA_LENGTH_AT = 40;

interface SpeechDeps {
  voices: VoiceBox;
  faults: Faults;
  requests: AudioRequests;
}

export function registerSpeech(app: FastifyInstance, deps: SpeechDeps): void {
  app.post('/v1/audio/speech', (request, reply) => speak(deps, request, reply));
}

function speak({ voices, faults, requests }: SpeechDeps, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const order = checked(speechRequest, request.body, '');
  const { input, response_format: format, stream_format: streamFormat } = order;
  const view = requests.of(request);
  view.asked = { ...order, input: input.length };
  requireModel(order.model, MODEL.test(order.model));
  requireForModel(order);
  const contentType = CONTENT_TYPES[format];
  if (contentType === undefined) {
    const message = `The sandbox speaks response_format 'mp3', 'wav' and 'pcm'; it has no encoder for '${format}'.`;
    throw new WireError('unsupported_value', message, 'response_format');
  }
  const trouble = troubleOf(faults);
  const pcm = troubled(spoken(voices, order, view), trouble, view, reply);
  const audio = encoded(pcm, format);
  if (streamFormat === 'audio') return reply.header('content-type', contentType).send(body(audio));
  return reply.header('content-type', 'text/event-stream; charset=utf-8').send(body(events(audio, input, view)));
}

/** Nothing is made ahead of what is read. */
function body(parts: AsyncGenerator<Buffer | string>): Readable {
  return Readable.from(parts, { highWaterMark: 1 });
}

/** @throws WireError */
function requireForModel({ model, voice, stream_format: streamFormat }: SpeechRequest): void {
  if (!OLD_MODEL.test(model)) return;
  if (streamFormat === 'sse') {
    throw new WireError(
      'unsupported_value',
      `stream_format 'sse' is not supported for model '${model}'.`,
      'stream_format',
    );
  }
  if (typeof voice !== 'string' || NOT_OF_OLD_MODELS.includes(voice)) {
    throw new WireError('invalid_value', `This voice is not supported for model '${model}'.`, 'voice');
  }
}

/** Sentence by sentence, so that the first is on its way before the last is spoken. */
async function* spoken(voices: VoiceBox, { input, voice, speed }: SpeechRequest, view: AudioRequestView) {
  const name = typeof voice === 'string' ? voice : voice.id;
  for (const words of sentencesOf(input)) {
    const pcm = await voices.speakPcm24k(words.join(' '), name, speed);
    for (let from = 0; from < pcm.length; from += PART_MS * PCM_BYTES_PER_MS) {
      const part = pcm.subarray(from, from + PART_MS * PCM_BYTES_PER_MS);
      yield part;
      view.audioMs += part.length / PCM_BYTES_PER_MS;
    }
  }
}

interface Trouble {
  kind: 'stall' | 'cut';
  afterMs: number;
}

function troubleOf(faults: Faults): Trouble | undefined {
  const cut = faults.take('openai', 'cut_speech');
  if (cut) return { kind: 'cut', afterMs: cut.afterMs ?? DEFAULT_STALL_MS };
  const stall = faults.take('openai', 'stall_speech');
  return stall && { kind: 'stall', afterMs: stall.afterMs ?? DEFAULT_STALL_MS };
}

/** Nothing more comes, or not even the connection is left, when so much was sent. */
async function* troubled(
  pcm: AsyncGenerator<Buffer>,
  trouble: Trouble | undefined,
  view: AudioRequestView,
  { raw }: FastifyReply,
): AsyncGenerator<Buffer> {
  for await (const part of pcm) {
    yield part;
    if (trouble === undefined || view.audioMs + PART_MS < trouble.afterMs) continue;
    if (trouble.kind === 'stall') await once(raw, 'close');
    else await cut(raw);
    return;
  }
}

/** What was handed over still arrives; then the connection is gone, and the body without an end. */
async function cut(raw: FastifyReply['raw']): Promise<void> {
  await nextTurn();
  raw.socket?.end();
  await once(raw, 'close');
}

async function* encoded(pcm: AsyncGenerator<Buffer>, format: string): AsyncGenerator<Buffer> {
  if (format === 'mp3') {
    const mp3 = await Mp3Stream.begin(PCM_SAMPLE_RATE_HZ);
    for await (const part of pcm) {
      const frames = mp3.push(part);
      if (frames.length > 0) yield frames;
    }
    yield mp3.end();
    return;
  }
  if (format === 'wav') yield wavHead();
  yield* pcm;
}

function wavHead(): Buffer {
  const head = encodeWav(new Int16Array(0), PCM_SAMPLE_RATE_HZ);
  head.writeUInt32LE(UNKNOWN_LENGTH, RIFF_LENGTH_AT);
  head.writeUInt32LE(UNKNOWN_LENGTH, DATA_LENGTH_AT);
  return head;
}

async function* events(audio: AsyncGenerator<Buffer>, input: string, view: AudioRequestView): AsyncGenerator<string> {
  for await (const part of audio) yield event({ type: 'speech.audio.delta', audio: part.toString('base64') });
  const used = { input_tokens: textTokens(input), output_tokens: speechTokens(view.audioMs) };
  yield event({
    type: 'speech.audio.done',
    usage: { ...used, total_tokens: used.input_tokens + used.output_tokens },
  });
}

function event(content: Record<string, unknown>): string {
  return `data: ${JSON.stringify(content)}\n\n`;
}
