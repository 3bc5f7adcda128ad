import twilio from 'twilio';
import { WebSocket } from 'ws';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { CallBody, ring } from '../support/live-call';
import { PhoneCall, startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** What goes wrong on a line: it ends that call in words and with a reason, and touches no other call. */

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;

/** What became of the calls that run side by side. */
let twoStreams: { parameters: Record<string, string>; call: CallBody; refusals: Answer[] };
let cutOff: CallBody;
let untold: { call: CallBody; phones: PhoneCall[] };
let confused: { call: CallBody; phone: PhoneCall };

const WHOLE_CALL_MS = 120_000;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, MAX_CONCURRENT_CALLS: '50' } });
  user = await signUp(server.url);
  await Promise.all([streamTwice('+12025550100'), cutMedia('+12025550116'), loseAnswer('+12025550117'), confuse()]);
}, WHOLE_CALL_MS + 30_000);
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

/** The carrier's parameters of a live call come again, and once more with another token. */
async function streamTwice(number: string): Promise<void> {
  const call = await ring(server, user, number);
  const callSid = call.placed.call_sid;
  await call.until(({ transcript }) => transcript.length > 0, 'a first turn');
  const parameters = await streamParameters(callSid);
  const forged = { ...parameters, token: `${String(parameters['token']).slice(0, -2)}xx` };
  const refusals = [
    await knock([CONNECTED, start(callSid, parameters)]),
    await knock([CONNECTED, start(callSid, forged)]),
  ];
  twoStreams = { parameters, refusals, call: await call.over(WHOLE_CALL_MS) };
}

async function cutMedia(number: string): Promise<void> {
  await sandbox.fault('twilio', 'cut_media', { number, after_ms: 2500 });
  cutOff = await (await ring(server, user, number)).over();
}

async function loseAnswer(number: string): Promise<void> {
  await sandbox.fault('twilio', 'lose_answer', { number });
  const call = await ring(server, user, number);
  expect(call.placed.call_sid).toMatch(/^CA/);
  await call.until(({ transcript }) => transcript.length > 0, 'a first turn');
  await hangUp(call.placed.id);
  untold = { call: await call.now(), phones: (await sandbox.calls()).filter(({ to }) => to === number) };
}

/** Webhooks come twice and out of order to the call of somebody who hangs up. */
async function confuse(): Promise<void> {
  const number = '+12025550107';
  await sandbox.fault('twilio', 'repeat_webhook', { number, count: 3 });
  await sandbox.fault('twilio', 'reorder_webhooks', { number, count: 2 });
  const running = await ring(server, user, number);
  const call = await running.over();
  const phone = await until(
    () => sandbox.call(running.placed.call_sid),
    ({ status }) => status === 'completed',
  );
  confused = { call, phone };
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

  it('takes a token once: a second stream with it is refused, and the call does not notice', () => {
    const { parameters, call, refusals } = twoStreams;
    expect(parameters).toEqual({ call_id: call.id, token: expect.any(String) as string });
    expect(refusals).toMatchObject([{ closeCode: 1008 }, { closeCode: 1008 }]);
    expect(['agent_ended', 'customer_hung_up']).toContain(call.ended_reason);
    expect(call.transcript.length).toBeGreaterThan(4);
  });
});

describe('trouble with the model', () => {
  it('that refuses the session ends the call as model_error, before or at the answer', async () => {
    await sandbox.fault('openai', 'refuse_socket', { count: 5 });
    const call = await ring(server, user, '+12025550113');
    expect(await call.over()).toMatchObject({ ended_reason: 'model_error' });
  }, 60_000);
});

describe('trouble with the carrier', () => {
  it('that loses the media socket ends the call as carrier_error', () => {
    expect(cutOff).toMatchObject({ status: 'completed', ended_reason: 'carrier_error' });
  });

  it('that does not tell that it has placed the call: one phone rings, and the call goes on', () => {
    expect(untold.phones).toHaveLength(1);
    expect(untold.call).toMatchObject({ dial_state: 'placed', call_sid: untold.phones[0]?.call_sid });
  });

  it('that repeats and reorders its webhooks changes nothing', () => {
    expect(confused.call).toMatchObject({ status: 'completed', ended_reason: 'customer_hung_up' });
    expect(confused.phone.notices).toEqual([]);
  });
});
