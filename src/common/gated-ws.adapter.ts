import { IncomingMessage, Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Logger } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import type { MessageMappingProperties } from '@nestjs/websockets';
import type { Observable } from 'rxjs';
import { WebSocket, WebSocketServer } from 'ws';
import { AppError } from './app-error';
import { toProblem } from './problem';
import { settledWithin } from './settled-within';

/** A request to become a WebSocket, before anything is promised to it. */
export interface Upgrade {
  request: IncomingMessage;
  /** Decoded `{name}` parts of the gateway's path. */
  params: Readonly<Record<string, string>>;
  url: URL;
}

/**
 * Decides about an upgrade before the handshake: returns to accept, throws an AppError to refuse with its HTTP status.
 * Nest's guards never see a handshake, hence this.
 */
export type UpgradeGate = (upgrade: Upgrade) => void | Promise<void>;

/** What a gateway gets in `afterInit`: it sets its gate there. Without one every upgrade is refused. */
export class GatedWebSocketServer extends WebSocketServer {
  gate: UpgradeGate | undefined;
}

/** What a gateway may say about its sockets. */
export interface GatedGatewayOptions {
  /** Several are separated by commas; `{name}` stands for a part of the path. */
  path: string;
  /** The largest message, in bytes; a larger one closes the socket (1009). */
  maxPayload?: number;
  /** The most frames in a message; more close the socket (1008). */
  maxFragments?: number;
}

/** What `ws` itself closes a socket for (RFC 6455, section 7.4.1), in words; it only gives the code. */
const REASONS: ReadonlyMap<number | undefined, string> = new Map([
  [1002, 'This is not the WebSocket protocol.'],
  [1007, 'A text message has to be UTF-8.'],
  [1008, 'A message comes in too many pieces.'],
  [1009, 'A message is too big.'],
]);

/** A socket that is never closed by our side without a reason. */
class ReasonedWebSocket extends WebSocket {
  override close(code?: number, reason: string | Buffer | undefined = REASONS.get(code)): void {
    super.close(code, reason);
  }
}

/** How long sockets get to answer our close frame when the server stops. */
const CLOSE_GRACE_MS = 500;
const CLOSE_GOING_AWAY = 1001;

interface Route {
  pattern: RegExp;
  names: string[];
  server: GatedWebSocketServer;
}

/**
 * The `ws` platform with what the stock adapter lacks: parameters in paths (`/media-stream/{scenario}`), several paths for
 * a gateway (separated by commas), refusal as HTTP before the handshake, and a clean 1001 at the end.
 */
export class GatedWsAdapter extends WsAdapter {
  private readonly log = new Logger(GatedWsAdapter.name);
  private readonly routes: Route[] = [];
  private readonly http: Server;
  private isListening = false;

  constructor(app: INestApplicationContext & { getHttpServer(): Server }) {
    super(app);
    this.http = app.getHttpServer();
  }

  override create(_port: number, options: GatedGatewayOptions): GatedWebSocketServer {
    const server = new GatedWebSocketServer({
      noServer: true,
      WebSocket: ReasonedWebSocket,
      perMessageDeflate: false,
      ...(options.maxPayload === undefined ? {} : { maxPayload: options.maxPayload }),
      ...(options.maxFragments === undefined ? {} : { maxFragments: options.maxFragments }),
    });
    for (const path of options.path.split(',')) this.routes.push(routeOf(path.trim(), server));
    if (!this.isListening) {
      this.isListening = true;
      this.http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        this.upgrade(request, socket, head).catch((error: unknown) => {
          if (toProblem(error).isBug) this.log.error({ msg: 'A WebSocket upgrade failed', err: error });
          refuse(socket, error);
        });
      });
    }
    return server;
  }

  /** The stock adapter parses every message even when a gateway has no handlers; our media sockets read theirs raw. */
  override bindMessageHandlers(
    client: WebSocket,
    handlers: MessageMappingProperties[],
    transform: (data: unknown) => Observable<unknown>,
  ): void {
    if (handlers.length > 0) super.bindMessageHandlers(client, handlers, transform);
  }

  override async close(server: WebSocketServer): Promise<void> {
    const clients = [...server.clients];
    for (const client of clients) client.close(CLOSE_GOING_AWAY, 'The server is restarting.');
    await settledWithin(
      Promise.all(clients.map((client) => new Promise((done) => client.once('close', done)))),
      CLOSE_GRACE_MS,
    );
    for (const client of clients) client.terminate();
    await new Promise<void>((done) => server.close(() => done()));
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // A peer may vanish while its gate is being asked; that is no news.
    socket.on('error', () => socket.destroy());
    const url = parseUrl(request);
    const path = url.pathname.length > 1 ? url.pathname.replace(/\/+$/, '') : url.pathname;
    for (const { pattern, names, server } of this.routes) {
      const match = pattern.exec(path);
      if (match === null) continue;
      const params = Object.fromEntries(names.map((name, i) => [name, decode(match[i + 1] ?? '')]));
      if (server.gate === undefined) break;
      await server.gate({ request, params, url });
      if (socket.destroyed) return;
      server.handleUpgrade(request, socket, head, (client) => {
        client.on('error', (error) => this.log.debug({ msg: 'A WebSocket broke', err: error }));
        server.emit('connection', client, request);
      });
      return;
    }
    throw new AppError('not-found', 'route.not_found', 'There is no WebSocket at this address.');
  }
}

function routeOf(path: string, server: GatedWebSocketServer): Route {
  const names: string[] = [];
  const source = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name);
    return '([^/]+)';
  });
  return { pattern: new RegExp(`^${source}$`), names, server };
}

function parseUrl(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? '/', 'ws://localhost');
  } catch (error) {
    throw new AppError('invalid', 'request.malformed', 'The address of this request is malformed.', { cause: error });
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw new AppError('invalid', 'request.malformed', 'The address of this request is malformed.', { cause: error });
  }
}

function refuse(socket: Duplex, error: unknown): void {
  if (socket.destroyed) return;
  const { problem, retryAfterSeconds } = toProblem(error);
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}`,
      'Connection: close',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
      '',
      body,
    ].join('\r\n'),
  );
}
