import twilio from 'twilio';
import { CarrierBusy, CarrierError, CarrierOutcomeUnknown, CarrierRefused, CarrierUnreachable } from '../telephony';

/**
 * Trouble before a byte was sent: name resolution, a refused or impossible connection, a certificate that does not fit.
 * Everything else (reset, timeout, aborted) may have happened after Twilio read the request.
 */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** What is asked for is not there, or not any more (reference/twilio.md section 1). */
export const NOT_FOUND = 20404;

/** A request to Twilio, whose failure is told in our words. @throws CarrierError */
export async function translated<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw toCarrierError(error);
  }
}

/** The same; null where what is asked for is not there. @throws CarrierError */
export async function unlessUnknown<T>(request: () => Promise<T>): Promise<T | null> {
  try {
    return await translated(request);
  } catch (error) {
    if (error instanceof CarrierRefused && error.carrierCode === NOT_FOUND) return null;
    throw error;
  }
}

/** What a failed request to Twilio means to us. */
export function toCarrierError(error: unknown): CarrierError {
  if (error instanceof CarrierError) return error;
  if (error instanceof twilio.RestException) return fromAnswer(error.status, error.code, error.message, error);
  if (isNeverSent(error)) return new CarrierUnreachable('Twilio cannot be reached.', { cause: error });
  return new CarrierOutcomeUnknown('Twilio did not answer.', null, { cause: error });
}

function fromAnswer(status: number, code: number | undefined, message: string | undefined, cause: Error): CarrierError {
  const sentence = typeof message === 'string' && message !== '' ? message : `Twilio answered with status ${status}.`;
  const carrierCode = typeof code === 'number' ? code : null;
  if (status === 429) return new CarrierBusy(sentence, carrierCode, { cause });
  // 408 comes from something between us and Twilio that gave up waiting.
  if (status >= 400 && status < 500 && status !== 408) return new CarrierRefused(sentence, carrierCode, { cause });
  return new CarrierOutcomeUnknown(sentence, carrierCode, { cause });
}

function isNeverSent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = systemErrorOf(error);
  return NEVER_SENT.has(code) || (syscall === 'connect' && code === 'ETIMEDOUT');
}

/** The HTTP client wraps what the socket threw, and keeps its code or carries it as the cause. */
function systemErrorOf(error: Error): { code: string; syscall: string } {
  const cause: unknown = error.cause;
  for (const candidate of [error, cause]) {
    if (typeof candidate !== 'object' || candidate === null) continue;
    const code = 'code' in candidate && typeof candidate.code === 'string' ? candidate.code : '';
    const syscall = 'syscall' in candidate && typeof candidate.syscall === 'string' ? candidate.syscall : '';
    if (NEVER_SENT.has(code) || syscall !== '') return { code, syscall };
  }
  return { code: '', syscall: '' };
}
