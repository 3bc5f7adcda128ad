import { PassThrough, Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { goneSignal } from './client-gone';
import { toProblem } from './problem';

export const EVENT_STREAM = 'text/event-stream';

/** Whether the asker would rather have events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function wantsEvents({ headers }: { headers: { accept?: string | undefined } }): boolean {
  return /\btext\/event-stream\b/i.test(headers.accept ?? '');
}

/** Says that something happened; its data become JSON. */
export type SendEvent = (event: string, data: unknown) => void;

/**
 * Has work answer as server-sent events: its own, then `done` with what it came to, or `error`. The answer begins with the first
 * of them, so that what goes wrong before is an answer like any other.
 * @returns the body
 * @throws what `work` throws before its first event
 */
export function asEvents(
  reply: FastifyReply,
  requestId: string,
  work: (send: SendEvent, signal: AbortSignal) => Promise<unknown>,
): Promise<Readable> {
  const body = new PassThrough();
  const gone = goneSignal(reply);
  let hasBegun = false;
  return new Promise((resolve, reject) => {
    const send: SendEvent = (event, data) => {
      if (!hasBegun) {
        hasBegun = true;
        void reply
          .header('Content-Type', `${EVENT_STREAM}; charset=utf-8`)
          .header('Cache-Control', 'no-cache, no-transform')
          // For proxies that would collect it.
          .header('X-Accel-Buffering', 'no');
        resolve(body);
      }
      if (!gone.aborted) body.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    work(send, gone)
      .then(
        (done) => send('done', done),
        (error: unknown) => {
          if (hasBegun) send('error', toProblem(error, requestId).problem);
          else reject(error as Error);
        },
      )
      .finally(() => body.end());
  });
}
