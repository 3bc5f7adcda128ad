import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { SpeechError } from '../speech-error';
import { EventLine } from './event-line';

let provider: WebSocketServer;
let url: string;
const lines: EventLine[] = [];

beforeEach(async () => {
  provider = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(provider, 'listening');
  url = `ws://127.0.0.1:${(provider.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const line of lines.splice(0)) line.abandon();
  for (const client of provider.clients) client.terminate();
  await new Promise((resolve) => provider.close(resolve));
});

async function connected(timeoutMs = 10_000): Promise<{ line: EventLine; peer: WebSocket }> {
  const line = EventLine.open(url, {}, timeoutMs);
  lines.push(line);
  const [peer] = (await once(provider, 'connection')) as [WebSocket];
  return { line, peer };
}

const failureOf = (line: EventLine) => line.next().catch((error: unknown) => error);

it('gives events in their order, and sends what was said before it was open', async () => {
  const line = EventLine.open(url, {}, 10_000);
  lines.push(line);
  line.send({ type: 'one' }, { type: 'two' });
  const [peer] = (await once(provider, 'connection')) as [WebSocket];
  const heard: unknown[] = [];
  peer.on('message', (data: Buffer) => {
    heard.push(JSON.parse(data.toString()));
    if (heard.length === 2) for (const type of ['a', 'b', 'c']) peer.send(JSON.stringify({ type }));
  });
  expect([await line.next(), await line.next(), await line.next()].map(({ type }) => type)).toEqual(['a', 'b', 'c']);
  expect(heard).toEqual([{ type: 'one' }, { type: 'two' }]);
});

it('holds up whoever sends more than is read, and loses nothing', async () => {
  const { line, peer } = await connected();
  const count = 400;
  const delta = 'x'.repeat(100_000);
  for (let at = 0; at < count; at++) peer.send(JSON.stringify({ type: String(at), delta }));
  let before = -1;
  // Until nothing moves any more: what the sockets hold is all that has left the sender.
  for (let still = 0; still < 200; still = peer.bufferedAmount === before ? still + 1 : 0) {
    before = peer.bufferedAmount;
    await nextTurn();
  }
  expect(peer.bufferedAmount).toBeGreaterThan((count * delta.length) / 4);
  for (let at = 0; at < count; at++) expect((await line.next()).type).toBe(String(at));
});

it('tells what ended it, once what came before was read', async () => {
  const { line, peer } = await connected();
  peer.send(JSON.stringify({ type: 'last' }));
  peer.close(1001);
  await once(peer, 'close');
  expect((await line.next()).type).toBe('last');
  for (const _ of [1, 2]) expect(await failureOf(line)).toMatchObject({ trouble: 'moment', cause: 'closed with 1001' });
});

it.each<[string, string, Partial<SpeechError>]>([
  ['no JSON', 'audio', { trouble: 'moment' }],
  ['no event', '7', { trouble: 'moment' }],
  ['an event without a type', '{"delta":"x"}', { trouble: 'moment' }],
  [
    'an error of the account',
    JSON.stringify({
      type: 'error',
      error: { type: 'invalid_request_error', code: 'invalid_api_key', message: 'Key sk-1' },
    }),
    { trouble: 'account', message: "OpenAI refused: this server's key, its account or its model does not allow it." },
  ],
  [
    'an error of the request',
    JSON.stringify({
      type: 'error',
      error: { type: 'invalid_request_error', code: 'invalid_value', message: 'No such\nvoice.' },
    }),
    { trouble: 'request', message: 'OpenAI did not take the request: No such voice.' },
  ],
  ['an error without words', JSON.stringify({ type: 'error' }), { trouble: 'moment' }],
])('tells of %s', async (_what, text, failure) => {
  const { line, peer } = await connected();
  peer.send(text);
  expect(await failureOf(line)).toMatchObject(failure);
});

it('gives up where nothing comes, or nobody is there', async () => {
  const { line } = await connected(20);
  expect(await failureOf(line)).toMatchObject({ trouble: 'moment', message: 'OpenAI took too long.' });
  const nowhere = EventLine.open('ws://127.0.0.1:1', {}, 1000);
  lines.push(nowhere);
  expect(await failureOf(nowhere)).toBeInstanceOf(SpeechError);
});
