import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { goneSignal } from './client-gone';
import { toProblem } from './problem';

export const EVENT_STREAM = 'text/event-stream';

/** Whether the asker would rather have events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function wantsEvents(accept: string | undefined): boolean {
  return /\btext\/event-stream\b/i.test(accept ?? '');
}

/** Server-sent events in answer to a request, which begin with the first of them: what goes wrong before is an answer like any other. */
export class EventStream {
  private readonly body = new PassThrough();
  private hasBegun = false;
  /** Nobody reads any more. */
  readonly signal: AbortSignal;

  constructor(
    private readonly reply: FastifyReply,
    private readonly requestId: string,
  ) {
    this.signal = goneSignal(reply);
  }

  send(event: string, data: unknown): void {
    if (!this.hasBegun) {
      this.hasBegun = true;
      void this.reply
        .header('Content-Type', `${EVENT_STREAM}; charset=utf-8`)
        .header('Cache-Control', 'no-cache, no-transform')
        // For proxies that would collect it.
        .header('X-Accel-Buffering', 'no')
        .send(this.body);
    }
    if (!this.signal.aborted) this.body.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(event: string, data: unknown): void {
    this.send(event, data);
    this.body.end();
  }

  /** @throws the error itself where nothing was sent yet */
  fail(error: unknown): void {
    if (!this.hasBegun) throw error;
    this.end('error', toProblem(error, this.requestId).problem);
  }
}
