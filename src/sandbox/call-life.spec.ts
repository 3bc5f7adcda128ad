import { OWN_NUMBER, SandboxFixture, until } from './spec-support/sandbox-fixture';
import type { ReceivedWebhook } from './spec-support/fake-product';

interface CallView {
  status: string;
  heard: { text: string }[];
  said: { text: string; interrupted: boolean }[];
  digits: string;
  answered_by: string | null;
  webhooks: { event: string; status: number | null; attempts: number; error?: string }[];
  recordings: { recording_sid: string; status: string }[];
  error?: string;
}

describe('the life of a call', () => {
  let fixture: SandboxFixture;

  beforeEach(async () => {
    fixture = await SandboxFixture.start();
  });
  afterEach(() => fixture.close());

  const arm = (fault: string, count = 1) => fixture.control('POST', '/faults', { provider: 'twilio', fault, count });
  const statuses = (webhooks: readonly ReceivedWebhook[]) =>
    webhooks.map(({ form }) => `${form['SequenceNumber']} ${form['CallStatus']}`);
  const ended = (sid: string, status: string) =>
    until(`${sid} to be ${status}`, async () => (await fixture.statusOf(sid)) === status);

  it.each([
    ['+12025550101', 'busy', ['0 initiated', '1 busy'], '486'],
    ['+12025550102', 'no-answer', ['0 initiated', '1 ringing', '2 no-answer'], '480'],
  ])('%s ends %s', async (to, status, expected, sipResponse) => {
    const { sid } = await fixture.call(to);
    await ended(sid, status);
    await until('all callbacks', () => fixture.product.on('/status').length === expected.length);
    expect(statuses(fixture.product.on('/status')).sort()).toEqual(expected);
    const last = fixture.product.on('/status').find(({ form }) => form['CallStatus'] === status);
    expect(last?.form).toMatchObject({ CallDuration: '0', Duration: '0', SipResponseCode: sipResponse });
    expect(fixture.product.on('/voice')).toEqual([]);
  });

  it('reports only the end when no events are named', async () => {
    const { sid } = await fixture.call('+12025550101', { statusCallbackEvent: undefined });
    await ended(sid, 'busy');
    await until('the callback', () => fixture.product.on('/status').length === 1);
    expect(statuses(fixture.product.on('/status'))).toEqual(['0 busy']);
  });

  it('is canceled while it rings, and cannot be changed afterwards', async () => {
    const { sid } = await fixture.call('+12025550102', { timeout: 30 });
    await until('ringing', async () => (await fixture.statusOf(sid)) === 'ringing');
    await fixture.client.calls(sid).update({ status: 'canceled' });
    expect(await fixture.statusOf(sid)).toBe('canceled');
    await expect(fixture.client.calls(sid).update({ status: 'completed' })).rejects.toMatchObject({
      status: 400,
      code: 21220,
    });
  });

  it('is dialled no faster than the calls per second, the rest waiting as queued', async () => {
    await fixture.close();
    fixture = await SandboxFixture.start({ callsPerSecond: 1 });
    const made = [await fixture.call('+12025550102'), await fixture.call('+12025550102')];
    expect(Number(made[1]?.queueTime)).toBeGreaterThan(100);
    expect(made[1]?.status).toBe('queued');
    expect((await fixture.client.calls(made[1]?.sid ?? '').fetch()).startTime).toBeNull();
    await ended(made[1]?.sid ?? '', 'no-answer');
  });

  it('loses, repeats and swaps callbacks when told to', async () => {
    await arm('lose_webhook');
    const lost = await fixture.call('+12025550101');
    await ended(lost.sid, 'busy');
    await until('the callback', () => fixture.product.on('/status').length === 1);
    expect(statuses(fixture.product.on('/status'))).toEqual(['1 busy']);
    expect((await fixture.view<CallView>(lost.sid)).webhooks).toMatchObject([
      { event: 'initiated', status: null, attempts: 0 },
      { event: 'completed', status: 200, attempts: 1 },
    ]);

    fixture.product.webhooks.length = 0;
    await arm('repeat_webhook');
    await fixture.call('+12025550101');
    await until('the callbacks', () => fixture.product.on('/status').length === 3);
    expect(statuses(fixture.product.on('/status'))).toEqual(['0 initiated', '0 initiated', '1 busy']);
    const [first, second] = fixture.product.webhooks;
    expect(first?.idempotencyToken).toBe(second?.idempotencyToken);

    fixture.product.webhooks.length = 0;
    await arm('reorder_webhooks');
    await fixture.call('+12025550101');
    await until('the callbacks', () => fixture.product.on('/status').length === 2);
    expect(statuses(fixture.product.on('/status'))).toEqual(['1 busy', '0 initiated']);
  });

  it.each([
    [{ status: 500, body: 'oops' }, '11200'],
    [{ type: 'application/json', body: '{}' }, '12300'],
    [{ body: '<Response><Say></Response>' }, '12100'],
  ])('hangs up over a voice webhook that answers %j', async (answer, code) => {
    fixture.product.answer('/voice', answer);
    const { sid } = await fixture.call('+12025550106');
    await ended(sid, 'completed');
    expect((await fixture.view<CallView>(sid)).error).toContain(code);
  });

  it('asks the fallback when the voice webhook fails', async () => {
    fixture.product.answer('/voice', { status: 503, body: '' });
    fixture.product.answer('/fallback', '<Say>Fallback</Say>');
    const { sid } = await fixture.call('+12025550106', { fallbackUrl: fixture.product.url('/fallback') });
    await ended(sid, 'completed');
    expect(fixture.product.on('/fallback')[0]?.form).toMatchObject({
      ErrorCode: '11200',
      ErrorUrl: fixture.product.url('/voice'),
    });
    expect(fixture.voices.spoken.at(-1)?.text).toBe('Fallback');
  });

  it('records both sides when asked, and serves the recording once it is processed', async () => {
    fixture.product.answer('/voice', '<Say>One two three four five six seven eight nine ten</Say><Pause length="1"/>');
    const { sid } = await fixture.call('+12025550110', {
      record: true,
      recordingChannels: 'dual',
      trim: 'do-not-trim',
      recordingStatusCallback: fixture.product.url('/recording'),
      recordingStatusCallbackEvent: ['in-progress', 'completed'],
    });
    await ended(sid, 'completed');
    const [recording] = await fixture.client.calls(sid).recordings.list();
    const media = `${fixture.sandbox.baseUrl}/2010-04-01/Accounts/${recording?.accountSid}/Recordings/${recording?.sid}`;
    const headers = {
      authorization: `Basic ${Buffer.from(`${recording?.accountSid}:a token of these specs`).toString('base64')}`,
    };
    expect((await fetch(media, { headers })).status).toBe(404);
    await until('the recording', () => fixture.product.on('/recording').length === 2);
    expect(fixture.product.on('/recording').at(-1)).toMatchObject({
      isSigned: true,
      form: {
        CallSid: sid,
        RecordingStatus: 'completed',
        RecordingSid: recording?.sid,
        RecordingChannels: '2',
        RecordingSource: 'OutboundAPI',
        RecordingDuration: '2',
      },
    });
    expect((await fetch(media)).status).toBe(401);
    const wav = Buffer.from(await (await fetch(`${media}.wav`, { headers })).arrayBuffer());
    expect(wav.subarray(0, 4).toString()).toBe('RIFF');
    expect(wav.readUInt16LE(22)).toBe(2);
    expect(wav.readUInt32LE(24)).toBe(8000);
    const mono = await fetch(`${media}?RequestedChannels=1`, { headers });
    expect(Buffer.from(await mono.arrayBuffer()).readUInt16LE(22)).toBe(1);
    await fixture.client.recordings(recording?.sid ?? '').remove();
    await expect(fixture.client.recordings(recording?.sid ?? '').fetch()).rejects.toMatchObject({ status: 404 });
  });

  it('tells who answered while the call is already running, when detection is asynchronous', async () => {
    fixture.product.answer('/voice', '<Pause length="60"/>');
    const { sid } = await fixture.call('+12025550106', {
      machineDetection: 'Enable',
      machineDetectionSilenceTimeout: 2000,
      asyncAmd: 'true',
      asyncAmdStatusCallback: fixture.product.url('/amd'),
    });
    await until('the voice webhook', () => fixture.product.on('/voice').length === 1);
    expect(fixture.product.on('/amd')).toEqual([]);
    await until('the result', () => fixture.product.on('/amd').length === 1);
    expect(fixture.product.on('/amd')[0]?.form).toMatchObject({
      CallSid: sid,
      AnsweredBy: 'unknown',
      MachineDetectionDuration: '2000',
    });
    expect(await fixture.client.calls(sid).fetch()).toMatchObject({ answeredBy: 'unknown' });
  });

  describe('from outside', () => {
    const setVoiceUrl = async () => {
      const [number] = await fixture.client.incomingPhoneNumbers.list({ phoneNumber: OWN_NUMBER });
      await fixture.client.incomingPhoneNumbers(number?.sid ?? '').update({
        voiceUrl: fixture.product.url('/incoming'),
        statusCallback: fixture.product.url('/status'),
      });
    };
    const ring = async (order: Record<string, unknown> = {}) => {
      const { body, status } = await fixture.control('POST', '/inbound-calls', {
        from: '(415) 555-2671',
        to: OWN_NUMBER,
        ...order,
      });
      expect(status).toBe(201);
      return (body as { call_sid: string }).call_sid;
    };

    it('rings the voice webhook and is answered by the first verb', async () => {
      await setVoiceUrl();
      fixture.product.answer('/incoming', '<Say>Welcome</Say>');
      const sid = await ring();
      await ended(sid, 'completed');
      await until('the callback', () => fixture.product.on('/status').length === 1);
      expect(fixture.product.on('/incoming')[0]).toMatchObject({
        isSigned: true,
        form: { CallSid: sid, CallStatus: 'ringing', Direction: 'inbound', From: '+14155552671', To: OWN_NUMBER },
      });
      expect(fixture.product.on('/status')[0]?.form).toMatchObject({ CallStatus: 'completed', SequenceNumber: '0' });
    });

    it('says what it was told to say, and presses keys that a <Gather> takes', async () => {
      await setVoiceUrl();
      fixture.product.answer(
        '/incoming',
        '<Gather numDigits="3" timeout="5" action="/keys"><Say>Your code</Say></Gather>',
      );
      fixture.product.answer('/keys', '<Say>Thanks</Say><Pause length="5"/>');
      const sid = await ring({ says: ['I have a question.'], digits: '12#3' });
      await until('the keys', () => fixture.product.on('/keys').length === 1);
      expect(fixture.product.on('/keys')[0]?.form).toMatchObject({ Digits: '12', FinishedOnKey: '#' });
      await until('the question', async () => {
        const view = await fixture.view<CallView>(sid);
        return view.said.some(({ text }) => text === 'I have a question.');
      });
      expect((await fixture.view<CallView>(sid)).digits).toBe('12#3');
    }, 10_000);

    it.each([
      ['<Reject/>', 'no-answer'],
      ['<Reject reason="busy"/>', 'busy'],
      ['', 'completed'],
    ])('answered with %j it ends %s', async (document, status) => {
      await setVoiceUrl();
      fixture.product.answer('/incoming', document);
      await ended(await ring(), status);
    });

    it('fails with 11200 when the number has no voice webhook', async () => {
      const sid = await ring();
      await ended(sid, 'failed');
      expect((await fixture.view<CallView>(sid)).error).toContain('11200');
    });
  });
});
