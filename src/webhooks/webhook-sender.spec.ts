import { createServer, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SendAnswer, WebhookSender } from './webhook-sender';
import { newSecret, signedHeaders } from './signature';

/** Sending, against a target in this process that answers in every way there is. */

let port: number;
let close: () => Promise<void>;
let requests: string[];
let answer: (response: ServerResponse) => void;

beforeAll(async () => {
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    request.resume().on('end', () => answer(response));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  port = (server.address() as AddressInfo).port;
  close = async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
});
beforeEach(() => {
  requests = [];
  answer = (response) => response.writeHead(200).end('thank you');
});
afterAll(() => close());

const LOOPBACK = { address: '127.0.0.1', family: 4 };
const BODY = '{"type":"call.ended"}';
const headers = () => signedHeaders('an-id', new Date(), BODY, [newSecret()]);

/** To this process. @param timeoutMs short where it is waited for */
const send = (path = '/', timeoutMs = 10_000): Promise<SendAnswer> =>
  new WebhookSender(true, () => Promise.resolve([LOOPBACK]), timeoutMs).send(
    `http://target.example:${port}${path}`,
    headers(),
    BODY,
  );

describe('what a target answers', () => {
  it('is kept', async () => {
    expect(await send()).toMatchObject({ status: 200, body: 'thank you', error: null });
  });

  it.each([
    [400, 'It answered with status 400.'],
    [500, 'It answered with status 500.'],
    [410, 'It answered that it is gone (410).'],
  ])('with status %d is no delivery', async (status, error) => {
    answer = (response) => response.writeHead(status).end();
    expect(await send()).toMatchObject({ status, error });
  });

  it.each([301, 302, 303, 307, 308])('with a redirect (%d) is not followed', async (status) => {
    answer = (response) => response.writeHead(status, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    const { error } = await send();
    expect(error).toContain('is not followed');
    expect(requests).toEqual(['/']);
  });

  it('is heard on this machine by its name, where that is allowed', async () => {
    const sender = new WebhookSender(true);
    expect(await sender.send(`http://localhost:${port}/`, headers(), BODY)).toMatchObject({ status: 200 });
  });

  it('is read to 2 KB and no further', async () => {
    answer = (response) => {
      response.writeHead(200);
      // Has no end of its own.
      const more = () => {
        while (response.write('x'.repeat(1000)));
        response.once('drain', more);
      };
      more();
    };
    const { status, body } = await send();
    expect([status, body?.length]).toEqual([200, 2048]);
  });

  it('counts by its head, also where the rest never comes', async () => {
    answer = (response) => response.writeHead(200).write('th');
    expect(await send('/', 200)).toMatchObject({ status: 200, body: 'th', error: null });
  });

  it('is not waited for for ever', async () => {
    answer = () => undefined;
    expect(await send('/', 200)).toMatchObject({ status: null, error: 'It did not answer within 0.2 seconds.' });
  });

  it('may be nothing at all', async () => {
    answer = (response) => response.socket?.destroy();
    expect(await send()).toMatchObject({
      status: null,
      error: 'It closed the connection before it had answered.',
    });
  });

  it('may be an upgrade that nobody asked for', async () => {
    answer = (response) =>
      response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(await send()).toMatchObject({ status: 101, error: 'It answered with status 101.' });
  });

  it('may be no HTTP', async () => {
    answer = (response) => response.socket?.end('hello\r\n\r\n');
    expect((await send()).error).toContain('What it answered is no HTTP');
  });
});

describe('a target', () => {
  const REFUSED = { status: null, error: 'This address belongs to a private network, where no events are sent.' };
  const guarded = (addresses: { address: string; family: number }[] = [LOOPBACK]) =>
    new WebhookSender(false, () => Promise.resolve(addresses));

  it.each([
    '127.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '0',
    'localhost',
    'LOCALHOST.',
    'x.localhost',
    '169.254.169.254',
  ])('is refused as %s, and nothing is sent', async (host) => {
    expect(await guarded().send(`http://${host}:${port}/`, headers(), BODY)).toMatchObject(REFUSED);
    expect(requests).toEqual([]);
  });

  it.each([
    [[LOOPBACK]],
    [
      [
        { address: '10.0.0.1', family: 4 },
        { address: 'fd00::1', family: 6 },
      ],
    ],
    [[{ address: '::ffff:127.0.0.1', family: 6 }]],
    [[]],
  ])('is refused where its name means %j', async (addresses) => {
    expect(await guarded(addresses).send(`http://target.example:${port}/`, headers(), BODY)).toMatchObject(REFUSED);
    expect(requests).toEqual([]);
  });

  it('is looked up once for each connection: what is looked at is what is connected to', async () => {
    const resolve = jest.fn(() => Promise.resolve([LOOPBACK]));
    const url = `http://rebinding.example:${port}/`;
    expect(await new WebhookSender(true, resolve).send(url, headers(), BODY)).toMatchObject({ status: 200 });
    expect(await new WebhookSender(false, resolve).send(url, headers(), BODY)).toMatchObject(REFUSED);
    expect([resolve.mock.calls.length, requests.length]).toEqual([2, 1]);
  });

  it('that nobody knows, or that does not listen, is told in a sentence', async () => {
    const unknown = Object.assign(new Error('queryA ENOTFOUND'), { code: 'ENOTFOUND' });
    const lost = new WebhookSender(false, () => Promise.reject(unknown));
    expect((await lost.send('http://target.example/', headers(), BODY)).error).toBe('There is no host of this name.');
    const silent = new WebhookSender(true, () => Promise.resolve([LOOPBACK]));
    expect((await silent.send('http://target.example:1/', headers(), BODY)).error).toBe(
      'Nothing listens at this address.',
    );
  });
});
