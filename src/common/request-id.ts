import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'x-request-id';

/** An id that a proxy or a client gave is kept when it can stand in a log line and a header as it is. */
const SANE = /^[A-Za-z0-9._:-]{8,128}$/;

/** The id of a request, for its answer and the log. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
}
