import type { Faults } from './faults.port';
import type { WireErrorBody } from './wire-error';

/** What an armed fault does to a response: nothing, a delay, a failure, or a model that never goes on. */
export type ResponseFault =
  | { kind: 'none' }
  | { kind: 'slow'; delayMs: number }
  | { kind: 'fail'; error: Pick<WireErrorBody, 'type' | 'code' | 'message'> }
  | { kind: 'hang' };

export const DEFAULT_SLOW_MS = 3000;

const FAILURES: Record<string, Pick<WireErrorBody, 'type' | 'code' | 'message'>> = {
  http_429: {
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    message: 'Rate limit reached for the model. Please try again later.',
  },
  http_500: { type: 'server_error', code: 'server_error', message: 'The server had an error while responding.' },
  http_403: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your current quota.' },
};

/** Consumes the fault that is armed for the next response of an open session, if any. */
export function takeResponseFault(faults: Faults): ResponseFault {
  for (const [fault, error] of Object.entries(FAILURES)) {
    if (faults.take('openai', fault)) return { kind: 'fail', error };
  }
  const slow = faults.take('openai', 'slow');
  if (slow) return { kind: 'slow', delayMs: slow.afterMs ?? DEFAULT_SLOW_MS };
  return faults.take('openai', 'timeout') ? { kind: 'hang' } : { kind: 'none' };
}
