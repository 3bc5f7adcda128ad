import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { encodeMulaw, SAMPLE_RATE_HZ } from '../../media/g711';
import { UNRECOGNISED_SPEECH } from '../speech/recogniser';
import { resample } from '../speech/resample';
import { PCM_SAMPLE_RATE_HZ, type VoiceBox } from '../speech/voice-box';
import { decodeWav, encodeWav, isWav, pcmToSamples, WavError, type WavSound } from '../speech/wav';
import { formParts, type FormPart } from './multipart';
import { requireModel, stream } from './rest-text';
import { VOICES } from './session-config';
import { inputAudioTokens, textTokens } from './usage';
import { WireError } from './wire-error';
import { checked } from './wire-schema';

/** 25 MB, the provider's limit for files. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;
const FILE_KINDS = ['flac', 'mp3', 'mp4', 'mpeg', 'mpga', 'm4a', 'ogg', 'wav', 'webm'];
const TRANSCRIPTION_MODEL =
  /^(?:whisper-1|gpt-4o(?:-mini)?-transcribe(?:-diarize)?|gpt-transcribe)(?:-\d{4}-\d\d-\d\d)?$/;
const SPEECH_MODEL = /^(?:tts-1(?:-hd)?|gpt-4o-mini-tts)(?:-\d{4}-\d\d-\d\d)?$/;

const speechRequest = z.strictObject({
  model: z.string().min(1),
  input: z.string().min(1).max(4096),
  voice: z.union([z.enum([...VOICES, 'fable', 'onyx', 'nova']), z.strictObject({ id: z.string() })]),
  instructions: z.string().optional(),
  response_format: z.enum(['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm']).default('mp3'),
  speed: z.number().min(0.25).max(4).default(1),
  stream_format: z.enum(['audio', 'sse']).default('audio'),
});

export function registerAudio(app: FastifyInstance, voices: VoiceBox): void {
  app.post('/v1/audio/speech', (request, reply) => speak(voices, request.body, reply));
  app.post('/v1/audio/transcriptions', { bodyLimit: MAX_FILE_BYTES + 64 * 1024 }, (request, reply) =>
    transcribe(voices, request, reply),
  );
}

async function speak(voices: VoiceBox, body: unknown, reply: FastifyReply): Promise<FastifyReply> {
  const {
    model,
    input,
    voice,
    response_format: format,
    speed,
    stream_format: streamFormat,
  } = checked(speechRequest, body, '');
  requireModel(model, SPEECH_MODEL.test(model));
  if (format !== 'wav' && format !== 'pcm') {
    const message = `The sandbox speaks response_format 'wav' and 'pcm'; it has no encoder for '${format}'.`;
    throw new WireError('unsupported_value', message, 'response_format');
  }
  const pcm = await voices.speakPcm24k(input, typeof voice === 'string' ? voice : voice.id, speed);
  const audio = format === 'wav' ? encodeWav(pcmToSamples(pcm), PCM_SAMPLE_RATE_HZ) : pcm;
  if (streamFormat === 'audio')
    return reply.header('content-type', format === 'wav' ? 'audio/wav' : 'audio/pcm').send(audio);
  const used = { input_tokens: textTokens(input), output_tokens: Math.ceil(pcm.length / 48 / 50) };
  const usage = { ...used, total_tokens: used.input_tokens + used.output_tokens };
  return stream(reply, [
    `data: ${JSON.stringify({ type: 'speech.audio.delta', audio: audio.toString('base64') })}\n\n`,
    `data: ${JSON.stringify({ type: 'speech.audio.done', usage })}\n\n`,
  ]);
}

function transcribe(voices: VoiceBox, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const parts = Buffer.isBuffer(request.body)
    ? formParts(request.headers['content-type'] ?? '', request.body)
    : undefined;
  if (!parts) throw new WireError('invalid_request', 'The body must be multipart/form-data.');
  const field = (name: string) => parts.find((part) => part.name === name)?.content.toString('utf8');
  const model = field('model');
  if (!model) throw new WireError('missing_required_parameter', 'you must provide a model parameter', 'model');
  requireModel(model, TRANSCRIPTION_MODEL.test(model));
  const format = field('response_format') ?? 'json';
  const isWhisper = model.startsWith('whisper');
  if (format !== 'json' && !(isWhisper && ['text', 'verbose_json'].includes(format))) {
    const message = `response_format '${format}' is not compatible with model '${model}' in the sandbox.`;
    throw new WireError('unsupported_value', message, 'response_format');
  }
  const { text, seconds } = heardIn(voices, fileOf(parts));
  if (format === 'text') return reply.header('content-type', 'text/plain; charset=utf-8').send(`${text}\n`);
  const input = inputAudioTokens(seconds * 1000);
  const output = textTokens(text);
  const usage = isWhisper
    ? { type: 'duration', seconds: Math.ceil(seconds) }
    : {
        type: 'tokens',
        input_tokens: input,
        input_token_details: { text_tokens: 0, audio_tokens: input },
        output_tokens: output,
        total_tokens: input + output,
      };
  if (format === 'verbose_json') return reply.send(verbose(text, seconds, usage));
  if (field('stream') === 'true' && !isWhisper) {
    const deltas = (text.match(/\s*\S+/gu) ?? []).map((delta) => ({ type: 'transcript.text.delta', delta }));
    const events = [...deltas, { type: 'transcript.text.done', text, usage }];
    return stream(
      reply,
      events.map((event) => `data: ${JSON.stringify(event)}\n\n`),
    );
  }
  return reply.send({ text, usage, ...(model === 'gpt-transcribe' ? { languages: [{ code: 'en' }] } : {}) });
}

function verbose(text: string, seconds: number, usage: Record<string, unknown>): Record<string, unknown> {
  const segment = {
    id: 0,
    seek: 0,
    start: 0,
    end: seconds,
    text,
    tokens: [],
    temperature: 0,
    avg_logprob: -0.2,
    compression_ratio: 1,
    no_speech_prob: text === '' ? 0.9 : 0.01,
  };
  return { task: 'transcribe', language: 'english', duration: seconds, text, segments: [segment], usage };
}

function fileOf(parts: FormPart[]): Buffer {
  const file = parts.find((part) => part.name === 'file' && part.filename !== null);
  if (!file) throw new WireError('missing_required_parameter', "Missing required parameter: 'file'.", 'file');
  if (file.content.length > MAX_FILE_BYTES) {
    throw new WireError('file_too_large', `Maximum content size limit (${MAX_FILE_BYTES}) exceeded.`, 'file');
  }
  const kind = /\.([a-z0-9]+)$/i.exec(file.filename ?? '')?.[1]?.toLowerCase() ?? '';
  if (!FILE_KINDS.includes(kind) || file.content.length === 0) {
    const message = `Invalid file format. Supported formats: ${JSON.stringify(FILE_KINDS)}`;
    throw new WireError('invalid_value', message, 'file');
  }
  return file.content;
}

/** What is said in a file. Compressed audio is taken for somebody speaking: the sandbox has no decoder for it. */
function heardIn(voices: VoiceBox, file: Buffer): { text: string; seconds: number } {
  if (!isWav(file)) return { text: UNRECOGNISED_SPEECH, seconds: Math.max(1, Math.round(file.length / 4000)) };
  try {
    const sound = decodeWav(file);
    const texts = sound.channels.map((samples) => recognised(voices, samples, sound.sampleRateHz));
    const text = texts.filter((one, i) => one !== '' && texts.indexOf(one) === i).join(' ');
    return { text, seconds: secondsOf(sound) };
  } catch (error) {
    if (!(error instanceof WavError)) throw error;
    throw new WireError('invalid_value', `Audio file might be corrupted or unsupported. ${error.message}`, 'file');
  }
}

function recognised(voices: VoiceBox, samples: Int16Array, sampleRateHz: number): string {
  if (sampleRateHz === PCM_SAMPLE_RATE_HZ) return voices.recogniser.recognisePcm24k(samples);
  return voices.recogniser.recognise(encodeMulaw(resample(samples, sampleRateHz, SAMPLE_RATE_HZ)));
}

function secondsOf({ channels, sampleRateHz }: WavSound): number {
  return Number(((channels[0]?.length ?? 0) / sampleRateHz).toFixed(2));
}
