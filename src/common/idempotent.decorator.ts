import { SetMetadata } from '@nestjs/common';

export const IS_IDEMPOTENT = 'speech-assistant:idempotent';

/**
 * The route takes an `Idempotency-Key` (product.md section 2): the same key and body give the stored answer for 24 hours.
 * The handler can read the key from `request.idempotencyKey` to bind what it creates to it.
 */
export const Idempotent = () => SetMetadata(IS_IDEMPOTENT, true);
