import { WebSocket } from 'ws';
import { readSandboxOptions } from './options';
import type { RunningSandbox } from './provider-server';
import { startSandbox } from './sandbox';

describe('the whole sandbox', () => {
  let sandbox: RunningSandbox;

  beforeAll(async () => {
    sandbox = await startSandbox(readSandboxOptions({ SANDBOX_PORT: '0', OPENAI_API_KEY: 'sk-spec' }));
  });
  afterAll(() => sandbox.close());

  it('serves the controls, Twilio, OpenAI and Google on one port', async () => {
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(sandbox.baseUrl + path, { headers })).status;
    expect(await status('/sandbox')).toBe(200);
    expect(await status('/2010-04-01/Accounts/AC1/Calls.json')).toBe(401);
    expect(await status('/v1/models', { authorization: 'Bearer sk-spec' })).toBe(200);
    // Two providers share /v1: each knows its own requests, and its own errors.
    const userinfo = await fetch(`${sandbox.baseUrl}/v1/userinfo`);
    expect([userinfo.status, await userinfo.json()]).toMatchObject([401, { error: 'invalid_request' }]);
    const models = await fetch(`${sandbox.baseUrl}/v1/models`);
    expect([models.status, await models.json()]).toMatchObject([401, { error: { code: 'invalid_api_key' } }]);
    expect(await status('/.well-known/openid-configuration')).toBe(200);
    expect(await status('/calendar/v3/calendars/primary/events')).toBe(401);
    expect(await status('/elsewhere')).toBe(404);
  });

  it('opens a model session that the controls can see', async () => {
    const url = `${sandbox.baseUrl.replace('http', 'ws')}/v1/realtime?model=gpt-realtime`;
    const socket = new WebSocket(url, { headers: { authorization: 'Bearer sk-spec' } });
    const first = await new Promise<string>((resolve, reject) => {
      socket.once('message', (data: Buffer) => {
        resolve(data.toString());
      });
      socket.once('error', reject);
    });
    expect(JSON.parse(first)).toMatchObject({ type: 'session.created' });
    const sessions: unknown = await (await fetch(`${sandbox.baseUrl}/sandbox/openai/sessions`)).json();
    expect(sessions).toHaveLength(1);
    socket.terminate();
  });

  it.each(['/v1/realtime?model=gpt-realtime', '/nowhere'])('refuses an upgrade at %s from elsewhere', async (path) => {
    const socket = new WebSocket(sandbox.baseUrl.replace('http', 'ws') + path, { headers: { host: 'evil.example' } });
    const status = await new Promise<number | undefined>((resolve) => {
      socket.once('error', () => undefined);
      socket.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode);
      });
    });
    expect(status).toBe(403);
    socket.terminate();
  });

  it('says in a sentence that its port is taken', async () => {
    const second = startSandbox(readSandboxOptions({ SANDBOX_PORT: String(sandbox.port) }));
    await expect(second).rejects.toThrow(`port ${sandbox.port} is taken`);
  });
});
