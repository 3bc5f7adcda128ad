import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { NotAuthenticated } from '../common/app-error';
import '../common/fastify-request';
import { IS_PUBLIC } from '../common/public.decorator';
import { AccessTokens } from './access-tokens';

/** RFC 6750; the word may be written in any case (RFC 9110, section 11.1). */
const BEARER = /^Bearer +(\S+)$/i;

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
    const accessToken = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (accessToken === undefined) throw new NotAuthenticated();
    request.user = this.tokens.verify(accessToken);
    return true;
  }
}
