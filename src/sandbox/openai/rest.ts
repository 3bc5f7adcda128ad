import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { VoiceBox } from '../speech/voice-box';
import type { Faults } from './faults.port';
import type { AudioRequests } from './audio-requests';
import { registerSpeech } from './rest-speech';
import { registerText } from './rest-text';
import { MAX_FILE_BYTES, registerTranscriptions } from './rest-transcription';
import { DEFAULT_SLOW_MS, insufficientQuota, invalidApiKey } from './session-faults';
import { WireError, type WireErrorBody } from './wire-error';
import { wireId } from './wire-id';

interface RestOptions {
  apiKey: string;
  voices: VoiceBox;
  faults: Faults;
  requests: AudioRequests;
}

/** The models, and the day on which OpenAI has said that each ends (reference/openai-realtime.md section 0). */
const MODELS: Readonly<Record<string, string | null>> = {
  'gpt-realtime-2.1': null,
  'gpt-realtime-2.1-mini': null,
  'gpt-realtime': '2027-01-20',
  'gpt-realtime-mini': '2027-01-20',
  'gpt-5.6-sol': null,
  'gpt-6-luna': null,
  'gpt-transcribe': null,
  'gpt-live-transcribe': null,
  'gpt-4o-transcribe': '2027-02-26',
  'whisper-1': '2027-02-26',
  'gpt-4o-mini-tts': '2027-01-06',
  'tts-1': '2027-01-06',
};

const HTTP_FAULTS: Record<string, { status: number; error: WireErrorBody }> = {
  http_429: refusal(429, 'requests', 'rate_limit_exceeded', 'Rate limit reached. Please try again later.'),
  http_500: refusal(500, 'server_error', 'server_error', 'The server had an error while processing your request.'),
  http_403: refusal(403, 'insufficient_permissions', 'insufficient_permissions', 'You have insufficient permissions.'),
};

function refusal(status: number, type: string, code: string, message: string) {
  return { status, error: { type, code, message, param: null } };
}

/** The provider's REST calls, in a context of their own: its content types, errors and faults touch nothing else. */
export function registerRest(app: FastifyInstance, { apiKey, voices, faults, requests }: RestOptions): void {
  void app.register((scope, _options, done) => {
    const answersToLose = new WeakSet<FastifyRequest>();
    // Other contexts may know multipart bodies in another way; here the whole body is wanted.
    if (scope.hasContentTypeParser('multipart/form-data')) scope.removeContentTypeParser('multipart/form-data');
    const bodyLimit = MAX_FILE_BYTES + 64 * 1024;
    scope.addContentTypeParser('multipart/form-data', { parseAs: 'buffer', bodyLimit }, (_request, body, parsed) => {
      parsed(null, body);
    });
    scope.addHook('onRequest', async (request, reply) => {
      reply.header('x-request-id', wireId('req'));
      if (request.headers.authorization !== `Bearer ${apiKey}`) {
        return reply.code(401).send({ error: invalidApiKey().body() });
      }
      requests.note(request, reply);
      if (faults.take('openai', 'lose_answer')) answersToLose.add(request);
      return misbehave(faults, request, reply);
    });
    scope.addHook('onSend', (request, _reply, payload, sent) => {
      if (answersToLose.has(request)) request.raw.socket.destroy();
      sent(null, payload);
    });
    scope.setErrorHandler((error, _request, reply) => {
      const { status, body } = errorOf(error);
      return reply.code(status).send({ error: body });
    });
    scope.get('/v1/models', () => ({ object: 'list', data: Object.entries(MODELS).map(modelView) }));
    registerSpeech(scope, { voices, faults, requests });
    registerTranscriptions(scope, voices, requests);
    registerText(scope, faults);
    done();
  });
}

function modelView([id, shutdownDate]: [string, string | null]): Record<string, unknown> {
  return { id, object: 'model', created: 1_760_000_000, owned_by: 'openai', shutdown_date: shutdownDate };
}

async function misbehave(faults: Faults, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | void> {
  for (const [fault, { status, error }] of Object.entries(HTTP_FAULTS)) {
    const strike = faults.take('openai', fault);
    if (!strike) continue;
    if (status === 429 && strike.afterMs !== undefined) reply.header('retry-after', Math.ceil(strike.afterMs / 1000));
    return reply.code(status).send({ error });
  }
  // Of other routes it is armed for the next session.
  if (request.url.startsWith('/v1/audio/') && faults.take('openai', 'insufficient_quota')) {
    return reply.code(429).send({ error: insufficientQuota().body() });
  }
  const slow = faults.take('openai', 'slow');
  if (slow) await new Promise((resolve) => setTimeout(resolve, slow.afterMs ?? DEFAULT_SLOW_MS));
  if (faults.take('openai', 'drop_socket')) {
    reply.hijack();
    request.raw.socket.destroy();
  } else if (faults.take('openai', 'timeout')) {
    reply.hijack();
  }
}

function errorOf(error: unknown): { status: number; body: WireErrorBody } {
  if (error instanceof WireError) {
    return {
      status: error.code === 'model_not_found' ? 404 : error.code === 'file_too_large' ? 413 : 400,
      body: error.body(),
    };
  }
  const status: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'statusCode') : undefined;
  if (typeof status === 'number' && status < 500) {
    const message = error instanceof Error ? error.message : 'The request could not be read.';
    return { status, body: new WireError('invalid_request', message).body() };
  }
  return { status: 500, body: new WireError('server_error', 'The server had an error.', null, 'server_error').body() };
}
