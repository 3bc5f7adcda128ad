import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeEnvironment, providersToSimulate } from './bootstrap-environment';

const TWILIO = { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 'token' };
const OPENAI = { OPENAI_API_KEY: 'key' };
const GOOGLE = { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'secret' };

describe('which providers are simulated', () => {
  it.each([
    ['all without credentials', {}, ['twilio', 'openai', 'google', 'mail']],
    ['those without credentials', OPENAI, ['twilio', 'google', 'mail']],
    ['those without credentials', TWILIO, ['openai', 'google', 'mail']],
    ['those without credentials', GOOGLE, ['twilio', 'openai', 'mail']],
    ['none when all have credentials', { ...TWILIO, ...OPENAI, ...GOOGLE }, []],
    ['none when all have credentials, even if wished for', { ...TWILIO, ...OPENAI, ...GOOGLE, SANDBOX: 'true' }, []],
    ['all but the mail with its key', { RESEND_API_KEY: 're_1' }, ['twilio', 'openai', 'google']],
    ['none against the wish', { SANDBOX: 'false' }, []],
    ['none in production', { NODE_ENV: 'production' }, []],
    ['none in production, however it is spelt', { NODE_ENV: ' Production ' }, []],
    [
      'those wished for in production',
      { NODE_ENV: 'production', SANDBOX: 'TRUE', ...OPENAI },
      ['twilio', 'google', 'mail'],
    ],
    ['none for half a pair: that is a mistake to be named', { TWILIO_ACCOUNT_SID: 'AC1', ...OPENAI, ...GOOGLE }, []],
    ['none for half a pair: that is a mistake to be named', { ...TWILIO, ...OPENAI, GOOGLE_CLIENT_ID: 'id' }, []],
    ['none for half a pair: that is a mistake to be named', { ...TWILIO, ...OPENAI, GOOGLE_CLIENT_SECRET: 's' }, []],
    [
      'those with empty credentials',
      { TWILIO_ACCOUNT_SID: ' ', TWILIO_AUTH_TOKEN: '', OPENAI_API_KEY: '', GOOGLE_CLIENT_ID: ' ' },
      ['twilio', 'openai', 'google', 'mail'],
    ],
  ])('%s', (_, env, providers) => {
    expect(providersToSimulate(env)).toEqual(providers);
  });
});

describe('the environment of a fresh machine', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'speech-assistant-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gets a secret key that is kept for itself and for the next start', async () => {
    const env = { DATA_DIR: join(folder, 'data') };
    const [first, second] = await Promise.all([completeEnvironment(env), completeEnvironment(env)]);
    const path = join(folder, 'data', 'secret-key');
    expect(first['SECRET_KEY']).toBe((await readFile(path, 'utf8')).trim());
    expect(second['SECRET_KEY']).toBe(first['SECRET_KEY']);
    expect(Buffer.byteLength(first['SECRET_KEY'] ?? '')).toBeGreaterThanOrEqual(32);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('keeps a key that is there, in the file or in the environment', async () => {
    await writeFile(join(folder, 'secret-key'), 'from the file\n');
    expect(await completeEnvironment({ DATA_DIR: folder })).toMatchObject({ SECRET_KEY: 'from the file' });
    expect(await completeEnvironment({ DATA_DIR: folder, SECRET_KEY: 'set' })).toMatchObject({ SECRET_KEY: 'set' });
  });

  it('makes no key in production', async () => {
    const env = await completeEnvironment({ DATA_DIR: folder, NODE_ENV: 'production' });
    expect(env['SECRET_KEY']).toBeUndefined();
  });

  it('knows its port before it listens', async () => {
    const env = await completeEnvironment({ DATA_DIR: folder, PORT: '0' });
    expect(Number(env['PORT'])).toBeGreaterThan(1023);
    expect((await completeEnvironment({ DATA_DIR: folder, PORT: '5050' }))['PORT']).toBe('5050');
  });
});
