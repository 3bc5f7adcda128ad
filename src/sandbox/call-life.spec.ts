import { OWN_NUMBER, SandboxFixture, until } from './spec-support/sandbox-fixture';
import type { ReceivedWebhook } from './spec-support/fake-product';

interface CallView {
  status: string;
  heard: { text: string }[];
  said: { text: string; interrupted: boolean; end_ms: number }[];
  recorded: { text: string }[] | null;
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

  const arm = (fault: string, order: Record<string, unknown> = {}) =>
    fixture.control('POST', '/faults', { provider: 'twilio', fault, ...order });
  const statuses = (webhooks: readonly ReceivedWebhook[]) =>
    webhooks.map(({ form }) => `${form['SequenceNumber']} ${form['CallStatus']}`);
  const ended = (sid: string, status: string, withinMs = 5000) =>
    until(`${sid} to be ${status}`, async () => (await fixture.statusOf(sid)) === status, withinMs);

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

  describe('machine detection', () => {
    const detect = async (to: string, mode: 'Enable' | 'DetectMessageEnd') => {
      const { sid } = await fixture.call(to, {
        machineDetection: mode,
        machineDetectionSpeechThreshold: 1000,
        machineDetectionSpeechEndThreshold: 500,
        asyncAmd: 'true',
        asyncAmdStatusCallback: fixture.product.url('/amd'),
      });
      return { to, sid };
    };
    const reported = (callSid: string) =>
      fixture.product
        .on('/amd')
        .filter(({ form }) => form['CallSid'] === callSid)
        .map(({ form }) => form['AnsweredBy']);

    beforeEach(() => {
      fixture.product.answer('/voice', '<Pause length="60"/>');
    });

    it.each([
      ['DetectMessageEnd', ['machine_end_beep', 'machine_end_silence', 'machine_end_beep', 'machine_end_other']],
      ['Enable', ['machine_start', 'machine_start', 'machine_start', 'machine_start']],
    ] as const)(
      'in the mode %s tells machines, and who sounds like one',
      async (mode, expected) => {
        const numbers = ['+12025550103', '+12025550212', '+12025550213', '+12025550214'];
        const calls = await Promise.all(numbers.map((to) => detect(to, mode)));
        await until('all results', () => fixture.product.on('/amd').length === calls.length, 15_000);
        expect(calls.flatMap(({ sid }) => reported(sid))).toEqual(expected);
        for (const { sid } of calls) {
          const { said, answered_by: answeredBy } = await fixture.view<CallView>(sid);
          const result = fixture.product.on('/amd').find(({ form }) => form['CallSid'] === sid)?.form;
          expect(result?.['AnsweredBy']).toBe(answeredBy);
          const isAfterGreeting = Number(result?.['MachineDetectionDuration']) > (said[0]?.end_ms ?? Infinity);
          if (mode === 'DetectMessageEnd') expect(isAfterGreeting).toBe(true);
        }
      },
      20_000,
    );

    it('is wrong, late or lost when told to, for the phone that it is meant for', async () => {
      const [right, wrong, lost, late] = ['+12025550110', '+12025550111', '+12025550112', '+12025550113'] as const;
      await arm('wrong_amd', { result: 'fax', number: wrong });
      await arm('lose_amd', { number: lost });
      await arm('late_amd', { after_ms: 2000, number: late });
      const calls = await Promise.all([right, wrong, lost, late].map((to) => detect(to, 'Enable')));
      const isKnown = async (sid: string) => (await fixture.view<CallView>(sid)).answered_by !== null;
      await until('all results', async () => (await Promise.all(calls.map(({ sid }) => isKnown(sid)))).every(Boolean));
      await until('the reports in time', () => fixture.product.on('/amd').length === 2);
      expect(calls.map(({ sid }) => reported(sid))).toEqual([['human'], ['fax'], [], []]);
      expect(await fixture.client.calls(calls[1]?.sid ?? '').fetch()).toMatchObject({ answeredBy: 'fax' });
      await until('the late report', () => fixture.product.on('/amd').length === 3);
      expect(reported(calls[3]?.sid ?? '')).toEqual(['human']);
    }, 20_000);
  });

  it('shows what a machine has recorded after its beep, beside all that it heard', async () => {
    fixture.product.answer('/voice', '<Say>During the greeting</Say><Pause length="4"/><Say>Please ring back</Say>');
    const { sid } = await fixture.call('+12025550103');
    await ended(sid, 'completed', 15_000);
    const { heard, recorded } = await fixture.view<CallView>(sid);
    expect(heard.map((line) => line.text)).toEqual(['During the greeting', 'Please ring back']);
    expect(recorded).toEqual(heard.slice(1));
    const person = await fixture.call('+12025550101');
    await ended(person.sid, 'busy');
    expect((await fixture.view<CallView>(person.sid)).recorded).toBeNull();
  }, 20_000);

  it('fails requests of the REST API about the phone that is meant, and no others', async () => {
    await arm('http_500', { number: '(202) 555-0102' });
    const { sid } = await fixture.call('+12025550101');
    await expect(fixture.call('+12025550102')).rejects.toMatchObject({ status: 500, code: 20500 });
    await arm('http_403', { call_sid: sid });
    await fixture.client.calls.list();
    await expect(fixture.client.calls(sid).fetch()).rejects.toMatchObject({ status: 403, code: 20403 });
  });

  it('loses the callbacks of the phone that is meant', async () => {
    await arm('lose_webhook', { number: '+12025550101', count: 2 });
    const { sid: other } = await fixture.call('+12025550102', { timeout: 1 });
    const { sid } = await fixture.call('+12025550101');
    await ended(sid, 'busy');
    await ended(other, 'no-answer');
    await until('the others', () => fixture.product.on('/status').length === 3);
    expect(fixture.product.on('/status').every(({ form }) => form['CallSid'] === other)).toBe(true);
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
