import twilio from 'twilio';
import { WebSocket } from 'ws';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ring } from '../support/live-call';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** What goes wrong on a line: it ends that call in words and with a reason, and touches no other call. */

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, MAX_CONCURRENT_CALLS: '50' } });
  user = await signUp(server.url);
});
afterEach(() => sandbox.noFaults());
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

async function hangUp(callId: string): Promise<void> {
  const { status } = await api(server.url).post(`/calls/${callId}/hangup`, undefined, { token: user.token });
  expect(status).toBeLessThan(300);
}

interface Knock {
  path?: string;
  signature?: string | null;
}

interface Answer {
  /** HTTP status of a refused handshake. */
  refused?: number;
  closeCode?: number;
  closeReason?: string;
}

function sign(path: string): string {
  const url = server.url.replace('http', 'ws') + path;
  return twilio.getExpectedTwilioSignature(String(sandbox.env['TWILIO_AUTH_TOKEN']), url, {});
}

/** Opens a media socket as Twilio does, sends the messages and tells how the server took it. */
function knock(
  messages: (string | Buffer)[],
  { path = '/media-stream/sales', signature }: Knock = {},
): Promise<Answer> {
  const given = signature === undefined ? sign(path) : signature;
  const socket = new WebSocket(server.url.replace('http', 'ws') + path, {
    headers: given === null ? {} : { 'x-twilio-signature': given },
  });
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      resolve({ refused: response.statusCode });
    });
    socket.on('open', () => messages.forEach((message) => socket.send(message)));
    socket.on('close', (closeCode, reason) => resolve({ closeCode, closeReason: reason.toString() }));
    socket.on('error', (error) => {
      if (!error.message.includes('Unexpected server response')) reject(error);
    });
  });
}

const CONNECTED = '{"event":"connected","protocol":"Call","version":"1.0.0"}';

function start(callSid: string, parameters: Record<string, string>): string {
  return JSON.stringify({
    event: 'start',
    sequenceNumber: '1',
    streamSid: `MZ${'1'.repeat(32)}`,
    start: {
      accountSid: `AC${'0'.repeat(32)}`,
      streamSid: `MZ${'1'.repeat(32)}`,
      callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: parameters,
    },
  });
}

/** What our TwiML gave to the carrier: a live call's own stream parameters. */
async function streamParameters(callSid: string): Promise<Record<string, string>> {
  const response = await fetch(`${sandbox.url}/sandbox/calls/${callSid}`);
  const text = (await response.text()).replaceAll('\\"', '"');
  const parameters: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/<Parameter name="(\w+)" value="([^"]+)"/g)) {
    parameters[name] = value;
  }
  return parameters;
}

describe('the door of the media stream', () => {
  it.each([
    ['without a signature', { signature: null }, 403],
    ['with a forged signature', { signature: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }, 403],
    ['at an address that is none', { path: '/media-streams' }, 404],
    ['at an address that cannot be decoded', { path: '/media-stream/%E0%A4%A' }, 400],
  ])('refuses a handshake %s before it is one', async (_, how, status) => {
    expect(await knock([], how)).toEqual({ refused: status });
  });

  it.each([
    ['no token', CONNECTED, start(`CA${'0'.repeat(32)}`, {})],
    ['an unknown call', CONNECTED, start(`CA${'0'.repeat(32)}`, { call_id: 'nobody', token: 'x' })],
    ['a call id with NUL', CONNECTED, start('CA\u0000', { call_id: '\u0000', token: '\u0000' })],
    ['media before the start', CONNECTED, '{"event":"media"}'],
    ['something that is no JSON', 'hello?'],
    ['an empty message', ''],
  ])('closes a stream that begins with %s as refused', async (_, ...messages) => {
    expect(await knock(messages)).toMatchObject({ closeCode: 1008 });
  });

  it('closes on binary and on oversized messages with the codes for that', async () => {
    expect(await knock([Buffer.from([1, 2, 3])])).toMatchObject({ closeCode: 1003 });
    expect(await knock(['x'.repeat(100_000)])).toMatchObject({ closeCode: 1009 });
  });

  it('takes a token once: a second stream with it is refused, and the call does not notice', async () => {
    const call = await ring(server, user, '+12025550100');
    await call.until(({ transcript }) => transcript.length > 0, 'a first turn');
    const parameters = await streamParameters(call.placed.call_sid);
    expect(parameters).toEqual({ call_id: call.placed.id, token: expect.any(String) as string });
    expect(await knock([CONNECTED, start(call.placed.call_sid, parameters)])).toMatchObject({ closeCode: 1008 });
    const forged = { ...parameters, token: `${String(parameters['token']).slice(0, -2)}xx` };
    expect(await knock([CONNECTED, start(call.placed.call_sid, forged)])).toMatchObject({ closeCode: 1008 });

    const over = await call.over();
    expect(['agent_ended', 'customer_hung_up']).toContain(over.ended_reason);
    expect(over.transcript.length).toBeGreaterThan(4);
  }, 120_000);
});

describe('trouble with the model', () => {
  it('that refuses the session ends the call as model_error, before or at the answer', async () => {
    await sandbox.fault('openai', 'refuse_socket', { count: 5 });
    const call = await ring(server, user, '+12025550113');
    expect(await call.over()).toMatchObject({ ended_reason: 'model_error' });
  }, 60_000);
});

describe('trouble with the carrier', () => {
  it('that loses the media socket ends the call as carrier_error', async () => {
    await sandbox.fault('twilio', 'cut_media', { after_ms: 2500 });
    const call = await ring(server, user, '+12025550116');
    expect(await call.over()).toMatchObject({ status: 'completed', ended_reason: 'carrier_error' });
  }, 60_000);

  it('that does not tell that it has placed the call: one phone rings, and the call goes on', async () => {
    await sandbox.fault('twilio', 'lose_answer');
    const call = await ring(server, user, '+12025550117');
    expect(call.placed.call_sid).toMatch(/^CA/);
    await call.until(({ transcript }) => transcript.length > 0, 'a first turn');
    await hangUp(call.placed.id);
    const phones = (await sandbox.calls()).filter(({ to }) => to === '+12025550117');
    expect(phones).toHaveLength(1);
    expect(await call.now()).toMatchObject({ dial_state: 'placed', call_sid: phones[0]?.call_sid });
  }, 60_000);

  it('that repeats and reorders its webhooks changes nothing', async () => {
    await sandbox.fault('twilio', 'repeat_webhook', { count: 3 });
    await sandbox.fault('twilio', 'reorder_webhooks', { count: 2 });
    const call = await ring(server, user, '+12025550107');
    expect(await call.over()).toMatchObject({ status: 'completed', ended_reason: 'customer_hung_up' });
    const phone = await until(
      () => sandbox.call(call.placed.call_sid),
      ({ status }) => status === 'completed',
    );
    expect(phone.notices).toEqual([]);
  }, 90_000);
});
