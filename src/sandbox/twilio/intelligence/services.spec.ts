import { ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID, SandboxFixture } from '../../spec-support/sandbox-fixture';

describe('Voice Intelligence services', () => {
  let fixture: SandboxFixture;

  beforeAll(async () => {
    fixture = await SandboxFixture.start();
  });
  afterAll(() => fixture.close());
  afterEach(() => fixture.control('DELETE', '/faults'));

  const services = () => fixture.client.intelligence.v2.services;

  it('have one from the start, which tells nobody anything', async () => {
    const service = await services()(SERVICE_SID).fetch();
    expect(service).toMatchObject({
      sid: SERVICE_SID,
      accountSid: ACCOUNT_SID,
      languageCode: 'en-US',
      autoTranscribe: false,
      webhookUrl: '',
      webhookHttpMethod: 'POST',
      version: 1,
      readOnlyAttachedOperatorSids: [],
    });
    expect(service.dateCreated).toBeInstanceOf(Date);
    expect((await fixture.control('GET', '')).body).toMatchObject({ voice_intelligence_sid: SERVICE_SID });
  });

  it('are created, read by sid and by name, changed, listed and deleted', async () => {
    const made = await services().create({ uniqueName: 'sales', languageCode: 'de-DE', autoRedaction: true });
    expect(made).toMatchObject({ uniqueName: 'sales', languageCode: 'de-DE', autoRedaction: true, version: 1 });
    expect(made.sid).toMatch(/^GA[0-9a-f]{32}$/);
    expect(made.url).toBe(`https://intelligence.twilio.com/v2/Services/${made.sid}`);
    const webhookUrl = fixture.product.url('/intelligence');
    const changed = await services()(made.sid).update({ webhookUrl, friendlyName: 'Sales' });
    expect(changed).toMatchObject({ webhookUrl, friendlyName: 'Sales', autoRedaction: true, version: 2 });
    expect(await services()('sales').fetch()).toMatchObject({ sid: made.sid, languageCode: 'de-DE' });
    expect((await services().list({ pageSize: 1 })).map(({ sid }) => sid)).toEqual([made.sid, SERVICE_SID]);
    expect(await services()(made.sid).remove()).toBe(true);
    await expect(services()(made.sid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
  });

  it.each<[string, Record<string, string>]>([
    ['no name', {}],
    ['a name that is taken', { UniqueName: 'sandbox' }],
    ['a name of 65 characters', { UniqueName: 'x'.repeat(65) }],
    ['a language that is none', { UniqueName: 'a', LanguageCode: 'english' }],
    ['a flag that is none', { UniqueName: 'a', AutoTranscribe: 'yes' }],
    ['redacted media of sentences that are not', { UniqueName: 'a', MediaRedaction: 'true' }],
    ['data logging', { UniqueName: 'a', DataLogging: 'true' }],
    ['a webhook that is no address', { UniqueName: 'a', WebhookUrl: 'here' }],
    ['a webhook by PUT', { UniqueName: 'a', WebhookHttpMethod: 'PUT' }],
  ])('are refused with %s', async (_what, form) => {
    const response = await fetch(`${fixture.sandbox.baseUrl}/v2/Services`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}` },
      body: new URLSearchParams(form),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      code: 20001,
      status: 400,
      message: expect.any(String) as string,
      more_info: 'https://www.twilio.com/docs/errors/20001',
    });
  });

  it('are shown to nobody without the token of the account', async () => {
    const response = await fetch(`${fixture.sandbox.baseUrl}/v2/Services`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 20003 });
  });

  it.each([
    ['http_429', 429, 20429],
    ['http_500', 500, 20500],
    ['http_403', 403, 20403],
  ])('are struck by %s like everything of Twilio', async (fault, status, code) => {
    await fixture.control('POST', '/faults', { provider: 'twilio', fault });
    await expect(services()(SERVICE_SID).fetch()).rejects.toMatchObject({ status, code });
    await expect(services()(SERVICE_SID).fetch()).resolves.toMatchObject({ sid: SERVICE_SID });
  });
});
