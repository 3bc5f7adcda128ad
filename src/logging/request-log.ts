import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import '../common/fastify-request';
import { redactUrl } from './redact-url';

/** Asked every few seconds by machines; of interest only to who debugs them. */
const QUIET_PATHS = /^\/(health|docs|redoc|openapi\.json|metrics)(\/|\?|$)/;

/** One line for each request: its id, method, cleaned address, status, time and user; never a header or a body. */
export function logRequests(fastify: FastifyInstance, log: Logger): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    // Comes once for every answer, whether it was finished or its client went away.
    reply.raw.once('close', () => write(log, request, reply));
    done();
  });
}

function write(log: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = reply;
  const status = raw.headersSent ? raw.statusCode : null;
  const fields = {
    req: { id: request.id, method: request.method, url: redactUrl(request.originalUrl) },
    res: { status },
    responseTime: Math.round(reply.elapsedTime),
    ...(request.user === undefined ? {} : { user_id: request.user.userId }),
  };
  if (raw.writableFinished) log[levelOf(request, status)](fields, 'Request served');
  else log.info(fields, 'Request aborted');
}

function levelOf(request: FastifyRequest, status: number | null): 'debug' | 'info' | 'warn' | 'error' {
  if (status === 500) return 'error';
  if (status !== null && status > 500) return 'warn';
  return QUIET_PATHS.test(request.originalUrl) ? 'debug' : 'info';
}
