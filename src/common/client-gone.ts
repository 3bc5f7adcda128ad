import type { FastifyReply } from 'fastify';

/** Aborted as soon as whoever asked is gone before the answer was complete: nobody waits for what is still being done for it. */
export function goneSignal({ raw }: Pick<FastifyReply, 'raw'>): AbortSignal {
  const gone = new AbortController();
  const look = () => {
    if (!raw.writableFinished) gone.abort();
  };
  // Who has gone already is not told of again.
  if (raw.destroyed) look();
  else raw.once('close', look);
  return gone.signal;
}
