import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { BYTES_PER_MS, FRAME_BYTES, SILENCE_BYTE } from '../../../media/g711';
import { FaultBox, type FaultOrder } from '../../faults';
import { VoiceBox } from '../../speech/voice-box';
import { createOpenAi, type OpenAiSimulator } from '../openai';

export interface WireEvent {
  type: string;
  [member: string]: unknown;
}

export const INSTRUCTIONS =
  'You are Mary from Acme. Ask whether they want a new battery. The battery costs 49 dollars.';
export const PCMU = {
  input: { format: { type: 'audio/pcmu' }, transcription: { model: 'gpt-transcribe' } },
  output: { format: { type: 'audio/pcmu' }, voice: 'alloy' },
};

const KEY = 'sk-sandbox';
const THINKING_MS = 5;

/** A client that keeps every event and waits for the next one of a kind. */
export class Client {
  readonly events: WireEvent[] = [];
  closed: { code: number; reason: string } | undefined;
  private seen = 0;
  private readonly waiting = new Set<() => void>();

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.events.push(JSON.parse((data as Buffer).toString('utf8')) as WireEvent);
      this.wake();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString('utf8') };
      this.wake();
    });
    socket.on('error', () => this.wake());
  }

  send(event: unknown): void {
    this.socket.send(JSON.stringify(event));
  }

  /** The next event of that type after the last one that was waited for. */
  async next(type: string): Promise<WireEvent> {
    const found = await this.until(() => {
      const index = this.events.findIndex((event, i) => i >= this.seen && event.type === type);
      if (index >= 0) this.seen = index + 1;
      return index >= 0 ? this.events[index] : undefined;
    });
    return found;
  }

  /** The first event of that type, whatever was waited for before. */
  first(type: string): Promise<WireEvent> {
    return this.until(() => this.events.find((event) => event.type === type));
  }

  async error(): Promise<Record<string, unknown>> {
    return (await this.next('error'))['error'] as Record<string, unknown>;
  }

  closing(): Promise<{ code: number; reason: string }> {
    return this.until(() => this.closed);
  }

  hear(audio: Buffer, frameBytes = FRAME_BYTES): void {
    for (let at = 0; at < audio.length; at += frameBytes) {
      this.send({ type: 'input_audio_buffer.append', audio: audio.subarray(at, at + frameBytes).toString('base64') });
    }
  }

  /** All audio of one response. */
  audioOf(responseId: string): Buffer {
    return Buffer.concat(
      this.events
        .filter((event) => event.type === 'response.output_audio.delta' && event['response_id'] === responseId)
        .map((event) => Buffer.from(event['delta'] as string, 'base64')),
    );
  }

  types(): string[] {
    return this.events.map((event) => event.type);
  }

  private until<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const check = () => {
        const found = look();
        if (found === undefined) return;
        this.waiting.delete(check);
        resolve(found);
      };
      this.waiting.add(check);
      check();
    });
  }

  private wake(): void {
    for (const check of [...this.waiting]) check();
  }
}

export interface FixtureOptions {
  sessionLimitMs?: number;
  speedup?: number;
}

/** The simulated provider behind a server of its own, and its clients. */
export class RealtimeFixture {
  readonly faults = new FaultBox();
  openai!: OpenAiSimulator;
  private server!: Server;
  private readonly clients: Client[] = [];

  private constructor(readonly voices: VoiceBox) {}

  static async create(): Promise<RealtimeFixture> {
    return new RealtimeFixture(await VoiceBox.start());
  }

  async start({ sessionLimitMs, speedup = 60 }: FixtureOptions = {}): Promise<void> {
    const { voices, faults } = this;
    faults.clear();
    const openai = createOpenAi({
      apiKey: KEY,
      voices,
      faults,
      log: () => undefined,
      sessionLimitMs,
      pace: { thinkingMs: THINKING_MS, speedup },
    });
    this.openai = openai;
    faults.whenArmed((fault) => openai.strikeOpen(fault));
    this.server = createServer();
    this.server.on('upgrade', (req, socket, head) => openai.handleUpgrade(req, socket, head));
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    for (const { socket } of this.clients.splice(0)) socket.terminate();
    await this.openai.close();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async restart(options: FixtureOptions): Promise<void> {
    await this.stop();
    await this.start(options);
  }

  arm(fault: string, order: Omit<FaultOrder, 'provider' | 'fault'> = {}): void {
    this.faults.arm({ provider: 'openai', fault, ...order });
  }

  connect(query = '?model=gpt-realtime-2.1', headers: Record<string, string> = {}): Client {
    const { port } = this.server.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/realtime${query}`, {
      headers: { Authorization: `Bearer ${KEY}`, ...headers },
    });
    const client = new Client(socket);
    this.clients.push(client);
    return client;
  }

  /** A configured telephone session. */
  async session(config: Record<string, unknown> = {}): Promise<Client> {
    const client = this.connect();
    await client.next('session.created');
    const session = { type: 'realtime', instructions: INSTRUCTIONS, audio: PCMU, ...config };
    client.send({ type: 'session.update', session });
    await client.next('session.updated');
    return client;
  }

  /** The person says something, with silence around it. */
  async say(client: Client, text: string): Promise<void> {
    const { mulaw } = await this.voices.speak(text, 'person');
    client.hear(Buffer.concat([silence(400), mulaw, silence(700)]));
  }
}

export function silence(ms: number): Buffer {
  return Buffer.alloc(ms * BYTES_PER_MS, SILENCE_BYTE);
}

export function responseIn(event: WireEvent): Record<string, unknown> & { id: string; output: WireEvent[] } {
  return event['response'] as Record<string, unknown> & { id: string; output: WireEvent[] };
}
