import { types } from 'node:util';
import { AppError, NotAuthenticated } from './app-error';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: values that no column can hold. */
const UNSTORABLE_VALUE = new Set([
  '22001', // string_data_right_truncation
  '22003', // numeric_value_out_of_range
  '22007', // invalid_datetime_format
  '22008', // datetime_field_overflow
  '22009', // invalid_time_zone_displacement_value
  '22023', // invalid_parameter_value (a time zone that PostgreSQL does not know)
  '22021', // character_not_in_repertoire (NUL)
  '22P02', // invalid_text_representation
  '22P05', // untranslatable_character (NUL in jsonb)
]);

/** Serialization failure and deadlock: the same request can succeed the next time. */
const TRY_AGAIN = new Set(['40001', '40P01', '55P03']);

/**
 * Connection trouble, too many connections, shutting down or starting up, a statement that took too long, a database or
 * a role that is not there (any more).
 */
const UNREACHABLE = /^(08...|28...|3D000|53...|57P0[1-5]|57014|25P0[34])$/;

const NETWORK_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOENT',
]);

/** How `pg` and its pool say that a connection could not be had or was lost; these errors have no code. */
const CONNECTION_LOST =
  /timeout exceeded when trying to connect|connection terminated|client has encountered a connection error/i;

/** What an error of the database means to the one who asked; undefined when it is a bug of ours. */
export function databaseError(error: unknown): AppError | undefined {
  if (!types.isNativeError(error)) return undefined;
  const { code, detail } = driverError(error);
  if (UNSTORABLE_VALUE.has(code)) {
    return new AppError('unprocessable', 'request.unstorable_value', 'A value of the request cannot be stored.', {
      errors: [],
      cause: error,
    });
  }
  if (code === '23503' && detail.includes('"users"')) return new NotAuthenticated();
  if (TRY_AGAIN.has(code)) {
    return new AppError('unavailable', 'database.conflict', 'Two requests got in each other’s way. Please try again.', {
      retryAfterSeconds: 1,
      cause: error,
    });
  }
  if (UNREACHABLE.test(code) || isNetworkError(error) || CONNECTION_LOST.test(error.message)) {
    return new AppError('unavailable', 'database.unavailable', 'The database cannot be reached. Please try again.', {
      retryAfterSeconds: 5,
      cause: error,
    });
  }
  return undefined;
}

/** A row that must be the only one of its kind is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return types.isNativeError(error) && driverError(error).code === '23505';
}

/** Others were at the same rows the other way round: the same can succeed the next time. */
export function isConflict(error: unknown): boolean {
  return types.isNativeError(error) && TRY_AGAIN.has(driverError(error).code);
}

/** TypeORM wraps what `pg` threw. */
function driverError(error: Error): { code: string; detail: string } {
  const inner: unknown = 'driverError' in error ? error.driverError : error;
  if (typeof inner !== 'object' || inner === null) return { code: '', detail: '' };
  return {
    code: 'code' in inner && typeof inner.code === 'string' ? inner.code : '',
    detail: 'detail' in inner && typeof inner.detail === 'string' ? inner.detail : '',
  };
}

function isNetworkError(error: Error): boolean {
  const parts = 'errors' in error && Array.isArray(error.errors) ? error.errors : [error];
  return parts.some(
    (part: unknown) =>
      types.isNativeError(part) &&
      'syscall' in part &&
      (part.syscall === 'connect' ||
        part.syscall === 'read' ||
        part.syscall === 'write' ||
        part.syscall === 'getaddrinfo') &&
      'code' in part &&
      typeof part.code === 'string' &&
      NETWORK_ERRORS.has(part.code),
  );
}
