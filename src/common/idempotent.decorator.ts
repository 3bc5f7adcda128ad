import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { IS_IDEMPOTENT } from './idempotency.guard';
import { IdempotencyInterceptor } from './idempotency.interceptor';

/**
 * The route takes an `Idempotency-Key` (product.md section 2): the same key and body give the stored answer for 24 hours.
 * The handler can read the key from `request.idempotencyKey` to bind what it creates to it.
 */
export const Idempotent = () =>
  applyDecorators(SetMetadata(IS_IDEMPOTENT, true), UseInterceptors(IdempotencyInterceptor));
