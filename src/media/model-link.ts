import type { CancelTimer, Clock } from './clock';
import { sessionUpdate } from './openai-commands';
import type { TurnDetection } from './turn-detection';
import { parseModelEvent } from './openai-events';
import type { CallPlan } from './call-plan';
import type { BridgeSocket, ModelDialler, ModelListener } from './sockets';

/** Opening and configuring a session takes some hundred milliseconds; one that needs longer than this is as good as none. */
export const LINK_LIMIT_MS = 5000;
/** RFC 6455: going away. */
const GOING_AWAY = 1001;
const CONFIGURATION_ID = 'session_1';
/** The server's close code for a key that is wrong (reference/openai-realtime.md section 7): asking again is no use. */
const FINAL_CLOSE_CODE = 3000;
/** Errors of the moment. Any other says that our configuration is wrong, and it would be the same again. */
const PASSING_ERRORS = new Set(['server_error', 'rate_limit_exceeded', 'session_expired']);

export interface ModelLinkEvents {
  /** The session is ours: configured and ready for audio. */
  onReady(link: ModelLink): void;
  /** It never became ready. `isFinal`: another one would not either. */
  onFailed(link: ModelLink, failure: LinkFailure): void;
  /** A message of a session that is ready. */
  onMessage(link: ModelLink, text: string): void;
  /** A session that was ready is gone. */
  onClosed(link: ModelLink, failure: LinkFailure): void;
}

export interface LinkFailure {
  /** For the log; the server's words about the protocol, never speech. */
  detail: string;
  isFinal: boolean;
}

/** One connection to the model: opens it, configures its session, and passes on what it says from then on. */
export class ModelLink implements ModelListener {
  /** What the server does by itself, as it has confirmed it. */
  detection: TurnDetection;
  /** When the server will end the session, on the call's clock; null when it did not say. */
  endsAtMs: number | null = null;
  socket: BridgeSocket | null = null;

  private state: 'opening' | 'ready' | 'over' = 'opening';
  private isAsked = false;
  private limit: CancelTimer | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly plan: CallPlan,
    detection: TurnDetection,
    private readonly events: ModelLinkEvents,
  ) {
    this.detection = detection;
  }

  open(dialler: ModelDialler): void {
    this.limit = this.clock.after(LINK_LIMIT_MS, () => this.fail('The session was not configured in time.', false));
    dialler.open(this);
  }

  onOpen(socket: BridgeSocket): void {
    this.socket = socket;
    if (this.state === 'over') socket.close(GOING_AWAY, 'no longer needed');
  }

  onUnavailable({ detail, isFinal }: LinkFailure): void {
    this.fail(detail, isFinal);
  }

  onMessage(text: string): void {
    if (this.state === 'ready') this.events.onMessage(this, text);
    else if (this.state === 'opening') this.configure(text);
  }

  onClosed(code: number, reason: string): void {
    const detail = `${code} ${reason}`.trim();
    if (this.state === 'opening') this.fail(detail, code === FINAL_CLOSE_CODE);
    else if (this.state === 'ready') {
      this.state = 'over';
      this.events.onClosed(this, { detail, isFinal: code === FINAL_CLOSE_CODE });
    }
  }

  /** Done with it: nothing of it is passed on any more. */
  close(code: number, reason: string): void {
    this.state = 'over';
    this.stopLimit();
    this.socket?.close(code, reason);
  }

  private configure(text: string): void {
    const event = parseModelEvent(text);
    switch (event?.type) {
      case 'session.created':
        if (this.isAsked) return;
        this.isAsked = true;
        this.endsAt(event.expiresAtMs);
        this.socket?.send(sessionUpdate(CONFIGURATION_ID, this.plan, this.detection));
        return;
      case 'session.updated':
        this.endsAt(event.expiresAtMs);
        if (event.createsResponses !== null) {
          this.detection = { ...this.detection, createResponse: event.createsResponses };
        }
        this.state = 'ready';
        this.stopLimit();
        this.events.onReady(this);
        return;
      case 'error':
        // Nothing else was sent, so whatever is wrong is wrong with this session.
        this.fail(event.code, !PASSING_ERRORS.has(event.code));
        return;
      default:
        return;
    }
  }

  /** The server's time of day, on the call's clock. */
  private endsAt(epochMs: number | null): void {
    if (epochMs !== null) this.endsAtMs = this.clock.nowMs() + epochMs - this.clock.epochMs();
  }

  private fail(detail: string, isFinal: boolean): void {
    if (this.state !== 'opening') return;
    this.close(GOING_AWAY, 'no longer needed');
    this.events.onFailed(this, { detail, isFinal });
  }

  private stopLimit(): void {
    this.limit?.();
    this.limit = null;
  }
}
