import { ACCOUNT_SID, SERVICE_SID, SandboxFixture, until } from '../../spec-support/sandbox-fixture';

describe('the webhook of a Voice Intelligence service', () => {
  let fixture: SandboxFixture;

  beforeAll(async () => {
    fixture = await SandboxFixture.start();
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    fixture.product.webhooks.length = 0;
    await service().update({ webhookUrl: fixture.product.url('/intelligence?tenant=7'), webhookHttpMethod: 'POST' });
  });
  afterEach(() => fixture.control('DELETE', '/faults'));

  const service = () => fixture.client.intelligence.v2.services(SERVICE_SID);
  const place = async (body: Record<string, unknown> = {}) =>
    ((await fixture.control('POST', '/transcripts', body)).body as { transcript_sid: string }).transcript_sid;
  const told = () => fixture.product.on('/intelligence');
  const sidsTold = () => told().map(({ json }) => (json as { transcript_sid: string }).transcript_sid);
  /** Faults strike when a transcript is completed, so what was lost is known at once. */
  const viewOf = async (sid: string) => {
    const { body } = await fixture.control('GET', '/transcripts');
    return (body as { transcript_sid: string; webhooks: object[] }[]).find((each) => each.transcript_sid === sid);
  };

  it('tells in JSON which transcript is there, and the body is signed by its hash in the address', async () => {
    const callSid = `CA${'7'.repeat(32)}`;
    const sid = await place({ call_sid: callSid });
    await until('the webhook', () => told().length > 0);
    expect(told()).toMatchObject([{ method: 'POST', isSigned: true, form: {} }]);
    expect(told()[0]?.json).toEqual({
      account_sid: ACCOUNT_SID,
      service_sid: SERVICE_SID,
      transcript_sid: sid,
      customer_key: callSid,
      event_type: 'voice_intelligence_transcript_available',
    });
    await until('its answer', async () => {
      const view = await viewOf(sid);
      return JSON.stringify(view?.webhooks).includes('"status":200');
    });
  });

  it('comes for a transcript that was made of a recording too, once', async () => {
    const channel = { media_properties: { media_url: 'https://files.example.com/a.wav' } };
    const { sid } = await fixture.client.intelligence.v2.transcripts.create({ serviceSid: SERVICE_SID, channel });
    await until('the webhook', () => told().length > 0);
    expect(sidsTold()).toEqual([sid]);
    expect(told()[0]?.json).toMatchObject({ customer_key: null });
  });

  it('carries the fields in its address when it is a GET', async () => {
    await service().update({ webhookHttpMethod: 'GET' });
    const sid = await place();
    await until('the webhook', () => told().length > 0);
    expect(told()).toMatchObject([{ method: 'GET', isSigned: true, form: { tenant: '7', transcript_sid: sid } }]);
  });

  it('says nothing of one that failed, of one that still runs, and nothing without an address', async () => {
    await place({ status: 'failed' });
    const running = await place({ status: 'in-progress' });
    await service().update({ webhookHttpMethod: 'NULL' });
    await place();
    await service().update({ webhookUrl: '' });
    await place();
    await service().update({ webhookUrl: fixture.product.url('/intelligence'), webhookHttpMethod: 'POST' });
    await fixture.control('POST', `/transcripts/${running}`, { status: 'completed' });
    await until('the one webhook', () => told().length > 0);
    expect(sidsTold()).toEqual([running]);
  });

  it('is lost, or told twice', async () => {
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'lose_webhook' });
    const lost = await place();
    expect(await viewOf(lost)).toMatchObject({
      webhooks: [{ attempts: 0, error: expect.stringMatching(/lose_webhook/) as string }],
    });
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'repeat_webhook' });
    const twice = await place();
    await until('both', () => told().length === 2);
    expect(sidsTold()).toEqual([twice, twice]);
    expect(new Set(told().map(({ idempotencyToken }) => idempotencyToken)).size).toBe(1);
  });

  it('changes places with the next one about the same call, and with no other', async () => {
    const [callSid, otherSid] = [`CA${'1'.repeat(32)}`, `CA${'2'.repeat(32)}`];
    await fixture.control('POST', '/faults', { provider: 'twilio', fault: 'reorder_webhooks', call_sid: callSid });
    const first = await place({ call_sid: callSid });
    const other = await place({ call_sid: otherSid });
    await until('that of the other call', () => told().length === 1);
    const second = await place({ call_sid: callSid });
    await until('all', () => told().length === 3);
    expect(sidsTold()).toEqual([other, second, first]);
  });
});
