import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import type { AppConfig } from '../config/app-config';
import { describeError } from './describe-error';

/** Nothing should log these. */
const SECRET_MEMBERS = [
  'authorization',
  'cookie',
  'password',
  'password_hash',
  'passwordHash',
  'access_token',
  'accessToken',
  'refresh_token',
  'refreshToken',
  'token',
  'ticket',
  'secret',
  'apiKey',
  'api_key',
  'phone_number',
  'phoneNumber',
];

const NAMES_A_SECRET = new RegExp(`"(?:${SECRET_MEMBERS.join('|')})":`);
const CENSORED = '[redacted]';

const PRETTY = { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname' } };

/**
 * Lines are gathered for a moment: a write of its own for each was a tenth of a request's CPU. What is gathered when the
 * process exits is still written; a kill takes at most this moment with it.
 */
const GATHERED_MS = 100;
const GATHERED_BYTES = 8 * 1024;

/** When nobody reads them, the newest lines are lost rather than the process. */
const UNREAD_BYTES = 8 * 1024 * 1024;

/**
 * Structured lines: a static message and fields.
 *
 * A line within a request carries no request id by itself: what does that, `AsyncLocalStorage`, switches async hooks on
 * for the whole process on Node 20, and every frame of every call pays for it. Who logs for a request says its id.
 * @param destination where lines go instead of stdout, for tests
 */
export function createLog(config: AppConfig, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level: config.logLevel,
    hooks: { streamWrite: censor },
    serializers: { err: (error: unknown) => describeError(error) },
  };
  const isForPerson = process.stdout.isTTY && !config.isProduction && destination === undefined;
  return isForPerson ? pino({ ...options, transport: PRETTY }) : pino(options, destination ?? standardOutput());
}

let gathering: DestinationStream | undefined;

/** One for the process, however many apps are made in it. */
function standardOutput(): DestinationStream {
  gathering ??= pino.destination({
    fd: 1,
    sync: false,
    minLength: GATHERED_BYTES,
    maxLength: UNREAD_BYTES,
    periodicFlush: GATHERED_MS,
  });
  return gathering;
}

/**
 * Last line of defence: the values of members with these names do not get out, at any depth. A finished line is searched,
 * because looking through the objects, as pino's own redaction does, costs more than all the rest of a request's logging.
 */
function censor(line: string): string {
  if (!NAMES_A_SECRET.test(line)) return line;
  const fields: unknown = JSON.parse(line, (name, value: unknown) =>
    SECRET_MEMBERS.includes(name) ? CENSORED : value,
  );
  return `${JSON.stringify(fields)}\n`;
}
