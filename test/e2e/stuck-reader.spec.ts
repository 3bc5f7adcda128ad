import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import twilio from 'twilio';
import { WebSocket, WebSocketServer } from 'ws';
import { BYTES_PER_MS, FRAME_MS } from '../../src/media/g711';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { attemptOf, ScriptedTwilio, TWILIO_AUTH_TOKEN, webhook } from '../support/scripted-twilio';
import { until } from '../support/until';

/**
 * A carrier that does not read while the model speaks: the model has to wait, the server's memory does not grow, and other
 * calls do not notice. The test plays both ends, so that it sees what each of them was kept waiting with.
 */

/** Far more than the kernel's buffers take on the way (some 10 MB); as base64, as it travels. */
const FLOOD_BYTES = 64 * 1024 * 1024;
/** 0.4 s of audio, as the provider likes to send it. */
const DELTA_BYTES = 3 * 1024;
/** What a call whose reader is stuck may take (issue 3). */
const MEMORY_LIMIT_BYTES = 256 * 1024;
const STUCK_LIMIT_MS = 5000;
const CLOSE_LIMIT_MS = 2000;
/** Test, model, phones and server share one event loop and a busy machine. */
const PATIENCE_MS = 3000;
const FRAME_BYTES = FRAME_MS * BYTES_PER_MS;

let carrier: ScriptedTwilio;
let model: Model;
let server: StartedApp;
let user: SignedUp;
/** The server's end of each media socket, by the call's sid. */
const serverEnds = new Map<string, Socket>();

beforeAll(async () => {
  carrier = await ScriptedTwilio.start();
  model = new Model();
  await once(model.server, 'listening');
  server = await startApp({ env: { ...carrier.env, OPENAI_REALTIME_URL: model.url } });
  const http = server.app.getHttpServer() as Server;
  http.on('upgrade', ({ headers }: IncomingMessage, socket: Socket) =>
    serverEnds.set(String(headers['x-call-sid']), socket),
  );
  user = await signUp(server.url);
});
afterAll(async () => {
  for (const phone of phones) phone.socket.terminate();
  model.close();
  await server.close();
  await carrier.close();
});

/** The model's server: configures sessions, begins every response that is asked for, and speaks when told to. */
class Model {
  readonly server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  private readonly waiting: ((session: Session) => void)[] = [];

  constructor() {
    this.server.on('connection', (socket) => this.waiting.shift()?.(new Session(socket)));
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  nextSession(): Promise<Session> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  close(): void {
    for (const client of this.server.clients) client.terminate();
    this.server.close();
  }
}

class Session {
  /** Decoded audio of the caller. */
  appendedBytes = 0;
  deltasSent = 0;
  private responses = 0;

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.take(JSON.parse(data.toString()) as Record<string, unknown>));
    this.send({ type: 'session.created', session: {} });
  }

  /** Says so many pieces of audio, numbered, as fast as the socket takes them into its queue. */
  speak(deltas: number, bytes = DELTA_BYTES): void {
    for (let delta = 0; delta < deltas; delta++) {
      this.socket.send(
        `{"type":"response.output_audio.delta","event_id":"event_${this.deltasSent}","response_id":"resp_${this.responses}",` +
          `"item_id":"item_${this.responses}","output_index":0,"content_index":0,"delta":"${numbered(this.deltasSent++, bytes)}"}`,
      );
    }
  }

  isResponding(): Promise<number> {
    return Promise.resolve(this.responses);
  }

  private take(event: Record<string, unknown>): void {
    switch (event['type']) {
      case 'session.update':
        return this.send({ type: 'session.updated', session: event['session'] });
      case 'response.create': {
        const { metadata } = event['response'] as { metadata: object };
        return this.send({ type: 'response.created', response: { id: `resp_${++this.responses}`, metadata } });
      }
      case 'input_audio_buffer.append':
        this.appendedBytes += Buffer.byteLength(String(event['audio']), 'base64');
    }
  }

  private send(event: object): void {
    this.socket.send(JSON.stringify(event));
  }
}

function numbered(number: number, bytes: number): string {
  const audio = Buffer.alloc(bytes, 0xff);
  audio.writeUInt32BE(number);
  return audio.toString('base64');
}

const phones: Phone[] = [];

