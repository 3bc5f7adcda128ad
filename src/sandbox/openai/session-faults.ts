import type { Strike } from '../faults';
import { WireError, type WireErrorBody } from './wire-error';

/** What an armed fault does to a response: nothing, a delay, a failure, or a model that never goes on (`isDeaf`: and does not let go). */
export type ResponseFault =
  | { kind: 'none' }
  | { kind: 'slow'; delayMs: number }
  | { kind: 'fail'; error: Pick<WireErrorBody, 'type' | 'code' | 'message'> }
  | { kind: 'hang'; isDeaf: boolean };

export const DEFAULT_SLOW_MS = 3000;

export function invalidApiKey(): WireError {
  const message = 'Incorrect API key provided. You can find your API key in the settings of your account.';
  return new WireError('invalid_api_key', message);
}

/** The account has nothing left to spend: an error of its own type. */
export function insufficientQuota(): WireError {
  const { type, code, message } = OUT_OF_QUOTA;
  return new WireError(code, message, null, type);
}

const OUT_OF_QUOTA = {
  type: 'insufficient_quota',
  code: 'insufficient_quota',
  message: 'You exceeded your current quota, please check your plan and billing details.',
};
const BROKEN = {
  type: 'server_error',
  code: 'server_error',
  message: 'The server had an error while processing your request.',
};
const FAILURES: Record<string, Pick<WireErrorBody, 'type' | 'code' | 'message'>> = {
  http_429: {
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    message: 'Rate limit reached for the model. Please try again later.',
  },
  http_500: BROKEN,
  fail_response: BROKEN,
  http_403: OUT_OF_QUOTA,
};

/** Consumes the fault that is armed for the next response of an open session, if any. */
export function takeResponseFault(take: (fault: string) => Strike | undefined): ResponseFault {
  for (const [fault, error] of Object.entries(FAILURES)) {
    if (take(fault)) return { kind: 'fail', error };
  }
  const slow = take('slow');
  if (slow) return { kind: 'slow', delayMs: slow.afterMs ?? DEFAULT_SLOW_MS };
  if (take('stuck_response')) return { kind: 'hang', isDeaf: true };
  return (take('timeout') ?? take('mute_response')) ? { kind: 'hang', isDeaf: false } : { kind: 'none' };
}
