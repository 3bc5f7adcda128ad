import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { ClientOptions, WebSocket } from 'ws';
import { api, SignedUp } from './api';
import type { StartedApp } from './app';
import type { TestSandbox } from './sandbox';

export type SocketMessage = { type: string } & Record<string, unknown>;

/** PCM16, 24 kHz, mono. */
export const BYTES_PER_MS = 48;
/** How often the microphone brings audio, as browsers do it in pieces of this size. */
const PIECE_MS = 40;

export interface OpenOptions {
  sessionId?: string;
  /** Beside `mode=realtime`. */
  query?: Record<string, string>;
  /** Instead of the access token in a header. */
  ticket?: string;
  socket?: ClientOptions;
}

export function socketUrl(server: StartedApp, sessionId: string, query: Record<string, string>): string {
  const parameters = new URLSearchParams(query).toString();
  return `${server.url.replace('http', 'ws')}/ws/voice-agent/${sessionId}?${parameters}`;
}

let opened = 0;

/** A browser that talks to an agent: it plays what it is sent in its time, and its microphone is on. */
export class TestBrowser {
  readonly messages: SocketMessage[] = [];
  /** All audio that came, and that of it which was played to its end. */
  receivedMs = 0;
  playedMs = 0;
  closed: { code: number; reason: string } | undefined;
  readonly sessionId: string;
  private readonly waiting = new Set<() => void>();
  /** What is yet to be played, in the order in which it came. */
  private queue: ({ ms: number } | { mark: string })[] = [];
  private playingUntilMs = 0;
  private playTimer: NodeJS.Timeout | undefined;
  private speech: Buffer = Buffer.alloc(0);
  private microphone: NodeJS.Timeout | undefined;
  private sentMs = 0;

