import fc from 'fast-check';
import { localOrigin, ConfigError, Environment, NO_SANDBOX, readConfig, SETTING_NAMES } from './app-config';

const NEEDED: Environment = {
  SECRET_KEY: 'a secret',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token',
  TWILIO_PHONE_NUMBER: '+12025550000',
  OPENAI_API_KEY: 'sk-key',
};

const PRODUCTION: Environment = {
  ...NEEDED,
  NODE_ENV: 'production',
  SECRET_KEY: 'x'.repeat(32),
  ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
  PUBLIC_URL: 'api.example.com',
};

const problemsOf = (env: Environment, sandbox = NO_SANDBOX): readonly string[] => {
  try {
    readConfig(env, sandbox);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

it('takes what is needed and fills in the rest', () => {
  expect(readConfig(NEEDED)).toMatchObject({
    isProduction: false,
    host: '127.0.0.1',
    port: 5050,
    databaseUrl: undefined,
    dataDir: './data',
    publicUrl: 'http://127.0.0.1:5050',
    frontendUrl: 'http://127.0.0.1:5050',
    logLevel: 'info',
    sandbox: { enabled: false },
    limits: {
      authPerMinute: 5,
      callsPerMinute: 2,
      scenariosPerMinute: 10,
      maxLiveCalls: null,
      maxEventLoopDelayMs: 30,
      maxBodyBytes: 1_048_576,
    },
    calls: { allowedCountries: ['US', 'CA'], defaultRegion: 'US', aiDisclosure: true, shutdownGraceMs: 30_000 },
    openai: { realtimeUrl: 'wss://api.openai.com/v1/realtime' },
  });
});

it('takes 0 for no limit of live calls, and for not watching the event loop', () => {
  const { limits } = readConfig({ ...NEEDED, MAX_LIVE_CALLS: '0', MAX_EVENT_LOOP_DELAY_MS: '0' });
  expect(limits).toMatchObject({ maxLiveCalls: null, maxEventLoopDelayMs: null });
});

it('is frozen, all the way down', () => {
  const config = readConfig(NEEDED);
  expect(() => Object.assign(config.limits, { callsPerMinute: 1000 })).toThrow(TypeError);
  expect(() => (config.calls.allowedCountries as string[]).push('FR')).toThrow(TypeError);
});

it('takes an empty value for none', () => {
  const empty = Object.fromEntries(SETTING_NAMES.map((name) => [name, '']));
  expect(readConfig({ ...empty, ...NEEDED })).toEqual(readConfig(NEEDED));
});

it('names everything that is missing at once', () => {
  expect(problemsOf({})).toEqual([
    expect.stringMatching(/^SECRET_KEY is missing/),
    'TWILIO_ACCOUNT_SID is missing',
    'TWILIO_AUTH_TOKEN is missing',
    'TWILIO_PHONE_NUMBER is missing',
    'OPENAI_API_KEY is missing',
  ]);
});

it('asks more of production', () => {
  expect(problemsOf(PRODUCTION)).toEqual([]);
  expect(problemsOf({ ...NEEDED, NODE_ENV: 'production' })).toEqual([
    expect.stringMatching(/^SECRET_KEY must have at least 32 bytes/),
    expect.stringMatching(/^ENCRYPTION_KEY is missing/),
    expect.stringMatching(/^PUBLIC_URL is missing/),
  ]);
  expect(readConfig(PRODUCTION)).toMatchObject({ isProduction: true, host: '0.0.0.0' });
});

it.each([
  ['NODE_ENV', 'prod'],
  ['PORT', '70000'],
  ['PORT', '50.5'],
  ['PORT', '-1'],
  ['PORT', '5e3'],
  ['DATABASE_URL', 'mysql://localhost/x'],
  ['DATABASE_URL', 'localhost'],
  ['REDIS_URL', 'http://localhost'],
  ['PUBLIC_URL', 'ftp://example.com'],
  ['CORS_ORIGINS', 'https://a.example.com/path'],
  ['CORS_ORIGINS', 'a.example.com'],
  ['CORS_ORIGINS', '*'],
  ['TRUST_PROXY', 'true'],
  ['LOG_LEVEL', 'loud'],
  ['SANDBOX', 'maybe'],
  ['SANDBOX_PORT', 'x'],
  ['ENCRYPTION_KEY', 'short'],
  ['RATE_LIMIT_CALLS', '0'],
  ['MAX_LIVE_CALLS', '-1'],
  ['MAX_LIVE_CALLS', 'many'],
  ['MAX_EVENT_LOOP_DELAY_MS', '0.5'],
  ['MAX_EVENT_LOOP_DELAY_MS', '1001'],
  ['ALLOWED_COUNTRIES', 'USA'],
  ['DEFAULT_REGION', 'us'],
  ['AI_DISCLOSURE', 'perhaps'],
  ['QUIET_HOURS', '25:00-08:00'],
  ['QUIET_HOURS', 'at night'],
  ['TWILIO_ACCOUNT_SID', 'AC123'],
  ['OPENAI_API_KEY', 'sk-key\u2026'],
  ['TWILIO_PHONE_NUMBER', '2025550000'],
  ['OPENAI_REALTIME_URL', 'https://example.com'],
])('refuses %s=%s by name', (name, value) => {
  expect(problemsOf({ ...NEEDED, [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} must `))]);
});

it.each([
  ['example.ngrok-free.app', 'https://example.ngrok-free.app'],
  ['https://example.com/', 'https://example.com'],
  ['http://localhost:8080', 'http://localhost:8080'],
])('reads the public address %s', (given, origin) => {
  expect(readConfig({ ...NEEDED, PUBLIC_URL: given })).toMatchObject({ publicUrl: origin, frontendUrl: origin });
});

it('derives the encryption key from the secret, the same each time, when none is set', () => {
  const { encryptionKeys } = readConfig(NEEDED);
  expect(encryptionKeys).toHaveLength(1);
  expect(encryptionKeys[0]).toHaveLength(32);
  expect(readConfig(NEEDED).encryptionKeys).toEqual(encryptionKeys);
  expect(readConfig({ ...NEEDED, SECRET_KEY: 'other' }).encryptionKeys).not.toEqual(encryptionKeys);
  const given = Buffer.alloc(32, 7);
  const former = Buffer.alloc(32, 9);
  expect(
    readConfig({
      ...NEEDED,
      ENCRYPTION_KEY: given.toString('base64'),
      ENCRYPTION_KEY_PREVIOUS: `${former.toString('base64')}, `,
    }).encryptionKeys,
  ).toEqual([given, former]);
  expect(() => readConfig({ ...NEEDED, ENCRYPTION_KEY_PREVIOUS: 'short' })).toThrow(
    /ENCRYPTION_KEY_PREVIOUS must be keys/,
  );
});

it('never fails in another way than by naming problems', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...SETTING_NAMES), fc.string()), (env) => {
      expect(problemsOf({ ...NEEDED, ...env })).toBeInstanceOf(Array);
    }),
  );
});

it.each([
  ['127.0.0.1', 'http://127.0.0.1:5050'],
  ['0.0.0.0', 'http://127.0.0.1:5050'],
  ['::', 'http://127.0.0.1:5050'],
  ['::1', 'http://[::1]:5050'],
  ['10.0.0.7', 'http://10.0.0.7:5050'],
])('a server that listens on %s is reached from here as %s, and says so to the sandbox', (host, origin) => {
  expect(localOrigin(host, 5050)).toBe(origin);
  expect(readConfig({ ...NEEDED, HOST: host }).publicUrl).toBe(origin);
});

it('takes a Google client whole or not at all', () => {
  expect(readConfig(NEEDED).google).toMatchObject({ client: undefined, oauthBaseUrl: undefined });
  const both = { ...NEEDED, GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'secret', PUBLIC_URL: 'voice.example.com' };
  expect(readConfig({ ...both, GOOGLE_API_BASE_URL: 'http://127.0.0.1:5051/' }).google).toEqual({
    client: { id: 'id', secret: 'secret' },
    calendarRedirectUri: 'https://voice.example.com/google-calendar/callback',
    oauthBaseUrl: undefined,
    apiBaseUrl: 'http://127.0.0.1:5051',
  });
  expect(() => readConfig({ ...both, GOOGLE_CLIENT_SECRET: '' })).toThrow(/belong together/);
});
