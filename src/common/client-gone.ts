import type { FastifyReply } from 'fastify';

/** Aborted as soon as whoever asked is gone before the answer was complete: nobody waits for what is still being done for it. */
export function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
