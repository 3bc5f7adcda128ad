import { createServer, IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  body: { type: string; timestamp: string; data: Record<string, unknown> };
}

/** How a target answers: with a status, or however it likes. */
type Answer = number | ((response: ServerResponse) => void);

/** A system of a user's own, that is told what happens; each path is a target of its own. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  private readonly answers = new Map<string, Answer[]>();

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly url: string,
  ) {}

  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const receiver = new WebhookReceiver(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const path = request.url ?? '';
        const body = JSON.parse(text) as Received['body'];
        receiver.received.push({ path, headers: request.headers, text, body });
        const answer = receiver.nextAnswer(path);
        if (typeof answer === 'number') response.writeHead(answer).end(`answered ${answer}`);
        else answer(response);
      });
    });
    return receiver;
  }

  /** What a target answers, in order; the last one for ever. */
  answer(path: string, ...answers: Answer[]): void {
    this.answers.set(path, answers);
  }

  at(path: string): Received[] {
    return this.received.filter((each) => each.path === path);
  }

  /** Once so many have come to a target. */
  arrived(path: string, count = 1): Promise<Received[]> {
    return until(
      () => Promise.resolve(this.at(path)),
      (all) => all.length >= count,
      { what: `${count} at ${path}` },
    );
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private nextAnswer(path: string): Answer {
    const answers = this.answers.get(path) ?? [];
    return (answers.length > 1 ? answers.shift() : answers[0]) ?? 200;
  }
}
