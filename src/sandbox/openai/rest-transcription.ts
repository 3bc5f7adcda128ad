import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { encodeMulaw, SAMPLE_RATE_HZ } from '../../media/g711';
import { UNRECOGNISED_SPEECH } from '../speech/recogniser';
import { resample } from '../speech/resample';
import { PCM_SAMPLE_RATE_HZ, type VoiceBox } from '../speech/voice-box';
import { decodeWav, isWav, WavError, type WavSound } from '../speech/wav';
import type { AudioRequests } from './audio-requests';
import { formParts, type FormPart } from './multipart';
import { requireModel, stream } from './rest-text';
import { inputAudioTokens, textTokens } from './usage';
import { checkedForm, isWhisper, type TranscriptionForm } from './transcription-form';
import { WireError } from './wire-error';

/** 25 MB, the provider's limit for files. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;
const FILE_KINDS = ['flac', 'mp3', 'mp4', 'mpeg', 'mpga', 'm4a', 'ogg', 'wav', 'webm'];
const TRANSCRIPTION_MODEL =
  /^(?:whisper-1|gpt-4o(?:-mini)?-transcribe(?:-diarize)?|gpt-transcribe)(?:-\d{4}-\d\d-\d\d)?$/;
export function registerTranscriptions(app: FastifyInstance, voices: VoiceBox, requests: AudioRequests): void {
  app.post('/v1/audio/transcriptions', { bodyLimit: MAX_FILE_BYTES + 64 * 1024 }, (request, reply) =>
    transcribe(voices, requests, request, reply),
  );
}

function transcribe(
  voices: VoiceBox,
  requests: AudioRequests,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const parts = Buffer.isBuffer(request.body)
    ? formParts(request.headers['content-type'] ?? '', request.body)
    : undefined;
  if (!parts) throw new WireError('invalid_request', 'The body must be multipart/form-data.');
  const form = checkedForm(parts);
  const { model, format, isStreamed } = form;
  requests.of(request).asked = { ...form };
  requireModel(model, TRANSCRIPTION_MODEL.test(model));
  const { text, seconds } = heardIn(voices, fileOf(parts));
  if (format === 'text') return reply.header('content-type', 'text/plain; charset=utf-8').send(`${text}\n`);
  if (format === 'srt' || format === 'vtt') {
    return reply.header('content-type', 'text/plain; charset=utf-8').send(subtitles(text, seconds, format));
  }
  const usage = usageOf(model, text, seconds);
  if (format === 'verbose_json') return reply.send(verbose(form, text, seconds, usage));
  // Whisper does not stream, and does not say so.
  if (isStreamed && !isWhisper(model)) {
    const deltas = (text.match(/\s*\S+/gu) ?? []).map((delta) => ({ type: 'transcript.text.delta', delta }));
    const events = [...deltas, { type: 'transcript.text.done', text, usage, ...languagesOf(form, text) }];
    return stream(
      reply,
      events.map((event) => `data: ${JSON.stringify(event)}\n\n`),
    );
  }
  return reply.send({ text, usage, ...languagesOf(form, text) });
}

function usageOf(model: string, text: string, seconds: number): Record<string, unknown> {
  if (isWhisper(model)) return { type: 'duration', seconds: Math.ceil(seconds) };
  const input = inputAudioTokens(seconds * 1000);
  const output = textTokens(text);
  return {
    type: 'tokens',
    input_tokens: input,
    input_token_details: { text_tokens: 0, audio_tokens: input },
    output_tokens: output,
    total_tokens: input + output,
  };
}

/** What was heard to be spoken; of one model alone. The sandbox believes what it is told, and hears English otherwise. */
function languagesOf({ model, languages }: TranscriptionForm, text: string): { languages?: { code: string }[] } {
  if (!/^gpt-transcribe/.test(model)) return {};
  const codes = languages.length > 0 ? languages.slice(0, 1) : ['en'];
  return { languages: text === '' ? [] : codes.map((code) => ({ code })) };
}

function subtitles(text: string, seconds: number, format: 'srt' | 'vtt'): string {
  const end = new Date(Math.round(seconds * 1000)).toISOString().slice(11, 23);
  if (format === 'vtt') return `WEBVTT\n\n00:00:00.000 --> ${end}\n${text}\n\n`;
  return `1\n00:00:00,000 --> ${end.replace('.', ',')}\n${text}\n\n`;
}

const NAMES = new Intl.DisplayNames(['en'], { type: 'language' });

function verbose(
  { languages, isByWord }: TranscriptionForm,
  text: string,
  seconds: number,
  usage: Record<string, unknown>,
): Record<string, unknown> {
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
  const language = (NAMES.of(languages[0] ?? 'en') ?? 'English').toLowerCase();
  const words = isByWord ? { words: spread(text, seconds) } : {};
  return { task: 'transcribe', language, duration: seconds, text, segments: [segment], ...words, usage };
}

function spread(text: string, seconds: number): { word: string; start: number; end: number }[] {
  const words = text.match(/\S+/gu) ?? [];
  const at = (index: number) => Number(((seconds * index) / words.length).toFixed(2));
  return words.map((word, index) => ({ word, start: at(index), end: at(index + 1) }));
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
