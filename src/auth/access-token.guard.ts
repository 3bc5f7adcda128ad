import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import '../common/fastify-request';
import { IS_PUBLIC } from '../common/public.decorator';
import { AccessTokens, bearerOf } from './access-tokens';

/** Stands before every route that is not marked `@Public()`. */
@Injectable()
export class AccessTokenGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: AccessTokens,
  ) {}

  /** @throws NotAuthenticated, TokenExpired */
  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    request.user = this.tokens.verify(bearerOf(request.headers.authorization));
    return true;
  }
}
