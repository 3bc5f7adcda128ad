import { timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import type { FaultSite } from '../faults';
import type { SandboxLog } from '../log';
import { registerAccount, registerDialingPermissions } from './account-api';
import { pathOf, type TwilioApi } from './api-request';
import { phoneOf } from './call-settings';
import { registerCalls } from './calls-api';
import { registerServices } from './intelligence/services-api';
import { registerTranscripts } from './intelligence/transcripts-api';
import { registerMessages } from './messages/messages-api';
import { registerNumbers } from './numbers-api';
import { parsePhoneNumber } from './phone-number';
import { registerRecordings } from './recordings-api';
import { TwilioRefusal, resourceNotFound } from './twilio-refusal';

/** What the fault `slow` waits when it names no time. */
const SLOW_MS = 3000;

/**
 * Twilio's REST API: below /2010-04-01; of intelligence.twilio.com below /v2, and of voice.twilio.com below /v1
 * (reference/twilio.md section 1).
 */
export function registerTwilioApi(app: FastifyInstance, api: TwilioApi): void {
  registerVersion(app, api, '/2010-04-01', [
    registerAccount,
    registerCalls,
    registerMessages,
    registerNumbers,
    registerRecordings,
  ]);
  registerVersion(app, api, '/v1/DialingPermissions', [registerDialingPermissions]);
  registerVersion(app, api, '/v2', [registerServices, registerTranscripts]);
}

/** What is the same for all resources: forms, who is asking, faults, and how errors look. */
function registerVersion(
  app: FastifyInstance,
  api: TwilioApi,
  prefix: string,
  resources: readonly ((scope: FastifyInstance, api: TwilioApi) => void)[],
): void {
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
      scope.addHook('onRequest', (request, _reply, next) => {
        authenticate(request, api);
        next();
      });
      // Faults come when the form is known, so that they can be aimed at the number in it.
      scope.addHook('preHandler', (request, reply) => strike(request, reply, api, answersToLose));
      scope.addHook('onSend', (request, reply, _payload, next) => {
        if (answersToLose.has(request)) {
          reply.hijack();
          request.raw.socket.destroy();
          return;
        }
        reply.header('twilio-request-id', `RQ${request.id}`);
        reply.header('date', new Date(api.clock.nowMs()).toUTCString());
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
      for (const register of resources) register(scope, api);
      done();
    },
    { prefix },
  );
}

/** Lets an armed fault strike; the answer may be out of our hands then. */
async function strike(
  request: FastifyRequest,
  reply: FastifyReply,
  api: TwilioApi,
  answersToLose: WeakSet<FastifyRequest>,
): Promise<void> {
  const { faults } = api;
  if (faults.isEmpty) return;
  const site = siteOf(request, api);
  if (faults.take('twilio', 'http_429', site)) throw new TwilioRefusal(20429, 'Too Many Requests');
  if (faults.take('twilio', 'http_500', site)) throw new TwilioRefusal(20500, 'An internal server error has occurred');
  if (faults.take('twilio', 'http_403', site)) throw new TwilioRefusal(20403, 'Forbidden');
  const slow = faults.take('twilio', 'slow', site);
  if (slow) await delay(slow.afterMs ?? SLOW_MS);
  if (faults.take('twilio', 'drop_socket', site)) {
    reply.hijack();
    request.raw.socket.destroy();
    return;
  }
  if (faults.take('twilio', 'timeout', site)) {
    reply.hijack();
    return;
  }
  // Losing the answer to a question harms nobody: it waits for a request that does something.
  if (request.method !== 'GET' && faults.take('twilio', 'lose_answer', site)) answersToLose.add(request);
}

/** The call that a request is about, itself or by a transcript of its recording; or the number of one to be placed. */
function siteOf(request: FastifyRequest, { carrier, intelligence }: TwilioApi): FaultSite {
  const { callSid, transcriptSid = '' } = request.params as { callSid?: string; transcriptSid?: string };
  const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
  const sourceSid = /RE[0-9a-fA-F]{32}/.exec(form.get('Channel') ?? '')?.[0] ?? '';
  const { order } = intelligence.findTranscript(transcriptSid) ?? {};
  const about = callSid ?? order?.callSid ?? carrier.recordings.get(sourceSid)?.callSid;
  const call = about === undefined ? undefined : carrier.find(about);
  if (call) return { callSid: call.sid, number: phoneOf(call.settings) };
  const to = form.get('To');
  return { number: to === null ? undefined : parsePhoneNumber(to) };
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
