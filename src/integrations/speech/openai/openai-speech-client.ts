import OpenAI from 'openai';
import type { AppConfig } from '../../../config/app-config';
import { toSpeechError } from './openai-speech-errors';

export function speechClient({ openai }: AppConfig, timeoutMs: number): OpenAI {
  return new OpenAI({
    apiKey: openai.apiKey,
    baseURL: openai.baseUrl,
    timeout: timeoutMs,
    // The SDK would wait as long as a 429 says, while somebody waits for us: see `asked`.
    maxRetries: 0,
    // What its environment says is meant for others.
    organization: null,
    project: null,
  });
}

/** Once more where the first try met a passing failure of theirs; a limit or a time limit is told at once. @throws SpeechError */
export async function asked<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || signal?.aborted === true) throw error;
      return await ask();
    }
  } catch (error) {
    throw toSpeechError(error);
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof OpenAI.APIConnectionTimeoutError || error instanceof OpenAI.APIUserAbortError) return false;
  if (error instanceof OpenAI.APIConnectionError) return true;
  return error instanceof OpenAI.InternalServerError;
}
