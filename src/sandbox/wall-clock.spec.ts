import type { RecordingInstance } from 'twilio/lib/rest/api/v2010/account/recording';
import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  OWN_NUMBER,
  SERVICE_SID,
  SandboxFixture,
  until,
} from './spec-support/sandbox-fixture';

const HOUR = 3600;

describe("Twilio's clock", () => {
  let fixture: SandboxFixture;

  beforeEach(async () => {
    fixture = await SandboxFixture.start();
  });
  afterEach(() => fixture.close());

  const setClock = (aheadSeconds: number) => fixture.control('POST', '/clock', { ahead_seconds: aheadSeconds });
  /** By how many hours a date is ahead of now; specs take less than half of one. */
  const hoursAhead = (date: Date | string | null | undefined) =>
    Math.round((new Date(date ?? NaN).getTime() - Date.now()) / HOUR / 1000) + 0;
  const dateOf = async (path: string, authorization = `${ACCOUNT_SID}:${AUTH_TOKEN}`, { sandbox } = fixture) => {
    const headers = { authorization: `Basic ${Buffer.from(authorization).toString('base64')}` };
    return (await fetch(`${sandbox.baseUrl}${path}`, { headers })).headers.get('date');
  };
  const CALLS = `/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`;
  const timestamps = (path: string) => fixture.product.on(path).map(({ form }) => hoursAhead(form['Timestamp']));

  /** There is something to record. */
  const speak = async (sid: string) => {
    await fixture.control('POST', `/calls/${sid}/says`, { text: 'Good morning' });
    await until('the words', async () => (await fixture.view<{ said: unknown[] }>(sid)).said.length > 0);
  };

  const answeredCall = async () => {
    fixture.product.answer('/voice', '<Pause length="60"/>');
    const { sid } = await fixture.call('+12025550106', { record: true });
    await until('the answer', async () => (await fixture.statusOf(sid)) === 'in-progress');
    await speak(sid);
    return sid;
  };

  it('is the machine’s until it is set, forward and back', async () => {
    const { status, body } = await fixture.control('GET', '/clock');
    expect([status, body]).toEqual([200, { ahead_seconds: 0, now: expect.any(String) as string }]);
    for (const hours of [24, -24, 0.5, 0]) {
      const answer = await setClock(hours * HOUR);
      expect(answer).toMatchObject({ status: 200, body: { ahead_seconds: hours * HOUR } });
      const { now } = answer.body as { now: string };
      expect(Math.abs(Date.parse(now) - Date.now() - hours * HOUR * 1000)).toBeLessThan(5000);
      expect((await fixture.control('GET', '/clock')).body).toMatchObject({ ahead_seconds: hours * HOUR });
    }
  });

  it.each([
    [{ ahead_seconds: 86_401 }, 'ahead_seconds: must be from -86,400 to 86,400'],
    [{ ahead_seconds: -86_401 }, 'ahead_seconds: must be from -86,400 to 86,400'],
    [{ ahead_seconds: '5' }, 'ahead_seconds: '],
    [{ ahead_seconds: null }, 'ahead_seconds: '],
    [{}, 'ahead_seconds: '],
    [{ ahead_seconds: 5, now: '2026-01-31T00:00:00Z' }, 'Unrecognized key: "now"'],
    ['text', 'The body must be a JSON object.'],
    [undefined, 'The body must be a JSON object.'],
  ])('refuses %j with a sentence and stays as it is', async (body, sentence) => {
    await setClock(7);
    expect(await fixture.control('POST', '/clock', body)).toEqual({
      status: 400,
      body: { detail: expect.stringContaining(sentence) as string },
    });
    expect((await fixture.control('GET', '/clock')).body).toMatchObject({ ahead_seconds: 7 });
  });

  it('dates what is made and changed from then on, and nothing that was before', async () => {
    const old = await fixture.call('+12025550101');
    await until('its end', async () => (await fixture.statusOf(old.sid)) === 'busy');
    await setClock(5 * HOUR);
    const { sid } = await fixture.call('+12025550101');
    await until('its end', async () => (await fixture.statusOf(sid)) === 'busy');
    await setClock(-3 * HOUR);

    const datesOf = async (callSid: string) => {
      const { dateCreated, startTime, endTime, dateUpdated } = await fixture.client.calls(callSid).fetch();
      return [dateCreated, startTime, endTime, dateUpdated].map(hoursAhead);
    };
    expect(await datesOf(old.sid)).toEqual([0, 0, 0, 0]);
    expect(await datesOf(sid)).toEqual([5, 5, 5, 5]);
    const later = await fixture.client.calls.list({ startTimeAfter: new Date(Date.now() + HOUR * 1000) });
    expect(later.map((call) => call.sid)).toEqual([sid]);

    const { incomingPhoneNumbers } = fixture.client;
    const [number] = await incomingPhoneNumbers.list();
    const renamed = await incomingPhoneNumbers(number?.sid ?? '').update({ friendlyName: 'Ours' });
    expect([renamed.dateCreated, renamed.dateUpdated].map(hoursAhead)).toEqual([0, -3]);
    const { services, transcripts } = fixture.client.intelligence.v2;
    const changed = await services(SERVICE_SID).update({ friendlyName: 'Ours' });
    expect([changed.dateCreated, changed.dateUpdated].map(hoursAhead)).toEqual([0, -3]);
    expect(hoursAhead((await services.create({ uniqueName: 'new' })).dateCreated)).toBe(-3);
    const placed = (await fixture.control('POST', '/transcripts', { status: 'queued' })).body as {
      transcript_sid: string;
    };
    await setClock(2 * HOUR);
    await fixture.control('POST', `/transcripts/${placed.transcript_sid}`, { status: 'completed' });
    const transcript = await transcripts(placed.transcript_sid).fetch();
    expect([transcript.dateCreated, transcript.dateUpdated].map(hoursAhead)).toEqual([-3, 2]);
  });

  it('is in what the webhooks tell', async () => {
    await setClock(4 * HOUR);
    const { streamUrl } = fixture.product;
    fixture.product.answer(
      '/voice',
      `<Connect><Stream url="${streamUrl}" statusCallback="${fixture.product.url('/stream')}"/></Connect>`,
    );
    const recordingStatusCallback = fixture.product.url('/recording');
    const { sid } = await fixture.call('+12025550106', { record: true, recordingStatusCallback });
    await until('the stream', () => fixture.product.on('/stream').length === 1);
    await speak(sid);
    await setClock(-4 * HOUR);
    await fixture.control('POST', `/calls/${sid}/hangup`);
    await until('the end', () => fixture.product.on('/status').length === 4);
    await until('the recording', () => fixture.product.on('/recording').length === 1);
    expect(timestamps('/status').sort()).toEqual([-4, 4, 4, 4]);
    expect(timestamps('/stream')[0]).toBe(4);
    expect(hoursAhead(fixture.product.on('/recording')[0]?.form['RecordingStartTime'])).toBe(4);
  });

  it('is in the Date of every answer of Twilio, and of nobody else', async () => {
    await setClock(-6 * HOUR);
    expect(hoursAhead(await dateOf(CALLS))).toBe(-6);
    expect(hoursAhead(await dateOf('/v2/Services'))).toBe(-6);
    expect(hoursAhead(await dateOf(CALLS, 'wrong'))).toBe(-6);
    expect(hoursAhead(await dateOf('/2010-04-01/nothing'))).toBe(-6);
    expect(hoursAhead(await dateOf('/sandbox/clock'))).toBe(0);
    expect(hoursAhead(await dateOf('/v1/models'))).toBe(0);
  });

  it.each([24, -24])('moved by %i hours in the middle of a call changes its dates, not its duration', async (hours) => {
    const sid = await answeredCall();
    await setClock(hours * HOUR);
    // What is left of its time is counted from the answer.
    await fixture.client.calls(sid).update({ timeLimit: 60 });
    expect(await fixture.statusOf(sid)).toBe('in-progress');
    await fixture.control('POST', `/calls/${sid}/hangup`);
    await until('the callback', () => fixture.product.on('/status').length === 4);
    const call = await fixture.client.calls(sid).fetch();
    expect([call.startTime, call.endTime].map(hoursAhead)).toEqual([0, hours]);
    expect(call.price).toBe('-0.01400');
    const last = fixture.product.on('/status').find(({ form }) => form['CallStatus'] === 'completed');
    let recording: RecordingInstance | undefined;
    await until('its recording', async () => {
      [recording] = await fixture.client.recordings.list({ callSid: sid });
      return recording?.status === 'completed';
    });
    expect([recording?.startTime, recording?.dateCreated, recording?.dateUpdated].map(hoursAhead)).toEqual([
      0,
      0,
      hours,
    ]);
    for (const duration of [call.duration, last?.form['CallDuration'], recording?.duration].map(Number)) {
      expect(duration).toBeGreaterThanOrEqual(0);
      expect(duration).toBeLessThan(60);
    }
  });

  it('of one sandbox is not that of another', async () => {
    const other = await SandboxFixture.start();
    try {
      await setClock(HOUR);
      await other.control('POST', '/clock', { ahead_seconds: -HOUR });
      const [here, there] = [await fixture.call('+12025550101'), await other.call('+12025550101')];
      expect([here.dateCreated, there.dateCreated].map(hoursAhead)).toEqual([1, -1]);
      expect(hoursAhead(await dateOf(CALLS))).toBe(1);
      expect(hoursAhead(await dateOf(CALLS, undefined, other))).toBe(-1);
    } finally {
      await other.close();
    }
  });

  it('is that of calls that come in', async () => {
    await setClock(HOUR);
    const { body } = await fixture.control('POST', '/inbound-calls', { from: '+14155552671', to: OWN_NUMBER });
    const { call_sid: sid } = body as { call_sid: string };
    expect(hoursAhead((await fixture.client.calls(sid).fetch()).dateCreated)).toBe(1);
    expect(hoursAhead((await fixture.view<{ created_at: string }>(sid)).created_at)).toBe(1);
  });
});
