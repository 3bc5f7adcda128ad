import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Params } from 'nestjs-pino';
import pino, { DestinationStream } from 'pino';
import type { Options } from 'pino-http';
import type { AppConfig } from '../config/app-config';
import { describeError } from './describe-error';
import { redactUrl } from './redact-url';

/** Asked every few seconds by machines; of interest only to who debugs them. */
const QUIET_PATHS = /^\/(health|docs|redoc|openapi\.json|metrics)(\/|\?|$)/;

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

type IdentifiedRequest = IncomingMessage & { originalUrl?: string };

/**
 * Structured lines: a static message and fields. Of a request its id, method, cleaned address and the user; never a
 * header or a body.
 * @param destination where lines go instead of stdout, for tests
 */
export function loggingParams(config: AppConfig, destination?: DestinationStream): Params {
  const options: Options<IdentifiedRequest> = {
    level: config.logLevel,
    // The same id that the answer carries; see request-id.ts.
    genReqId: (request) => request.id,
    hooks: { streamWrite: censor },
    // Ours get what there is, not a copy of everything in it.
    wrapSerializers: false,
    serializers: {
      err: (error: unknown) => describeError(error),
      req: (request: IdentifiedRequest) => ({
        id: request.id,
        method: request.method,
        url: redactUrl(request.originalUrl ?? request.url ?? ''),
      }),
      res: (response: ServerResponse) => ({ status: response.headersSent ? response.statusCode : null }),
    },
    customLogLevel: (request, response, error) => levelOf(request, response, error),
    customSuccessMessage: () => 'Request served',
    customErrorMessage: () => 'Request failed',
  };
  const isForPerson = process.stdout.isTTY && !config.isProduction && destination === undefined;
  return {
    pinoHttp: isForPerson ? { ...options, transport: PRETTY } : [options, destination ?? standardOutput()],
    assignResponse: true,
  };
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
export function censor(line: string): string {
  if (!NAMES_A_SECRET.test(line)) return line;
  const fields: unknown = JSON.parse(line, (name, value: unknown) =>
    SECRET_MEMBERS.includes(name) ? CENSORED : value,
  );
  return `${JSON.stringify(fields)}\n`;
}

function levelOf(
  request: IdentifiedRequest,
  response: ServerResponse,
  error: Error | undefined,
): 'debug' | 'info' | 'warn' | 'error' {
  if (error !== undefined || response.statusCode === 500) return 'error';
  if (response.statusCode > 500) return 'warn';
  return QUIET_PATHS.test(request.originalUrl ?? request.url ?? '') ? 'debug' : 'info';
}
