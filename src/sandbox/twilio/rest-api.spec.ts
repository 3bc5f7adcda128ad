import twilio from 'twilio';
import { ACCOUNT_SID, AUTH_TOKEN, OWN_NUMBER, SandboxFixture, until } from '../spec-support/sandbox-fixture';

describe('the REST API', () => {
  let fixture: SandboxFixture;

  beforeAll(async () => {
    fixture = await SandboxFixture.start({ noAnswerMs: 20 });
  });
  afterAll(() => fixture.close());
  afterEach(() => fixture.control('DELETE', '/faults'));

  const authorization = `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}`;
  const send = async (method: string, path: string, form?: Record<string, string>, headers = { authorization }) => {
    const response = await fetch(`${fixture.sandbox.baseUrl}/2010-04-01/Accounts/${ACCOUNT_SID}${path}`, {
      method,
      headers,
      ...(form ? { body: new URLSearchParams(form) } : {}),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const order = { To: '+12025550100', From: OWN_NUMBER, Url: 'http://127.0.0.1:9/voice' };

  it.each<[string, Record<string, string>, number]>([
    ['no To', { To: '' }, 21201],
    ['a To that is no number', { To: 'abc' }, 21211],
    ['a To that is too short', { To: '+1202555' }, 21211],
    ['the number that is rejected', { To: '+12025550104' }, 21211],
    ['no From', { From: '' }, 21213],
    ['a From that is no number', { From: 'x' }, 21212],
    ['a From of somebody else', { From: '+14155552671' }, 21210],
    ['a Url that is none', { Url: 'nonsense' }, 21205],
    ['a Timeout of 601 s', { Timeout: '601' }, 20001],
    ['a Timeout of a half', { Timeout: '0.5' }, 20001],
    ['a TimeLimit of 0', { TimeLimit: '0' }, 20001],
    ['an unknown event', { StatusCallback: 'http://a.example', StatusCallbackEvent: 'sneezed' }, 20001],
    ['a host with an underscore', { StatusCallback: 'http://a_b.example/' }, 21609],
    ['an unknown detection', { MachineDetection: 'Guess' }, 20001],
    ['too long a detection', { MachineDetection: 'Enable', MachineDetectionTimeout: '60' }, 20001],
    ['AsyncAmd that is no boolean', { MachineDetection: 'Enable', AsyncAmd: 'yes' }, 20001],
    ['a channel that is none', { Record: 'true', RecordingChannels: 'stereo' }, 20001],
  ])('refuses a call with %s', async (_name, overrides, code) => {
    const { status, body } = await send('POST', '/Calls.json', { ...order, ...overrides });
    expect(status).toBe(400);
    expect(body).toEqual({
      code,
      status: 400,
      message: expect.any(String) as string,
      more_info: `https://www.twilio.com/docs/errors/${code}`,
    });
  });

  it('refuses a call without TwiML, and with TwiML of more than 4,000 characters', async () => {
    const { Url: _url, ...rest } = order;
    expect((await send('POST', '/Calls.json', rest)).body['code']).toBe(21205);
    expect((await send('POST', '/Calls.json', { ...rest, Twiml: 'x'.repeat(4001) })).body['code']).toBe(20001);
  });

  it('knows its account only by sid and token', async () => {
    const wrong = { authorization: `Basic ${Buffer.from(`${ACCOUNT_SID}:guess`).toString('base64')}` };
    expect(await send('GET', '/Calls.json', undefined, wrong)).toMatchObject({ status: 401, body: { code: 20003 } });
    expect(await send('GET', '/Calls.json', undefined, { authorization: '' })).toMatchObject({ status: 401 });
  });

  it.each(['/Calls/CA00000000000000000000000000000000.json', '/Calls/nonsense.json', '/Nothing.json', '/Calls'])(
    'answers 20404 at %s',
    async (path) => {
      expect(await send('GET', path)).toMatchObject({ status: 404, body: { code: 20404 } });
    },
  );

  it('shows a call in every field', async () => {
    const { status, body } = await send('POST', '/Calls.json', { ...order, To: '+12025550102' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      sid: expect.stringMatching(/^CA[0-9a-f]{32}$/) as string,
      account_sid: ACCOUNT_SID,
      api_version: '2010-04-01',
      to_formatted: '(202) 555-0102',
      status: 'queued',
      direction: 'outbound-api',
      duration: null,
      price: null,
      price_unit: 'USD',
      phone_number_sid: expect.stringMatching(/^PN/) as string,
      queue_time: expect.any(String) as string,
      date_created: expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/) as string,
    });
  });

  it('lists calls by number, status and time, page by page', async () => {
    const since = new Date();
    const sids: string[] = [];
    for (let i = 0; i < 3; i++) sids.push((await fixture.call('+12025550102')).sid);
    await until('all to end', async () => {
      const ended = await fixture.client.calls.list({ status: 'no-answer', to: '+12025550102', startTimeAfter: since });
      return sids.every((sid) => ended.some((call) => call.sid === sid));
    });
    const listed = await fixture.client.calls.list({ to: '(202) 555-0102', pageSize: 2 });
    expect(listed.slice(0, 3).map((call) => call.sid)).toEqual([...sids].reverse());
    const page = await fixture.client.calls.page({ to: '+12025550102', pageSize: 2 });
    expect(page.instances).toHaveLength(2);
    expect((await page.nextPage())?.instances[0]?.sid).toBe(sids[0]);
    expect(await fixture.client.calls.list({ to: '+12025550199' })).toEqual([]);
    expect(await fixture.client.calls.list({ startTimeBefore: new Date('2020-01-01') })).toEqual([]);
    expect(await send('GET', '/Calls.json?StartTime=tomorrow')).toMatchObject({ body: { code: 20001 } });
    expect(await send('GET', '/Calls.json?PageSize=none')).toMatchObject({ body: { code: 20001 } });
  });

  it('changes what happens when a number is rung', async () => {
    const [number] = await fixture.client.incomingPhoneNumbers.list();
    const changed = await fixture.client
      .incomingPhoneNumbers(number?.sid ?? '')
      .update({ voiceUrl: 'http://a.example/v' });
    expect(changed).toMatchObject({ phoneNumber: OWN_NUMBER, voiceUrl: 'http://a.example/v', voiceMethod: 'POST' });
    expect((await fixture.client.incomingPhoneNumbers(number?.sid ?? '').fetch()).voiceUrl).toBe('http://a.example/v');
  });

  it.each([
    ['http_429', 429, 20429],
    ['http_500', 500, 20500],
    ['http_403', 403, 20403],
  ])('answers %s once when it is armed', async (fault, status, code) => {
    await fixture.control('POST', '/faults', { provider: 'twilio', fault });
    await expect(fixture.call('+12025550102')).rejects.toMatchObject({ status, code });
    await expect(fixture.call('+12025550102')).resolves.toMatchObject({ status: 'queued' });
  });

  const numberOfCalls = async () => ((await fixture.control('GET', '/calls')).body as unknown[]).length;

  it('loses the answer to what was done, but not to a question', async () => {
    const before = await numberOfCalls();
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'lose_answer' });
    await expect(fixture.client.calls.list({ limit: 1 })).resolves.toHaveLength(1);
    await expect(fixture.call('+12025550102')).rejects.toThrow();
    expect(await numberOfCalls()).toBe(before + 1);
  });

  it('never answers, and does nothing, on timeout', async () => {
    const before = await numberOfCalls();
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'timeout' });
    const request = fetch(`${fixture.sandbox.baseUrl}/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(order),
      signal: AbortSignal.timeout(200),
    });
    await expect(request).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await numberOfCalls()).toBe(before);
  });

  it('is slow for as long as it is told', async () => {
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'slow', after_ms: 150 });
    const startedAtMs = performance.now();
    await send('GET', '/Calls.json');
    expect(performance.now() - startedAtMs).toBeGreaterThan(145);
  });

  it('refuses with an exception that the SDK knows', async () => {
    await expect(fixture.call('+12025550104')).rejects.toBeInstanceOf(twilio.RestException);
  });
});
