import { AddressInfo, createServer, Server, Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { SharedRateLimitStorage } from './rate-limit-storage';

const MINUTE_MS = 60_000;

/** As much of Redis as the counter needs: it answers the script's call with what the script would return. */
class CountingRedis {
  readonly hits = new Map<string, number>();
  readonly sockets = new Set<Socket>();
  readonly server: Server = createServer((socket) => {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      for (const words of commands(data.toString())) socket.write(this.answer(words));
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer([command = '', , , key = '', , , ttlMs = '']: string[]): string {
    if (command.toLowerCase() === 'info') return '$17\r\nredis_version:7.0\r\n';
    if (command.toLowerCase() !== 'eval') return '+OK\r\n';
    const hits = (this.hits.get(key) ?? 0) + 1;
    this.hits.set(key, hits);
    return `*4\r\n:${hits}\r\n:${ttlMs}\r\n:0\r\n:0\r\n`;
  }
}

/** RESP: arrays of bulk strings. */
function commands(text: string): string[][] {
  return text
    .split(/(?=\*\d+\r\n\$)/)
    .filter((part) => part.startsWith('*'))
    .map((part) => [...part.matchAll(/\$\d+\r\n([\s\S]*?)(?=\r\n(?:\$|$))/g)].map(([, word]) => word ?? ''));
}

let redis: CountingRedis;
let url: string;
const storages: SharedRateLimitStorage[] = [];

const aStorage = async (): Promise<SharedRateLimitStorage> => {
  const storage = new SharedRateLimitStorage(url);
  storages.push(storage);
  const { redis: connection } = storage as unknown as { redis: { status: string } };
  while (connection.status !== 'ready' && redis.server.listening) await new Promise((resolve) => setImmediate(resolve));
  return storage;
};

beforeEach(async () => {
  redis = new CountingRedis();
  url = await redis.listen();
  jest.spyOn(Logger.prototype, 'error').mockImplementation();
});
afterEach(async () => {
  for (const storage of storages.splice(0)) storage.onApplicationShutdown();
  await redis.close();
  jest.restoreAllMocks();
});

it('counts across instances', async () => {
  const [a, b] = [await aStorage(), await aStorage()];
  const hit = (storage: SharedRateLimitStorage) => storage.increment('rate:calls:user:1', MINUTE_MS, 2, 0, 'default');
  expect(await hit(a)).toMatchObject({ totalHits: 1, isBlocked: false, timeToExpire: 60 });
  expect(await hit(b)).toMatchObject({ totalHits: 2, isBlocked: false });
  expect(await hit(a)).toMatchObject({ totalHits: 3, isBlocked: true, timeToBlockExpire: 60 });
  expect(await hit(b)).toMatchObject({ totalHits: 4, isBlocked: true });
  expect(redis.hits.size).toBe(1);
});

it('counts by itself while Redis is away, and says so once', async () => {
  const storage = await aStorage();
  await redis.close();
  const hit = () => storage.increment('rate:calls:user:1', MINUTE_MS, 2, 0, 'default');
  expect([await hit(), await hit(), await hit()].map(({ isBlocked }) => isBlocked)).toEqual([false, false, true]);
  expect(jest.mocked(Logger.prototype.error).mock.calls).toHaveLength(1);
});
