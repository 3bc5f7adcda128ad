import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import '../common/fastify-request';
import { requestFields } from '../common/request-fields';

/** Asked every few seconds by machines; of interest only to who debugs them. */
const QUIET_PATHS = /^\/(health|docs|redoc|openapi\.json|metrics)(\/|\?|$)/;

/**
 * Writes one line for a request when its answer is over: its id, method, cleaned address, status, time and user; never a
 * header or a body.
 */
export function logRequest(request: FastifyRequest, reply: FastifyReply, log: Logger): void {
  const startedAtMs = performance.now();
  let isServed = false;
  // What is left unsent when a connection breaks is counted as written as well.
  reply.raw.once('finish', () => (isServed = !request.raw.socket.destroyed && request.raw.socket.errored === null));
  // Comes once for every answer, whether it was finished or its client went away.
  reply.raw.once('close', () => {
    const { raw } = reply;
    const status = raw.headersSent ? raw.statusCode : null;
    const fields = {
      req: requestFields(request),
      res: { status },
      responseTime: Math.round(performance.now() - startedAtMs),
      ...(request.user === undefined ? {} : { user_id: request.user.userId }),
    };
    log[levelOf(request, status)](fields, isServed ? 'Request served' : 'Request aborted');
  });
}

function levelOf(request: FastifyRequest, status: number | null): 'debug' | 'info' | 'warn' | 'error' {
  if (status === 500) return 'error';
  if (status !== null && status > 500) return 'warn';
  return QUIET_PATHS.test(request.originalUrl) ? 'debug' : 'info';
}
