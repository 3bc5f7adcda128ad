import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AccountsService } from '../../src/auth/accounts.service';
import { PhoneNumbers } from '../../src/calls/phone-numbers.service';
import { DEMO_USER } from '../../src/demo-user';
import { Telephony } from '../../src/integrations/telephony/telephony';
import { FileRemovals } from '../../src/files/file-removals.service';
import { RecordingKeeper } from '../../src/recordings/recording-keeper.service';
import { RecordingTidying } from '../../src/recordings/recording-tidying.service';
import { aCall } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ring } from '../support/live-call';
import { s3Environment } from '../support/s3';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** Recordings in a storage of our own, whatever fails on the way. */

jest.setTimeout(120_000);

const SAYS_NOTHING = '+12025550106';
const RECORDED_FRAMES = 120;

let sandbox: TestSandbox;
/** Files in a folder, and files in a bucket; each with a database and a user of its own. */
let local: StartedApp;
let bucket: StartedApp;
let user: SignedUp;
let tenant: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  local = await startApp({ env: { ...sandbox.env, DEMO_DURATION_SECONDS: '20' } });
  bucket = await startApp({
    env: {
      ...sandbox.env,
      ...s3Environment(sandbox),
      DELETE_RECORDINGS_AT_TWILIO: 'true',
      ANNOUNCE_RECORDING: 'true',
      AUDIO_RETENTION_DAYS: '30',
    },
  });
});
beforeEach(async () => {
  await sandbox.noFaults();
  user = await signUp(local.url);
  tenant = await signUp(bucket.url);
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await bucket.close();
  await local.close();
  await sandbox.close();
});

const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000);
const keepAll = (app: StartedApp, minutes = 0) => app.app.get(RecordingKeeper).keepAll(minutesFromNow(minutes));
const tokenOf = (app: StartedApp) => (app === local ? user : tenant).token;
const call = async (app: StartedApp, id: string, token = tokenOf(app)) =>
  (await api(app.url).get<{ audio_url: string | null; call_sid: string; id: string }>(`/calls/${id}`, { token })).body;
const rows = (app: StartedApp = local, userId = (app === local ? user : tenant).userId) =>
  app.sql<{
    id: string;
    call_id: string;
    recording_sid: string | null;
    state: string;
    error: string | null;
    tries: number;
    sha256: string;
  }>(userId, 'SELECT * FROM recordings ORDER BY created_at');
const audioUrl = async (app: StartedApp, id: string, token = tokenOf(app)) =>
  (
    await until(
      () => call(app, id, token),
      ({ audio_url: url }) => typeof url === 'string',
      { what: 'the recording of the call', withinMs: 30_000 },
    )
  ).audio_url ?? '';
const bucketFiles = async () =>
  (await api(sandbox.url).get<{ key: string; size: number; sha256: string }[]>('/sandbox/storage')).body;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytesOf = async (url: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(url, { headers });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
};

/** A recorded call of a few seconds that is over. */
async function aRecordedCall(
  app: StartedApp,
  by = app === local ? user : tenant,
): Promise<{ id: string; callSid: string }> {
  const { placed, over } = await ring(app, by, SAYS_NOTHING, { record: true });
  await until(
    () => sandbox.call(placed.call_sid),
    ({ frames_out: frames }) => frames >= RECORDED_FRAMES,
  );
  await api(sandbox.url).post(`/sandbox/calls/${placed.call_sid}/hangup`);
  await over();
  return { id: placed.id, callSid: placed.call_sid };
}

