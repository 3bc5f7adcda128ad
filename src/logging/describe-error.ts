/** How far a chain of causes is followed. */
const MAX_CAUSES = 4;

/** Seven digits or more, as phone numbers are written: carriers quote the number in their sentences. */
const PHONE_NUMBER = /\+\d[\d ().-]{5,}\d|\b\d{10,15}\b/g;

export interface DescribedError {
  type: string;
  message: string;
  stack?: string;
  code?: string;
  cause?: DescribedError;
}

/**
 * An error for the log. Only what is named here: errors of drivers and SDKs carry query parameters, rows, headers and
 * whole requests as members, which hold what people said, their numbers and our keys.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (typeof error !== 'object' || error === null)
    return { type: typeof error, message: withoutNumbers(String(error)) };
  const { name, message, stack, code, cause } = error as Record<string, unknown>;
  return {
    type: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? withoutNumbers(message) : '',
    ...(typeof stack === 'string' ? { stack: withoutNumbers(stack) } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause === undefined || depth >= MAX_CAUSES ? {} : { cause: describeError(cause, depth + 1) }),
  };
}

function withoutNumbers(text: string): string {
  return text.replace(PHONE_NUMBER, '[number]');
}
