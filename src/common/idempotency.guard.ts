import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AppError } from './app-error';
import './fastify-request';
import { IdempotencyRecord, IdempotencyStore, requestHash } from './idempotency';
import type { Owner } from './owner';

/** Marks a route; see idempotent.decorator.ts. */
export const IS_IDEMPOTENT = 'speech-assistant:idempotent';

interface IdempotencyRule {
  unless(request: FastifyRequest): boolean;
}

const IDEMPOTENCY_KEY_HEADER = 'idempotency-key';

const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;

export class IdempotencyKeyInvalid extends AppError {
  constructor() {
    const message = 'must be 1 to 255 visible ASCII characters';
    super('unprocessable', 'idempotency.key_invalid', `Idempotency-Key ${message}.`, {
      errors: [{ field: 'Idempotency-Key', message }],
    });
  }
}

export class IdempotencyKeyReused extends AppError {
  constructor() {
    const detail = 'This Idempotency-Key was already used for another request.';
    super('unprocessable', 'idempotency.key_reused', detail, {
      errors: [{ field: 'Idempotency-Key', message: detail }],
    });
  }
}

export class IdempotencyInProgress extends AppError {
  constructor() {
    super('conflict', 'idempotency.in_progress', 'A request with this Idempotency-Key is still being worked on.', {
      retryAfterSeconds: 1,
    });
  }
}

/** Which request a key was used for; the interceptor claims the key with the same words. */
export function identityOf(request: FastifyRequest): { route: string; bodyHash: string } {
  return {
    route: `${request.method} ${request.routeOptions.url ?? request.url}`,
    bodyHash: requestHash({ params: request.params, query: request.query, body: request.body }),
  };
}

/** @throws IdempotencyKeyReused, IdempotencyInProgress */
export function requireSameRequest(record: IdempotencyRecord, request: FastifyRequest): void {
  const { route, bodyHash } = identityOf(request);
  if (record.route !== route || record.bodyHash !== bodyHash) throw new IdempotencyKeyReused();
  if (record.answer === undefined) throw new IdempotencyInProgress();
}

/** Finds the stored answer before the rate limit counts; the interceptor gives it. */
@Injectable()
export class IdempotencyGuard implements CanActivate {
  constructor(
    private readonly store: IdempotencyStore,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<IdempotencyRule | undefined>(IS_IDEMPOTENT, [
      context.getHandler(),
      context.getClass(),
    ]);
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (rule === undefined || rule.unless(request)) return true;
    const key = request.headers[IDEMPOTENCY_KEY_HEADER];
    if (key === undefined || request.user === undefined) return true;
    if (typeof key !== 'string' || !VISIBLE_ASCII.test(key)) throw new IdempotencyKeyInvalid();
    request.idempotencyKey = key;
    return this.findAnswer(request, request.user, key);
  }

  private async findAnswer(request: FastifyRequest, owner: Owner, key: string): Promise<boolean> {
    const record = await this.store.find(owner, key);
    if (record !== undefined) {
      requireSameRequest(record, request);
      request.idempotentReplay = record.answer;
    }
    return true;
  }
}
