import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import twilio from 'twilio';
import { WebSocketServer, type WebSocket } from 'ws';
import { z } from 'zod';

export interface ReceivedWebhook {
  path: string;
  method: string;
  form: Record<string, string>;
  /** The body of one that is no form. */
  json?: unknown;
  isSigned: boolean;
  idempotencyToken: string | undefined;
}

const streamMessage = z.looseObject({
  event: z.string(),
  sequenceNumber: z.string().optional(),
  streamSid: z.string().optional(),
  start: z.looseObject({ callSid: z.string(), customParameters: z.record(z.string(), z.string()) }).optional(),
  media: z.object({ track: z.string(), chunk: z.string(), timestamp: z.string(), payload: z.string() }).optional(),
  mark: z.object({ name: z.string() }).optional(),
  dtmf: z.object({ track: z.string(), digit: z.string() }).optional(),
});
export type StreamEvent = z.infer<typeof streamMessage> & { atMs: number };

/** One media stream as the platform's server sees it. */
export class ReceivedStream {
  readonly events: StreamEvent[] = [];
  /** What is no stream message: binary ones, and text that is not JSON. */
  readonly junk: { isBinary: boolean; data: Buffer }[] = [];
  pongs = 0;
  closeCode: number | undefined;

  constructor(
    readonly socket: WebSocket,
    readonly isSigned: boolean,
  ) {
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary || !isJson(data)) this.junk.push({ isBinary, data });
      else this.events.push({ ...streamMessage.parse(JSON.parse(data.toString())), atMs: performance.now() });
    });
    socket.on('pong', () => (this.pongs += 1));
    socket.on('close', (code) => (this.closeCode = code));
  }

  get streamSid(): string {
    return this.events.find((each) => each.event === 'start')?.streamSid ?? '';
  }

  of(event: string): StreamEvent[] {
    return this.events.filter((each) => each.event === event);
  }

  media(mulaw: Uint8Array): void {
    this.send({ event: 'media', media: { payload: Buffer.from(mulaw).toString('base64') } });
  }

  mark(name: string): void {
    this.send({ event: 'mark', mark: { name } });
  }

  clear(): void {
    this.send({ event: 'clear' });
  }

  private send(message: Record<string, unknown>): void {
    this.socket.send(JSON.stringify({ streamSid: this.streamSid, ...message }));
  }
}

function isJson(data: Buffer): boolean {
  try {
    JSON.parse(data.toString());
    return true;
  } catch {
    return false;
  }
}

export interface CannedAnswer {
  status?: number;
  type?: string;
  body: string;
}

/** A voice product in small: takes webhooks, answers with canned TwiML, and accepts media streams. */
export class FakeProduct {
  readonly webhooks: ReceivedWebhook[] = [];
  readonly streams: ReceivedStream[] = [];
  /** By path; a list is answered in turn, its last one for ever. */
  readonly answers = new Map<string, CannedAnswer[]>();
  refuseStreamsWith: number | undefined;
  private readonly sockets = new WebSocketServer({ noServer: true });

  private constructor(
    private readonly server: Server,
    private readonly authToken: string,
  ) {}

  static async start(authToken: string): Promise<FakeProduct> {
    const server = createServer();
    const product = new FakeProduct(server, authToken);
    server.on('request', (request, response) => {
      readBody(request)
        .then((body) => {
          const { status = 200, type = 'text/xml', body: text } = product.take(request, body);
          response.writeHead(status, { 'content-type': type }).end(text);
        })
        .catch(() => response.destroy());
    });
    server.on('upgrade', (request: IncomingMessage, socket, head) => {
      if (product.refuseStreamsWith !== undefined) {
        socket.end(`HTTP/1.1 ${product.refuseStreamsWith} Refused\r\nConnection: close\r\n\r\n`);
        return;
      }
      product.sockets.handleUpgrade(request, socket, head, (opened) => {
        const signature = String(request.headers['x-twilio-signature']);
        const url = `ws://127.0.0.1:${product.port}${request.url}`;
        product.streams.push(new ReceivedStream(opened, twilio.validateRequest(authToken, signature, url, {})));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return product;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  get streamUrl(): string {
    return `ws://127.0.0.1:${this.port}/media`;
  }

  /** TwiML to be answered on a path; several are answered in turn. */
  answer(path: string, ...documents: (string | CannedAnswer)[]): void {
    this.answers.set(
      path,
      documents.map((each) => (typeof each === 'string' ? { body: `<Response>${each}</Response>` } : each)),
    );
  }

  on(path: string): ReceivedWebhook[] {
    return this.webhooks.filter((webhook) => webhook.path === path);
  }

  async close(): Promise<void> {
    for (const stream of this.streams) stream.socket.terminate();
    this.sockets.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(request: IncomingMessage, body: string): CannedAnswer {
    const url = new URL(this.url(request.url ?? '/'));
    const isGet = request.method === 'GET';
    const isJson = request.headers['content-type'] === 'application/json';
    const form = isJson ? {} : Object.fromEntries(isGet ? url.searchParams : new URLSearchParams(body));
    const signature = String(request.headers['x-twilio-signature']);
    this.webhooks.push({
      path: url.pathname,
      method: request.method ?? '',
      form,
      ...(isJson ? { json: JSON.parse(body) as unknown } : {}),
      isSigned: isJson
        ? twilio.validateRequestWithBody(this.authToken, signature, url.href, body)
        : twilio.validateRequest(this.authToken, signature, url.href, isGet ? {} : form),
      idempotencyToken: request.headers['i-twilio-idempotency-token'] as string | undefined,
    });
    const canned = this.answers.get(url.pathname);
    if (!canned) return { status: 200, type: 'text/plain', body: '' };
    return (canned.length > 1 ? canned.shift() : canned[0]) ?? { body: '' };
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
