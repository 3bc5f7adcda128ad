import OpenAI from 'openai';
import { SpeechError, SpeechTrouble } from '../speech-error';

/** Refused to the account: its key, its rights, or a model that it does not have. */
const ACCOUNT_REFUSED = new Set([401, 403, 404]);
/** Comes with 429, as a limit does that is over in a moment. */
const OUT_OF_MONEY = 'insufficient_quota';
/** What is wrong with the request itself. Other 4xx (408, 409, 429) are the moment's. */
const REQUEST_REFUSED = new Set([400, 413, 415, 422]);
/** A provider's sentence may quote what it was sent. */
const MAX_QUOTED = 300;
/** What may be waited for; more is an outage. */
const MAX_RETRY_AFTER_SECONDS = 3600;

const SENTENCES: Readonly<Record<Exclude<SpeechTrouble, 'request'>, string>> = {
  moment: 'OpenAI is busy or cannot be reached at the moment.',
  account: "OpenAI refused: this server's key, its account or its model does not allow it.",
};

export const TOO_SLOW = 'OpenAI took too long.';

/** What a failed request to OpenAI means to us. */
export function toSpeechError(error: unknown): unknown {
  if (!(error instanceof OpenAI.APIError)) return error;
  const { status, code, error: body, headers } = error as ApiError;
  const trouble = troubleOf(status, code);
  const message = trouble === 'request' ? refusal(body?.message) : SENTENCES[trouble];
  return new SpeechError(message, trouble, { cause: error, retryAfterSeconds: retryAfterOf(headers) });
}

/** The same for what stands in a Realtime event. */
export function eventToSpeechError({ type, code, message }: OpenAiEventError): SpeechError {
  if (code === OUT_OF_MONEY || type === OUT_OF_MONEY || ACCOUNT_CODES.has(code ?? '')) {
    return new SpeechError(SENTENCES.account, 'account', { cause: message });
  }
  if (type === 'invalid_request_error') return new SpeechError(refusal(message), 'request');
  return new SpeechError(SENTENCES.moment, 'moment', { cause: message });
}

/** The same for the answer to a handshake. */
export function statusToSpeechError(status: number, retryAfter: string | undefined): SpeechError {
  const trouble = troubleOf(status, null) === 'account' ? 'account' : 'moment';
  return new SpeechError(SENTENCES[trouble], trouble, {
    cause: `HTTP ${status}`,
    retryAfterSeconds: seconds(Number(retryAfter ?? NaN)),
  });
}

export function unreachable(cause: unknown): SpeechError {
  return new SpeechError(SENTENCES.moment, 'moment', { cause });
}

export interface OpenAiEventError {
  type?: string | null;
  code?: string | null;
  message?: string | null;
}

/** Codes of events that come before a session is there. */
const ACCOUNT_CODES = new Set(['invalid_api_key', 'model_not_found', 'insufficient_permissions']);

interface ApiError {
  status: number | undefined;
  code: string | null | undefined;
  error: { message?: string } | undefined;
  headers: Headers | undefined;
}

/** Without a status there was no answer: no connection, or it was given up. */
function troubleOf(status: number | undefined, code: string | null | undefined): SpeechTrouble {
  if (status === undefined) return 'moment';
  if (ACCOUNT_REFUSED.has(status) || code === OUT_OF_MONEY) return 'account';
  return REQUEST_REFUSED.has(status) ? 'request' : 'moment';
}

function refusal(said: string | null | undefined): string {
  const sentence = (said ?? '').replace(/\s+/gu, ' ').trim();
  if (sentence === '') return 'OpenAI did not take the request.';
  const quoted = sentence.length > MAX_QUOTED ? `${sentence.slice(0, MAX_QUOTED)}…` : sentence;
  return `OpenAI did not take the request: ${quoted}`;
}

function retryAfterOf(headers: Headers | undefined): number | undefined {
  const ms = Number(headers?.get('retry-after-ms') ?? NaN);
  return seconds(Number.isFinite(ms) ? ms / 1000 : Number(headers?.get('retry-after') ?? NaN));
}

function seconds(value: number): number | undefined {
  if (!Number.isFinite(value) || value <= 0) return undefined;
  return Math.min(Math.ceil(value), MAX_RETRY_AFTER_SECONDS);
}
