import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEMO_USER } from '../../src/demo-user';
import { api } from '../support/api';
import { freshDatabase, TestDatabase } from '../support/test-database';

const ROOT = join(__dirname, '..', '..');
const REGISTER = join(ROOT, 'test', 'support', 'swc-register.cjs');

/** A slow machine translates the sources and compiles the speech engine first. */
const START_LIMIT_MS = 60_000;

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(join(tmpdir(), 'speech-assistant-start-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

interface Started {
  child: ChildProcess;
  output: () => string;
  errors: () => string;
}

/** The server as `npm start` runs it, in a folder without a `.env`. */
function start(env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, ['-r', REGISTER, join(ROOT, 'src', 'main.ts')], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      SANDBOX_PORT: '0',
      DATA_DIR: folder,
      DATABASE_URL: database.url,
      SHUTDOWN_GRACE_SECONDS: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout?.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (errors += data.toString()));
  return { child, output: () => output, errors: () => errors };
}

async function banner({ child, output, errors }: Started): Promise<string> {
  while (!output().includes('Speech Assistant is ready.')) {
    if (child.exitCode !== null) throw new Error(`The server ended: ${errors()}${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return output();
}

async function exitCode({ child }: Started): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

it(
  'starts with simulated providers, says how to go on, and stops cleanly',
  async () => {
    const server = start();
    const text = await banner(server);
    const url = /Address +(http:\S+)/.exec(text)?.[1] ?? '';
    const controlUrl = /Sandbox control +(http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1] ?? '';
    expect(text).toContain('SANDBOX');
    expect(text).toContain(`${DEMO_USER.email} / ${DEMO_USER.password}`);
    expect(text).toContain('npm run call -- "+1 202 555 0100" sales');

    const { body: health } = await api(url).get('/health');
    expect(health).toMatchObject({
      status: 'ok',
      sandbox: { enabled: true, providers: ['twilio', 'openai', 'google', 'mail'], control_url: controlUrl },
    });
    const { email, password } = DEMO_USER;
    expect((await api(url).post('/auth/login', { email, password })).status).toBe(200);
    expect((await fetch(`${controlUrl}/sandbox/calls`)).status).toBe(200);

    server.child.kill('SIGTERM');
    expect(await exitCode(server)).toBe(0);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
    await expect(fetch(controlUrl)).rejects.toThrow();
    expect(server.errors()).toBe('');
  },
  START_LIMIT_MS,
);

it(
  'takes the sandbox along when it is killed',
  async () => {
    const server = start();
    const controlUrl = /Sandbox control +(http:\/\/127\.0\.0\.1:\d+)/.exec(await banner(server))?.[1] ?? '';
    server.child.kill('SIGKILL');
    await exitCode(server);
    const isGone = () =>
      fetch(controlUrl)
        .then(() => false)
        .catch(() => true);
    while (!(await isGone())) await new Promise((resolve) => setTimeout(resolve, 50));
  },
  START_LIMIT_MS,
);

it(
  'names the port that is in use, and leaves nothing running',
  async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const server = start({ PORT: String(port) });
    expect(await exitCode(server)).toBe(1);
    expect(server.errors()).toBe(
      `Port ${port} is already in use. Stop the other program or set PORT to another port.\n`,
    );
    await new Promise((resolve) => other.close(resolve));
  },
  START_LIMIT_MS,
);

it(
  'ends with a sentence for each setting that is wrong, before anything is started',
  async () => {
    const server = start({ PORT: 'abc', LOG_LEVEL: 'loud', SANDBOX: 'false' });
    expect(await exitCode(server)).toBe(1);
    expect(server.errors()).toMatch(/PORT must be/);
    expect(server.errors()).toMatch(/LOG_LEVEL must be one of/);
    expect(server.errors()).not.toContain('at ');
    expect(server.output()).toBe('');
  },
  START_LIMIT_MS,
);

it(
  'does not simulate in production unless it is told to',
  async () => {
    const production = {
      NODE_ENV: 'production',
      SECRET_KEY: 'x'.repeat(32),
      ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
      PUBLIC_URL: 'api.example.com',
    };
    const refused = start(production);
    expect(await exitCode(refused)).toBe(1);
    expect(refused.errors()).toMatch(/TWILIO_ACCOUNT_SID is missing/);
    expect(refused.errors()).toMatch(/OPENAI_API_KEY is missing/);

    const told = start({ ...production, SANDBOX: 'true', HOST: '127.0.0.1' });
    expect(await banner(told)).toContain('SANDBOX');
    told.child.kill('SIGINT');
    expect(await exitCode(told)).toBe(0);
  },
  START_LIMIT_MS,
);

it(
  'names the database that cannot be reached',
  async () => {
    const address = new URL(database.url);
    address.pathname = '/no_such_test_database';
    const server = start({ DATABASE_URL: address.toString() });
    expect(await exitCode(server)).toBe(1);
    expect(server.errors()).toMatch(/no_such_test_database.*DATABASE_URL/);
    expect(server.errors()).not.toContain(address.password);
  },
  START_LIMIT_MS,
);

it(
  'switches the demo user off when a provider is real, and warns of an address that Twilio cannot reach',
  async () => {
    const own = await freshDatabase();
    const seen: Record<string, { status: number; text: string }> = {};
    const twilio = {
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'a-token',
      TWILIO_PHONE_NUMBER: '+12025550000',
    };
    const starts: [string, Record<string, string>][] = [
      ['simulated', {}],
      ['half real', { OPENAI_API_KEY: 'sk-test' }],
      ['simulated again', {}],
      ['real', { ...twilio, OPENAI_API_KEY: 'sk-test' }],
    ];
    try {
      for (const [name, env] of starts) {
        const server = start({ DATABASE_URL: own.url, ...env });
        const text = await banner(server);
        const { email, password } = DEMO_USER;
        const login = await api(/Address +(http:\S+)/.exec(text)?.[1] ?? '').post('/auth/login', { email, password });
        server.child.kill('SIGTERM');
        await exitCode(server);
        seen[name] = { status: login.status, text: server.output() };
      }
    } finally {
      await own.drop();
    }
    const statusOf = Object.entries(seen).map(([name, { status }]) => [name, status]);
    expect(statusOf).toEqual([
      ['simulated', 200],
      ['half real', 401],
      ['simulated again', 200],
      ['real', 401],
    ]);
    for (const [name, { text }] of Object.entries(seen)) {
      expect([name, text.includes('Demo sign-in')]).toEqual([name, name.startsWith('simulated')]);
      expect([name, text.includes('cannot sign in any more')]).toEqual([name, !name.startsWith('simulated')]);
      expect([name, text.includes('Twilio cannot reach http')]).toEqual([name, name === 'real']);
    }
  },
  2 * START_LIMIT_MS,
);
