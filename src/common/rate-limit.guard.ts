import { ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { InjectThrottlerStorage, ThrottlerGuard, ThrottlerLimitDetail, ThrottlerStorage } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { AppError } from './app-error';
import './fastify-request';
import { RATE_LIMIT_GROUP, RateLimitGroup } from './rate-limit.decorator';

const MINUTE_MS = 60_000;

export class RateLimited extends AppError {
  constructor(limitPerMinute: number, retryAfterSeconds: number) {
    super(
      'rate-limited',
      'rate_limit.exceeded',
      `Rate limit exceeded: at most ${limitPerMinute} requests a minute. Please try again in ${retryAfterSeconds} seconds.`,
      { retryAfterSeconds },
    );
  }
}

/**
 * Counts requests by group (see rate-limit.decorator.ts) and by user, or by address before sign-in. Stands behind the
 * guards that know the user and that find stored answers: a replay costs nothing and counts nothing.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  constructor(
    @Inject(APP_CONFIG) config: AppConfig,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
  ) {
    const { limits } = config;
    const limitOf: Record<RateLimitGroup, number> = {
      'sign-in': limits.authPerMinute,
      register: limits.authPerMinute,
      calls: limits.callsPerMinute,
      scenarios: limits.scenariosPerMinute,
      default: limits.defaultPerMinute,
      none: Number.MAX_SAFE_INTEGER,
    };
    const groupOf = (context: ExecutionContext): RateLimitGroup =>
      reflector.getAllAndOverride<RateLimitGroup | undefined>(RATE_LIMIT_GROUP, [
        context.getHandler(),
        context.getClass(),
      ]) ?? 'default';
    super(
      {
        throttlers: [
          {
            ttl: MINUTE_MS,
            limit: (context) => limitOf[groupOf(context)],
            // Refused requests are not counted, so waiting for the window is always enough.
            blockDuration: 0,
          },
        ],
        skipIf: (context) => {
          const request = context.switchToHttp().getRequest<FastifyRequest>();
          return groupOf(context) === 'none' || request.idempotentReplay !== undefined;
        },
        generateKey: (context, tracker) => `rate:${groupOf(context)}:${tracker}`,
      },
      storage,
      reflector,
    );
    this.headerPrefix = 'RateLimit';
  }

  protected override async getTracker(request: FastifyRequest): Promise<string> {
    if (request.user !== undefined) return `user:${request.user.userId}`;
    return `address:${await super.getTracker(request)}`;
  }

  protected override throwThrottlingException(context: ExecutionContext, hit: ThrottlerLimitDetail): Promise<void> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const retryAfterSeconds = Math.max(1, hit.timeToBlockExpire);
    reply.header(`${this.headerPrefix}-Limit`, hit.limit);
    reply.header(`${this.headerPrefix}-Remaining`, 0);
    reply.header(`${this.headerPrefix}-Reset`, retryAfterSeconds);
    throw new RateLimited(hit.limit, retryAfterSeconds);
  }
}
