import { AppError } from '../../common/app-error';
import type { BridgeSocket } from '../../media/sockets';

/** What happens on a model's socket. Called synchronously and in order: exactly one of the first two comes first. */
export interface RealtimeModelListener {
  /** The socket is open; the session is not configured yet, which is the bridge's first word on it. */
  onOpen(socket: BridgeSocket): void;
  /** The provider could not be reached or refused the connection; nothing more will come. */
  onUnavailable(error: ModelUnavailable): void;
  onMessage(text: string): void;
  /** Once, however an open socket ended. */
  onClosed(code: number, reason: string): void;
}

/**
 * A speech-to-speech model behind a WebSocket that speaks the OpenAI Realtime protocol (media/openai-events.ts is its
 * codec). One connection is one session, and one session is one call.
 */
export abstract class RealtimeModel {
  abstract open(listener: RealtimeModelListener): void;
}

export class ModelUnavailable extends AppError {
  constructor(detail: string, cause?: unknown) {
    super('unavailable', 'model.unavailable', detail, { retryAfterSeconds: 30, cause });
  }
}
