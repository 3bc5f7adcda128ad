import type { AppConfig } from '../../src/config/app-config';
import { Database } from '../../src/database/database';
import { TwilioVoiceIntelligence } from '../../src/integrations/voice-intelligence/twilio/twilio-voice-intelligence';
import { Telephony } from '../../src/integrations/telephony/telephony';
import { StoredTranscripts } from '../../src/transcripts/stored-transcripts.service';
import { TranscriptRequests } from '../../src/transcripts/transcript-requests.service';
import { aCall } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ring } from '../support/live-call';
import { aText, textLike } from '../support/matching';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { aCallSid } from '../support/scripted-twilio';
import { until } from '../support/until';

/** Recordings become transcripts by themselves, each once, whatever gets lost on the way. */

jest.setTimeout(120_000);

const SAYS_NOTHING = '+12025550106';
/** Three seconds of a line on which the agent speaks at once: its first words, not all of its opening. */
const RECORDED_FRAMES = 150;
const MINUTE = 60_000;
const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * MINUTE);
const minutesAgo = (minutes: number) => minutesFromNow(-minutes).toISOString();

let sandbox: TestSandbox;
/** Its own rounds are switched off: a test says when there is one. */
let server: StartedApp;
let user: SignedUp;
/** A call that was really recorded; what was asked for it is forgotten before each test. */
let call: Recorded;

interface Recorded {
  callId: string;
  callSid: string;
  recordingSid: string;
}

interface Row {
  call_id: string;
  recording_sid: string | null;
  state: string;
  tries: number;
  asks: number;
  check_at: Date | null;
  transcript_sid: string | null;
  error: string | null;
}

/** As the sandbox shows it. */
interface TranscriptView {
  transcript_sid: string;
  recording_sid: string | null;
  customer_key: string | null;
  webhooks: { status: number | null }[];
}

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, USE_TWILIO_VOICE_INTELLIGENCE: 'false' } });
  user = await signUp(server.url);
  call = await aRecordedCall(server, user);
});
beforeEach(async () => {
  await sandbox.noFaults();
  for (const table of ['transcript_requests', 'stored_twilio_transcripts']) {
    await server.sql(user.userId, `DELETE FROM ${table}`);
  }
  for (const { transcript_sid: sid } of await transcripts()) await twilio.delete(`/v2/Transcripts/${sid}`, asAccount());
  await api(sandbox.url).delete('/sandbox/requests');
});
afterAll(async () => {
  await server?.close();
  await sandbox?.close();
});

const twilio = {
  get: <T>(path: string, options: object) => api(sandbox.url).get<T>(path, options),
  delete: (path: string, options: object) => api(sandbox.url).delete(path, options),
};

const account = () => sandbox.env['TWILIO_ACCOUNT_SID'] ?? '';
const asAccount = () => {
  const credentials = Buffer.from(`${account()}:${sandbox.env['TWILIO_AUTH_TOKEN']}`).toString('base64');
  return { headers: { authorization: `Basic ${credentials}` } };
};

const transcripts = async () => (await api(sandbox.url).get<TranscriptView[]>('/sandbox/transcripts')).body;

/** How often Twilio was told to make a transcript, in vain as well. */
async function creates(): Promise<number> {
  const { body } = await api(sandbox.url).get<{ requests: { method: string; path: string; count: number }[] }>(
    '/sandbox/requests?path=/v2/Transcripts',
  );
  return body.requests.find(({ method, path }) => method === 'POST' && path === '/v2/Transcripts')?.count ?? 0;
}

/** The agent says its first words and is hung up on; Twilio is through with the recording. */
async function aRecordedCall(app: StartedApp, caller: SignedUp): Promise<Recorded> {
  const { placed, over } = await ring(app, caller, SAYS_NOTHING, { record: true });
  const { call_sid: callSid } = placed;
  await until(
    () => sandbox.call(callSid),
    ({ frames_out: frames }) => frames >= RECORDED_FRAMES,
  );
  await api(sandbox.url).post(`/sandbox/calls/${callSid}/hangup`);
  await over();
  const [recording] = await until(
    () => app.app.get(Telephony).recordingsOf(callSid),
    (recordings) => recordings.some(({ status }) => status === 'completed'),
  );
  return { callId: placed.id, callSid, recordingSid: recording?.recordingSid ?? '' };
}

