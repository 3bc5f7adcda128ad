import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { IS_IDEMPOTENT } from './idempotency.guard';
import { IdempotencyInterceptor } from './idempotency.interceptor';

/**
 * The route takes an `Idempotency-Key` (product.md section 2): the same key and body give the stored answer for 24 hours.
 * The handler can read the key from `request.idempotencyKey` to bind what it creates to it. Requests of which `unless` says so are
 * answered with something that is not kept, and their key is not looked at.
 */
export const Idempotent = ({ unless = () => false }: { unless?: (request: FastifyRequest) => boolean } = {}) =>
  applyDecorators(SetMetadata(IS_IDEMPOTENT, { unless }), UseInterceptors(IdempotencyInterceptor));
