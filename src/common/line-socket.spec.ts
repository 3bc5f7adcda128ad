import { once } from 'node:events';
import { createServer, IncomingMessage, Server } from 'node:http';
import { AddressInfo, connect, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { ManualClock } from '../media/testing/manual-clock';
import { LineSocket } from './line-socket';

/** Real sockets over the loopback, and a clock that the spec moves. */

const LOOK_MS = 5000;
const CLOSE_LIMIT_MS = 2000;
const MAX_PAYLOAD = 100_000;
/** What our end is not prepared for. */
const THROWN = 'a bug of ours';

let http: Server;
let server: WebSocketServer;
let clock: ManualClock;
const peers: { terminate(): void }[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  http = createServer();
  server = new WebSocketServer({ server: http, maxPayload: MAX_PAYLOAD });
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
});
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.terminate();
  for (const socket of server.clients) socket.terminate();
  http.closeAllConnections();
  await new Promise((done) => http.close(done));
});

const port = (): number => (http.address() as AddressInfo).port;

/** Our end of a line: the socket, what is under it, and what it has told. */
class OurEnd {
  readonly told: string[] = [];
  onTold = (): void => undefined;
  readonly line: LineSocket;
  readonly closed: Promise<void>;

  constructor(
    readonly socket: WebSocket,
    readonly transport: Duplex,
  ) {
    let isClosed = (): void => undefined;
    this.closed = new Promise((resolve) => (isClosed = resolve));
    const listener = {
      onText: (text: string) => {
        if (text === THROWN) throw new Error(THROWN);
        this.told.push(text);
        this.onTold();
      },
      onClosed: (code: number, reason: string) => {
        this.told.push(`closed ${code} ${reason}`.trim());
        isClosed();
      },
    };
    this.line = new LineSocket(socket, transport, listener, { timers: clock });
  }
}

/** The next socket that the server accepts. */
async function accepted(): Promise<OurEnd> {
  const [socket, request] = (await once(server, 'connection')) as [WebSocket, IncomingMessage];
  return new OurEnd(socket, request.socket);
}

async function aLine(options: ClientOptions = {}): Promise<{ our: OurEnd; peer: WebSocket }> {
  const arriving = accepted();
  const peer = new WebSocket(`ws://127.0.0.1:${port()}`, options);
  peers.push(peer);
  const [our] = await Promise.all([arriving, once(peer, 'open')]);
  return { our, peer };
}

/** A line that we dialled; its peer is the server. */
async function aDialledLine(): Promise<{ our: OurEnd; peer: WebSocket }> {
  const arriving = once(server, 'connection') as Promise<[WebSocket]>;
  const socket = new WebSocket(`ws://127.0.0.1:${port()}`);
  peers.push(socket);
  const upgrading = once(socket, 'upgrade') as Promise<[IncomingMessage]>;
  const [[peer], [response]] = await Promise.all([arriving, upgrading, once(socket, 'open')]);
  return { our: new OurEnd(socket, response.socket), peer };
}

/** A peer without a WebSocket library, which does only what the spec does. */
async function aRawPeer(): Promise<{ our: OurEnd; peer: Socket }> {
  const arriving = accepted();
  const peer = connect({ port: port(), host: '127.0.0.1', allowHalfOpen: true });
  peers.push({ terminate: () => peer.destroy() });
  peer.write(
    [
      'GET / HTTP/1.1',
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '\r\n',
    ].join('\r\n'),
  );
  const [our] = await Promise.all([arriving, once(peer, 'data')]);
  return { our, peer };
}

/** What a peer was sent from now on, in hex. */
function bytesOf(peer: Socket): () => string {
  let bytes = '';
  peer.on('data', (data) => (bytes += data.toString('hex')));
  return () => bytes;
}

/** Masked with zeros, which leave everything as it is. */
function aCloseFrame(code: number): Buffer {
  return Buffer.from(`888200000000${code.toString(16).padStart(4, '0')}`, 'hex');
}

