import { ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { PinoLogger } from 'nestjs-pino';
import { NotAuthenticated } from '../common/app-error';
import type { Owner } from '../common/owner';
import { IS_PUBLIC } from '../common/public.decorator';
import { isExpiry } from './access-tokens';
import { ACCESS_TOKEN_STRATEGY } from './access-token.strategy';
import { TokenExpired } from './auth.errors';

/** Stands before every route that is not marked `@Public()`. */
@Injectable()
export class AccessTokenGuard extends AuthGuard(ACCESS_TOKEN_STRATEGY) {
  constructor(
    private readonly reflector: Reflector,
    private readonly log: PinoLogger,
  ) {
    super();
  }

  override canActivate(context: ExecutionContext) {
    const isPublic = this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()]);
    return isPublic ? true : super.canActivate(context);
  }

  /** Passport's verdict: an error of the strategy, a user, or why there is none. */
  override handleRequest<User = Owner>(error: Error | null, owner: User | false, reason: unknown): User {
    if (error !== null) throw error;
    if (owner === false) throw isExpiry(reason) ? new TokenExpired() : new NotAuthenticated();
    this.log.assign({ user_id: (owner as Owner).userId });
    return owner;
  }
}
