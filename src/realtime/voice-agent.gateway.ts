import type { IncomingMessage } from 'node:http';
import { Inject } from '@nestjs/common';
import { OnGatewayConnection, OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { WebSocket } from 'ws';
import { SocketCallers } from '../auth/socket-callers';
import { Drain } from '../common/drain';
import { GatedGatewayOptions, GatedWebSocketServer, Upgrade } from '../common/gated-ws.adapter';
import { LineSocket } from '../common/line-socket';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Budget, MessageBudget } from './message-budget';
import { MessagesMode } from './messages-mode.service';
import { RealtimeMode } from './realtime-mode.service';
import { systemClock } from './system-clock';
import { MAX_MESSAGE_BYTES, parseVoiceMessage } from './voice-agent-messages';
import { AdmittedSession, CLOSE, VoiceSocket } from './voice-agent-mode';
import { VoiceAgentSockets } from './voice-agent-sockets.service';
import { InvalidVoiceSessionId, UnknownVoiceMode } from './voice-agent.errors';

const OPTIONS: GatedGatewayOptions = {
  path: '/ws/voice-agent/{session_id}',
  maxPayload: MAX_MESSAGE_BYTES,
  // Browsers may send a large message in pieces.
  maxFragments: 64,
};

const SESSION_ID = /^[A-Za-z0-9._:-]{1,128}$/;

const BUDGETS: Readonly<Record<Admitted['mode'], Budget>> = {
  // Audio of 24 kHz in pieces of 20 ms, three times over, and 25 s of it at once after a hold-up of the network.
  realtime: { burst: 1500, perSecond: 200, burstLength: 2 * 1024 * 1024, lengthPerSecond: 160 * 1024 },
  // An utterance in a file and the next one, and then as fast as anybody records.
  messages: { burst: 200, perSecond: 20, burstLength: 12 * 1024 * 1024, lengthPerSecond: 512 * 1024 },
};
/** More than this unread: whoever writes that much without minding back-pressure does so to somebody who reads nothing. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** So often it is looked whether somebody is still there. */
const IDLE_LOOKS = 4;

interface Admitted {
  readonly owner: Owner;
  readonly sessionId: string;
  readonly mode: 'messages' | 'realtime';
  readonly session: AdmittedSession;
  /** The handshake is over, in whichever way. */
  readonly arrived: () => void;
}

/** The door for the sockets of browsers and programs that talk to an agent. */
@WebSocketGateway(OPTIONS)
export class VoiceAgentGateway implements OnGatewayInit<GatedWebSocketServer>, OnGatewayConnection<WebSocket> {
  private readonly admitted = new WeakMap<IncomingMessage, Admitted>();
  private readonly idleMs: number;

  constructor(
    @Inject(APP_CONFIG) config: AppConfig,
    private readonly drain: Drain,
    private readonly callers: SocketCallers,
    private readonly sockets: VoiceAgentSockets,
    private readonly realtime: RealtimeMode,
    private readonly messages: MessagesMode,
  ) {
    this.idleMs = config.sockets.idleSeconds * 1000;
  }

  afterInit(server: GatedWebSocketServer): void {
    server.gate = (upgrade) => this.admit(upgrade);
  }

  handleConnection(socket: WebSocket, request: IncomingMessage): void {
    const admitted = this.admitted.get(request);
    if (admitted === undefined) {
      socket.close(CLOSE.ourFault, 'This socket was not let in.');
      return;
    }
    admitted.arrived();
    const { owner, sessionId, mode, session } = admitted;
    const budget = new MessageBudget(systemClock, BUDGETS[mode]);
    let heardAtMs = systemClock.nowMs();

    const line = new LineSocket(socket, request.socket, {
      onText: (text) => {
        if (!isWithin(text.length)) return;
        const message = parseVoiceMessage(text);
        if (message === null) view.refuse('malformed', 'A message is a JSON object with a type.');
        else if (message.type === 'ping') view.send({ type: 'pong', timestamp: new Date().toISOString() });
        else if (!talk.onMessage(message)) {
          view.refuse('unknown_type', `There is no message of the type ${message.type} here.`);
        }
      },
      onBinary: (bytes) => {
        if (isWithin(bytes.length)) talk.onBinary(bytes);
      },
      onClosed: () => {
        stopLooking();
        remove();
        talk.onClosed();
      },
    });
    const isWithin = (length: number): boolean => {
      heardAtMs = systemClock.nowMs();
      if (budget.take(length)) return true;
      line.close(CLOSE.refused, 'More messages than a conversation has.');
      return false;
    };
    const view = new SocketView(line);
    const connectedAt = new Date();
    const remove = this.sockets.add(owner, {
      ...{ sessionId, mode, connectedAt, callId: session.callId },
      close: (code, reason) => line.close(code, reason),
    });
    const stopLooking = every(this.idleMs / IDLE_LOOKS, () => {
      if (systemClock.nowMs() - heardAtMs > this.idleMs) line.close(CLOSE.refused, 'Nothing was sent for too long.');
    });
    view.send({
      type: 'connection_established',
      ...{ session_id: sessionId, mode, timestamp: connectedAt.toISOString(), ...session.facts },
    });
    const talk = session.open(view);
  }

  private async admit({ request, params, url }: Upgrade): Promise<void> {
    const owner = await this.callers.ownerOf(request, url);
    this.drain.refuseNewWork();
    const sessionId = params['session_id'] ?? '';
    if (!SESSION_ID.test(sessionId)) throw new InvalidVoiceSessionId();
    const mode = modeOf(url.searchParams.get('mode'));
    const giveBack = this.sockets.expect(owner);
    try {
      const session = await this[mode].admit({ owner, sessionId, query: url.searchParams });
      const vanished = (): void => {
        giveBack();
        session.abandon();
      };
      const arrived = (): void => {
        giveBack();
        request.socket.off('close', vanished);
      };
      this.admitted.set(request, { owner, sessionId, mode, session, arrived });
      if (request.socket.destroyed) vanished();
      else request.socket.once('close', vanished);
    } catch (error) {
      giveBack();
      throw error;
    }
  }
}

/** What a session may do with its socket. */
class SocketView implements VoiceSocket {
  constructor(private readonly line: LineSocket) {}

  get bufferedAmount(): number {
    return this.line.bufferedAmount;
  }

  send(message: { type: string } & Record<string, unknown>): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    if (this.isRead()) this.line.send(text);
  }

  sendBinary(bytes: Buffer): void {
    if (this.isRead()) this.line.sendBinary(bytes);
  }

  refuse(code: string, message: string): void {
    this.send({ type: 'error', ...{ code, message } });
  }

  close(code: number, reason: string): void {
    this.line.close(code, reason);
  }

  private isRead(): boolean {
    if (this.line.bufferedAmount <= MAX_UNREAD_BYTES) return true;
    this.line.close(CLOSE.refused, 'What was sent was not read in time.');
    return false;
  }
}

function modeOf(mode: string | null): 'realtime' | 'messages' {
  if (mode === 'realtime') return mode;
  if (mode === null || mode === 'messages') return 'messages';
  throw new UnknownVoiceMode();
}

function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}
