import type { Duplex } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { WebSocket } from 'ws';
import { LineSocket } from '../../../common/line-socket';
import type { AppConfig } from '../../../config/app-config';
import { APP_CONFIG } from '../../../config/config.module';
import type { ModelListener } from '../../../media/sockets';
import { RealtimeModel } from '../realtime-model';

/** Opening a socket takes a round trip or three; somebody is on the phone meanwhile. */
const HANDSHAKE_TIMEOUT_MS = 4000;
/** An audio delta has some KB, an echo of a session with its tools some ten; it bounds what a call may take. */
const MAX_EVENT_BYTES = 256 * 1024;
/** A session that has died is replaced while somebody waits, so it is noticed within 6 s. */
const LOOK_MS = 2000;
/** The key is wrong, or may not do this. */
const FINAL_STATUSES = new Set([401, 403]);

/**
 * OpenAI Realtime, GA protocol, over a plain `ws` socket: the SDK's class forces `wss:` and parses every event, which the
 * hot path must not. The header `OpenAI-Beta` is not sent; the GA endpoint refuses it.
 */
@Injectable()
export class OpenAiRealtimeModel extends RealtimeModel {
  private readonly url: string;
  private readonly headers: Record<string, string>;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    super();
    const url = new URL(config.openai.realtimeUrl);
    url.searchParams.set('model', config.openai.realtimeModel);
    this.url = url.href;
    this.headers = { Authorization: `Bearer ${config.openai.apiKey}` };
  }

  override open(listener: ModelListener): void {
    const socket = new WebSocket(this.url, {
      headers: this.headers,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxPayload: MAX_EVENT_BYTES,
      perMessageDeflate: false,
      // A server that we chose and dialled: what it sends is looked at where it matters.
      skipUTF8Validation: true,
    });
    let transport: Duplex | undefined;
    let isOpen = false;
    let isOver = false;
    const unavailable = (detail: string, isFinal = false): void => {
      if (isOpen || isOver) return;
      isOver = true;
      listener.onUnavailable({ detail, isFinal });
    };
    socket.on('upgrade', (response) => (transport = response.socket));
    socket.on('open', () => {
      if (transport === undefined) {
        socket.terminate();
        return;
      }
      isOpen = true;
      listener.onOpen(
        new LineSocket(
          socket,
          transport,
          {
            onText: (text) => listener.onMessage(text),
            onClosed: (code, reason) => listener.onClosed(code, reason),
          },
          { lookMs: LOOK_MS },
        ),
      );
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      const status = response.statusCode ?? 0;
      unavailable(`OpenAI refused the realtime session with HTTP ${status}.`, FINAL_STATUSES.has(status));
    });
    socket.on('error', (error) => unavailable(`OpenAI cannot be reached at the moment: ${error.message}`));
    socket.on('close', () => unavailable('OpenAI closed the realtime session while it was being opened.'));
  }
}