/** The carrier's end of a media stream. */
class Phone {
  /** Numbers of the pieces of audio, as they came, and when. */
  readonly heard: number[] = [];
  readonly heardAtMs: number[] = [];

  constructor(readonly socket: WebSocket) {
    phones.push(this);
    socket.on('message', (data: Buffer) => {
      const { event, media } = JSON.parse(data.toString()) as { event: string; media?: { payload: string } };
      if (event !== 'media') return;
      this.heard.push(Buffer.from(media?.payload ?? '', 'base64').readUInt32BE());
      this.heardAtMs.push(performance.now());
    });
  }
}

interface TestCall {
  id: string;
  sid: string;
  phone: Phone;
  session: Session;
  /** The server's end of the media socket. */
  serverEnd: Socket;
  endedReason(): Promise<string | null>;
}

/** A call that is picked up and whose model has begun to answer. */
async function aCall(): Promise<TestCall> {
  const client = api(server.url);
  const body = { phone_number: '+12025550100', scenario: 'sales' };
  const placed = await client.post<{ id: string; call_sid: string }>('/calls', body, { token: user.token });
  expect(placed.status).toBe(201);
  const { id, call_sid: sid } = placed.body;
  const attempt = attemptOf(carrier.creates.at(-1)?.form);
  const { text } = await webhook(server, `/twilio/voice/${attempt}`, { CallSid: sid, CallStatus: 'in-progress' });

  const path = '/media-stream/sales';
  const url = server.config.publicUrl.replace('http', 'ws') + path;
  const dialled = model.nextSession();
  const signature = twilio.getExpectedTwilioSignature(TWILIO_AUTH_TOKEN, url, {});
  const socket = new WebSocket(server.url.replace('http', 'ws') + path, {
    headers: { 'x-twilio-signature': signature, 'x-call-sid': sid },
  });
  const phone = new Phone(socket);
  await once(socket, 'open');
  socket.send('{"event":"connected","protocol":"Call","version":"1.0.0"}');
  socket.send(
    JSON.stringify({ event: 'start', sequenceNumber: '1', streamSid: STREAM_SID, start: startOf(sid, text) }),
  );
  const session = await dialled;
  await until(
    () => session.isResponding(),
    (responses) => responses > 0,
  );
  const endedReason = async () =>
    (await client.get<{ ended_reason: string | null }>(`/calls/${id}`, { token: user.token })).body.ended_reason;
  return { id, sid, phone, session, serverEnd: serverEnds.get(sid) as Socket, endedReason };
}

const STREAM_SID = `MZ${'1'.repeat(32)}`;

function startOf(callSid: string, twiml: string): object {
  const parameters = [...twiml.matchAll(/<Parameter name="(\w+)" value="([^"]+)"/g)];
  return {
    accountSid: `AC${'0'.repeat(32)}`,
    streamSid: STREAM_SID,
    callSid,
    tracks: ['inbound'],
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: Object.fromEntries(parameters.map(([, name = '', value = '']) => [name, value])),
  };
}

