import { CallHandler, ExecutionContext, Injectable, Logger, NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, Observable, of } from 'rxjs';
import './fastify-request';
import { identityOf, IdempotencyInProgress, requireSameRequest } from './idempotency.guard';
import { IdempotencyStore, StoredAnswer } from './idempotency';
import type { Owner } from './owner';
import { toProblem } from './problem';
import { requestFields } from './request-fields';
import { PROBLEM_CONTENT_TYPE } from './problem.filter';

export const REPLAYED_HEADER = 'Idempotent-Replayed';

/**
 * Answers that say "not now" or "not you" rather than what became of the request: the same key may be sent again.
 * A 502 is kept: the provider was asked, and asking twice is what the key is there to prevent.
 */
const NOT_KEPT = new Set([401, 403, 409, 429, 500, 503]);

/** Runs a request with an `Idempotency-Key` once and keeps what it answered. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger(IdempotencyInterceptor.name);

  constructor(private readonly store: IdempotencyStore) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { user, idempotencyKey: key, idempotentReplay } = request;
    if (key === undefined || user === undefined) return next.handle();
    if (idempotentReplay !== undefined) return of(replay(request, reply, idempotentReplay));
    return from(this.runOnce(user, key, request, reply, next));
  }

  private async runOnce(
    owner: Owner,
    key: string,
    request: FastifyRequest,
    reply: FastifyReply,
    next: CallHandler,
  ): Promise<unknown> {
    if (!(await this.store.claim(owner, { key, ...identityOf(request) }))) {
      const record = await this.store.find(owner, key);
      if (record === undefined) throw new IdempotencyInProgress();
      requireSameRequest(record, request);
      if (record.answer === undefined) throw new IdempotencyInProgress();
      return replay(request, reply, record.answer);
    }
    try {
      const body: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      await this.keep(owner, key, request, { statusCode: reply.statusCode, body });
      return body;
    } catch (error) {
      const { problem } = toProblem(error, request.id);
      if (NOT_KEPT.has(problem.status)) await this.giveBack(owner, key, request);
      else await this.keep(owner, key, request, { statusCode: problem.status, body: problem });
      throw error;
    }
  }

  /** What was done is done: a store that fails now must not turn the answer into an error. */
  private async keep(owner: Owner, key: string, request: FastifyRequest, answer: StoredAnswer): Promise<void> {
    try {
      await this.store.complete(owner, key, answer);
    } catch (error) {
      this.logger.error({
        msg: 'The answer to an Idempotency-Key could not be kept',
        req: requestFields(request),
        err: error,
      });
    }
  }

  private async giveBack(owner: Owner, key: string, request: FastifyRequest): Promise<void> {
    try {
      await this.store.release(owner, key);
    } catch (error) {
      this.logger.error({ msg: 'An Idempotency-Key could not be given back', req: requestFields(request), err: error });
    }
  }
}

function replay(request: FastifyRequest, reply: FastifyReply, answer: StoredAnswer): unknown {
  reply.status(answer.statusCode).header(REPLAYED_HEADER, 'true');
  if (answer.statusCode < 400) return answer.body;
  reply.header('Content-Type', PROBLEM_CONTENT_TYPE);
  // The problem is the stored one; the request that asked for it now is this one.
  return { ...(answer.body as object), request_id: request.id };
}
