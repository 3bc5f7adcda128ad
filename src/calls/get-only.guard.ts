import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../common/app-error';

/**
 * For GET routes with a side effect. The HTTP server answers HEAD by running the GET handler; somebody who only looks
 * whether an address is there must not ring a phone.
 */
@Injectable()
export class GetOnlyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.switchToHttp().getRequest<FastifyRequest>().method === 'GET') return true;
    throw new AppError('invalid', 'request.get_only', 'This address rings a phone and is only there for GET.');
  }
}
