import { createHash } from 'node:crypto';
import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RecordingKeeper } from '../../src/recordings/recording-keeper.service';
import { RecordingStored } from '../../src/recordings/recordings.events';
import { DomainEvents } from '../../src/common/domain-events';
import { aCall } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { s3Environment } from '../support/s3';
import { startTestSandbox, TestSandbox } from '../support/sandbox';

/**
 * Many recordings, two servers, a store that fails half the time and a Twilio that breaks off now and then: each is stored once,
 * and is what Twilio had. RECORDINGS=1000 for more of them.
 */
const RECORDINGS = Number(process.env['RECORDINGS'] ?? 100);

jest.setTimeout(60_000 + RECORDINGS * 1000);

let sandbox: TestSandbox;
let twilio: Server;
let servers: StartedApp[];
let user: SignedUp;
let requests = 0;

/** The audio of a recording: the same bytes for the same id, some kilobytes. */
function audioOf(recordingSid: string): Buffer {
  const seed = createHash('sha512').update(recordingSid).digest();
  return Buffer.concat(Array.from({ length: 100 + (seed[0] ?? 0) }, () => seed));
}

/** Each third request fails: by a status, by half of the audio, or by none of it. */
function startTwilio(): Promise<Server> {
  const server = createServer((request, response) => {
    const sid = /\/Recordings\/(RE[0-9a-f]{32})\.wav$/.exec(request.url ?? '')?.[1] ?? '';
    const bytes = audioOf(sid);
    requests += 1;
    if (requests % 9 === 0) response.writeHead(500).end();
    else if (requests % 9 === 3) response.writeHead(404).end();
    else if (requests % 9 === 6) {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
    } else response.writeHead(200, { 'content-type': 'audio/x-wav', 'content-length': bytes.length }).end(bytes);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

beforeAll(async () => {
  sandbox = await startTestSandbox();
  twilio = await startTwilio();
  const env = {
    ...sandbox.env,
    ...s3Environment(sandbox),
    TWILIO_API_BASE_URL: `http://127.0.0.1:${(twilio.address() as AddressInfo).port}`,
  };
  const first = await startApp({ env });
  servers = [first, await startApp({ env, database: first.database })];
  user = await signUp(first.url);
});
afterAll(async () => {
  for (const server of [...servers].reverse()) await server.close();
  twilio.close();
  await sandbox.close();
});

it(`${RECORDINGS} recordings are each stored once, whatever fails`, async () => {
  const [first, second] = servers;
  if (first === undefined || second === undefined) throw new Error('Two servers are needed.');
  let announced = 0;
  for (const { app } of servers) {
    const events = app.get(DomainEvents);
    const emit = events.emit.bind(events);
    jest.spyOn(events, 'emit').mockImplementation((event) => {
      if (event instanceof RecordingStored) announced += 1;
      emit(event);
    });
  }
  // Half of what is written fails, a part of it after it was done.
  await sandbox.fault('storage', 'http_500', { share: 0.25, count: 10_000 });
  await sandbox.fault('storage', 'lose_answer', { share: 0.34, count: 10_000 });
  const sids: string[] = [];
  for (let at = 0; at < RECORDINGS; at++) {
    const { id } = await aCall(first, user.userId, { record: true, answered_at: new Date(), ended_at: new Date() });
    const sid = `RE${createHash('md5').update(String(at)).digest('hex')}`;
    sids.push(sid);
    const report = { recordingSid: sid, outcome: 'completed', durationSeconds: 3, channels: 2 } as const;
    const server = at % 2 === 0 ? first : second;
    await server.app.get(RecordingKeeper).note({ owner: { userId: user.userId }, callId: id }, report);
  }
  const left = () =>
    first.sql<{ state: string; count: number }>(
      user.userId,
      `SELECT state, count(*)::integer AS count FROM recordings WHERE state <> 'stored' GROUP BY state`,
    );
  let minutes = 0;
  for (; (await left()).length > 0 && minutes < 24 * 60; minutes += 20) {
    const now = new Date(Date.now() + minutes * 60_000);
    await Promise.all(servers.map(({ app }) => app.get(RecordingKeeper).keepAll(now)));
  }
  await sandbox.noFaults();

  expect(await left()).toEqual([]);
  const rows = await first.sql<{ id: string; recording_sid: string; sha256: string; tries: number }>(
    user.userId,
    'SELECT id, recording_sid, sha256, tries FROM recordings',
  );
  expect(rows.map(({ recording_sid: sid }) => sid).sort()).toEqual([...sids].sort());
  const { body: files } = await api(sandbox.url).get<{ key: string; sha256: string }[]>('/sandbox/storage');
  const kept = new Map(files.map(({ key, sha256 }) => [key, sha256]));
  for (const { id, recording_sid: sid, sha256 } of rows) {
    const expected = createHash('sha256').update(audioOf(sid)).digest('hex');
    expect([sid, sha256, kept.get(`recordings/${id}.wav`)]).toEqual([sid, expected, expected]);
  }
  expect(files.filter(({ key }) => key.startsWith('recordings/'))).toHaveLength(RECORDINGS);
  expect(announced).toBe(RECORDINGS);
  // The store has failed indeed.
  const tries = rows.reduce((sum, row) => sum + row.tries, 0);
  expect(tries).toBeGreaterThan(RECORDINGS * 1.5);
  if (RECORDINGS > 100) {
    process.stdout.write(`${RECORDINGS} recordings: ${tries} copies tried, ${requests} requests of Twilio\n`);
  }
});