const settingsOf = (twilioSettings: Partial<AppConfig['twilio']> = {}): AppConfig => ({
  ...server.config,
  twilio: { ...server.config.twilio, usesVoiceIntelligence: true, ...twilioSettings },
});

/** The job of a process that is switched on. */
function aProcess({ app }: StartedApp = server, config = settingsOf()): TranscriptRequests {
  return new TranscriptRequests(
    config,
    app.get(Database),
    new TwilioVoiceIntelligence(config),
    app.get(Telephony),
    app.get(StoredTranscripts),
  );
}

const round = (minutes = 1) => aProcess().makeAll(minutesFromNow(minutes));

/** Also of somebody who is gone. */
const rows = (owner = user) =>
  server.app.get(Database).asNewOwner(owner, (tx) =>
    tx.query<Row[]>(
      `SELECT call_id, recording_sid, state, tries, asks, check_at, transcript_sid, error FROM transcript_requests
       ORDER BY recording_sid NULLS FIRST, id`,
    ),
  );
const ofRecording = async () => (await rows()).find(({ recording_sid: sid }) => sid === call.recordingSid);
const ofCall = async (callId: string) =>
  (await rows()).find((row) => row.call_id === callId && row.recording_sid === null);

/** The recording is known, and the request for its transcript stands like this. */
async function aRequest(columns: Record<string, unknown> = {}): Promise<void> {
  const inserted = async (row: Record<string, unknown>) => {
    const names = Object.keys(row);
    await server.sql(
      user.userId,
      `INSERT INTO transcript_requests (${names.join(', ')}) VALUES (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
      Object.values(row),
    );
  };
  const ids = { user_id: user.userId, call_id: call.callId };
  await inserted({ ...ids, state: 'done' });
  await inserted({
    ...ids,
    recording_sid: call.recordingSid,
    channels: 2,
    state: 'due',
    check_at: minutesAgo(1),
    ...columns,
  });
}

const awaited = () =>
  server.sql(user.userId, 'SELECT transcript_sid, call_id, state FROM stored_twilio_transcripts ORDER BY id');

describe('a recorded call', () => {
  it('has its transcript stored when it is over, without anybody asking for it', async () => {
    const on = await startApp({ env: { ...sandbox.env, USE_TWILIO_VOICE_INTELLIGENCE: 'true' } });
    await sandbox.setTranscriptWebhook(`${on.url}/twilio/voice-intelligence`);
    try {
      const caller = await signUp(on.url);
      const { callSid, recordingSid } = await aRecordedCall(on, caller);
      const job = on.app.get(TranscriptRequests);
      await job.makeAll();
      // Its recording may be still to come for another few seconds.
      expect(await creates()).toBe(0);
      await job.makeAll(minutesFromNow(1));
      const { body } = await until(
        () =>
          api(on.url).get<{ transcripts: { sid: string; status: string; sentences: unknown[] }[] }>(
            '/stored-twilio-transcripts',
            { token: caller.token },
          ),
        ({ body: { transcripts: stored } }) => stored[0]?.status === 'completed',
      );
      const [stored] = body.transcripts;
      expect(stored?.sentences.length).toBeGreaterThan(0);
      const made = (await transcripts()).filter(({ recording_sid: of }) => of === recordingSid);
      expect(made).toMatchObject([
        {
          transcript_sid: stored?.sid,
          customer_key: callSid,
          webhooks: [{ event: 'transcript-available', status: 200 }],
        },
      ]);
      const told = await twilio.get(`/v2/Transcripts/${stored?.sid}`, asAccount());
      expect(told.body).toMatchObject({
        channel: {
          media_properties: { source_sid: recordingSid },
          participants: [
            { channel_participant: 1, role: 'Customer' },
            { channel_participant: 2, role: 'Agent' },
          ],
        },
      });
      const enhanced = await api(on.url).get<{ source: string }>(`/api/enhanced-transcripts/${stored?.sid}`, {
        token: caller.token,
      });
      expect(enhanced.body.source).toBe('twilio');
      expect(await creates()).toBe(1);
    } finally {
      await sandbox.setTranscriptWebhook('');
      await on.close();
    }
  });

  it('is left alone where that is switched off, or no service is named', async () => {
    await aProcess(server, server.config).makeAll(minutesFromNow(1));
    await aProcess(server, settingsOf({ voiceIntelligenceSid: undefined })).makeAll(minutesFromNow(1));
    expect(await rows()).toEqual([]);
    expect(await sandbox.requestsTo('/')).toBe(0);
  });

  it('is left alone that was not recorded, not answered, has no sid, or ended too long ago or just now', async () => {
    const columns = { record: true, answered_at: minutesAgo(10), ended_at: minutesAgo(9) };
    const other = await signUp(server.url);
    for (const change of [
      { record: false },
      { answered_at: null, status: 'busy' },
      { call_sid: null },
      { ended_at: minutesAgo(3 * 24 * 60 + 5) },
      { ended_at: null, status: 'in-progress' },
      { ended_at: minutesAgo(0) },
    ]) {
      await aCall(server, other.userId, { ...columns, ...change });
    }
    await round(0);
    expect(await rows(other)).toEqual([]);
    await aCall(server, other.userId, columns);
    await round(0);
    expect(await rows(other)).toHaveLength(1);
  });

  it('without a recording is asked about again with growing pauses, and for an hour', async () => {
    const { id } = await aCall(server, user.userId, {
      record: true,
      answered_at: minutesAgo(70),
      ended_at: minutesAgo(69),
    });
    const pauses: number[] = [];
    for (let tries = 1; tries <= 7; tries++) {
      await round(60);
      const row = await ofCall(id);
      expect(row).toMatchObject({ state: 'due', tries, error: 'There is no recording yet.' });
      pauses.push((Number(row?.check_at) - Date.now()) / MINUTE);
      // Not before its time.
      await round(0);
      expect((await ofCall(id))?.tries).toBe(tries);
    }
    expect(pauses.map((pause) => Math.round(pause * 2) / 2)).toEqual([0.5, 1, 2, 4, 8, 16, 32]);
    await round(60);
    expect(await ofCall(id)).toMatchObject({ state: 'failed', error: 'No recording came.', check_at: null });
  });

  it('has a transcript made of each recording, as each is completed', async () => {
    const { id, call_sid: callSid } = await aCall(server, user.userId, {
      record: true,
      direction: 'inbound',
      answered_at: minutesAgo(2),
      ended_at: minutesAgo(1),
    });
    const config = settingsOf();
    const carrier = new TwilioVoiceIntelligence(config);
    const telephony = server.app.get(Telephony);
    const sids = ['1', '2', '3'].map((digit) => `RE${digit.repeat(32)}`);
    const [first = '', second = '', silent = ''] = sids;
    let status = 'processing';
    const recordings = jest.spyOn(telephony, 'recordingsOf').mockImplementation((of) =>
      Promise.resolve(
        of === callSid
          ? [
              { recordingSid: first, status: 'completed', channels: 2, durationSeconds: 9 },
              { recordingSid: second, status, channels: 1, durationSeconds: 9 },
              { recordingSid: silent, status: 'absent', channels: 2, durationSeconds: null },
            ]
          : [],
      ),
    );
    jest.spyOn(carrier, 'transcriptsOf').mockResolvedValue([]);
    const asked = jest
      .spyOn(carrier, 'requestTranscript')
      .mockImplementation(({ recordingSid }) => Promise.resolve(recordingSid.replace('RE', 'GT')));
    const job = new TranscriptRequests(
      { ...config, transcripts: { ...config.transcripts, firstChannel: { outbound: 'customer', inbound: 'agent' } } },
      server.app.get(Database),
      carrier,
      telephony,
      server.app.get(StoredTranscripts),
    );
    await job.makeAll();
    expect(await ofCall(id)).toMatchObject({ state: 'due' });
    status = 'completed';
    for (let times = 0; times < 2; times++) await job.makeAll(minutesFromNow(1));
    expect(await ofCall(id)).toMatchObject({ state: 'done' });
    expect(asked.mock.calls).toEqual([
      [{ recordingSid: first, customerKey: callSid, firstChannel: 'agent' }],
      // Everybody is on one channel.
      [{ recordingSid: second, customerKey: callSid, firstChannel: null }],
    ]);
    expect(await awaited()).toHaveLength(2);
    recordings.mockRestore();
  });

  it('of somebody who is erased meanwhile is forgotten, and harms no other', async () => {
    const gone = await signUp(server.url);
    const theirs = await aRecordedCall(server, gone);
    // Twilio takes its time over the recordings and over the transcript: that is when the user goes.
    await sandbox.fault('twilio', 'slow', { call_sid: theirs.callSid, count: 2, after_ms: 1500 });
    const working = round();
    await until(creates, (count) => count > 1);
    expect((await api(server.url).delete('/users/me', { token: gone.token })).status).toBeLessThan(300);
    await working;
    await round(60);
    expect(await rows(gone)).toEqual([]);
    expect(await ofRecording()).toMatchObject({ state: 'done' });
    expect(await creates()).toBe(2);
  });

  it('whose user is switched off is left alone until they are back', async () => {
    await aRequest();
    const isActive = (is: boolean) =>
      server.app
        .get(Database)
        .asNewOwner(user, (tx) => tx.query('UPDATE users SET is_active = $2 WHERE id = $1', [user.userId, is]));
    await isActive(false);
    try {
      await round(60);
    } finally {
      await isActive(true);
    }
    expect(await ofRecording()).toMatchObject({ state: 'due', tries: 0 });
    expect(await creates()).toBe(0);
  });
});

describe('a transcript', () => {
  it('is asked for once, however many processes are at it, though the answer is lost', async () => {
    await sandbox.fault('twilio', 'lose_answer', { call_sid: call.callSid });
    const other = await startApp({
      env: { ...sandbox.env, USE_TWILIO_VOICE_INTELLIGENCE: 'false' },
      database: server.database,
    });
    try {
      const processes = [aProcess(), aProcess(other), aProcess(), aProcess(other)];
      const all = (minutes: number) => Promise.all(processes.map((one) => one.makeAll(minutesFromNow(minutes))));
      // Sooner than anybody looks again.
      await all(0.4);
      expect(await ofRecording()).toMatchObject({ state: 'asked', asks: 1, error: 'Twilio did not answer.' });
      expect(await awaited()).toEqual([]);
      await all(60);
      await all(60);
    } finally {
      await other.close();
    }
    const [made, ...more] = await transcripts();
    expect(more).toEqual([]);
    expect(await creates()).toBe(1);
    expect(await ofRecording()).toMatchObject({ state: 'done', transcript_sid: made?.transcript_sid, error: null });
    expect(await awaited()).toMatchObject([
      { transcript_sid: made?.transcript_sid, call_id: call.callId, state: 'awaited' },
    ]);
  });

  it('that the service has made by itself is taken, and none is asked for', async () => {
    const client = api(sandbox.url);
    const service = `/v2/Services/${sandbox.env['TWILIO_VOICE_INTELLIGENCE_SID']}`;
    const transcribesByItself = (is: boolean) =>
      client.post(service, new URLSearchParams({ AutoTranscribe: String(is) }), asAccount());
    await transcribesByItself(true);
    const other = await signUp(server.url);
    const { callId, recordingSid } = await aRecordedCall(server, other).finally(() => transcribesByItself(false));
    const [made] = await transcripts();
    expect(made).toMatchObject({ recording_sid: recordingSid, customer_key: null });
    await aRequest({ state: 'done', check_at: null });
    await round();
    expect(await creates()).toBe(0);
    expect(await rows(other)).toMatchObject([
      { call_id: callId, recording_sid: null, state: 'done' },
      { recording_sid: recordingSid, state: 'done', transcript_sid: made?.transcript_sid },
    ]);
  });

  it('that came up between the question and the create is taken as well', async () => {
    await aRequest();
    const config = settingsOf();
    const real = new TwilioVoiceIntelligence(config);
    const { transcriptsOf } = real;
    let looks = 0;
    // The first look sees nothing, as it would a moment before the service begins.
    jest
      .spyOn(real, 'transcriptsOf')
      .mockImplementation(async (sid) => (looks++ === 0 ? [] : transcriptsOf.call(real, sid)));
    const made = await real.requestTranscript({
      recordingSid: call.recordingSid,
      customerKey: '',
      firstChannel: null,
    });
    await new TranscriptRequests(
      config,
      server.app.get(Database),
      real,
      server.app.get(Telephony),
      server.app.get(StoredTranscripts),
    ).makeAll();
    expect(await ofRecording()).toMatchObject({ state: 'done', transcript_sid: made });
    expect(await transcripts()).toHaveLength(1);
  });

  it('that is refused is not asked for again, and the row says why', async () => {
    const unknown = `GA${'1'.repeat(32)}`;
    const refused = () => aProcess(server, settingsOf({ voiceIntelligenceSid: unknown })).makeAll(minutesFromNow(60));
    await refused();
    await refused();
    expect(await ofRecording()).toMatchObject({
      state: 'failed',
      asks: 1,
      check_at: null,
      error: textLike(new RegExp(`${unknown}.* was not found`)),
    });
    expect(await creates()).toBe(1);
    expect(await awaited()).toEqual([]);
  });

  it('that may have been asked for by who died is asked for again only when it cannot be there any more', async () => {
    await aRequest({
      state: 'asked',
      asks: 1,
      asked_at: minutesAgo(0),
      claim: '00000000-0000-4000-8000-000000000000',
      claimed_until: minutesAgo(0),
    });
    await round(1);
    expect(await ofRecording()).toMatchObject({ state: 'asked', asks: 1, tries: 1, error: aText });
    expect(await creates()).toBe(0);
    await round(3);
    expect(await creates()).toBe(1);
    expect(await ofRecording()).toMatchObject({ state: 'done', asks: 2, transcript_sid: textLike(/^GT/) });
  });

  it('is not asked for while somebody else may be asking', async () => {
    await aRequest({
      state: 'asked',
      asks: 1,
      asked_at: minutesAgo(0),
      claim: '00000000-0000-4000-8000-000000000000',
      claimed_until: minutesFromNow(1).toISOString(),
    });
    await round(60);
    expect(await ofRecording()).toMatchObject({ state: 'asked', tries: 0 });
    expect(await sandbox.requestsTo('/v2')).toBe(0);
  });

  it('is asked for three times where Twilio never answers, and no more', async () => {
    await aRequest();
    await sandbox.fault('twilio', 'drop_socket', { call_sid: call.callSid, count: 10 });
    for (let times = 0; times < 6; times++) await round(60);
    expect(await creates()).toBe(3);
    expect(await ofRecording()).toMatchObject({ state: 'failed', asks: 3, error: aText });
  });

  it.each(['http_500', 'http_429'] as const)('is asked for again after %s, in its time', async (fault) => {
    await aRequest();
    await sandbox.fault('twilio', fault, { call_sid: call.callSid });
    await round(0);
    const isUnknown = fault === 'http_500';
    expect(await ofRecording()).toMatchObject({
      state: isUnknown ? 'asked' : 'due',
      asks: isUnknown ? 1 : 0,
      error: aText,
    });
    await round(0);
    expect(await creates()).toBe(1);
    await round(3);
    expect(await creates()).toBe(2);
    expect(await ofRecording()).toMatchObject({ state: 'done', error: null });
  });

  it('is handed over though that went wrong before', async () => {
    await aRequest();
    const job = aProcess();
    const handOver = jest.spyOn(server.app.get(StoredTranscripts), 'expect').mockRejectedValueOnce(new Error('lost'));
    try {
      await job.makeAll(minutesFromNow(0));
      expect(await ofRecording()).toMatchObject({ state: 'asked', transcript_sid: null });
      await job.makeAll(minutesFromNow(1));
    } finally {
      handOver.mockRestore();
    }
    expect(await ofRecording()).toMatchObject({ state: 'done' });
    expect(await awaited()).toHaveLength(1);
    expect(await creates()).toBe(1);
  });

  it('whose recording cannot be asked about holds up no other', async () => {
    const { id } = await aCall(server, user.userId, {
      record: true,
      call_sid: aCallSid(),
      answered_at: minutesAgo(2),
      ended_at: minutesAgo(1),
    });
    await sandbox.fault('twilio', 'http_500', { call_sid: call.callSid, count: 50 });
    await round();
    expect(await ofCall(call.callId)).toMatchObject({ state: 'due', tries: 1, error: textLike(/internal server/) });
    expect(Number((await ofCall(call.callId))?.check_at)).toBeGreaterThan(Date.now());
    expect(await ofCall(id)).toMatchObject({ state: 'due', tries: 1 });
  });
});

describe('stopping', () => {
  it('does not wait for Twilio', async () => {
    const on = await startApp({
      env: { ...sandbox.env, USE_TWILIO_VOICE_INTELLIGENCE: 'true' },
      database: server.database,
    });
    await aRequest();
    await sandbox.fault('twilio', 'timeout', { call_sid: call.callSid });
    on.app.get(TranscriptRequests)['rounds'].callForOne();
    await until(creates, (count) => count === 1);
    const began = Date.now();
    await on.close();
    expect(Date.now() - began).toBeLessThan(8000);
    expect(await ofRecording()).toMatchObject({ state: 'asked', asks: 1 });
  });
});