describe('a recorded call', () => {
  it('is kept, and played by an address that needs no token, in parts as a player asks', async () => {
    const { id } = await aRecordedCall(local);
    const url = await audioUrl(local, id);
    const whole = await bytesOf(url);
    expect(whole.status).toBe(200);
    expect(whole.headers.get('content-type')).toBe('audio/wav');
    expect(whole.headers.get('accept-ranges')).toBe('bytes');
    expect(whole.bytes.subarray(0, 4).toString()).toBe('RIFF');
    // Two channels of 8 kHz: the other party left, the agent right.
    expect(whole.bytes.readUInt16LE(22)).toBe(2);
    const [row] = await rows();
    expect(row).toMatchObject({ state: 'stored', size_bytes: String(whole.bytes.length), sha256: sha256(whole.bytes) });
    expect(whole.headers.get('etag')).toBe(`"${row?.sha256}"`);

    const part = await bytesOf(url, { range: 'bytes=4-11' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 4-11/${whole.bytes.length}`]);
    expect(part.bytes).toEqual(whole.bytes.subarray(4, 12));
    expect((await bytesOf(url, { range: 'bytes=999999999-' })).status).toBe(416);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(whole.bytes.length)]);

    const own = await bytesOf(`${local.url}/calls/${id}/recording`, {
      authorization: `Bearer ${user.token}`,
      range: 'bytes=-10',
    });
    expect([own.status, own.bytes]).toEqual([206, whole.bytes.subarray(-10)]);
  });

  it('is nobody else’s', async () => {
    const { id } = await aRecordedCall(local);
    const url = await audioUrl(local, id);
    const other = await signUp(local.url);
    expect((await api(local.url).get(`/calls/${id}/recording`, { token: other.token })).status).toBe(404);
    expect((await bytesOf(`${local.url}/calls/${id}/recording`)).status).toBe(401);
    const forged = new URL(url);
    forged.searchParams.set('expires', String(Number(forged.searchParams.get('expires')) + 1));
    expect((await api('').get(forged.href)).body).toMatchObject({ status: 403, code: 'audio.link_invalid' });
    expect((await api('').get(url.split('?')[0] ?? '')).status).toBe(403);
  });

  it('that was not recorded has none, and says so', async () => {
    const { id } = await aCall(local, user.userId, { answered_at: new Date(), ended_at: new Date() });
    expect(await call(local, id)).toMatchObject({ audio_url: null });
    const { status, body } = await api(local.url).get(`/calls/${id}/recording`, { token: user.token });
    expect([status, body]).toMatchObject([404, { code: 'recording.not_found' }]);
  });

  it('is played from the bucket after Twilio has nothing of it any more', async () => {
    const { id, callSid } = await aRecordedCall(bucket);
    const url = await audioUrl(bucket, id);
    const telephony = local.app.get(Telephony);
    await until(
      async () => {
        await bucket.app.get(RecordingTidying).tidyAll(minutesFromNow(1));
        return telephony.recordingsOf(callSid);
      },
      (left) => left.length === 0,
      { what: 'the deletion at Twilio' },
    );
    const { status, bytes } = await bytesOf(url);
    expect(status).toBe(200);
    const [row] = await rows(bucket);
    expect(sha256(bytes)).toBe(row?.sha256);
    expect(await bucketFiles()).toContainEqual(
      expect.objectContaining({ key: `recordings/${row?.id}.wav`, sha256: row?.sha256, size: bytes.length }),
    );
    const part = await bytesOf(url, { range: 'bytes=10-19' });
    expect([part.status, part.bytes]).toEqual([206, bytes.subarray(10, 20)]);
  });

  it('is announced in the first words, where that is wished for', async () => {
    const { placed, over } = await ring(bucket, tenant, SAYS_NOTHING, { record: true });
    await until(
      async () => (await sandbox.call(placed.call_sid)).heard.map(({ text }) => text).join(' '),
      (heard) => /automated assistant .*This call is recorded\./.test(heard),
      { what: 'the announcement', withinMs: 30_000 },
    );
    await api(sandbox.url).post(`/sandbox/calls/${placed.call_sid}/hangup`);
    await over();
  });

  it('of a demo that somebody rang is kept as well', async () => {
    await local.app.get(AccountsService).ensureDemoUser(DEMO_USER);
    await local.app.get(PhoneNumbers).setUpPlatformNumber();
    const sid = await sandbox.ring({ from: '+12025550142', to: '+12025550000', digits: '1', says: ['Hello there.'] });
    // After the welcome and the key.
    const { frames_out: before } = await until(
      () => sandbox.call(sid),
      ({ stream }) => stream?.handshake_status === 101,
      { withinMs: 60_000, what: 'the agent' },
    );
    await until(
      () => sandbox.call(sid),
      ({ frames_out: frames }) => frames >= before + RECORDED_FRAMES,
    );
    await api(sandbox.url).post(`/sandbox/calls/${sid}/hangup`);
    const { body } = await api(local.url).post<{ access_token: string }>('/auth/login', {
      email: DEMO_USER.email,
      password: DEMO_USER.password,
    });
    const url = await audioUrl(local, sid, body.access_token);
    expect((await bytesOf(url)).bytes.subarray(0, 4).toString()).toBe('RIFF');
  });
});

describe('what goes wrong on the way', () => {
  it('is asked about where Twilio did not tell', async () => {
    await sandbox.fault('twilio', 'lose_webhook', { number: SAYS_NOTHING, count: 10 });
    const { placed } = await ring(local, user, SAYS_NOTHING, { record: true });
    await until(
      () => sandbox.call(placed.call_sid),
      ({ frames_out: frames }) => frames >= RECORDED_FRAMES,
    );
    await api(sandbox.url).post(`/sandbox/calls/${placed.call_sid}/hangup`);
    await local.sql(
      user.userId,
      `UPDATE calls SET status = 'completed', ended_reason = 'customer_hung_up', answered_at = coalesce(answered_at, now()), ended_at = now()`,
    );
    await sandbox.noFaults();
    await keepAll(local);
    expect(await rows()).toEqual([]);
    await until(
      async () => {
        await keepAll(local, 5);
        return rows();
      },
      ([row]) => row?.state === 'stored',
      { what: 'the recording' },
    );
    expect(await rows()).toHaveLength(1);
  });

  it('a call that has no recording is not asked about for ever', async () => {
    const { call_sid: callSid } = await aCall(local, user.userId, {
      record: true,
      answered_at: minutesFromNow(-5),
      ended_at: minutesFromNow(-4),
    });
    const recordingsOf = jest.spyOn(local.app.get(Telephony), 'recordingsOf').mockResolvedValue([]);
    for (let times = 0; times < 20; times++) await keepAll(local, 120);
    expect(await rows()).toMatchObject([{ state: 'absent', error: 'Twilio has no recording of this call.' }]);
    expect(recordingsOf.mock.calls.filter(([sid]) => sid === callSid)).toHaveLength(11);
  });

  it('an outage of Twilio and of the store loses nothing, and stores once', async () => {
    await sandbox.fault('storage', 'http_500', { count: 20 });
    const { id } = await aRecordedCall(bucket);
    await until(
      () => rows(bucket),
      ([row]) => row !== undefined && row.error !== null,
      { what: 'the trouble of the store' },
    );
    expect(await rows(bucket)).toMatchObject([
      { state: 'due', error: expect.stringContaining('The store of files') as string },
    ]);
    await sandbox.noFaults();
    await sandbox.fault('twilio', 'http_500', { count: 20 });
    await keepAll(bucket, 20);
    expect(await rows(bucket)).toMatchObject([{ state: 'due', error: 'Twilio answered with status 500.' }]);
    await sandbox.noFaults();
    // An answer that is lost: the file is there, and written over.
    await sandbox.fault('storage', 'lose_answer', { count: 2 });
    await keepAll(bucket, 40);
    await sandbox.noFaults();
    await until(
      async () => {
        await keepAll(bucket, 60);
        return rows(bucket);
      },
      ([row]) => row?.state === 'stored',
      { what: 'the recording' },
    );
    const [row] = await rows(bucket);
    expect((await bucketFiles()).filter(({ key }) => key.includes(row?.id ?? ''))).toMatchObject([
      { sha256: row?.sha256 },
    ]);
    expect(await audioUrl(bucket, id)).not.toBe('');
  });

  it('a server that died while it copied is followed by another, when its time is over', async () => {
    await sandbox.fault('storage', 'http_500', { count: 50 });
    await aRecordedCall(bucket);
    await until(
      () => rows(bucket),
      ([row]) => row !== undefined && row.error !== null,
    );
    await sandbox.noFaults();
    await bucket.sql(tenant.userId, `UPDATE recordings SET due_at = now() + interval '10 minutes'`);
    await keepAll(bucket, 9);
    expect(await rows(bucket)).toMatchObject([{ state: 'due' }]);
    const { status, body } = await api(bucket.url).get(`/calls/${(await rows(bucket))[0]?.call_id}/recording`, {
      token: tenant.token,
    });
    expect([status, body]).toMatchObject([404, { code: 'recording.not_ready' }]);
    await keepAll(bucket, 11);
    expect(await rows(bucket)).toMatchObject([{ state: 'stored' }]);
  });

  it('webhooks that come twice, in the wrong order or from nobody change nothing', async () => {
    await sandbox.fault('twilio', 'repeat_webhook', { number: SAYS_NOTHING, count: 20 });
    await sandbox.fault('twilio', 'reorder_webhooks', { number: SAYS_NOTHING, count: 5 });
    const { id } = await aRecordedCall(local);
    await audioUrl(local, id);
    await sandbox.noFaults();
    expect(await rows()).toHaveLength(1);
    const forged = new URLSearchParams({
      CallSid: 'CA',
      RecordingSid: `RE${'0'.repeat(32)}`,
      RecordingStatus: 'completed',
    });
    expect((await api(local.url).post('/recording-status', forged)).status).toBe(403);
    expect(await rows()).toHaveLength(1);
  });
});

describe('what goes', () => {
  it('is audio that is too old; what was said stays', async () => {
    const { id } = await aRecordedCall(bucket);
    await audioUrl(bucket, id);
    const [row] = await rows(bucket);
    await bucket.sql(
      tenant.userId,
      `UPDATE recordings SET stored_at = now() - interval '31 days', updated_at = now() - interval '31 days'`,
    );
    await bucket.app.get(RecordingTidying).tidyAll();
    expect(await rows(bucket)).toMatchObject([{ state: 'erased', storage_key: null }]);
    expect((await bucketFiles()).filter(({ key }) => key.includes(row?.id ?? ''))).toEqual([]);
    expect(await call(bucket, id)).toMatchObject({ audio_url: null, transcript: expect.any(Array) as unknown[] });
    expect((await api(bucket.url).get(`/calls/${id}/recording`, { token: tenant.token })).status).toBe(404);
  });

  it('is every file of a user who is erased, here and at Twilio, however long that takes', async () => {
    const gone = await signUp(local.url);
    const { id, callSid } = await aRecordedCall(local, gone);
    const url = await audioUrl(local, id, gone.token);
    const telephony = local.app.get(Telephony);
    expect(await telephony.recordingsOf(callSid)).toHaveLength(1);
    const folder = join(local.config.dataDir, 'files', 'recordings');
    const [row] = await rows(local, gone.userId);
    expect(await readdir(folder)).toContain(`${row?.id}.wav`);

    expect((await api(local.url).delete('/users/me', { token: gone.token })).status).toBe(204);
    expect((await bytesOf(url)).status).toBe(404);
    const removals = local.app.get(FileRemovals);
    await sandbox.fault('twilio', 'http_403', { count: 1 });
    await removals.removeAll(minutesFromNow(2));
    await removals.removeAll(minutesFromNow(120));
    expect(await readdir(folder)).not.toContain(`${row?.id}.wav`);
    expect(await telephony.recordingsOf(callSid)).toEqual([]);
  });

  it('is at Twilio, too, where nobody has told of it before the user was erased', async () => {
    const gone = await signUp(local.url);
    await sandbox.fault('twilio', 'lose_webhook', { number: SAYS_NOTHING, count: 20 });
    const { placed } = await ring(local, gone, SAYS_NOTHING, { record: true });
    await until(
      () => sandbox.call(placed.call_sid),
      ({ frames_out: frames }) => frames >= RECORDED_FRAMES,
    );
    expect((await api(local.url).delete('/users/me', { token: gone.token })).status).toBe(204);
    const telephony = local.app.get(Telephony);
    await until(
      () => telephony.recordingsOf(placed.call_sid),
      ([recording]) => recording?.status === 'completed',
      { what: 'the recording at Twilio' },
    );
    await local.app.get(FileRemovals).removeAll(minutesFromNow(11));
    expect(await telephony.recordingsOf(placed.call_sid)).toEqual([]);
  });
});
