import type { StoredAnswer } from './idempotency';
import type { Owner } from './owner';

/** What guards leave on a request for those who come after them. */
declare module 'fastify' {
  interface FastifyRequest {
    /** The signed-in user, put there by the access token guard. */
    user?: Owner;
    /** The `Idempotency-Key` of a route that takes one. */
    idempotencyKey?: string;
    /** The stored answer that this request gets instead of being worked on. */
    idempotentReplay?: StoredAnswer;
  }
}
