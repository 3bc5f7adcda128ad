import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Params } from 'nestjs-pino';
import type { DestinationStream } from 'pino';
import type { Options } from 'pino-http';
import type { AppConfig } from '../config/app-config';
import { describeError } from './describe-error';
import { redactUrl } from './redact-url';

/** Asked every few seconds by machines; of interest only to who debugs them. */
const QUIET_PATHS = /^\/(health|docs|redoc|openapi\.json|metrics)(\/|\?|$)/;

/** Last line of defence: nothing should log these, and if something does, their values do not get out. */
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
    redact: {
      paths: SECRET_MEMBERS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
    // pino-http hands over the serialized request; the raw one is behind it.
    serializers: {
      err: (error: { raw?: unknown }) => describeError(error.raw ?? error),
      req: (request: { id: unknown; method: string; url: string }) => ({
        id: request.id,
        method: request.method,
        url: redactUrl(request.url),
      }),
      res: (response: { statusCode: number }) => ({ status: response.statusCode }),
    },
    customLogLevel: (request, response, error) => levelOf(request, response, error),
    customSuccessMessage: () => 'Request served',
    customErrorMessage: () => 'Request failed',
    ...(process.stdout.isTTY && !config.isProduction && destination === undefined
      ? { transport: { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname' } } }
      : {}),
  };
  return { pinoHttp: destination === undefined ? options : [options, destination], assignResponse: true };
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
