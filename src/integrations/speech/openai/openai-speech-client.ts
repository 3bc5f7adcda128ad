import OpenAI from 'openai';
import type { AppConfig } from '../../../config/app-config';
import { SpeechError } from '../speech-error';
import { TOO_SLOW, toSpeechError } from './openai-speech-errors';

/** The SDK asks once and waits for as long as `asked` lets it: by itself it would wait for as long as a 429 says. */
export function speechClient({ openai }: AppConfig): OpenAI {
  return new OpenAI({
    apiKey: openai.apiKey,
    baseURL: openai.baseUrl,
    maxRetries: 0,
    // What its environment says is meant for others.
    organization: null,
    project: null,
  });
}

/**
 * Asks, and once more where the first try met a passing failure of theirs; a limit is told at once. All of it has so long until the
 * headers of the answer are there. @throws SpeechError
 */
export async function asked<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  { signal, timeoutMs }: { signal: AbortSignal | undefined; timeoutMs: number },
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const either = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
  try {
    try {
      return await ask(either);
    } catch (error) {
      if (!isPassing(error) || either.aborted) throw error;
      return await ask(either);
    }
  } catch (error) {
    throw late.signal.aborted ? new SpeechError(TOO_SLOW, 'moment', { cause: error }) : toSpeechError(error);
  } finally {
    clearTimeout(timer);
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof OpenAI.APIConnectionError || error instanceof OpenAI.InternalServerError;
}
