import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startScratchServer } from '../../scripts/scratch-database';
import { api } from '../support/api';
import { until } from '../support/until';
import { MeasuredProcess } from './measured-process';

/** The numbers that may be dialled: one of its own for each call of the bench. */
export const FIRST_NUMBER = 12_025_550_100;

export interface Providers {
  accountSid: string;
  authToken: string;
  twilioPort: number;
  modelPort: number;
}

export interface Product {
  process: MeasuredProcess;
  url: string;
  /** Lines of its log that report an error. */
  errors: string[];
  /** Access token of a user who is signed up there. */
  token: string;
  stop(): Promise<void>;
}

export interface ProductOptions {
  /** The compiled server: a folder with `src/main.js`. */
  dist: string;
  providers: Providers;
  env?: Record<string, string>;
  nodeArgs?: readonly string[];
  logFile?: string;
}

export interface BenchDatabase {
  url: string;
  remove(): Promise<void>;
}

/** PostgreSQL of the bench, in processes of its own. */
export async function startBenchDatabase(): Promise<BenchDatabase> {
  return startScratchServer();
}

/** The real server, with real settings but for limits that a bench would run into. */
export async function startProduct(database: string, options: ProductOptions): Promise<Product> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const dataDir = mkdtempSync(join(tmpdir(), 'speech-assistant-bench-'));
  const errors: string[] = [];
  const { providers } = options;
  const measured = new MeasuredProcess({
    script: join(options.dist, 'src', 'main.js'),
    nodeArgs: options.nodeArgs,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PORT: String(port),
      DATA_DIR: dataDir,
      DATABASE_URL: database,
      SECRET_KEY: 'the secret key of the bench, which is long enough',
      SANDBOX: 'false',
      LOG_LEVEL: 'warn',
      TWILIO_ACCOUNT_SID: providers.accountSid,
      TWILIO_AUTH_TOKEN: providers.authToken,
      TWILIO_PHONE_NUMBER: '+12025550000',
      TWILIO_API_BASE_URL: `http://127.0.0.1:${providers.twilioPort}`,
      OPENAI_API_KEY: 'sk-bench',
      OPENAI_REALTIME_URL: `ws://127.0.0.1:${providers.modelPort}/v1/realtime`,
      RATE_LIMIT_AUTH: '1000000',
      RATE_LIMIT_CALLS: '1000000',
      RATE_LIMIT_DEFAULT: '1000000',
      MAX_CONCURRENT_CALLS: '100000',
      MAX_CALLS_PER_DAY: '1000000',
      MAX_CALL_SECONDS: '14400',
      SILENCE_REPROMPT_SECONDS: '600',
      SILENCE_END_SECONDS: '600',
      SHUTDOWN_GRACE_SECONDS: '1',
      ...options.env,
    },
    logFile: options.logFile,
    onLine: (line) => {
      if (isTrouble(line)) errors.push(line);
    },
  });
  const stop = async (): Promise<void> => {
    await measured.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await until(
      () => isUp(url, measured, errors),
      (is) => is,
      { withinMs: 60_000, what: 'the server' },
    );
    return { process: measured, url, errors, token: await aToken(url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function isUp(url: string, measured: MeasuredProcess, errors: string[]): Promise<boolean> {
  if (measured.hasEnded) throw new Error(`The server ended while it started: ${errors.join('\n')}`);
  try {
    return (await fetch(`${url}/health/ready`)).ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function aToken(url: string): Promise<string> {
  const user = { email: `bench-${Date.now()}@example.com`, password: 'correct horse battery' };
  const registered = await api(url).post('/auth/register', user);
  if (registered.status !== 201) throw new Error(`Nobody could be signed up: ${registered.text}`);
  return (await api(url).post<{ access_token: string }>('/auth/login', user)).body.access_token;
}

/** Pino's levels: 40 is a warning, 50 an error, 60 fatal. What is no JSON was not logged but died. */
function isTrouble(line: string): boolean {
  if (line.trim() === '') return false;
  const level = /"level":"?(\w+)/.exec(line)?.[1];
  return level === undefined ? /error/i.test(line) : ['50', '60', 'error', 'fatal'].includes(level);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('The system gave no free port.');
  return address.port;
}
