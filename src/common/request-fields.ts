import type { FastifyRequest } from 'fastify';
import { redactUrl } from './redact-url';

/** What the log tells of a request, wherever it does: never a header or a body. */
export function requestFields({ id, method, originalUrl }: FastifyRequest): {
  id: string;
  method: string;
  url: string;
} {
  return { id, method, url: redactUrl(originalUrl) };
}
