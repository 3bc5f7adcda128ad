import { request } from 'node:http';
import { OWN_NUMBER, SandboxFixture, until } from '../spec-support/sandbox-fixture';

describe('the controls', () => {
  let fixture: SandboxFixture;

  beforeAll(async () => {
    fixture = await SandboxFixture.start();
  });
  afterAll(() => fixture.close());

  const withHeaders = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { port } = fixture.sandbox;
      request({ host: '127.0.0.1', port, path: '/sandbox/calls', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });

  it.each([
    [{ host: 'evil.example' }, 403],
    [{ host: '127.0.0.1.evil.example:80' }, 403],
    [{ host: 'localhost:5051', origin: 'https://evil.example' }, 403],
    [{ host: 'localhost:5051', origin: 'http://localhost:5050' }, 200],
    [{ host: '[::1]:5051' }, 200],
  ])('answers %j with %d', async (headers, status) => {
    expect(await withHeaders(headers as Record<string, string>)).toBe(status);
  });

  it('says what it is', async () => {
    const { body } = await fixture.control('GET', '');
    expect(body).toMatchObject({
      sandbox: true,
      providers: ['twilio', 'openai', 'google', 'mail', 'storage'],
      base_urls: {
        twilio: fixture.sandbox.baseUrl,
        openai: `${fixture.sandbox.baseUrl}/v1`,
        google: fixture.sandbox.baseUrl,
      },
      phone_numbers: [OWN_NUMBER],
    });
  });

  it.each<[string, string, unknown, number]>([
    ['POST', '/inbound-calls', { to: OWN_NUMBER }, 422],
    ['POST', '/inbound-calls', { from: 'me', to: OWN_NUMBER }, 422],
    ['POST', '/inbound-calls', { from: '+14155552671', to: '+14155552672' }, 400],
    ['POST', '/inbound-calls', { from: '+14155552671', to: OWN_NUMBER, digits: 'x' }, 422],
    ['POST', '/inbound-calls', 'text', 422],
    ['POST', '/faults', { provider: 'nobody', fault: 'slow' }, 422],
    ['POST', '/faults', { provider: 'twilio', fault: 'sneeze' }, 422],
    ['POST', '/faults', { provider: 'twilio', fault: 'slow', count: 0 }, 422],
    ['POST', '/faults', { provider: 'twilio', fault: 'slow', call_sid: 'CA1' }, 422],
    ['POST', '/faults', { provider: 'twilio', fault: 'slow', number: 'me' }, 422],
    ['POST', '/faults', { provider: 'twilio', fault: 'slow', match: 'Acme' }, 422],
    ['POST', '/faults', { provider: 'openai', fault: 'stall', match: '' }, 422],
    ['POST', '/faults', { provider: 'openai', fault: 'stall', session: '' }, 422],
    ['POST', '/faults', { provider: 'google', fault: 'slow', number: '+12025550101' }, 422],
    ['POST', '/faults', { provider: 'google', fault: 'slow', email: '' }, 422],
    ['POST', '/faults', { provider: 'twilio', fault: 'wrong_amd' }, 422],
    ['POST', '/faults', { provider: 'twilio', fault: 'wrong_amd', result: 'a dog' }, 422],
    ['POST', '/faults', { provider: 'twilio', fault: 'slow', times: 2 }, 422],
    ['GET', '/calls/CA1', undefined, 404],
    ['POST', '/calls/CA1/says', { text: 'hi' }, 404],
    ['GET', '/nothing', undefined, 404],
  ])('%s %s %j is refused with a sentence', async (method, path, body, status) => {
    const answer = await fixture.control(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ detail: expect.stringMatching(/\S+ \S+ \S+/) as string });
  });

  it('refuses JSON that is none', async () => {
    const answer = await fetch(`${fixture.sandbox.baseUrl}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(answer.status).toBe(400);
  });

  it('arms, lists and clears faults', async () => {
    const slow = { provider: 'twilio', fault: 'slow', count: 3, after_ms: 10, number: '(202) 555-0113' };
    const armed = await fixture.control('POST', '/faults', slow);
    expect(armed).toEqual({
      status: 201,
      body: { provider: 'twilio', fault: 'slow', remaining: 3, after_ms: 10, number: '+12025550113' },
    });
    expect((await fixture.control('GET', '/faults')).body).toEqual([armed.body]);
    expect((await fixture.control('DELETE', '/faults')).status).toBe(204);
    expect((await fixture.control('GET', '/faults')).body).toEqual([]);
  });

  it('strikes open model connections at once, and cuts them all by hand', async () => {
    await fixture.control('POST', '/faults', { provider: 'openai', fault: 'drop_socket', after_ms: 7, match: 'Acme' });
    expect(fixture.struck).toEqual([
      { provider: 'openai', fault: 'drop_socket', remaining: 1, after_ms: 7, match: 'Acme' },
    ]);
    expect((await fixture.control('GET', '/faults')).body).toEqual([]);
    expect(await fixture.control('DELETE', '/openai/sessions')).toEqual({ status: 200, body: { cut: 1 } });
  });

  it('lets a hand steer the person: speak, press, hang up', async () => {
    fixture.product.answer('/voice', '<Pause length="60"/>');
    const { sid } = await fixture.call('+12025550106');
    expect((await fixture.control('POST', `/calls/${sid}/says`, { text: 'Too early' })).status).toBe(409);
    await until('the answer', async () => (await fixture.statusOf(sid)) === 'in-progress');
    await fixture.control('POST', `/calls/${sid}/says`, { text: 'Operator please' });
    await fixture.control('POST', `/calls/${sid}/digits`, { digits: '7' });
    await until('both', async () => {
      const view = await fixture.view<{ said: { text: string }[]; digits: string }>(sid);
      return view.digits === '7' && view.said[0]?.text === 'Operator please';
    });
    expect((await fixture.control('POST', `/calls/${sid}/hangup`)).body).toMatchObject({ status: 'completed' });
    expect((await fixture.control('GET', '/calls')).body).toMatchObject([{ call_sid: sid, status: 'completed' }]);
  });

  it('serves both sides of the call as one WAV file', async () => {
    fixture.product.answer('/voice', '<Say>One two three four</Say>');
    const { sid } = await fixture.call('+12025550106');
    await until('the end', async () => (await fixture.statusOf(sid)) === 'completed');
    const { audio_url: path } = await fixture.view<{ audio_url: string }>(sid);
    expect(path).toBe(`/sandbox/calls/${sid}/audio.wav`);
    const answer = await fetch(`${fixture.sandbox.baseUrl}${path}`);
    const wav = Buffer.from(await answer.arrayBuffer());
    expect(answer.headers.get('content-type')).toBe('audio/wav');
    expect(wav.readUInt16LE(22)).toBe(2);
    const loudest = [0, 0];
    for (let at = 44; at + 3 < wav.length; at += 4) {
      loudest[0] = Math.max(loudest[0] ?? 0, Math.abs(wav.readInt16LE(at)));
      loudest[1] = Math.max(loudest[1] ?? 0, Math.abs(wav.readInt16LE(at + 2)));
    }
    expect(loudest[0]).toBe(0);
    expect(loudest[1]).toBeGreaterThan(1000);
  });
});
