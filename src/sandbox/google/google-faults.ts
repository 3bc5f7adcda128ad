import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FaultBox } from '../faults';

/** What a slow answer takes when the fault names no time. */
export const SLOW_MS = 3000;

/**
 * Lets the faults of the connection strike (late, cut, never answered): those of the calendar, or with the prefix
 * `token_` those of the token endpoint. The answer may be out of our hands then.
 * @returns whether a later answer is to be lost: what was asked is done
 */
export async function strikeConnection(
  faults: FaultBox,
  prefix: '' | 'token_',
  email: string | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  if (faults.isEmpty) return false;
  const take = (fault: string) => faults.take('google', prefix + fault, { email });
  const slow = take('slow');
  if (slow) await delay(slow.afterMs ?? SLOW_MS);
  if (take('drop_socket')) {
    reply.hijack();
    request.raw.socket.destroy();
    return false;
  }
  if (take('timeout')) {
    reply.hijack();
    return false;
  }
  // Losing the answer to a question harms nobody: it waits for a request that does something.
  return !isQuestion(request) && take('lose_answer') !== undefined;
}

function isQuestion({ method, url }: FastifyRequest): boolean {
  return method === 'GET' || url.split('?')[0]?.endsWith('/freeBusy') === true;
}
