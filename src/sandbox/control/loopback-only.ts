import type { IncomingHttpHeaders } from 'node:http';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Only programs and pages of this machine may talk to the sandbox. A page of the web reaches a loopback address by a
 * name of its own (DNS rebinding), which shows in `Host`, or by a request across sites, which shows in `Origin`.
 */
export function isFromThisMachine(headers: IncomingHttpHeaders): boolean {
  if (!isLoopback(`http://${headers.host ?? ''}`)) return false;
  return headers.origin === undefined || isLoopback(headers.origin);
}

function isLoopback(address: string): boolean {
  return URL.canParse(address) && LOOPBACK.has(new URL(address).hostname);
}
