import { WebSocket } from 'ws';
import { SpeechError } from '../speech-error';
import {
  eventToSpeechError,
  OpenAiEventError,
  statusToSpeechError,
  TOO_SLOW,
  unreachable,
} from './openai-speech-errors';

/** An event of the Realtime protocol, as far as speech needs to know it. */
export interface SpeechEvent {
  type: string;
  /** Base64, or words, by the type. */
  delta?: string;
  response?: { status?: string; status_details?: { reason?: string; error?: OpenAiEventError | null } | null };
  error?: OpenAiEventError;
}

/** A delta of audio has some 10 KB. */
const MAX_EVENT_BYTES = 1024 * 1024;
/** Events that nobody has read: above the first the other end has to wait, until there are no more than the second. */
const PAUSE_ABOVE = 64;
const RESUME_BELOW = 16;
const NORMAL_CLOSURE = 1000;

/**
 * The events of one Realtime session, read one at a time. Whoever does not read holds the sender up; whatever ends the session
 * comes as an error, once what came before it was read.
 */
export class EventLine {
  private readonly events: SpeechEvent[] = [];
  private failure: SpeechError | undefined;
  private wake: (() => void) | undefined;

  private constructor(
    private readonly socket: WebSocket,
    private readonly timeoutMs: number,
  ) {
    socket.on('message', (data, isBinary) => {
      if (isBinary) return;
      // What a `ws` socket hands on as text is one Buffer.
      this.take((data as Buffer).toString('utf8'));
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      this.fail(statusToSpeechError(response.statusCode ?? 0, response.headers['retry-after']));
    });
    socket.on('error', (error) => this.fail(unreachable(error)));
    socket.on('close', (code) => this.fail(unreachable(`closed with ${code}`)));
  }

  /** What is sent before the socket is open waits for that. */
  static open(url: string, headers: Record<string, string>, timeoutMs: number): EventLine {
    const socket = new WebSocket(url, {
      headers,
      handshakeTimeout: timeoutMs,
      maxPayload: MAX_EVENT_BYTES,
      perMessageDeflate: false,
    });
    return new EventLine(socket, timeoutMs);
  }

  send(...events: Record<string, unknown>[]): void {
    const write = () => {
      for (const event of events) this.socket.send(JSON.stringify(event));
    };
    if (this.socket.readyState === WebSocket.CONNECTING) this.socket.once('open', write);
    else if (this.socket.readyState === WebSocket.OPEN) write();
  }

  /** @throws SpeechError where the session is over, tells of an error, or says nothing for too long */
  async next(): Promise<SpeechEvent> {
    if (this.events.length === 0 && this.failure === undefined) await this.somethingToRead();
    const event = this.events.shift();
    if (event === undefined) throw this.failure ?? unreachable('nothing came');
    if (this.events.length < RESUME_BELOW) this.socket.resume();
    if (event.type === 'error') throw eventToSpeechError(event.error ?? {});
    return event;
  }

  close(): void {
    this.fail(unreachable('given up'));
    if (this.socket.readyState === WebSocket.OPEN) this.socket.close(NORMAL_CLOSURE);
    else this.socket.terminate();
    // A paused socket would not see the other end's goodbye.
    this.socket.resume();
  }

  /** Ends it now, whatever is under way: the provider stops for a session that is gone. */
  abandon(): void {
    this.fail(unreachable('given up'));
    this.socket.terminate();
  }

  private somethingToRead(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.fail(new SpeechError(TOO_SLOW, 'moment')), this.timeoutMs);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
    });
  }

  private take(text: string): void {
    const event = eventOf(text);
    if (event === undefined) {
      this.fail(unreachable('an event that is none'));
      return;
    }
    this.events.push(event);
    if (this.events.length > PAUSE_ABOVE) this.socket.pause();
    this.wake?.();
  }

  /** What ends it first is told. */
  private fail(failure: SpeechError): void {
    this.failure ??= failure;
    this.wake?.();
  }
}

function eventOf(text: string): SpeechEvent | undefined {
  try {
    const event: unknown = JSON.parse(text);
    return typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string'
      ? (event as SpeechEvent)
      : undefined;
  } catch {
    return undefined;
  }
}
