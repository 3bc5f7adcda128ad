import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { aTicket, TestBrowser } from '../support/browser';
import { startTestSandbox, TestSandbox } from '../support/sandbox';

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, MAX_CONCURRENT_CALLS: '100' } });
  user = await signUp(server.url);
});
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

describe('a realtime session', () => {
  it('is greeted by the agent, in PCM of 24 kHz', async () => {
    const ticket = await aTicket(server, user);
    const browser = await TestBrowser.open(server, user, {
      ticket,
      sessionId: 'kitchen',
      query: { scenario: 'sales' },
    });
    browser.turnOnMicrophone();
    expect(await browser.message('connection_established')).toMatchObject({
      session_id: 'kitchen',
      mode: 'realtime',
      scenario: 'sales',
      audio: { encoding: 'pcm_s16le', sample_rate: 24_000, channels: 1 },
    });
    expect(browser.messages[0]?.type).toBe('connection_established');
    const greeting = await browser.message('conversation_response');
    expect(greeting['text']).toMatch(/automated assistant/);
    expect(browser.receivedMs).toBeGreaterThan(1000);
    browser.close();
    await browser.closing();
    const { body } = await api(server.url).get<{ direction: string }[]>('/calls', { token: user.token });
    expect(body).toMatchObject([{ direction: 'browser', scenario_name: 'sales' }]);
  });
});
