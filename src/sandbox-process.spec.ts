import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeholderEnvironment, SandboxOptions, SandboxProcess, startSandboxProcess } from './sandbox-process';

/** Answers with who it is, as the sandbox would: quick to start, so that this spec is about the keeping alone. */
const STUB = `
const server = require('node:http').createServer((request, response) =>
  response.end(JSON.stringify({ pid: process.pid, key: process.env.OPENAI_API_KEY, execArgv: process.execArgv })));
server.listen(Number(process.env.SANDBOX_PORT), '127.0.0.1', () =>
  process.send({ type: 'ready', port: server.address().port }));
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
`;

interface Answer {
  pid: number;
  key: string;
  execArgv: string[];
}

let folder: string;
let entry: string;
let sandbox: SandboxProcess | undefined;
const exits: string[] = [];
const sentences: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-process-'));
  entry = join(folder, 'stub.cjs');
  await writeFile(entry, STUB);
});
afterEach(async () => {
  await sandbox?.stop();
  exits.length = 0;
  sentences.length = 0;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(options: Partial<SandboxOptions> = {}): Promise<SandboxProcess> {
  sandbox = await startSandboxProcess({
    port: 0,
    simulate: ['openai'],
    env: { PATH: process.env['PATH'] },
    onExit: (reason) => exits.push(reason),
    onTrouble: (sentence) => sentences.push(sentence),
    entry,
    restart: { backoffMs: 5 },
    ...options,
  });
  return sandbox;
}

async function ask({ controlUrl }: SandboxProcess): Promise<Answer> {
  return (await (await fetch(controlUrl)).json()) as Answer;
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

it('puts another sandbox in the place of one that was killed: same port, same credentials', async () => {
  const running = await start();
  const first = await ask(running);
  expect(running.isUp).toBe(true);
  process.kill(first.pid, 'SIGKILL');
  await until(() => !running.isUp);
  await until(() => running.isUp);

  const second = await ask(running);
  expect(second.pid).not.toBe(first.pid);
  expect(second.key).toBe(running.environment['OPENAI_API_KEY']);
  expect(second.key).toBe(first.key);
  await until(() => sentences.length === 2);
  expect(sentences[0]).toMatch(/^The sandbox ended unexpectedly \(SIGKILL\); it is started again on port \d+, /);
  expect(sentences[1]).toMatch(/^The sandbox answers again on port \d+\.$/);
  expect(exits).toEqual([]);

  await running.stop();
  expect(running.isUp).toBe(false);
  await expect(ask(running)).rejects.toThrow();
});

it('gives up on one that ends again and again, and says so once', async () => {
  const running = await start({ restart: { backoffMs: 1, max: 2 } });
  for (let times = 0; times < 3; times++) {
    await until(() => running.isUp);
    const { pid } = await ask(running);
    process.kill(pid, 'SIGKILL');
    await until(() => !running.isUp);
  }
  await until(() => exits.length > 0);
  expect(exits).toEqual(['SIGKILL']);
  expect(running.isUp).toBe(false);
});

it('can be stopped while a restart is waited for, and starts nothing afterwards', async () => {
  const running = await start({ restart: { backoffMs: 60_000 } });
  process.kill((await ask(running)).pid, 'SIGKILL');
  await until(() => !running.isUp);
  await running.stop();
  await new Promise((resolve) => setImmediate(resolve));
  expect(exits).toEqual([]);
  expect(sentences).toHaveLength(1);
});

it('can be stopped while the next one starts', async () => {
  const running = await start();
  const { pid } = await ask(running);
  process.kill(pid, 'SIGKILL');
  await until(() => sentences.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 15));
  await running.stop();
  expect(running.isUp).toBe(false);
  await expect(ask(running)).rejects.toThrow();
  expect(exits).toEqual([]);
});

it('runs V8 without the optimisations that crash it, in words that this Node knows', async () => {
  const { execArgv } = await ask(await start());
  expect(execArgv).toEqual(expect.arrayContaining(['--no-turbo-fast-api-calls', '--no-wasm-tier-up']));
  expect(execFileSync(process.execPath, [...execArgv, '-p', '1']).toString()).toBe('1\n');
});

it('says why the first one did not start', async () => {
  await writeFile(join(folder, 'broken.cjs'), 'process.exit(3);');
  await expect(start({ entry: join(folder, 'broken.cjs') })).rejects.toThrow(
    'The sandbox ended while it started (exit code 3).',
  );
});

it('makes up a Voice Intelligence service where none is set, for a simulated Twilio alone', () => {
  const sidOf = (...given: Parameters<typeof placeholderEnvironment>) =>
    placeholderEnvironment(...given)['TWILIO_VOICE_INTELLIGENCE_SID'];
  expect(sidOf(['twilio'], {})).toMatch(/^GA[0-9a-f]{32}$/);
  expect(sidOf(['twilio'], { TWILIO_VOICE_INTELLIGENCE_SID: `GA${'1'.repeat(32)}` })).toBe(`GA${'1'.repeat(32)}`);
  expect(sidOf(['openai'], {})).toBeUndefined();
});

it('points at a simulated Google by two addresses, with a client of its own', () => {
  const { GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GOOGLE_OAUTH_BASE_URL, GOOGLE_API_BASE_URL } = placeholderEnvironment(
    ['google'],
    {},
  );
  expect(GOOGLE_CLIENT_ID).toMatch(/^sandbox-[0-9a-f]{24}\.apps\.googleusercontent\.com$/);
  expect(GOOGLE_CLIENT_SECRET).toMatch(/^GOCSPX-sandbox-/);
  expect([GOOGLE_OAUTH_BASE_URL, GOOGLE_API_BASE_URL]).toEqual(['http://127.0.0.1:1', 'http://127.0.0.1:1']);
  expect(Object.keys(placeholderEnvironment(['twilio', 'openai'], {})).join()).not.toContain('GOOGLE');
});
