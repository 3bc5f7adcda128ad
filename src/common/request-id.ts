import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'x-request-id';

/** An id that a proxy or a client gave is kept when it can stand in a log line and a header as it is. */
const SANE = /^[A-Za-z0-9._:-]{8,128}$/;

/** The id of a request, also put on the raw request, where the request logger reads it. */
export function requestIdOf(request: IncomingMessage & { id?: unknown }): string {
  const given = request.headers[REQUEST_ID_HEADER];
  const id = typeof given === 'string' && SANE.test(given) ? given : randomUUID();
  request.id = id;
  return id;
}
