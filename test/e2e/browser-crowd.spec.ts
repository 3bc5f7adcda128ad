import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocket, WebSocketServer } from 'ws';
import { LiveConversations } from '../../src/realtime/live-conversations';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { BYTES_PER_MS, socketUrl, TestBrowser } from '../support/browser';
import type { CallBody } from '../support/live-call';
import { until } from '../support/until';

/**
 * Many browsers on one process, and one that does not read. The test plays the model, so that it costs next to nothing and
 * speaks as much as it is told to.
 */

const CROWD = 200;
const USERS = 10;
/**
 * What a socket may take, with both of its ends, the call's and the model's, which all live in this process; a frame of a
 * second that everybody has sent counts too.
 */
const PER_SOCKET_BYTES = 256 * 1024;
/** What may stay when they have gone: what is remembered of them, and what was loaded on their account. */
const LEFT_BYTES = 12 * 1024 * 1024;
const SECOND = Buffer.alloc(1000 * BYTES_PER_MS, 1);
const PIECE = Buffer.alloc(20 * BYTES_PER_MS, 1);

/** 0.4 s of audio, as the provider likes to send it. */
const DELTA = Buffer.alloc(400 * BYTES_PER_MS).toString('base64');
/** Far more than the kernel's buffers take on the way. */
const FLOOD_DELTAS = 3000;
const STUCK_LIMIT_MS = 5000;
const PATIENCE_MS = 30_000;

jest.setTimeout(PATIENCE_MS);

/** Confirms what it is sent, begins every response, and says one delta of it, or a flood. */
class Model {
  readonly server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  appendedBytes = 0;
  deltas = 1;
  deltasSent = 0;
  private responses = 0;

  constructor() {
    this.server.on('connection', (socket) => this.serve(socket));
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const client of this.server.clients) client.terminate();
    this.server.close();
  }

  private serve(socket: WebSocket): void {
    const say = (event: object) => socket.send(JSON.stringify(event));
    say({ type: 'session.created', session: {} });
    socket.on('message', (data: Buffer) => {
      const event = JSON.parse(data.toString('utf8')) as Record<string, unknown> & { type: string };
      if (event.type === 'session.update') say({ type: 'session.updated', session: event['session'] });
      else if (event.type === 'input_audio_buffer.append') {
        this.appendedBytes += Buffer.from(String(event['audio']), 'base64').length;
      } else if (event.type === 'response.create') this.respond(socket, event['response'] as object);
    });
    socket.on('error', () => undefined);
  }

  private respond(socket: WebSocket, asked: object): void {
    const id = `resp_${++this.responses}`;
    const item = { response_id: id, item_id: `item_${id}`, output_index: 0, content_index: 0 };
    socket.send(JSON.stringify({ type: 'response.created', response: { id, ...asked } }));
    let left = this.deltas;
    const next = (): void => {
      if (left-- <= 0 || socket.readyState !== WebSocket.OPEN) return;
      // As fast as it is read: what nobody reads is not made.
      socket.send(JSON.stringify({ type: 'response.output_audio.delta', ...item, delta: DELTA }), () => {
        this.deltasSent++;
        setImmediate(next);
      });
    };
    next();
  }
}

let model: Model;
let server: StartedApp;
let users: SignedUp[];

beforeAll(async () => {
  model = new Model();
  await once(model.server, 'listening');
  server = await startApp({
    env: { OPENAI_REALTIME_URL: model.url, MAX_CONCURRENT_CALLS: '100', MAX_SOCKETS_PER_USER: '100' },
  });
  users = await Promise.all(Array.from({ length: USERS }, () => signUp(server.url)));
});
afterAll(async () => {
  model.close();
  await server.close();
});
beforeEach(() => {
  model.deltas = 1;
});

/** What is in use once everything is swept up: objects, and the bytes of buffers. */
async function usedBytes(): Promise<number> {
  setFlagsFromString('--expose_gc');
  const sweep = runInNewContext('gc') as () => void;
  await new Promise((resolve) => setImmediate(resolve));
  sweep();
  sweep();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

async function aCrowd(count: number): Promise<TestBrowser[]> {
  return Promise.all(
    Array.from({ length: count }, (_, at) => TestBrowser.open(server, users[at % USERS] as SignedUp, {})),
  );
}

const conversations = () => server.app.get(LiveConversations).count;

async function goAway(browsers: TestBrowser[]): Promise<void> {
  for (const browser of browsers) browser.close();
  await Promise.all(browsers.map((browser) => browser.closing()));
  await until(
    () => Promise.resolve(conversations()),
    (count) => count === 0,
    { what: 'the end of all conversations' },
  );
}

it(`${CROWD} at once talk and are talked to, in bounded memory, and leave nothing behind`, async () => {
  // What is loaded and compiled for the first one is not counted.
  await goAway(await aCrowd(10));
  const before = await usedBytes();
  model.appendedBytes = 0;

  const browsers = await aCrowd(CROWD);
  expect(conversations()).toBe(CROWD);
  for (const browser of browsers) browser.socket.send(SECOND.subarray(0, 48_000));
  await Promise.all(browsers.map((browser) => browser.until(() => browser.receivedMs >= 400, 'the agent')));
  await until(
    () => Promise.resolve(model.appendedBytes),
    (bytes) => bytes === CROWD * SECOND.length,
    { what: 'what everybody said' },
  );
  const statuses = await Promise.all(
    users.map(({ token }) => api(server.url).get<{ active_connections: number }>('/ws/status', { token })),
  );
  expect(statuses.map(({ body }) => body.active_connections)).toEqual(users.map(() => CROWD / USERS));
  expect((await usedBytes()) - before).toBeLessThan(CROWD * PER_SOCKET_BYTES);

  await goAway(browsers);
  browsers.length = 0;
  expect((await usedBytes()) - before).toBeLessThan(LEFT_BYTES);
});

it('one that does not read has the model wait, is closed in words, and takes nobody’s memory', async () => {
  const [owner] = users as [SignedUp];
  const other = await TestBrowser.open(server, owner);
  await other.until(() => other.receivedMs > 0, 'the agent');
  const before = await usedBytes();

  model.deltas = FLOOD_DELTAS;
  model.deltasSent = 0;
  const socket = new WebSocket(socketUrl(server, 'stuck', { mode: 'realtime' }), {
    headers: { authorization: `Bearer ${owner.token}` },
  });
  socket.on('error', () => undefined);
  const [first] = (await once(socket, 'message')) as [Buffer];
  const { call_id: callId } = JSON.parse(first.toString()) as { call_id: string };
  socket.pause();

  const call = await until(
    async () => (await api(server.url).get<CallBody>(`/calls/${callId}`, { token: owner.token })).body,
    ({ status }) => status === 'completed',
    { withinMs: STUCK_LIMIT_MS + 15_000, what: 'the end of the call' },
  );
  expect(call.ended_reason).toBe('carrier_error');
  expect(model.deltasSent).toBeLessThan(FLOOD_DELTAS);
  // Somebody else talks on meanwhile.
  other.socket.send(PIECE);
  other.send({ type: 'ping' });
  await other.message('pong');
  expect((await usedBytes()) - before).toBeLessThan(8 * 1024 * 1024);
  socket.resume();
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  // The close frame stands behind what was not read; who reads at last is told, unless the line was cut by then.
  expect(['1008 What was sent was not read in time.', '1006 ']).toContain(`${code} ${reason.toString()}`);
  await goAway([other]);
});
