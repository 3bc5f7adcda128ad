import { ArgumentsHost, Catch, ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import './fastify-request';
import { toProblem } from './problem';
import { requestFields } from './request-fields';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** Renders whatever was thrown as RFC 9457; what is our fault is logged in full and says nothing of the inside. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Problem');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    const { problem, retryAfterSeconds, isBug } = toProblem(error, request.id);
    const asked = { req: requestFields(request), user_id: request.user?.userId };

    if (isBug) this.logger.error({ err: error, ...asked }, 'An unexpected error');
    else if (problem.status >= 500)
      this.logger.warn({ err: error, code: problem.code, ...asked }, 'A request could not be served');

    // The answer has begun (a stream that broke half-way): all that is left is to cut it off.
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (retryAfterSeconds !== undefined) reply.header('Retry-After', String(Math.ceil(retryAfterSeconds)));
    if (problem.status === 401) reply.header('WWW-Authenticate', 'Bearer');
    reply.status(problem.status).header('Content-Type', PROBLEM_CONTENT_TYPE).send(JSON.stringify(problem));
  }
}
