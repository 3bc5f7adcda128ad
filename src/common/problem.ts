import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { ZodValidationException } from 'nestjs-zod';
import { ZodError } from 'zod';
import { AppError, ErrorKind, FieldProblem } from './app-error';
import { databaseError } from './database-errors';

/** An answer that is not a success, by RFC 9457 with the members that the product's clients rely on. */
export interface Problem {
  /** `urn:speech-assistant:error:<code>`, the same for every occurrence of the code. */
  type: string;
  title: string;
  status: number;
  /** A sentence for a person. */
  detail: string;
  /** The same as `status`; clients of the first version read this one. */
  status_code: number;
  /** Stable, listed in docs/errors.md. */
  code: string;
  request_id?: string;
  /** What was wrong with which field; there on 422. */
  errors?: FieldProblem[];
  [extra: string]: unknown;
}

export interface ProblemAnswer {
  problem: Problem;
  retryAfterSeconds: number | undefined;
  /** Whether this is our fault and belongs into the log with its full story. */
  isBug: boolean;
}

/** Reason phrases by status. */
export const HTTP_STATUS: Readonly<Record<number, string | undefined>> = STATUS_CODES;

const UNEXPECTED_ERROR_DETAIL = 'An unexpected error occurred. Please try again later.';

/** The compiler sees that every kind has a status. */
export const STATUS_OF_KIND: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'unsupported-type': 415,
  'behind-the-end': 416,
  unprocessable: 422,
  'rate-limited': 429,
  'not-implemented': 501,
  upstream: 502,
  unavailable: 503,
};

/** What any thrown thing means to the one who asked. */
export function toProblem(error: unknown, requestId?: string): ProblemAnswer {
  const known = toAppError(error);
  if (known === undefined) {
    return answer(500, 'server.error', UNEXPECTED_ERROR_DETAIL, requestId, { isBug: true });
  }
  return answer(STATUS_OF_KIND[known.kind], known.code, known.detail, requestId, {
    errors: known.errors,
    extra: known.extra,
    retryAfterSeconds: known.retryAfterSeconds ?? (known.kind === 'unavailable' ? 5 : undefined),
  });
}

function toAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (error instanceof ZodValidationException) return toAppError(error.getZodError());
  if (error instanceof ZodError) return validationError(error);
  if (error instanceof HttpException) return httpError(error.getStatus(), error.message);
  if (isFastifyError(error)) return httpError(error.statusCode, error.message);
  return databaseError(error);
}

/** 422 with one entry for each field. */
function validationError(error: ZodError): AppError {
  const errors = error.issues.flatMap((issue): FieldProblem[] => {
    const field = issue.path.map(String).join('.');
    if (issue.code !== 'unrecognized_keys') return [{ field, message: issue.message }];
    return issue.keys.map((key) => ({
      field: field === '' ? key : `${field}.${key}`,
      message: 'is not a known field',
    }));
  });
  const first = errors[0];
  const detail =
    first === undefined
      ? 'The request is not valid.'
      : `The request is not valid: ${first.field === '' ? '' : `${first.field}: `}${first.message}`;
  return new AppError('unprocessable', 'request.invalid', detail, { errors, cause: error });
}

/** What the framework raises before a handler runs, by its status. */
function httpError(status: number, message: string): AppError | undefined {
  if (status === 401) return new AppError('unauthenticated', 'auth.not_authenticated', 'Not authenticated');
  if (status === 403) return new AppError('forbidden', 'auth.forbidden', 'You are not allowed to do this.');
  if (status === 404) return new AppError('not-found', 'request.route_not_found', 'There is nothing at this address.');
  if (status === 413) return new AppError('too-large', 'request.too_large', 'The body of the request is too large.');
  if (status === 415) {
    return new AppError(
      'unsupported-type',
      'request.unsupported_type',
      'The content type of the request is not supported.',
    );
  }
  if (status === 422) return new AppError('unprocessable', 'request.invalid', message);
  if (status === 503) return new AppError('unavailable', 'server.unavailable', 'The server is busy. Please try again.');
  if (status >= 400 && status < 500) return new AppError('invalid', 'request.malformed', sentence(message));
  return undefined;
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

function isFastifyError(error: unknown): error is Error & { statusCode: number } {
  return (
    error instanceof Error &&
    error.name === 'FastifyError' &&
    'statusCode' in error &&
    typeof error.statusCode === 'number'
  );
}

function answer(
  status: number,
  code: string,
  detail: string,
  requestId: string | undefined,
  rest: {
    errors?: FieldProblem[];
    extra?: Record<string, unknown>;
    retryAfterSeconds?: number;
    isBug?: boolean;
  },
): ProblemAnswer {
  return {
    problem: {
      ...rest.extra,
      type: `urn:speech-assistant:error:${code}`,
      title: HTTP_STATUS[status] ?? 'Error',
      status,
      detail,
      status_code: status,
      code,
      ...(requestId === undefined ? {} : { request_id: requestId }),
      ...(rest.errors === undefined ? (status === 422 ? { errors: [] } : {}) : { errors: rest.errors }),
    },
    retryAfterSeconds: rest.retryAfterSeconds,
    isBug: rest.isBug ?? false,
  };
}
