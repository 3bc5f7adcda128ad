import { timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import type { SandboxLog } from '../log';
import { pathOf, type TwilioApi } from './api-request';
import { registerCalls } from './calls-api';
import { registerNumbers } from './numbers-api';
import { registerRecordings } from './recordings-api';
import { TwilioRefusal, resourceNotFound } from './twilio-refusal';

/** What the fault `slow` waits when it names no time. */
const SLOW_MS = 3000;

/** Twilio's REST API below /2010-04-01 (reference/twilio.md sections 1 and 2). */
export function registerTwilioApi(app: FastifyInstance, api: TwilioApi): void {
  app.register(
    (scope, _options, done) => {
      const answersToLose = new WeakSet<FastifyRequest>();
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser(
        'application/x-www-form-urlencoded',
        { parseAs: 'string' },
        (_request, body, parsed) => {
          parsed(null, new URLSearchParams(String(body)));
        },
      );
      scope.addHook('onRequest', async (request, reply) => {
        if (await strike(request, reply, api, answersToLose)) return;
        authenticate(request, api);
      });
      scope.addHook('onSend', (request, reply, _payload, next) => {
        if (answersToLose.has(request)) {
          reply.hijack();
          request.raw.socket.destroy();
          return;
        }
        reply.header('twilio-request-id', `RQ${request.id}`);
        next();
      });
      scope.setErrorHandler((error, request, reply) => {
        const refusal = refusalOf(error, request, api.log);
        if (refusal.status === 401) reply.header('www-authenticate', 'Basic realm="Twilio API"');
        return reply.status(refusal.status).send(refusal.body());
      });
      scope.setNotFoundHandler((request) => {
        throw resourceNotFound(pathOf(request));
      });
      registerCalls(scope, api);
      registerNumbers(scope, api);
      registerRecordings(scope, api);
      done();
    },
    { prefix: '/2010-04-01' },
  );
}

/** Lets an armed fault strike. True when the request is out of our hands. */
async function strike(
  request: FastifyRequest,
  reply: FastifyReply,
  { faults }: TwilioApi,
  answersToLose: WeakSet<FastifyRequest>,
): Promise<boolean> {
  if (faults.take('twilio', 'http_429')) throw new TwilioRefusal(20429, 'Too Many Requests');
  if (faults.take('twilio', 'http_500')) throw new TwilioRefusal(20500, 'An internal server error has occurred');
  if (faults.take('twilio', 'http_403')) throw new TwilioRefusal(20403, 'Forbidden');
  const slow = faults.take('twilio', 'slow');
  if (slow) await delay(slow.afterMs ?? SLOW_MS);
  if (faults.take('twilio', 'drop_socket')) {
    reply.hijack();
    request.raw.socket.destroy();
    return true;
  }
  if (faults.take('twilio', 'timeout')) {
    reply.hijack();
    return true;
  }
  // Losing the answer to a question harms nobody: it waits for a request that does something.
  if (request.method !== 'GET' && faults.take('twilio', 'lose_answer')) answersToLose.add(request);
  return false;
}

/** HTTP Basic with the account's sid and token. @throws TwilioRefusal */
function authenticate(request: FastifyRequest, { accountSid, authToken }: TwilioApi): void {
  const [scheme, encoded = ''] = (request.headers.authorization ?? '').split(' ');
  const given = scheme?.toLowerCase() === 'basic' ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
  const expected = Buffer.from(`${accountSid}:${authToken}`);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new TwilioRefusal(20003, 'Authenticate');
  }
  const { accountSid: pathAccount } = request.params as { accountSid?: string };
  if (pathAccount !== undefined && pathAccount !== accountSid) throw resourceNotFound(pathOf(request));
}

function refusalOf(error: unknown, request: FastifyRequest, log: SandboxLog): TwilioRefusal {
  if (error instanceof TwilioRefusal) return error;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  if (status === 415) return new TwilioRefusal(20001, 'The body must be application/x-www-form-urlencoded.');
  if (error instanceof ZodError || (typeof status === 'number' && status >= 400 && status < 500)) {
    return new TwilioRefusal(20001, error instanceof Error ? error.message : 'The request is not valid.');
  }
  log('twilio.trouble', { path: pathOf(request), error: String(error) });
  return new TwilioRefusal(20500, 'An internal server error has occurred');
}
