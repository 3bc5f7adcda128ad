import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { textFrame } from './text-frame';

/** How often a socket is looked at for signs of life. */
const LOOK_MS = 5000;
/** Looks without one after which nobody is there: a ping after the first, and two more to answer it. */
const LOOKS_UNTIL_DEAD = 3;
/** How long the other end gets to answer our close frame. */
const CLOSE_LIMIT_MS = 2000;
/** What a close frame can hold (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;
/** RFC 6455: closed without a close frame. */
const CLOSED_ABNORMALLY = 1006;
const UNSUPPORTED_DATA = 1003;

/** What is told about a socket, in order; `onClosed` once and last. */
export interface LineSocketListener {
  onText(text: string): void;
  onClosed(code: number, reason: string): void;
}

/** Timers, so that a spec can move the clock. */
export interface LineSocketTimers {
  after(ms: number, run: () => void): () => void;
}

const REAL_TIMERS: LineSocketTimers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * A WebSocket that carries a live line. Text only; what is sent in one tick goes out in one write; a peer that shows no
 * sign of life for 15 s is taken for gone; a close never waits for a peer that does not answer.
 */
export class LineSocket {
  private readonly listener: LineSocketListener;
  private readonly isClient: boolean;
  private isCorked = false;
  private isPaused = false;
  private isClosed = false;
  private hasSign = true;
  private looksWithout = 0;
  private closing: { code: number; reason: string } | null = null;
  private stopLook: () => void = () => undefined;
  private stopCloseLimit: () => void = () => undefined;
  private readonly uncork = (): void => {
    this.isCorked = false;
    this.transport.uncork();
  };

  /** `transport`: the connection under an open socket, for joining writes. */
  constructor(
    private readonly socket: WebSocket,
    private readonly transport: Duplex,
    listener: LineSocketListener,
    private readonly timers: LineSocketTimers = REAL_TIMERS,
  ) {
    this.listener = listener;
    // Only the end that dialled has an address.
    this.isClient = Boolean(socket.url);
    socket.on('message', (data: RawData, isBinary: boolean) => this.received(data, isBinary));
    const sign = (): void => {
      this.hasSign = true;
    };
    socket.on('ping', sign);
    socket.on('pong', sign);
    // `ws` closes a socket whose peer breaks the protocol, and says why by itself; its `close` follows.
    socket.on('error', () => this.limitClose());
    socket.on('close', (code: number, reason: Buffer) => this.closed(code, reason.toString()));
    this.lookLater();
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  send(text: string): void {
    if (this.closing !== null || this.socket.readyState !== this.socket.OPEN) return;
    if (!this.isCorked) {
      this.isCorked = true;
      this.transport.cork();
      process.nextTick(this.uncork);
    }
    // What `ws` would write (this socket has no extensions), but in one piece: half the work of a send is in its two.
    this.transport.write(textFrame(text, this.isClient));
  }

  pause(): void {
    // What is read from now on is the answer to our close.
    if (this.closing !== null) return;
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.hasSign = true;
    this.socket.resume();
  }

  close(code: number, reason: string): void {
    if (this.closing !== null || this.isClosed) return;
    this.closing = { code, reason };
    // A paused socket would not see the answer.
    if (this.isPaused) this.resume();
    this.socket.close(code, cut(reason));
    this.limitClose();
  }

  private received(data: RawData, isBinary: boolean): void {
    this.hasSign = true;
    // What comes after our goodbye is for nobody.
    if (this.closing !== null) return;
    if (isBinary) {
      this.close(UNSUPPORTED_DATA, 'Only text messages are understood here.');
      return;
    }
    this.listener.onText(asText(data));
  }

  private lookLater(): void {
    this.stopLook = this.timers.after(LOOK_MS, () => {
      this.look();
      if (!this.isClosed) this.lookLater();
    });
  }

  private look(): void {
    if (this.hasSign || this.isPaused) {
      this.hasSign = false;
      this.looksWithout = 0;
      return;
    }
    // A peer that has said goodbye and does not go has nothing more to say: its own code stands.
    if (this.socket.readyState !== this.socket.OPEN) {
      this.socket.terminate();
      return;
    }
    if (++this.looksWithout < LOOKS_UNTIL_DEAD) {
      this.socket.ping();
      return;
    }
    this.closing ??= { code: CLOSED_ABNORMALLY, reason: 'no sign of life' };
    this.socket.terminate();
  }

  private limitClose(): void {
    if (this.isClosed) return;
    this.stopCloseLimit();
    this.stopCloseLimit = this.timers.after(CLOSE_LIMIT_MS, () => this.socket.terminate());
  }

  private closed(code: number, reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.stopLook();
    this.stopCloseLimit();
    this.listener.onClosed(this.closing?.code ?? code, this.closing?.reason ?? reason);
  }
}

function asText(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data).toString('utf8');
}

/** As much of a reason as fits, without a torn character at its end. */
function cut(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  return bytes
    .subarray(0, MAX_REASON_BYTES)
    .toString('utf8')
    .replace(/\uFFFD$/, '');
}