/** Looks again and again until it is stopped. */
function watch(look: () => void, everyMs: number): () => void {
  const timer = setInterval(look, everyMs);
  return () => clearInterval(timer);
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

describe('a carrier that does not read', () => {
  /** What the server held for the phone that does not read, at its most. */
  let heldBytes = 0;
  /** What the model could not get rid of. */
  let unsentBytes = 0;
  let stuckForMs = 0;
  let closedAfterMs = 0;
  let stuck: TestCall;
  let other: TestCall;
  /** Pieces of audio to the other phone: when each was said. */
  const saidAtMs: number[] = [];

  beforeAll(async () => {
    other = await aCall();
    stuck = await aCall();
    stuck.phone.socket.pause();
    const stopSpeaking = watch(() => {
      saidAtMs.push(performance.now());
      other.session.speak(1, FRAME_BYTES);
    }, FRAME_MS);

    let blockedAtMs = 0;
    const stopWatching = watch(() => {
      heldBytes = Math.max(heldBytes, stuck.serverEnd.writableLength);
      if (blockedAtMs === 0 && stuck.serverEnd.writableLength > 0) blockedAtMs = performance.now();
    }, 1);
    const deltas = Math.round(FLOOD_BYTES / ((DELTA_BYTES * 4) / 3));
    for (let sent = 0; sent < deltas; sent += 100) {
      stuck.session.speak(100);
      await new Promise((done) => setImmediate(done));
    }
    const modelClosed = once(stuck.session.socket, 'close').then(() => performance.now());
    const serverClosed = once(stuck.serverEnd, 'close').then(() => performance.now());
    await pause(STUCK_LIMIT_MS / 2);
    unsentBytes = stuck.session.socket.bufferedAmount;
    const endedAtMs = await modelClosed;
    stuckForMs = endedAtMs - blockedAtMs;
    closedAfterMs = (await serverClosed) - endedAtMs;
    stopWatching();
    stopSpeaking();
    await until(stuck.endedReason, (reason) => reason !== null);
    await pause(200);
  }, 60_000);

  it('makes the model wait: what nobody takes stays where it was made', () => {
    expect(unsentBytes).toBeGreaterThan(FLOOD_BYTES / 2);
  });

  it('costs no more memory than it may', () => {
    expect(heldBytes).toBeGreaterThan(0);
    expect(heldBytes).toBeLessThan(MEMORY_LIMIT_BYTES);
  });

  it('ends its call as carrier_error after 5 s', async () => {
    expect(await stuck.endedReason()).toBe('carrier_error');
    expect(stuckForMs).toBeGreaterThan(STUCK_LIMIT_MS - 500);
    expect(stuckForMs).toBeLessThan(STUCK_LIMIT_MS + PATIENCE_MS);
    expect(carrier.farewells).toEqual([
      { sid: stuck.sid, twiml: expect.stringContaining('technical problem') as string },
    ]);
  });

  it('is not waited for when its socket is closed', () => {
    expect(closedAfterMs).toBeLessThan(CLOSE_LIMIT_MS + PATIENCE_MS);
  });

  it('does not keep another call from its audio', async () => {
    expect(await other.endedReason()).toBeNull();
    expect(saidAtMs.length).toBeGreaterThan((STUCK_LIMIT_MS / FRAME_MS) * 0.5);
    expect(other.phone.heard).toEqual(saidAtMs.map((_, number) => number));
    const delaysMs = other.phone.heardAtMs.map((atMs, at) => atMs - (saidAtMs[at] as number));
    // Sharing the other's fate, it would have waited as long.
    expect(Math.max(...delaysMs)).toBeLessThan(STUCK_LIMIT_MS / 2);
  });
});

describe('a carrier that reads again in time', () => {
  it('is served everything that was said meanwhile, in order', async () => {
    const { phone, session, serverEnd, endedReason } = await aCall();
    phone.socket.pause();
    const deltas = Math.round(FLOOD_BYTES / 2 / ((DELTA_BYTES * 4) / 3));
    session.speak(deltas);
    await pause(STUCK_LIMIT_MS / 2);
    expect(session.socket.bufferedAmount).toBeGreaterThan(0);
    expect(serverEnd.writableLength).toBeGreaterThan(0);
    phone.socket.resume();
    await until(
      () => Promise.resolve(phone.heard.length),
      (count) => count === deltas,
      { withinMs: 20_000, what: 'all audio' },
    );
    expect(phone.heard.every((number, at) => number === at)).toBe(true);
    expect(await endedReason()).toBeNull();
  }, 60_000);
});

describe('a carrier that was held up', () => {
  it('delivers the frames of 25 s at once, and the model gets them all', async () => {
    const { phone, session, endedReason } = await aCall();
    const payload = Buffer.alloc(FRAME_BYTES, 0xff).toString('base64');
    const frames = 25_000 / FRAME_MS;
    for (let frame = 0; frame < frames; frame++) {
      phone.socket.send(
        `{"event":"media","sequenceNumber":"${frame + 2}","media":{"track":"inbound","chunk":"${frame + 1}","timestamp":"${frame * FRAME_MS}","payload":"${payload}"},"streamSid":"${STREAM_SID}"}`,
      );
    }
    await until(
      () => Promise.resolve(session.appendedBytes),
      (bytes) => bytes >= frames * FRAME_BYTES,
      { withinMs: 10_000, what: 'all frames' },
    );
    expect(session.appendedBytes).toBe(frames * FRAME_BYTES);
    expect(await endedReason()).toBeNull();
  });
});
