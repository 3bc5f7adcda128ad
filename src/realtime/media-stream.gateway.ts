import type { IncomingMessage } from 'node:http';
import { Inject, Logger } from '@nestjs/common';
import { OnGatewayConnection, OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { WebSocket } from 'ws';
import { AppError } from '../common/app-error';
import { GatedGatewayOptions, GatedWebSocketServer, Upgrade } from '../common/gated-ws.adapter';
import { LineSocket } from '../common/line-socket';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Telephony } from '../integrations/telephony/telephony';
import { CarrierFrame, parseCarrierFrame } from '../media/twilio-frames';
import { CLOSE_OUR_FAULT, CLOSE_REFUSED, Conversation } from './conversation';
import { LiveConversations } from './live-conversations';
import { MessageBudget } from './message-budget';
import { systemClock } from './system-clock';

/** Twilio's frames are about 400 bytes; its reference servers cap them here (reference/twilio.md section 6). */
const MAX_FRAME_BYTES = 64 * 1024;
/** Twilio sends `connected` and `start` at once; a socket that has not named its call by then is none of ours. */
const START_LIMIT_MS = 10_000;
/** Frames that may come while the call is looked up: ten seconds of them. */
const MAX_WAITING_FRAMES = 500;
const CLOSE_INVALID_DATA = 1007;

const OPTIONS: GatedGatewayOptions = {
  path: '/media-stream, /media-stream/{scenario}',
  maxPayload: MAX_FRAME_BYTES,
  // Twilio sends each message in one piece.
  maxFragments: 1,
};

type StreamStart = Extract<CarrierFrame, { event: 'start' }>;

/**
 * The door for Twilio's media sockets. A handshake needs Twilio's signature, and the stream the single-use token that
 * our TwiML gave to its call. The path's scenario is for people who read logs: the call decides what runs.
 */
@WebSocketGateway(OPTIONS)
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

  handleConnection(socket: WebSocket, request: IncomingMessage): void {
    let conversation: Conversation | undefined;
    let isStarted = false;
    let isGone = false;
    const waiting: string[] = [];
    const budget = new MessageBudget(systemClock);

    const cancelStartLimit = systemClock.after(START_LIMIT_MS, () => {
      if (!isStarted) line.close(CLOSE_REFUSED, 'The stream did not start in time.');
    });

    const line = new LineSocket(socket, request.socket, {
      onText: (text) => {
        if (!budget.take(text.length)) line.close(CLOSE_REFUSED, 'More messages than a phone call has.');
        else if (conversation !== undefined) {
          if (!conversation.onCarrierMessage(text)) {
            line.close(CLOSE_INVALID_DATA, 'A message is none of a media stream.');
          }
        } else if (isStarted) {
          if (waiting.push(text) > MAX_WAITING_FRAMES)
            line.close(CLOSE_OUR_FAULT, 'The call could not be set up in time.');
        } else if (!isConnected(text)) {
          const frame = parseCarrierFrame(text);
          if (frame?.event !== 'start') {
            line.close(CLOSE_REFUSED, 'The stream did not start as a media stream does.');
            return;
          }
          isStarted = true;
          cancelStartLimit();
          this.join(line, frame, waiting).then(
            (joined) => {
              conversation = joined;
              if (isGone) joined?.onCarrierClosed(CLOSE_OUR_FAULT);
            },
            (error: unknown) => {
              this.log.error({ msg: 'A media stream could not be joined to its call', err: error });
              line.close(CLOSE_OUR_FAULT, 'The call could not be set up.');
            },
          );
        }
      },
      onClosed: (code) => {
        isGone = true;
        cancelStartLimit();
        conversation?.onCarrierClosed(code);
      },
    });
  }

  private requireSignature({ request, url }: Upgrade): void {
    const signature = request.headers['x-twilio-signature'];
    const signedUrl = this.config.publicUrl.replace(/^http/, 'ws') + url.pathname + url.search;
    if (typeof signature !== 'string' || !this.telephony.verifyStreamHandshake(signedUrl, signature)) {
      throw new AppError('forbidden', 'webhook.bad_signature', 'The signature of this request is missing or wrong.');
    }
  }

  private async join(line: LineSocket, start: StreamStart, waiting: string[]): Promise<Conversation | undefined> {
    const { call_id: callId = '', token = '' } = start.customParameters;
    const conversation = await this.conversations.join(callId, token, start.callSid);
    if (conversation === null || conversation.hasCarrier) {
      this.log.warn({ msg: 'A media stream without a valid token was refused' });
      line.close(CLOSE_REFUSED, 'The stream token is not valid.');
      return undefined;
    }
    if (!conversation.attach(line, start, waiting.splice(0))) {
      line.close(CLOSE_INVALID_DATA, 'A message is none of a media stream.');
    }
    return conversation;
  }
}

function isConnected(text: string): boolean {
  return parseCarrierFrame(text)?.event === 'connected';
}