  private constructor(
    readonly socket: WebSocket,
    sessionId: string,
  ) {
    this.sessionId = sessionId;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.enqueue(data);
      else this.told(JSON.parse(data.toString('utf8')) as SocketMessage);
      this.wake();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString('utf8') };
      this.stop();
      this.wake();
    });
    socket.on('error', () => undefined);
  }

  static async open(server: StartedApp, user: SignedUp, options: OpenOptions = {}): Promise<TestBrowser> {
    const { sessionId = `session-${++opened}`, query = {}, ticket, socket: socketOptions } = options;
    const url = socketUrl(server, sessionId, {
      mode: 'realtime',
      ...query,
      ...(ticket === undefined ? {} : { ticket }),
    });
    const headers: Record<string, string> = ticket === undefined ? { authorization: `Bearer ${user.token}` } : {};
    const socket = new WebSocket(url, { ...socketOptions, headers });
    const browser = new TestBrowser(socket, sessionId);
    await once(socket, 'open');
    return browser;
  }

  /** The HTTP answer to an upgrade that is refused. */
  static async refused(
    url: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; code: string; detail: string }> {
    const socket = new WebSocket(url, { headers });
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    let text = '';
    for await (const piece of response) text += String(piece);
    socket.on('error', () => undefined).terminate();
    const { code, detail } = JSON.parse(text) as { code: string; detail: string };
    return { status: response.statusCode ?? 0, code, detail };
  }

  get callId(): string {
    return String(this.of('connection_established')[0]?.['call_id']);
  }

  of(type: string): SocketMessage[] {
    return this.messages.filter((message) => message.type === type);
  }

  /** The newest text of each turn of the agent, and of the customer. */
  get said(): string[] {
    return this.turnsOf('conversation_response');
  }

  get heard(): string[] {
    return this.turnsOf('transcription');
  }

  private turnsOf(type: string): string[] {
    return [...new Map(this.of(type).map(({ sequence, text }) => [sequence, String(text)])).values()];
  }

  /** Nothing is being played. */
  get isQuiet(): boolean {
    return this.queue.length === 0;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** From now on audio is sent all the time: what is {@link say said}, or silence. */
  turnOnMicrophone(): this {
    const since = performance.now();
    this.microphone = setInterval(() => {
      while (this.sentMs + PIECE_MS <= performance.now() - since) this.sendPiece();
    }, PIECE_MS);
    return this;
  }

  /** Says this, after what it is saying. */
  say(pcm: Buffer): void {
    this.speech = Buffer.concat([this.speech, pcm]);
  }

  /** Waits for something that `look` finds. */
  async until<T>(look: () => T | undefined | false, what: string, withinMs = 20_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(check);
        const seen = JSON.stringify({ messages: this.messages, receivedMs: this.receivedMs, closed: this.closed });
        reject(new Error(`Waited ${withinMs} ms for ${what}, and saw: ${seen}`));
      }, withinMs);
      const check = (): void => {
        const found = look();
        if (found === undefined || found === false) return;
        clearTimeout(timer);
        this.waiting.delete(check);
        resolve(found);
      };
      this.waiting.add(check);
      check();
    });
  }

  /** A message of that type, the `n`th. */
  message(type: string, n = 1): Promise<SocketMessage> {
    return this.until(() => this.of(type)[n - 1], `message ${n} of type ${type}`);
  }

  /** `1000 The call is over.` */
  async closing(withinMs?: number): Promise<string> {
    const { code, reason } = await this.until(() => this.closed, 'the end of the socket', withinMs);
    return `${code} ${reason}`;
  }

  close(): void {
    this.stop();
    this.socket.close(1000);
  }

  private sendPiece(): void {
    const bytes = PIECE_MS * BYTES_PER_MS;
    const piece = Buffer.alloc(bytes);
    this.speech.copy(piece, 0, 0, bytes);
    this.speech = this.speech.subarray(Math.min(bytes, this.speech.length));
    this.sentMs += PIECE_MS;
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(piece);
  }

  private enqueue(pcm: Buffer): void {
    const ms = pcm.length / BYTES_PER_MS;
    this.receivedMs += ms;
    this.queue.push({ ms });
    this.play();
  }

  private told(message: SocketMessage): void {
    this.messages.push(message);
    if (message.type === 'mark') {
      this.queue.push({ mark: String(message['name']) });
      this.play();
    } else if (message.type === 'clear') {
      this.queue = [];
      clearTimeout(this.playTimer);
      this.playTimer = undefined;
    }
  }

  private play(): void {
    if (this.playTimer !== undefined) return;
    for (let next = this.queue[0]; next !== undefined; next = this.queue[0]) {
      if ('mark' in next) {
        this.send({ type: 'mark', name: next.mark });
        this.queue.shift();
        continue;
      }
      const { ms } = next;
      const now = performance.now();
      this.playingUntilMs = Math.max(now, this.playingUntilMs) + ms;
      this.playTimer = setTimeout(() => {
        this.playTimer = undefined;
        this.queue.shift();
        this.playedMs += ms;
        this.play();
        this.wake();
      }, this.playingUntilMs - now);
      return;
    }
  }

  private stop(): void {
    clearInterval(this.microphone);
    clearTimeout(this.playTimer);
    this.queue = [];
  }

  private wake(): void {
    for (const check of [...this.waiting]) check();
  }
}

/** Speech that the sandbox's model understands, as a microphone would bring it. */
export async function spoken(sandbox: TestSandbox, text: string): Promise<Buffer> {
  const response = await fetch(`${sandbox.env['OPENAI_BASE_URL']}/audio/speech`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.env['OPENAI_API_KEY']}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-mini-tts', input: text, voice: 'echo', response_format: 'pcm' }),
  });
  if (!response.ok) throw new Error(await response.text());
  return Buffer.from(await response.arrayBuffer());
}

export async function aTicket(server: StartedApp, user: SignedUp): Promise<string> {
  const { body } = await api(server.url).post<{ ticket: string }>('/auth/ws-ticket', {}, { token: user.token });
  return body.ticket;
}
