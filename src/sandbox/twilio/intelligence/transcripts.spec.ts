import twilio from 'twilio';
import { ACCOUNT_SID, SERVICE_SID, SandboxFixture, until } from '../../spec-support/sandbox-fixture';

const NOWHERE = '0'.repeat(32);

jest.setTimeout(30_000);

describe('Voice Intelligence transcripts', () => {
  let fixture: SandboxFixture;

  beforeAll(async () => {
    fixture = await SandboxFixture.start();
  });
  afterAll(() => fixture.close());
  afterEach(async () => {
    await fixture.control('DELETE', '/faults');
    for (const { sid } of await transcripts().list()) await transcripts()(sid).remove();
  });

  const transcripts = () => fixture.client.intelligence.v2.transcripts;
  const statusOf = async (sid: string) => (await transcripts()(sid).fetch()).status;
  const of = (recordingSid: string) => ({ media_properties: { source_sid: recordingSid } });
  const order = (recordingSid: string) => ({ serviceSid: SERVICE_SID, channel: of(recordingSid) });

  /** A call in which the platform says three sentences and the person nothing; its recording. */
  const recordedCall = async () => {
    fixture.product.answer('/voice', '<Say>Good morning. My number is 202 555 0147. Goodbye.</Say>');
    const { sid: callSid } = await fixture.call('+12025550106', { record: true, recordingChannels: 'dual' });
    let recordingSid = '';
    await until('the recording', async () => {
      const [recording] = await fixture.client.recordings.list({ callSid });
      recordingSid = recording?.sid ?? '';
      return recording?.status === 'completed';
    });
    return { callSid, recordingSid };
  };
  const place = async (body: Record<string, unknown>) =>
    ((await fixture.control('POST', '/transcripts', body)).body as { transcript_sid: string }).transcript_sid;

  it('of a recording are queued, and a moment later there with what was said', async () => {
    const { callSid, recordingSid } = await recordedCall();
    const participants = [{ channel_participant: 1, role: 'Customer', media_participant_id: '+12025550106' }];
    const made = await transcripts().create({
      serviceSid: SERVICE_SID,
      channel: { ...of(recordingSid), participants },
      customerKey: callSid,
    });
    expect(made).toMatchObject({
      accountSid: ACCOUNT_SID,
      serviceSid: SERVICE_SID,
      status: 'queued',
      channel: { media_properties: { source_sid: recordingSid }, participants },
      customerKey: callSid,
      languageCode: 'en-US',
      dataLogging: false,
      redaction: false,
      duration: null,
    });
    expect(made.sid).toMatch(/^GT[0-9a-f]{32}$/);
    await until('its end', async () => (await statusOf(made.sid)) === 'completed');

    const done = await transcripts()(made.sid).fetch();
    expect(done.duration).toBeGreaterThan(0);
    expect(done.dateUpdated).toBeInstanceOf(Date);
    const sentences = await transcripts()(made.sid).sentences.list();
    expect(sentences.map(({ transcript }) => transcript)).toEqual([
      'Good morning.',
      'My number is 202 555 0147.',
      'Goodbye.',
    ]);
    for (const [index, sentence] of sentences.entries()) {
      expect(sentence).toMatchObject({ mediaChannel: 2, sentenceIndex: index, words: undefined });
      expect(sentence.sid).toMatch(/^GX[0-9a-f]{32}$/);
      expect(typeof sentence.startTime).toBe('number');
      expect(sentence.endTime).toBeGreaterThan(Number(sentence.startTime));
    }
    expect(await transcripts()(made.sid).operatorResults.list()).toEqual([]);
  });

  it('are made of a recording once, and again when the first is deleted', async () => {
    const { recordingSid } = await recordedCall();
    const { sid } = await transcripts().create(order(recordingSid));
    await expect(transcripts().create(order(recordingSid))).rejects.toMatchObject({ status: 400, code: 20001 });
    expect(await transcripts()(sid).remove()).toBe(true);
    await expect(transcripts()(sid).fetch()).rejects.toBeInstanceOf(twilio.RestException);
    await expect(transcripts().create(order(recordingSid))).resolves.toMatchObject({ status: 'queued' });
  });

  it('of a media URL are made as often as is asked, with a neutral sentence for voices that nobody knows', async () => {
    const channel = { media_properties: { media_url: 'https://files.example.com/a.wav' } };
    const mediaStartTime = new Date('2026-03-01T10:00:00Z');
    await transcripts().create({ serviceSid: SERVICE_SID, channel, mediaStartTime });
    const { sid } = await transcripts().create({ serviceSid: SERVICE_SID, channel, mediaStartTime });
    await until('its end', async () => (await statusOf(sid)) === 'completed');
    expect(await transcripts()(sid).sentences.list()).toMatchObject([{ mediaChannel: 1, sentenceIndex: 0 }]);
    expect((await transcripts()(sid).fetch()).mediaStartTime).toEqual(mediaStartTime);
    expect(await transcripts().list({ afterStartTime: '2026-03-01T10:00:00Z' })).toHaveLength(2);
    expect(await transcripts().list({ beforeStartTime: '2026-03-01T09:59:59Z' })).toEqual([]);
  });

  it('are made of every recording for a service that transcribes by itself', async () => {
    const services = fixture.client.intelligence.v2.services;
    const { sid: serviceSid } = await services.create({ uniqueName: 'auto', autoTranscribe: true });
    const { recordingSid } = await recordedCall();
    await services(serviceSid).remove();
    const [transcript, ...others] = await transcripts().list({ sourceSid: recordingSid });
    expect(others).toEqual([]);
    expect(transcript).toMatchObject({ serviceSid, customerKey: null, channel: of(recordingSid) });
    await expect(transcripts().create(order(recordingSid))).rejects.toMatchObject({ code: 20001 });
  });

  it.each<[string, Record<string, unknown>, number, number]>([
    ['no source', { channel: { media_properties: {} } }, 400, 95006],
    ['a channel without media', { channel: { participants: [] } }, 400, 20001],
    ['a channel that is no JSON', { channel: '{' }, 400, 20001],
    [
      'two sources',
      { channel: { media_properties: { source_sid: `RE${NOWHERE}`, media_url: 'http://a.b' } } },
      400,
      20001,
    ],
    ['a source that is no sid', { channel: of('RE1') }, 400, 20001],
    ['a media URL that is none', { channel: { media_properties: { media_url: 'a.wav' } } }, 400, 20001],
    ['a recording that does not exist', { channel: of(`RE${NOWHERE}`) }, 404, 20404],
    [
      'a third participant',
      { channel: { ...of(`RE${NOWHERE}`), participants: [{ channel_participant: 3 }] } },
      400,
      20001,
    ],
    ['a service that is no sid', { serviceSid: 'sandbox' }, 400, 20001],
    ['a service that does not exist', { serviceSid: `GA${NOWHERE}` }, 404, 20404],
    ['too long a key', { customerKey: 'x'.repeat(65) }, 400, 20001],
    ['a time that is none', { mediaStartTime: 'yesterday' }, 400, 20001],
  ])('are refused with %s', async (_what, overrides, status, code) => {
    const channel = { media_properties: { media_url: 'https://files.example.com/a.wav' } };
    const creation = transcripts().create({ serviceSid: SERVICE_SID, channel, ...overrides });
    await expect(creation).rejects.toMatchObject({ status, code });
    expect(await transcripts().list()).toEqual([]);
  });

  it('are refused while the call is still being recorded', async () => {
    fixture.product.answer('/voice', '<Pause length="60"/>');
    const { sid } = await fixture.call('+12025550106', { record: true });
    await until('the answer', async () => (await fixture.statusOf(sid)) === 'in-progress');
    const [recording] = await fixture.client.recordings.list({ callSid: sid });
    await expect(transcripts().create(order(recording?.sid ?? ''))).rejects.toMatchObject({ status: 400, code: 95120 });
    await fixture.client.calls(sid).update({ status: 'completed' });
  });

  it('fail when the recording is deleted before anybody has listened to it', async () => {
    const { recordingSid } = await recordedCall();
    const { sid } = await transcripts().create(order(recordingSid));
    await fixture.client.recordings(recordingSid).remove();
    await until('the failure', async () => (await statusOf(sid)) === 'failed');
  });

  it('fail under the fault fail_transcript, the one that is meant and no other', async () => {
    const { callSid, recordingSid } = await recordedCall();
    const other = await recordedCall();
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'fail_transcript', call_sid: callSid });
    const { sid: whole } = await transcripts().create(order(other.recordingSid));
    const { sid: failed } = await transcripts().create(order(recordingSid));
    await until(
      'both ends',
      async () => (await statusOf(failed)) === 'failed' && (await statusOf(whole)) === 'completed',
    );
    expect(await transcripts()(failed).sentences.list()).toEqual([]);
    expect((await fixture.control('GET', '/faults')).body).toEqual([]);
  });

  it('are created also when the answer is lost, and a fault can be aimed at the call', async () => {
    const { callSid, recordingSid } = await recordedCall();
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'lose_answer', call_sid: callSid });
    await expect(transcripts().create(order(recordingSid))).rejects.toThrow();
    const [lost] = await transcripts().list({ sourceSid: recordingSid });
    expect(lost).toBeDefined();
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'http_500', call_sid: callSid });
    const { sid } = await transcripts().create({
      serviceSid: SERVICE_SID,
      channel: { media_properties: { media_url: 'https://files.example.com/a.wav' } },
    });
    await expect(transcripts()(sid).fetch()).resolves.toMatchObject({ sid });
    await expect(transcripts()(lost?.sid ?? '').fetch()).rejects.toMatchObject({ status: 500, code: 20500 });
  });

  it.each(['Transcripts/GT1', `Transcripts/GT${NOWHERE}`, `Transcripts/GT${NOWHERE}/Sentences`, 'Nothing'])(
    'answer 20404 at %s',
    async (path) => {
      const answer: unknown = await fixture.client.request({
        method: 'get',
        uri: `https://intelligence.twilio.com/v2/${path}`,
      });
      expect(answer).toMatchObject({ statusCode: 404, body: { code: 20404 } });
    },
  );

  it('are listed newest first by service, status, language and day, page by page', async () => {
    const placed: string[] = [];
    for (const status of ['completed', 'failed', 'completed', 'in-progress']) placed.push(await place({ status }));
    placed.push(await place({ language_code: 'de-DE' }));
    const sidsOf = (list: { sid: string }[]) => list.map(({ sid }) => sid);
    expect(sidsOf(await transcripts().list({ pageSize: 2 }))).toEqual([...placed].reverse());
    expect(sidsOf(await transcripts().list({ status: 'failed' }))).toEqual([placed[1]]);
    expect(sidsOf(await transcripts().list({ languageCode: 'de-DE' }))).toEqual([placed[4]]);
    expect(await transcripts().list({ serviceSid: `GA${NOWHERE}` })).toEqual([]);
    expect(await transcripts().list({ afterDateCreated: '2001-01-01' })).toHaveLength(5);
    expect(await transcripts().list({ beforeDateCreated: '2001-01-01' })).toEqual([]);
    await expect(transcripts().list({ status: 'done' })).rejects.toMatchObject({ status: 400, code: 20001 });
    await expect(transcripts().list({ afterDateCreated: 'today' })).rejects.toMatchObject({ status: 400, code: 20001 });
    const page = await transcripts().page({ pageSize: 2 });
    const next = await page.nextPage();
    expect(sidsOf(next?.instances ?? [])).toEqual([placed[2], placed[1]]);
    expect(sidsOf((await next?.previousPage())?.instances ?? [])).toEqual([placed[4], placed[3]]);
  });

  it('have their sentences in pages of 50, and of 5,000 at the most', async () => {
    const sentences = Array.from({ length: 5003 }, (_, i) => ({ text: `Sentence ${i}.`, media_channel: 1 + (i % 2) }));
    const sid = await place({ sentences });
    const texts = (list: { transcript: string }[]) => list.map(({ transcript }) => transcript);
    const page = await transcripts()(sid).sentences.page();
    expect(page.instances).toHaveLength(50);
    expect((await page.nextPage())?.instances[0]).toMatchObject({ transcript: 'Sentence 50.', sentenceIndex: 50 });
    const large = await transcripts()(sid).sentences.page({ pageSize: 10_000 });
    expect(large.instances).toHaveLength(5000);
    expect(texts((await large.nextPage())?.instances ?? [])).toEqual([
      'Sentence 5000.',
      'Sentence 5001.',
      'Sentence 5002.',
    ]);
    expect(texts(await transcripts()(sid).sentences.list({ pageSize: 500 }))).toEqual(
      sentences.map(({ text }) => text),
    );
  });

  it('have the times of words when they are asked for', async () => {
    const sid = await place({ sentences: [{ text: 'Yes it is', media_channel: 1, start_time: 2, end_time: 3.5 }] });
    const [sentence] = await transcripts()(sid).sentences.list({ wordTimestamps: true });
    const words = sentence?.words as { word: string; start_time: number; end_time: number }[];
    expect(words.map(({ word }) => word)).toEqual(['Yes', 'it', 'is']);
    expect(words[0]?.start_time).toBe(2);
    expect(words[0]?.end_time).toBe(words[1]?.start_time);
    expect(words[2]?.end_time).toBe(3.5);
    await expect(
      fixture.client.request({
        method: 'get',
        uri: `https://intelligence.twilio.com/v2/Transcripts/${sid}/Sentences?WordTimestamps=maybe`,
      }),
    ).resolves.toMatchObject({ statusCode: 400, body: { code: 20001 } });
  });

  it('are redacted where the service says so, unless somebody asks for the words themselves', async () => {
    const services = fixture.client.intelligence.v2.services;
    const { sid: serviceSid } = await services.create({ uniqueName: 'discreet', autoRedaction: true });
    const text = 'Call 202 555 0147 or mail ann@example.com before 5 today.';
    const sentences = [{ text, media_channel: 1, start_time: 0, end_time: 4 }];
    const sid = await place({ service_sid: serviceSid, sentences });
    expect(await transcripts()(sid).fetch()).toMatchObject({ redaction: true });
    const [shown] = await transcripts()(sid).sentences.list({ wordTimestamps: true });
    expect(shown?.transcript).toBe('Call [REDACTED] [REDACTED] [REDACTED] or mail [REDACTED] before 5 today.');
    expect(JSON.stringify(shown?.words)).not.toMatch(/555|@/);
    const [plain] = await transcripts()(sid).sentences.list({ redacted: false });
    expect(plain?.transcript).toBe(text);
    const open = await place({ sentences });
    expect(await transcripts()(open).sentences.list({ redacted: true })).toMatchObject([{ transcript: text }]);
  });
});
