import type { IncomingMessage } from 'node:http';
import { Inject, Logger } from '@nestjs/common';
import { OnGatewayConnection, OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { RawData, WebSocket } from 'ws';
import { AppError } from '../common/app-error';
import { GatedWebSocketServer, Upgrade } from '../common/gated-ws.adapter';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Telephony } from '../integrations/telephony/telephony';
import { CarrierFrame, parseCarrierFrame } from '../media/twilio-frames';
import { CLOSE_OUR_FAULT, CLOSE_REFUSED, Conversation } from './conversation';
import { LiveConversations } from './live-conversations';
import { systemClock } from './system-clock';

/** Twilio's frames are about 400 bytes; its reference servers cap them here (reference/twilio.md section 6). */
const MAX_FRAME_BYTES = 64 * 1024;
/** Twilio sends `connected` and `start` at once; a socket that has not named its call by then is none of ours. */
const START_LIMIT_MS = 10_000;
/** Frames that may come while the call is looked up: ten seconds of them. */
const MAX_WAITING_FRAMES = 500;
const CLOSE_UNSUPPORTED_DATA = 1003;

type StreamStart = Extract<CarrierFrame, { event: 'start' }>;

/**
 * The door for Twilio's media sockets. A handshake needs Twilio's signature, and the stream the single-use token that
 * our TwiML gave to its call. The path's scenario is for people who read logs: the call decides what runs.
 */
@WebSocketGateway({ path: '/media-stream, /media-stream/{scenario}', maxPayload: MAX_FRAME_BYTES })
export class MediaStreamGateway implements OnGatewayInit<GatedWebSocketServer>, OnGatewayConnection<WebSocket> {
  private readonly log = new Logger(MediaStreamGateway.name);

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly telephony: Telephony,
    private readonly conversations: LiveConversations,
  ) {}

  afterInit(server: GatedWebSocketServer): void {
    server.gate = (upgrade) => this.requireSignature(upgrade);
  }

  handleConnection(socket: WebSocket, _request: IncomingMessage): void {
    let conversation: Conversation | undefined;
    let isStarted = false;
    const waiting: string[] = [];

    const cancelStartLimit = systemClock.after(START_LIMIT_MS, () => {
      if (!isStarted) socket.close(CLOSE_REFUSED, 'The stream did not start in time.');
    });

    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary) {
        socket.close(CLOSE_UNSUPPORTED_DATA, 'Only text frames are understood here.');
        return;
      }
      const text = asText(data);
      if (conversation !== undefined) {
        conversation.onCarrierMessage(text);
      } else if (isStarted) {
        if (waiting.push(text) > MAX_WAITING_FRAMES)
          socket.close(CLOSE_OUR_FAULT, 'The call could not be set up in time.');
      } else {
        const frame = parseCarrierFrame(text);
        if (frame?.event === 'connected') return;
        if (frame?.event !== 'start') {
          socket.close(CLOSE_REFUSED, 'The stream did not start as a media stream does.');
          return;
        }
        isStarted = true;
        cancelStartLimit();
        this.join(socket, frame, waiting).then(
          (joined) => (conversation = joined),
          (error: unknown) => {
            this.log.error({ msg: 'A media stream could not be joined to its call', err: error });
            socket.close(CLOSE_OUR_FAULT, 'The call could not be set up.');
          },
        );
      }
    });
    socket.on('close', (code) => {
      cancelStartLimit();
      conversation?.onCarrierClosed(code);
    });
  }

  private requireSignature({ request, url }: Upgrade): void {
    const signature = request.headers['x-twilio-signature'];
    const signedUrl = this.config.publicUrl.replace(/^http/, 'ws') + url.pathname + url.search;
    if (typeof signature !== 'string' || !this.telephony.verifyStreamHandshake(signedUrl, signature)) {
      throw new AppError('forbidden', 'webhook.bad_signature', 'The signature of this request is missing or wrong.');
    }
  }

  private async join(socket: WebSocket, start: StreamStart, waiting: string[]): Promise<Conversation | undefined> {
    const { call_id: callId = '', token = '' } = start.customParameters;
    const conversation = await this.conversations.join(callId, token, start.callSid);
    if (conversation === null || conversation.hasCarrier) {
      this.log.warn({ msg: 'A media stream without a valid token was refused' });
      socket.close(CLOSE_REFUSED, 'The stream token is not valid.');
      return undefined;
    }
    conversation.attach(socket, start, waiting.splice(0));
    if (socket.readyState !== socket.OPEN) conversation.onCarrierClosed(CLOSE_OUR_FAULT);
    return conversation;
  }
}

function asText(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data).toString('utf8');
}