/** Everything that a peer has sent by now has arrived; told in order, it is no part of what a spec looks at. */
async function arrived({ our, peer }: { our: OurEnd; peer: WebSocket }): Promise<void> {
  peer.send('anything');
  await until(() => our.told.includes('anything'));
  our.told.splice(our.told.indexOf('anything'), 1);
}

/** Looks for signs of life, with time for what they send to arrive. */
async function looks(count: number): Promise<void> {
  for (let look = 0; look < count; look++) {
    clock.advance(LOOK_MS);
    await settled();
  }
}

/** What was written on the loopback is read within a few turns of the event loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
}

async function until(isThere: () => boolean): Promise<void> {
  for (let turns = 0; turns < 100 && !isThere(); turns++) await settled();
}

describe('a message that our end cannot bear', () => {
  it('closes the line with the fault, which is thrown where everybody hears of it', async () => {
    const thrown: (() => void)[] = [];
    const spy = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((run) => void thrown.push(run));
    const { our, peer } = await aLine();
    const closed = once(peer, 'close') as Promise<[number, Buffer]>;
    peer.send(THROWN);
    peer.send('more');
    const [code, reason] = await closed;
    spy.mockRestore();
    expect([code, reason.toString()]).toEqual([1011, 'Something went wrong here.']);
    expect(thrown).toHaveLength(1);
    expect(thrown[0]).toThrow(THROWN);
    await our.closed;
    expect(our.told).toEqual(['closed 1011 Something went wrong here.']);
  });
});

function writesOf(transport: Duplex): () => number {
  const single = jest.spyOn(transport, '_write');
  const joined = jest.spyOn(transport as Required<Duplex>, '_writev');
  return () => single.mock.calls.length + joined.mock.calls.length;
}

describe('sending', () => {
  it('joins what is sent in one tick to one write of separate messages, in order', async () => {
    const { our, peer } = await aLine();
    const messages: string[] = [];
    peer.on('message', (data: Buffer) => messages.push(data.toString()));
    const writes = writesOf(our.transport);

    const sent = Array.from({ length: 40 }, (_, at) => `message ${at} ${'ä'.repeat(at * 10)}`);
    for (const text of sent) our.line.send(text);
    expect(writes()).toBe(0);
    expect(our.line.bufferedAmount).toBeGreaterThan(0);
    await settled();
    expect(messages).toEqual(sent);
    expect(writes()).toBe(1);

    our.line.send('later');
    await settled();
    expect(messages.at(-1)).toBe('later');
    expect(writes()).toBe(2);
  });

  it.each(['accepted', 'dialled'])('writes messages of any length on the end that was %s', async (which) => {
    const { our, peer } = which === 'accepted' ? await aLine() : await aDialledLine();
    const messages: string[] = [];
    peer.on('message', (data: Buffer, isBinary: boolean) => messages.push(isBinary ? '[binary]' : data.toString()));
    // Where the length of a frame is written in another form (RFC 6455, section 5.2), in one byte a character and in two.
    const sent = [0, 1, 125, 126, 127, 65_535, 65_536, 90_000].flatMap((length) => [
      'x'.repeat(length),
      'é'.repeat(length / 2),
    ]);
    for (const text of sent) our.line.send(text);
    await until(() => messages.length === sent.length);
    expect(messages).toEqual(sent);
    expect(our.told).toEqual([]);
  });

  it('goes before a close of the same tick', async () => {
    const { our, peer } = await aLine();
    const messages: string[] = [];
    peer.on('message', (data: Buffer) => messages.push(data.toString()));
    our.line.send('last words');
    our.line.close(1000, 'call over');
    const [code, reason] = (await once(peer, 'close')) as [number, Buffer];
    expect(messages).toEqual(['last words']);
    expect([code, reason.toString()]).toEqual([1000, 'call over']);
  });

  it('is swallowed by a socket that we are closing or have closed', async () => {
    const { our, peer } = await aRawPeer();
    const bytes = bytesOf(peer);
    our.line.close(1000, 'over');
    our.line.send('too late');
    await settled();
    our.line.send('as late');
    await settled();
    peer.write(aCloseFrame(1000));
    peer.end();
    await our.closed;
    our.line.send('much too late');
    await settled();
    expect(bytes()).toBe('8806' + '03e8' + Buffer.from('over').toString('hex'));
    expect(our.line.bufferedAmount).toBe(0);
  });

  it('is swallowed by a socket that the other end closes', async () => {
    const { our, peer } = await aRawPeer();
    const bytes = bytesOf(peer);
    peer.write(aCloseFrame(1001));
    await settled();
    our.line.send('too late');
    await settled();
    expect(bytes()).toBe('8802' + '03e9');
    expect(our.told).toEqual([]);
  });

  it.each([
    ['its connection', (our: OurEnd) => our.transport.destroy()],
    ['its socket', (our: OurEnd) => our.socket.terminate()],
  ])('survives that %s is destroyed before the write', async (_, destroy) => {
    const { our } = await aLine();
    our.line.send('lost');
    destroy(our);
    our.line.send('lost as well');
    await our.closed;
    our.line.send('and this');
    await settled();
    expect(our.told).toEqual(['closed 1006']);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('messages', () => {
  it('arrive in order', async () => {
    const { our, peer } = await aLine();
    for (const text of ['one', 'zwei', 'trois é']) peer.send(text);
    await settled();
    expect(our.told).toEqual(['one', 'zwei', 'trois é']);
  });

  it('in several fragments are one', async () => {
    const { our, peer } = await aLine();
    peer.send('one ', { fin: false });
    peer.send('and ', { fin: false });
    peer.send('the same', { fin: true });
    await settled();
    expect(our.told).toEqual(['one and the same']);
  });

  it('that are binary close the socket, and those after them are not told', async () => {
    const { our, peer } = await aLine();
    const closed = once(peer, 'close') as Promise<[number, Buffer]>;
    peer.send('before');
    peer.send(Buffer.from([1, 2, 3]));
    peer.send('after');
    const [code, reason] = await closed;
    await our.closed;
    expect(code).toBe(1003);
    expect(reason.toString()).toBe('Only text messages are understood here.');
    expect(our.told).toEqual(['before', `closed 1003 ${reason.toString()}`]);
  });

  it('are not told after our close', async () => {
    const { our, peer } = await aLine({ autoPong: false });
    peer.pause();
    our.line.close(1000, 'call over');
    peer.send('too late');
    await settled();
    clock.advance(CLOSE_LIMIT_MS);
    await our.closed;
    expect(our.told).toEqual(['closed 1000 call over']);
  });

  it('that are too big are refused by ws itself: 1009, and no crash', async () => {
    const { our, peer } = await aLine();
    const closed = once(peer, 'close') as Promise<[number, Buffer]>;
    peer.send('before');
    peer.send('x'.repeat(MAX_PAYLOAD + 1));
    peer.send('after');
    expect((await closed)[0]).toBe(1009);
    await our.closed;
    expect(our.told).toEqual(['before', 'closed 1006']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('that break the protocol close the socket, whether the peer goes or not', async () => {
    const { our, peer } = await aRawPeer();
    const answer = once(peer, 'data') as Promise<[Buffer]>;
    // Not masked, which a client's frame must be (RFC 6455, section 5.1).
    peer.write(Buffer.from('810568656c6c6f', 'hex'));
    expect((await answer)[0].readUInt16BE(2)).toBe(1002);
    expect(our.told).toEqual([]);
    clock.advance(CLOSE_LIMIT_MS);
    await our.closed;
    expect(our.told).toEqual(['closed 1006']);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a peer that breaks the protocol', () => {
  const text = Buffer.from(`8185${'00'.repeat(4)}${Buffer.from('after').toString('hex')}`, 'hex');

  it.each([
    ['text that is no UTF-8', '818200000000ff80', 1007],
    ['a frame without a mask', '810568656c6c6f', 1002],
    ['a text in the middle of another', '0181000000006181810000000062', 1002],
    ['an unknown kind of frame', '838000000000', 1002],
  ])('is closed for %s, and what stands behind it is not told', async (_, bytes, code) => {
    const { our, peer } = await aRawPeer();
    const answer = once(peer, 'data') as Promise<[Buffer]>;
    peer.write(Buffer.concat([text, Buffer.from(bytes, 'hex'), text, text]));
    expect((await answer)[0].readUInt16BE(2)).toBe(code);
    await settled();
    expect(our.told).toEqual(['after']);
  });

  it('is closed for the first two bytes of a frame, though the rest of its head does not come', async () => {
    const { our, peer } = await aRawPeer();
    const answer = once(peer, 'data') as Promise<[Buffer]>;
    peer.write(Buffer.from('83fe', 'hex'));
    expect((await answer)[0].readUInt16BE(2)).toBe(1002);
    expect(our.told).toEqual([]);
  });
});

describe('signs of life', () => {
  it('are asked for by a ping after one silent look', async () => {
    const { our, peer } = await aLine();
    let pings = 0;
    peer.on('ping', () => pings++);
    await looks(1);
    expect(pings).toBe(0);
    await looks(1);
    expect(pings).toBe(1);
    expect(our.told).toEqual([]);
  });

  it('that are not there after two pings end the line', async () => {
    const { our, peer } = await aLine({ autoPong: false });
    let pings = 0;
    peer.on('ping', () => pings++);
    await looks(3);
    expect([pings, our.told]).toEqual([2, []]);
    await looks(1);
    await our.closed;
    expect(our.told).toEqual(['closed 1006 no sign of life']);
    expect(clock.pendingTimers).toBe(0);
    await looks(5);
    expect(pings).toBe(2);
    expect(our.told).toHaveLength(1);
  });

  it.each([
    ['a pong', (peer: WebSocket) => peer.pong()],
    ['a ping', (peer: WebSocket) => peer.ping()],
    ['a message', (peer: WebSocket) => peer.send('hello')],
  ])('may be %s', async (_, show) => {
    const { our, peer } = await aLine({ autoPong: false });
    for (let times = 0; times < 4; times++) {
      await looks(2);
      show(peer);
      await settled();
    }
    expect(our.told.filter((text) => text !== 'hello')).toEqual([]);
    // Fewer than three looks without one are forgotten by it.
    await looks(3);
    expect(our.told.filter((text) => text !== 'hello')).toEqual([]);
    await looks(1);
    await our.closed;
  });

  it('are given by a peer that only answers pings, for as long as it does', async () => {
    const { our } = await aLine();
    await looks(50);
    expect(our.told).toEqual([]);
    expect(our.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('are not waited for while the line is paused, and anew once it is not', async () => {
    const { our, peer } = await aLine({ autoPong: false });
    await looks(3);
    our.line.pause();
    await looks(20);
    expect(our.told).toEqual([]);
    our.line.resume();
    await looks(3);
    expect(our.told).toEqual([]);
    await arrived({ our, peer });
    await looks(4);
    await our.closed;
    expect(our.told).toEqual(['closed 1006 no sign of life']);
  });
});

describe('pausing', () => {
  it('keeps messages waiting, and loses none', async () => {
    const { our, peer } = await aLine();
    await arrived({ our, peer });
    our.line.pause();
    peer.send('one');
    peer.send('two');
    await settled();
    expect(our.told).toEqual([]);
    our.line.resume();
    await settled();
    expect(our.told).toEqual(['one', 'two']);
  });

  it('does not keep our close from being answered', async () => {
    const { our } = await aLine();
    our.line.pause();
    our.line.close(1000, 'call over');
    our.line.pause();
    await our.closed;
    expect(our.told).toEqual(['closed 1000 call over']);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('closing', () => {
  it('is over when it is answered, and told with our code', async () => {
    const { our, peer } = await aLine();
    const closed = once(peer, 'close') as Promise<[number, Buffer]>;
    our.line.close(1008, 'Not you.');
    our.line.close(1000, 'changed our mind');
    const [code, reason] = await closed;
    expect([code, reason.toString()]).toEqual([1008, 'Not you.']);
    await our.closed;
    expect(our.told).toEqual(['closed 1008 Not you.']);
    expect(clock.pendingTimers).toBe(0);
    our.line.close(1000, 'again');
    our.line.pause();
    our.line.resume();
    clock.advance(60_000);
    expect(our.told).toHaveLength(1);
  });

  it('does not wait longer than 2 s for an answer', async () => {
    const { our, peer } = await aLine();
    peer.pause();
    our.line.close(1000, 'call over');
    clock.advance(CLOSE_LIMIT_MS - 1);
    await settled();
    expect(our.told).toEqual([]);
    clock.advance(1);
    await our.closed;
    expect(our.told).toEqual(['closed 1000 call over']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('by the other end is told with its code and reason', async () => {
    const { our, peer } = await aLine();
    peer.send('last words');
    peer.close(3000, 'invalid_request_error.invalid_api_key');
    await our.closed;
    expect(our.told).toEqual(['last words', 'closed 3000 invalid_request_error.invalid_api_key']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('by an end that says goodbye and does not go is over after one silent look', async () => {
    const { our, peer } = await aRawPeer();
    peer.write(aCloseFrame(1001));
    await settled();
    expect(our.told).toEqual([]);
    await looks(2);
    await our.closed;
    expect(our.told).toEqual(['closed 1001']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('without a close frame is told as 1006', async () => {
    const { our, peer } = await aLine();
    peer.send('cut off');
    await settled();
    peer.terminate();
    await our.closed;
    expect(our.told).toEqual(['cut off', 'closed 1006']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('by a reset of the connection is told as 1006, and does not throw', async () => {
    const { our, peer } = await aRawPeer();
    peer.resetAndDestroy();
    our.line.send('into the void');
    await our.closed;
    expect(our.told).toEqual(['closed 1006']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('in the middle of a message that is told ends there', async () => {
    const { our, peer } = await aLine();
    our.onTold = () => our.line.close(1008, 'Enough.');
    for (const text of ['one', 'two', 'three']) peer.send(text);
    await our.closed;
    expect(our.told).toEqual(['one', 'closed 1008 Enough.']);
  });

  it.each(['a', 'é', '€', '😀', 'ü😀€'])('cuts long reasons between two characters (%s)', async (character) => {
    for (let before = 0; before < 5; before++) {
      const { our, peer } = await aLine();
      const closed = once(peer, 'close') as Promise<[number, Buffer]>;
      const whole = 'x'.repeat(before) + character.repeat(130);
      our.line.close(1011, whole);
      const reason = (await closed)[1].toString();
      expect(whole.startsWith(reason)).toBe(true);
      expect(Buffer.byteLength(reason)).toBeGreaterThan(123 - 4);
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
      await our.closed;
      // Whoever asked for it is told all of it.
      expect(our.told).toEqual([`closed 1011 ${whole}`]);
    }
  });
});

describe('a peer that knows no end', () => {
  it('of pings is told so', async () => {
    const { our, peer } = await aLine();
    const closed = once(peer, 'close') as Promise<[number, Buffer]>;
    for (let times = 0; times < 51; times++) peer.ping();
    const [code, reason] = await closed;
    expect([code, reason.toString()]).toEqual([1008, 'More pings than a line needs.']);
    await our.closed;
  });

  it('of pings is none that sends one now and then', async () => {
    const { our, peer } = await aLine();
    for (let times = 0; times < 10; times++) {
      for (let ping = 0; ping < 50; ping++) peer.ping();
      await looks(1);
    }
    expect(our.told).toEqual([]);
  });

  it.each([
    ['messages', (peer: WebSocket) => peer.send('and another thing')],
    ['pings', (peer: WebSocket) => peer.ping()],
  ])('of %s after our goodbye is not read any more', async (_, say) => {
    const { our, peer } = await aLine();
    // It does not see the goodbye.
    peer.pause();
    our.line.close(1008, 'Enough.');
    for (let times = 0; times < 400; times++) say(peer);
    await settled();
    expect(our.socket.isPaused).toBe(false);
    for (let times = 0; times < 400; times++) say(peer);
    await settled();
    expect(our.socket.isPaused).toBe(true);
    clock.advance(CLOSE_LIMIT_MS);
    await our.closed;
    expect(our.told).toEqual(['closed 1008 Enough.']);
  });
});
