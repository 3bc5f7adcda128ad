import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { isMeantFor, type ArmedFault } from '../faults';
import { CONNECTION_FAULTS, RealtimeConnection } from './realtime-connection';
import { RealtimeSession } from './realtime-session';
import { DEFAULT_SLOW_MS, insufficientQuota, invalidApiKey } from './session-faults';
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

const PATH = '/v1/realtime';
/** 15 MiB of audio as base64 and the event around it. */
const MAX_PAYLOAD_BYTES = 21 * 1024 * 1024;
const MAX_REMEMBERED_SESSIONS = 200;
/** How the provider refuses an upgrade when it is in trouble. */
const HTTP_FAULTS = { refuse_socket: 503, http_429: 429, http_500: 500, http_403: 403 } as const;
/** Retired with the beta protocol (reference/openai-realtime.md section 0). */
const RETIRED_MODEL = /^gpt-4o(-mini)?-realtime-preview/;
/** The provider's sentence at the end of a session, whatever made it end (reference/openai-realtime.md section 7). */
const EXPIRED = 'Your session hit the maximum duration of 60 minutes.';

/** `GET /v1/realtime` of the simulated provider. */
export class RealtimeServer {
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD_BYTES });
  private readonly connections: RealtimeConnection[] = [];
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
    return this.connections.map(({ session, createdAt, isOpen }) => viewOf(session, createdAt, isOpen));
  }

  /**
   * A fault that is armed strikes every open connection that it is meant for, at once and however many they are. Says
   * how many; with none it waits for the next one.
   */
  strikeOpen(fault: ArmedFault): number {
    const name = CONNECTION_FAULTS.find((each) => each === fault.fault);
    if (fault.provider !== 'openai' || !name) return 0;
    const struck = this.connections.filter(
      (each) => isMeantFor(fault, each.session.site) && each.strike(name, fault.after_ms),
    );
    return struck.length;
  }

  /** Cuts every open connection at once, without a close frame. Says how many. */
  cutAll(): number {
    const open = this.connections.filter((each) => each.isOpen);
    for (const connection of open) connection.cut();
    return open.length;
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    for (const socket of this.heldSockets) socket.destroy();
    for (const connection of this.connections) {
      connection.session.close();
      connection.cut();
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
      atCheckpoint: () => {
        this.strike(connection);
      },
      onExpiryMoved: () => {
        planExpiry();
      },
    });
    const connection = new RealtimeConnection(session, socket, req.socket);
    const planExpiry = () => {
      connection.atExpiry(() => {
        expire(session, socket);
      });
    };
    planExpiry();
    this.remember(connection);
    socket.on('message', (data, isBinary) => {
      if (isBinary) session.sendError(new WireError('invalid_event', 'Events are sent as text frames of JSON.'));
      else session.receive(textOf(data));
    });
    socket.on('close', (code) => {
      session.close();
      log('openai.session_closed', { sessionId: session.id, code, ...session.counts });
    });
    log('openai.session_opened', { sessionId: session.id, model });
    session.open();
    this.strike(connection);
  }

  /** Faults that are meant for a connection and not yet under way there. */
  private strike(connection: RealtimeConnection): void {
    for (const fault of CONNECTION_FAULTS) {
      if (connection.suffersFrom(fault)) continue;
      const strike = this.options.faults.take('openai', fault, connection.session.site);
      if (strike) connection.strike(fault, strike.afterMs);
    }
  }

  private refusalOf(req: IncomingMessage, model: string | null): { error: WireError; closeCode: number } | undefined {
    const { apiKey, faults } = this.options;
    if (req.headers.authorization !== `Bearer ${apiKey}` || faults.take('openai', 'invalid_api_key')) {
      return { error: invalidApiKey(), closeCode: 3000 };
    }
    // That quota shows at the door with this close code is unverified; the error itself is the provider's.
    if (faults.take('openai', 'insufficient_quota')) return { error: insufficientQuota(), closeCode: 3000 };
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

  private remember(connection: RealtimeConnection): void {
    this.connections.push(connection);
    if (this.connections.length <= MAX_REMEMBERED_SESSIONS) return;
    const oldestClosed = this.connections.findIndex((one) => !one.isOpen);
    if (oldestClosed >= 0) this.connections.splice(oldestClosed, 1);
  }

  private later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
  }
}

function expire(session: RealtimeSession, socket: WebSocket): void {
  if (session.isMuted) return;
  session.sendError(new WireError('session_expired', EXPIRED));
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
