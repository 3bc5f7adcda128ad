import { once } from 'node:events';
import { connect } from 'node:net';
import twilio from 'twilio';
import { ClientOptions, WebSocket } from 'ws';
import { api } from '../support/api';
import { StartedApp, startApp } from '../support/app';

/** What comes over a media socket that no carrier sends: each is closed in words, and the server goes on. */

const PATH = '/media-stream/sales';
const CONNECTED = '{"event":"connected","protocol":"Call","version":"1.0.0"}';
/** RFC 6455 section 5.2, with a mask of zeros: what follows stands there as it is. */
const TEXT = '81';
const TEXT_TO_BE_CONTINUED = '01';
const CONTINUED_AND_LAST = '80';
const COMPRESSED_TEXT = 'c1';

let server: StartedApp;

beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

function signedHeaders(): { 'x-twilio-signature': string } {
  const { authToken } = server.config.twilio;
  const url = server.url.replace('http', 'ws') + PATH;
  return { 'x-twilio-signature': twilio.getExpectedTwilioSignature(authToken, url, {}) };
}

async function aStream(options: ClientOptions = {}): Promise<WebSocket> {
  const socket = new WebSocket(server.url.replace('http', 'ws') + PATH, { ...options, headers: signedHeaders() });
  await once(socket, 'open');
  return socket;
}

/** `1009 A message is too big.` */
async function closingOf(socket: WebSocket): Promise<string> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return `${code} ${reason.toString()}`;
}

/** A stream whose bytes are ours, and what comes back over it once it is closed. */
async function bytesOver(frames: string[]): Promise<Buffer> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(
    [
      `GET ${PATH} HTTP/1.1`,
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      `X-Twilio-Signature: ${signedHeaders()['x-twilio-signature']}`,
      '\r\n',
    ].join('\r\n'),
  );
  await once(socket, 'data');
  const received: Buffer[] = [];
  socket.on('data', (data: Buffer) => received.push(data));
  socket.write(Buffer.from(frames.join(''), 'hex'));
  await once(socket, 'close');
  return Buffer.concat(received);
}

function masked(firstByte: string, hex: string): string {
  return `${firstByte}${(0x80 | (hex.length / 2)).toString(16)}00000000${hex}`;
}

/** The same of a close frame as it comes from a server. */
function closingIn(bytes: Buffer): string {
  expect(bytes[0]).toBe(0x88);
  return `${bytes.readUInt16BE(2)} ${bytes.subarray(4, 2 + (bytes[1] as number)).toString()}`;
}

describe('a media socket is closed, and told why, over', () => {
  it('a binary message', async () => {
    const socket = await aStream();
    socket.send(Buffer.from([1, 2, 3]));
    expect(await closingOf(socket)).toBe('1003 Only text messages are understood here.');
  });

  it('a message of more than 64 KiB, and none of 64 KiB', async () => {
    const socket = await aStream();
    const padded = (length: number): string => CONNECTED + ' '.repeat(length - CONNECTED.length);
    socket.send(padded(64 * 1024));
    socket.ping();
    await once(socket, 'pong');
    socket.send(padded(64 * 1024 + 1));
    expect(await closingOf(socket)).toBe('1009 A message is too big.');
  });

  it('a message that is none of a stream', async () => {
    const socket = await aStream();
    socket.send('hello?');
    expect(await closingOf(socket)).toBe('1008 The stream did not start as a media stream does.');
  });

  it('more messages than a call has', async () => {
    const socket = await aStream();
    for (let times = 0; times < 20_000; times++) socket.send(CONNECTED);
    expect(await closingOf(socket)).toBe('1008 More messages than a phone call has.');
  });

  it('more pings than a line needs', async () => {
    const socket = await aStream();
    for (let times = 0; times < 1000; times++) socket.ping();
    expect(await closingOf(socket)).toBe('1008 More pings than a line needs.');
  });

  it.each([
    [
      'a message in pieces',
      '1008 A message comes in too many pieces.',
      [masked(TEXT_TO_BE_CONTINUED, '7b'), masked(CONTINUED_AND_LAST, '7d')],
    ],
    ['text that is no UTF-8', '1007 A text message has to be UTF-8.', [masked(TEXT, 'c328')]],
    ['a frame without a mask', '1002 This is not the WebSocket protocol.', [`${TEXT}027b7d`]],
    [
      'a compressed frame, which nobody agreed on',
      '1002 This is not the WebSocket protocol.',
      [masked(COMPRESSED_TEXT, '7b7d')],
    ],
    ['noise', '1002 This is not the WebSocket protocol.', ['ffffffffffffffffffffffffffff']],
  ])('%s', async (_, closing, frames) => {
    expect(closingIn(await bytesOver(frames))).toBe(closing);
  });
});

describe('the server', () => {
  it('does not compress, whoever offers it', async () => {
    const socket = await aStream({ perMessageDeflate: true });
    expect(socket.extensions).toBe('');
    socket.close();
    await once(socket, 'close');
  });

  it('goes on after noise in the place of a handshake', async () => {
    const noise = connect(Number(new URL(server.url).port), '127.0.0.1');
    noise.on('data', () => undefined);
    noise.write(Buffer.from('1603010200010001fc0303', 'hex'));
    await once(noise, 'close');
    expect((await api(server.url).get('/health/live')).status).toBe(200);
  });

  it('says goodbye to its streams when it stops', async () => {
    const stopping = server;
    const socket = await aStream();
    const closing = closingOf(socket);
    await stopping.close();
    expect(await closing).toBe('1001 The server is restarting.');
    server = await startApp();
  });
});
