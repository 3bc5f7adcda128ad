import type { Server } from 'node:http';
import { connect } from 'node:net';
import { Drain } from '../../src/common/drain';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ScriptedTwilio, webhook } from '../support/scripted-twilio';
import { freshDatabase, TestDatabase } from '../support/test-database';
import { until } from '../support/until';

/** How a server goes: what is under way is brought to its end, and nobody can hold it up. */

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

describe('connections', () => {
  /** A connection that its client keeps, with a request whose body is still on its way. */
  async function requestUnderWay(url: string, body: string) {
    let [answer, isClosed] = ['', false];
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('data', (data: Buffer) => (answer += data.toString()));
    socket.on('error', () => undefined).on('close', () => (isClosed = true));
    const head = `POST /auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    socket.write(`${head}\r\n${body.slice(0, 5)}`);
    // Answered after it on a second connection: the server has read the first one's head by then.
    await api(url).get('/health/live');
    return { socket, rest: body.slice(5), answer: () => answer, isClosed: () => isClosed };
  }

  const BODY = JSON.stringify({ refresh_token: 'nobody has been given this one' });

  it('answers what is under way and does not wait for those who keep their connection', async () => {
    const stopped = await startApp({ database });
    const request = await requestUnderWay(stopped.url, BODY);
    const since = performance.now();
    const closed = stopped.close();
    await new Promise((resolve) => setTimeout(resolve, 300));
    request.socket.write(request.rest);
    await closed;
    await until(() => Promise.resolve(request.isClosed()), Boolean);
    expect(request.answer()).toMatch(/^HTTP\/1\.1 401 /);
    expect(performance.now() - since).toBeLessThan(5_000);
  });

  it('still answers what comes on a connection that is open', async () => {
    const stopped = await startApp({ database });
    const request = await requestUnderWay(stopped.url, BODY);
    const closed = stopped.close();
    const server = stopped.app.getHttpServer() as Server;
    await until(
      () => Promise.resolve(server.listening),
      (isListening) => !isListening,
    );
    request.socket.write(`${request.rest}GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n`);
    await closed;
    await until(() => Promise.resolve(request.isClosed()), Boolean);
    expect(request.answer()).toMatch(/HTTP\/1\.1 401 [^]*HTTP\/1\.1 200 [^]*connection: close/i);
  });

  it('cuts off what does not come to its end', async () => {
    const stopped = await startApp({ database });
    const request = await requestUnderWay(stopped.url, BODY);
    const since = performance.now();
    await stopped.close();
    expect(performance.now() - since).toBeLessThan(8_000);
    expect(request.answer()).toBe('');
    await until(() => Promise.resolve(request.isClosed()), Boolean);
  });
});

describe('calls that nobody carries yet', () => {
  let twilio: ScriptedTwilio;
  let stopping: StartedApp;
  let user: SignedUp;
  let callId: string;
  let drained: Promise<boolean>;
  let isDrained: boolean;

  beforeAll(async () => {
    twilio = await ScriptedTwilio.start();
  });
  beforeEach(async () => {
    twilio.reset();
    stopping = await startApp({ env: twilio.env, database });
    user = await signUp(stopping.url);
    const placed = await api(stopping.url).post(
      '/calls',
      { phone_number: '+1 202 555 0100', scenario: 'sales' },
      { token: user.token },
    );
    callId = String(placed.body['id']);
    isDrained = false;
    stopping.app.get(Drain).begin();
    drained = stopping.app
      .get(Drain)
      .finish(20_000)
      .then((isWhole) => (isDrained = isWhole));
    await new Promise((resolve) => setTimeout(resolve, 600));
  });
  afterEach(() => stopping.close());
  afterAll(() => twilio.close());

  it('are waited for until their phone has stopped ringing, whatever instance hears of it', async () => {
    expect(isDrained).toBe(false);
    const other = await startApp({ env: twilio.env, database });
    const path = new URL(twilio.creates[0]?.form.get('StatusCallback') ?? '');
    const fields = { CallSid: [...twilio.calls.keys()][0] ?? '', CallStatus: 'busy', SequenceNumber: '1' };
    expect((await webhook(other, path.pathname + path.search, fields)).status).toBe(200);
    expect(await drained).toBe(true);
    await other.close();
  });

  it('are waited for until somebody does', async () => {
    await stopping.sql(user.userId, `UPDATE calls SET status = 'in-progress' WHERE id = $1`, [callId]);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(isDrained).toBe(false);
    await stopping.sql(user.userId, `UPDATE calls SET stream_opened_at = now() WHERE id = $1`, [callId]);
    expect(await drained).toBe(true);
  });

  it('are not waited for when nothing is left of them', async () => {
    expect(isDrained).toBe(false);
    await stopping.sql(user.userId, 'DELETE FROM calls WHERE id = $1', [callId]);
    expect(await drained).toBe(true);
  });

  it('are given up when the time is over', async () => {
    await stopping.close();
    expect(await drained).toBe(true);
  });
});
