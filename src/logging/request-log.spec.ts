import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import pino from 'pino';
import { logRequest } from './request-log';

interface Line {
  level: number;
  responseTime: number;
  msg: string;
  req: { url: string };
}

const INFO = 30;
const SLOW_MS = 50;
/** More than the buffers of a connection hold. */
const LARGE_BYTES = 50_000_000;

let lines: Line[];
let newLine: () => void;
let server: FastifyInstance;

/** The next line that is written. */
const aLine = (): Promise<void> => new Promise((resolve) => (newLine = resolve));

beforeEach(async () => {
  lines = [];
  newLine = () => undefined;
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Line);
      newLine();
      done();
    },
  });
  server = fastify({ genReqId: () => 'request-1' });
  const log = pino({ level: 'debug' }, destination);
  server.addHook('onRequest', (request, reply, done) => {
    logRequest(request, reply, log);
    done();
  });
  server.get('/fine', (request, reply) => {
    request.user = { userId: 7 };
    return reply.send('fine');
  });
  server.get('/status/:status', (request, reply) =>
    reply.status(Number((request.params as { status: string }).status)).send('so be it'),
  );
  server.get('/slow', async () => {
    await sleep(SLOW_MS);
    return 'at last';
  });
  server.get('/large', (_request, reply) => reply.send(Buffer.alloc(LARGE_BYTES)));
  server.get('/health', (_request, reply) => reply.send('up'));
  server.get('/never', () => new Promise(() => undefined));
  server.get('/cut', (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-length': '100' });
    reply.raw.write('half', () => reply.raw.destroy());
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(() => server.close());

const port = (): number => (server.server.address() as AddressInfo).port;

async function get(path: string): Promise<void> {
  const written = aLine();
  const headers = { authorization: 'Bearer abc', 'user-agent': 'curl' };
  await fetch(`http://127.0.0.1:${port()}${path}`, { headers })
    .then((answer) => answer.text())
    .catch(() => undefined);
  await written;
}

it('tells of a request its id, method, cleaned address, status, time and user, and no header', async () => {
  await get('/fine?to=%2B12025550100&limit=5');
  expect(lines).toEqual([
    expect.objectContaining({
      level: INFO,
      msg: 'Request served',
      req: { id: 'request-1', method: 'GET', url: '/fine?to=[redacted]&limit=5' },
      res: { status: 200 },
      responseTime: expect.any(Number) as number,
      user_id: 7,
    }),
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/Bearer|curl/);
});

it.each([
  ['/status/200', INFO],
  ['/status/404', INFO],
  ['/status/500', 50],
  ['/status/503', 40],
  ['/health', 20],
])('%s is a line of level %d', async (path, level) => {
  await get(path);
  expect(lines.map((line) => line.level)).toEqual([level]);
});

it('says so when the client went away before its answer', async () => {
  const written = aLine();
  const socket = connect(port(), '127.0.0.1');
  const arrived = once(server.server, 'request');
  socket.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n');
  await arrived;
  socket.destroy();
  await written;
  expect(lines).toEqual([expect.objectContaining({ level: INFO, msg: 'Request aborted', res: { status: null } })]);
});

it('does not call an answer served that broke half-way', async () => {
  await get('/cut');
  expect(lines).toEqual([expect.objectContaining({ msg: 'Request aborted', res: { status: 200 } })]);
});

it('does not call an answer served that its client did not wait for', async () => {
  const written = aLine();
  const socket = connect(port(), '127.0.0.1');
  socket.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  socket.destroy();
  await written;
  expect(lines).toEqual([expect.objectContaining({ msg: 'Request aborted', res: { status: 200 } })]);
});

it('tells how long it took', async () => {
  await get('/slow');
  expect(lines[0]?.responseTime).toBeGreaterThanOrEqual(SLOW_MS - 1);
});
