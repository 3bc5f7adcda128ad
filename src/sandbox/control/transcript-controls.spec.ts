import { SERVICE_SID, SandboxFixture, until } from '../spec-support/sandbox-fixture';

const CALL_SID = `CA${'3'.repeat(32)}`;
const SENTENCES = [
  { text: 'Good morning.', media_channel: 2, start_time: 0.4, end_time: 1.2, confidence: 0.97 },
  { text: 'Hello?', media_channel: 1, start_time: null, end_time: null, confidence: null },
];

describe('the controls of transcripts', () => {
  let fixture: SandboxFixture;

  beforeAll(async () => {
    fixture = await SandboxFixture.start();
  });
  afterAll(() => fixture.close());

  const transcripts = () => fixture.client.intelligence.v2.transcripts;
  const place = async (body: Record<string, unknown>) => {
    const answer = await fixture.control('POST', '/transcripts', body);
    expect(answer).toEqual({ status: 201, body: { transcript_sid: expect.stringMatching(/^GT/) as string } });
    return (answer.body as { transcript_sid: string }).transcript_sid;
  };

  it('put a transcript there that says what a hand has written, and list it', async () => {
    const sid = await place({ call_sid: CALL_SID, sentences: SENTENCES });
    expect(await transcripts()(sid).fetch()).toMatchObject({
      status: 'completed',
      serviceSid: SERVICE_SID,
      customerKey: CALL_SID,
      languageCode: 'en-US',
      duration: 2,
    });
    expect(await transcripts()(sid).sentences.list()).toMatchObject([
      { transcript: 'Good morning.', mediaChannel: 2, startTime: 0.4, endTime: 1.2, confidence: 0.97 },
      { transcript: 'Hello?', mediaChannel: 1, startTime: null, endTime: null, confidence: null },
    ]);
    expect((await fixture.control('GET', '/transcripts')).body).toEqual([
      {
        transcript_sid: sid,
        service_sid: SERVICE_SID,
        call_sid: CALL_SID,
        recording_sid: null,
        status: 'completed',
        language_code: 'en-US',
        customer_key: CALL_SID,
        duration: 2,
        created_at: expect.any(String) as string,
        sentences: SENTENCES,
        webhooks: [],
      },
    ]);
  });

  it('belong to the recording of the call where there is one', async () => {
    fixture.product.answer('/voice', '<Say>Good morning</Say>');
    const call = await fixture.call('+12025550106', { record: true });
    await until('the end', async () => (await fixture.statusOf(call.sid)) === 'completed');
    const [recording] = await fixture.client.recordings.list({ callSid: call.sid });
    const sid = await place({ call_sid: call.sid, customer_key: 'mine', language_code: 'es-MX' });
    expect(await transcripts()(sid).fetch()).toMatchObject({
      channel: { media_properties: { source_sid: recording?.sid } },
      customerKey: 'mine',
      languageCode: 'es-MX',
    });
  });

  it.each(['new', 'queued', 'in-progress', 'failed', 'error', 'canceled'])(
    'leave one that is %s as it is until a hand moves it, its sentences hidden',
    async (status) => {
      const sid = await place({ status, sentences: SENTENCES });
      expect(await transcripts()(sid).fetch()).toMatchObject({ status });
      expect(await transcripts()(sid).sentences.list()).toEqual([]);
      const moved = await fixture.control('POST', `/transcripts/${sid}`, { status: 'completed' });
      expect(moved).toMatchObject({ status: 200, body: { transcript_sid: sid, status: 'completed' } });
      expect(await transcripts()(sid).sentences.list()).toHaveLength(2);
    },
  );

  it('move one that is being worked on, and its work ends', async () => {
    const channel = { media_properties: { media_url: 'https://files.example.com/a.wav' } };
    const { sid } = await transcripts().create({ serviceSid: SERVICE_SID, channel });
    await fixture.control('POST', `/transcripts/${sid}`, { status: 'canceled' });
    const { sid: next } = await transcripts().create({ serviceSid: SERVICE_SID, channel });
    await until('the next one', async () => (await transcripts()(next).fetch()).status === 'completed');
    expect(await transcripts()(sid).fetch()).toMatchObject({ status: 'canceled' });
  });

  it.each<[string, unknown, number]>([
    ['/transcripts', { call_sid: 'CA1' }, 422],
    ['/transcripts', { status: 'done' }, 422],
    ['/transcripts', { service_sid: 'GA1' }, 404],
    ['/transcripts', { language_code: 'english' }, 422],
    ['/transcripts', { text: 'Hello' }, 422],
    ['/transcripts', { sentences: [{ text: '', media_channel: 1 }] }, 422],
    ['/transcripts', { sentences: [{ text: 'Hello', media_channel: 3 }] }, 422],
    ['/transcripts', { sentences: [{ text: 'Hello', media_channel: 1, start_time: 2, end_time: 1 }] }, 422],
    ['/transcripts', { sentences: [{ text: 'Hello', media_channel: 1, confidence: 2 }] }, 422],
    ['/transcripts/GT1', { status: 'failed' }, 404],
  ])('refuse %s %j with a sentence', async (path, body, status) => {
    const answer = await fixture.control('POST', path, body);
    expect(answer).toEqual({ status, body: { detail: expect.stringMatching(/\S+ \S+ \S+/) as string } });
  });
});

describe('the count of requests', () => {
  let fixture: SandboxFixture;

  beforeAll(async () => {
    fixture = await SandboxFixture.start();
  });
  afterAll(() => fixture.close());

  const requestsBelow = async (path: string) => (await fixture.control('GET', `/requests?path=${path}`)).body;

  it('has every request to a provider below a path, also one that was refused, and none to the controls', async () => {
    const service = fixture.client.intelligence.v2.services(SERVICE_SID);
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'http_500' });
    await expect(service.fetch()).rejects.toMatchObject({ status: 500 });
    await service.fetch();
    await fixture.client.intelligence.v2.transcripts.list({ status: 'failed' });
    await fixture.client.calls.list();
    expect(await requestsBelow('/v2')).toEqual({
      path: '/v2',
      count: 3,
      requests: [
        { method: 'GET', path: `/v2/Services/${SERVICE_SID}`, count: 2 },
        { method: 'GET', path: '/v2/Transcripts', count: 1 },
      ],
    });
    expect(await requestsBelow('/v2/Transcripts')).toMatchObject({ count: 1 });
    expect(await requestsBelow('/')).toMatchObject({ count: 4 });
    expect(await requestsBelow('/sandbox')).toMatchObject({ count: 0 });
    expect(await requestsBelow('v2')).toEqual({ detail: 'path: must begin with /' });
  });

  it('begins anew when it is told so', async () => {
    await fixture.client.calls.list();
    expect((await fixture.control('DELETE', '/requests')).status).toBe(204);
    expect((await fixture.control('GET', '/requests')).body).toEqual({ path: '/', count: 0, requests: [] });
  });
});
