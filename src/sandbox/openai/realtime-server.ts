import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { RealtimeSession } from './realtime-session';
import { DEFAULT_SLOW_MS } from './session-faults';
import { viewOf, type SessionView } from './session-view';
import type { ModelPace } from './response-run';
import type { Faults } from './faults.port';
import type { VoiceBox } from '../speech/voice-box';
import { WireError } from './wire-error';
import { wireId } from './wire-id';

export interface RealtimeServerOptions {
  apiKey: string;
  voices: VoiceBox;
  faults: Faults;
  log: (event: string, fields?: Record<string, unknown>) => void;
  sessionLimitMs: number;
  pace: ModelPace;
}

interface Connection {
  session: RealtimeSession;
  socket: WebSocket;
  createdAt: Date;
}

const PATH = '/v1/realtime';
/** 15 MiB of audio as base64 and the event around it. */
const MAX_PAYLOAD_BYTES = 21 * 1024 * 1024;
const MAX_REMEMBERED_SESSIONS = 200;
/** How the provider refuses an upgrade when it is in trouble. */
const HTTP_FAULTS = { refuse_socket: 503, http_429: 429, http_500: 500, http_403: 403 } as const;
/** Retired with the beta protocol (reference/openai-realtime.md section 0). */
const RETIRED_MODEL = /^gpt-4o(-mini)?-realtime-preview/;

/** `GET /v1/realtime` of the simulated provider. */
export class RealtimeServer {
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD_BYTES });
  private readonly connections: Connection[] = [];
  private readonly heldSockets = new Set<Duplex>();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(private readonly options: RealtimeServerOptions) {}

  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const url = new URL(req.url ?? '/', 'http://sandbox');
    if (url.pathname !== PATH) return refuseUpgrade(socket, 404);
    const { faults } = this.options;
    for (const [fault, status] of Object.entries(HTTP_FAULTS)) {
      if (faults.take('openai', fault)) return refuseUpgrade(socket, status);
    }
    if (faults.take('openai', 'timeout')) {
      this.heldSockets.add(socket);
      socket.once('close', () => this.heldSockets.delete(socket));
      return;
    }
    const slow = faults.take('openai', 'slow');
    const upgrade = () =>
      this.sockets.handleUpgrade(req, socket, head, (opened) =>
        this.accept(opened, req, url.searchParams.get('model')),
      );
    if (slow) this.later(slow.afterMs ?? DEFAULT_SLOW_MS, upgrade);
    else upgrade();
  }

  sessions(): SessionView[] {
    return this.connections.map((connection) => viewOf(connection.session, connection.createdAt, isOpen(connection)));
  }

  /** Cuts every open connection without a close frame, as a lost network does. Says how many. */
  dropAll(afterMs = 0): number {
    const open = this.connections.filter(isOpen);
    for (const { socket } of open) this.later(afterMs, () => socket.terminate());
    return open.length;
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    for (const socket of this.heldSockets) socket.destroy();
    for (const { socket, session } of this.connections) {
      session.close();
      socket.terminate();
    }
    await new Promise<void>((resolve) => this.sockets.close(() => resolve()));
  }

  private accept(socket: WebSocket, req: IncomingMessage, model: string | null): void {
    const send = (event: Record<string, unknown>) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ event_id: wireId('event'), ...event }));
    };
    socket.on('error', (error) => this.options.log('openai.socket_error', { error: error.message }));
    const refusal = this.refusalOf(req, model);
    if (refusal) {
      const { error, closeCode } = refusal;
      send({ type: 'error', error: { ...error.body(), event_id: null } });
      socket.close(closeCode, `${error.type}.${error.code}`);
      return;
    }
    const { voices, faults, pace, log, sessionLimitMs } = this.options;
    const session = new RealtimeSession(model ?? '', Date.now() + sessionLimitMs, {
      voices,
      faults,
      pace,
      log,
      send,
      dropSocket: (afterMs) => this.later(afterMs, () => socket.terminate()),
    });
    this.remember({ session, socket, createdAt: new Date() });
    const expiry = this.later(sessionLimitMs, () => expire(session, socket, sessionLimitMs));
    socket.on('message', (data, isBinary) => {
      if (isBinary) session.sendError(new WireError('invalid_event', 'Events are sent as text frames of JSON.'));
      else session.receive(textOf(data));
    });
    socket.on('close', (code) => {
      this.cancelTimer(expiry);
      session.close();
      log('openai.session_closed', { sessionId: session.id, code, ...session.counts });
    });
    log('openai.session_opened', { sessionId: session.id, model });
    session.open();
    const drop = faults.take('openai', 'drop_socket');
    if (drop) this.later(drop.afterMs ?? 0, () => socket.terminate());
  }

  private refusalOf(req: IncomingMessage, model: string | null): { error: WireError; closeCode: number } | undefined {
    if (req.headers.authorization !== `Bearer ${this.options.apiKey}`) {
      const message = 'Incorrect API key provided. You can find your API key in the settings of your account.';
      return { error: new WireError('invalid_api_key', message), closeCode: 3000 };
    }
    if (req.headers['openai-beta'] !== undefined) {
      const message =
        'The Realtime Beta API is no longer supported. Please use the GA API, without the OpenAI-Beta header.';
      return { error: new WireError('beta_api_shape_disabled', message), closeCode: 4000 };
    }
    if (!model) {
      return { error: new WireError('missing_model', 'You must provide a model parameter.', 'model'), closeCode: 4000 };
    }
    if (!/realtime/.test(model) || RETIRED_MODEL.test(model)) {
      const message = `The model '${model}' does not exist or you do not have access to it.`;
      return { error: new WireError('model_not_found', message, 'model'), closeCode: 4000 };
    }
    return undefined;
  }

  private remember(connection: Connection): void {
    this.connections.push(connection);
    if (this.connections.length <= MAX_REMEMBERED_SESSIONS) return;
    const oldestClosed = this.connections.findIndex((one) => !isOpen(one));
    if (oldestClosed >= 0) this.connections.splice(oldestClosed, 1);
  }

  private later(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
    return timer;
  }

  private cancelTimer(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.timers.delete(timer);
  }
}

function isOpen({ socket }: Connection): boolean {
  return socket.readyState === socket.OPEN;
}

function expire(session: RealtimeSession, socket: WebSocket, limitMs: number): void {
  const minutes = Math.max(1, Math.round(limitMs / 60_000));
  const message = `Your session hit the maximum duration of ${minutes} minutes.`;
  session.sendError(new WireError('session_expired', message));
  socket.close(1001, 'session_expired');
}

function refuseUpgrade(socket: Duplex, status: number): void {
  const codes: Record<number, string> = { 403: 'insufficient_quota', 404: 'not_found', 429: 'rate_limit_exceeded' };
  const error = new WireError(
    codes[status] ?? 'server_error',
    'The sandbox refuses this connection, as it was asked to.',
  );
  const body = JSON.stringify({ error: error.body() });
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nConnection: close\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
