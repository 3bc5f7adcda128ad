import { startBanner, twilioTrouble } from './bootstrap-banner';
import { Environment, readConfig, SandboxConfig } from './config/app-config';

const PROVIDERS = {
  SECRET_KEY: 'secret',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'a-token',
  TWILIO_PHONE_NUMBER: '+12025550000',
  OPENAI_API_KEY: 'sk-test',
};
const SIMULATED: SandboxConfig = {
  enabled: true,
  providers: ['twilio', 'openai'],
  controlUrl: 'http://127.0.0.1:5051',
};

const config = (env: Environment = {}, sandbox?: SandboxConfig) => readConfig({ ...PROVIDERS, ...env }, sandbox);

it.each<[string, Environment, SandboxConfig | undefined, boolean]>([
  ['no public address', {}, undefined, true],
  ['no public address, all interfaces', { HOST: '0.0.0.0' }, undefined, true],
  ['one that only this machine knows', { PUBLIC_URL: 'http://localhost:5050' }, undefined, true],
  ['IPv6 of this machine', { PUBLIC_URL: 'http://[::1]:5050' }, undefined, true],
  ['a public address', { PUBLIC_URL: 'api.example.com' }, undefined, false],
  ['a simulated Twilio', {}, SIMULATED, false],
  ['only a simulated model', {}, { ...SIMULATED, providers: ['openai'] }, true],
  ['a Twilio at another address', { TWILIO_API_BASE_URL: 'http://127.0.0.1:9000' }, undefined, false],
])('says whether Twilio can reach the server: %s', (_, env, sandbox, isTrouble) => {
  const read = config(env, sandbox);
  const trouble = twilioTrouble(read);
  expect(trouble !== undefined).toBe(isTrouble);
  expect(startBanner({ config: read, hasDemoUser: false }).includes('WARNING')).toBe(isTrouble);
  if (isTrouble) expect(trouble).toMatch(/PUBLIC_URL/);
});

it('names the demo user only where there is one', () => {
  expect(startBanner({ config: config({}, SIMULATED), hasDemoUser: true })).toContain('Demo sign-in');
  expect(startBanner({ config: config({}, SIMULATED), hasDemoUser: false })).not.toContain('Demo sign-in');
});
