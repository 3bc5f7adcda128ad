import { Inject, Injectable } from '@nestjs/common';
import { RawData, WebSocket } from 'ws';
import type { AppConfig } from '../../../config/app-config';
import { APP_CONFIG } from '../../../config/config.module';
import type { BridgeSocket, ModelListener } from '../../../media/sockets';
import { RealtimeModel } from '../realtime-model';

/** Opening a socket takes a round trip or two; a provider that needs longer than this is as good as down. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** The largest event the protocol knows is an audio delta; the API's own limit on an event is 15 MiB. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

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
    });
    let state: 'opening' | 'open' | 'over' = 'opening';
    const unavailable = (detail: string, isFinal = false) => {
      if (state !== 'opening') return;
      state = 'over';
      listener.onUnavailable({ detail, isFinal });
    };
    socket.on('open', () => {
      state = 'open';
      listener.onOpen(socket as BridgeSocket);
    });
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (!isBinary) listener.onMessage(asText(data));
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      const status = response.statusCode ?? 0;
      unavailable(`OpenAI refused the realtime session with HTTP ${status}.`, status === 401 || status === 403);
    });
    socket.on('error', (error) => unavailable(`OpenAI cannot be reached at the moment: ${error.message}`));
    socket.on('close', (code, reason) => {
      if (state === 'open') {
        state = 'over';
        listener.onClosed(code, reason.toString());
      } else {
        unavailable('OpenAI closed the realtime session while it was being opened.');
      }
    });
  }
}

function asText(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data).toString('utf8');
}
