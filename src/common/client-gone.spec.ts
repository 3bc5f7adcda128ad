import { once } from 'node:events';
import { createServer, request, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyReply } from 'fastify';
import { goneSignal } from './client-gone';

let server: Server;
beforeEach(async () => {
  server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function asked() {
  const client = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  client.on('error', () => undefined);
  client.end();
  const [, raw] = (await once(server, 'request')) as [unknown, ServerResponse];
  return { client, raw, reply: { raw } as Pick<FastifyReply, 'raw'> };
}

it('is told of somebody who goes before the answer', async () => {
  const { client, raw, reply } = await asked();
  const signal = goneSignal(reply);
  raw.write('half');
  expect(signal.aborted).toBe(false);
  const closed = once(raw, 'close');
  client.destroy();
  await closed;
  expect(signal.aborted).toBe(true);
});

it('knows of somebody who has gone before anybody looked', async () => {
  const { client, raw, reply } = await asked();
  const closed = once(raw, 'close');
  client.destroy();
  await closed;
  expect(goneSignal(reply).aborted).toBe(true);
});

it('has nothing to say of somebody who has the answer', async () => {
  const { client, raw, reply } = await asked();
  const signal = goneSignal(reply);
  const [closed, answered] = [once(raw, 'close'), once(client, 'response')];
  raw.end('whole');
  await closed;
  await answered;
  expect([signal.aborted, goneSignal(reply).aborted]).toEqual([false, false]);
});
