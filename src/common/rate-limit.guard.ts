import { CanActivate, ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { normalizeIp, ThrottlerStorage } from '@nestjs/throttler';
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
export class RateLimitGuard implements CanActivate {
  private readonly limits: Record<Exclude<RateLimitGroup, 'none'>, number>;

  constructor(
    @Inject(APP_CONFIG) { limits }: AppConfig,
    @Inject(ThrottlerStorage) private readonly storage: ThrottlerStorage,
    private readonly reflector: Reflector,
  ) {
    this.limits = {
      'sign-in': limits.authPerMinute,
      register: limits.authPerMinute,
      calls: limits.callsPerMinute,
      texts: limits.textsPerMinute,
      scenarios: limits.scenariosPerMinute,
      speech: limits.speechPerMinute,
      default: limits.defaultPerMinute,
    };
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const group =
      this.reflector.getAllAndOverride<RateLimitGroup | undefined>(RATE_LIMIT_GROUP, [
        context.getHandler(),
        context.getClass(),
      ]) ?? 'default';
    if (group === 'none' || request.idempotentReplay !== undefined) return true;
    return this.count(group, whoOf(request), http.getResponse<FastifyReply>());
  }

  /** @throws RateLimited */
  private async count(group: Exclude<RateLimitGroup, 'none'>, who: string, reply: FastifyReply): Promise<boolean> {
    const limit = this.limits[group];
    // Without a time to be blocked for, refused requests are not counted: waiting for the window is always enough.
    const hit = await this.storage.increment(`rate:${group}:${who}`, MINUTE_MS, limit, 0, group);
    reply.header('RateLimit-Limit', limit);
    reply.header('RateLimit-Remaining', Math.max(0, limit - hit.totalHits));
    if (!hit.isBlocked) {
      reply.header('RateLimit-Reset', hit.timeToExpire);
      return true;
    }
    const retryAfterSeconds = Math.max(1, hit.timeToBlockExpire);
    reply.header('RateLimit-Reset', retryAfterSeconds);
    throw new RateLimited(limit, retryAfterSeconds);
  }
}

/** The addresses of one IPv6 network are one. */
function whoOf({ user, ip }: FastifyRequest): string {
  return user === undefined ? `address:${normalizeIp(ip)}` : `user:${user.userId}`;
}
