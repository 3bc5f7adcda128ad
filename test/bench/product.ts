import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startScratchServer } from '../../scripts/scratch-database';
import { api } from '../support/api';
import { freePort } from '../support/free-port';
import { until } from '../support/until';
import { MeasuredProcess } from './measured-process';

/** Before the access token expires, which it does after half an hour. */
const TOKEN_FOR_MS = 20 * 60_000;

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
  /** What it warned of in its log, and how often. */
  warnings: Map<string, number>;
  /** An access token, still good for a while, of a user who is signed up there. */
  token(): Promise<string>;
  stop(): Promise<void>;
}

export interface ProductOptions {
  /** The compiled server: a folder with `src/main.js`. */
  dist: string;
  providers: Providers;
  env?: Record<string, string>;
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
  const warnings: Product['warnings'] = new Map();
  const { providers } = options;
  const measured = new MeasuredProcess({
    script: join(options.dist, 'src', 'main.js'),
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PORT: String(port),
      DATA_DIR: dataDir,
      DATABASE_URL: database,
      SECRET_KEY: 'the secret key of the bench, which is long enough',
      SANDBOX: 'false',
      LOG_LEVEL: 'info',
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
      TRANSCRIPT_INSIGHTS: 'false',
      CALL_ANALYSIS: 'false',
      ...options.env,
    },
    logFile: options.logFile,
    onLine: (line) => {
      const level = levelOf(line);
      if (level === 'error') errors.push(line);
      if (level !== 'warning') return;
      const what = subjectOf(line);
      warnings.set(what, (warnings.get(what) ?? 0) + 1);
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
    return { process: measured, url, errors, warnings, token: await signUp(url), stop };
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

/** Signs a user up; answers what hands out their access token, and logs in again when it is old. */
async function signUp(url: string): Promise<Product['token']> {
  const user = { email: `bench-${Date.now()}@example.com`, password: 'correct horse battery' };
  const registered = await api(url).post('/auth/register', user);
  if (registered.status !== 201) throw new Error(`Nobody could be signed up: ${registered.text}`);
  const logIn = async (): Promise<string> => {
    const { status, text, body } = await api(url).post<{ access_token: string }>('/auth/login', user);
    if (status !== 200) throw new Error(`Nobody could log in: ${text}`);
    return body.access_token;
  };
  let token = logIn();
  let oldAtMs = performance.now() + TOKEN_FOR_MS;
  await token;
  return () => {
    if (performance.now() > oldAtMs) {
      oldAtMs = performance.now() + TOKEN_FOR_MS;
      token = logIn();
      // Should it fail: whoever asks next tries again, and those who wait for this one hear of it.
      token.catch(() => (oldAtMs = 0));
    }
    return token;
  };
}

/** Pino's levels: 40 is a warning, 50 an error, 60 fatal. What is no JSON was not logged but died. */
function levelOf(line: string): 'error' | 'warning' | 'news' {
  if (!line.startsWith('{')) return /error/i.test(line) ? 'error' : 'news';
  const level = /"level":(\d+)/.exec(line)?.[1];
  if (level === '50' || level === '60') return 'error';
  return level === '40' ? 'warning' : 'news';
}

/** What a line is about, without the call and the moment. */
function subjectOf(line: string): string {
  const [, msg = line] = /"msg":"([^"]*)/.exec(line) ?? [];
  const [, what] = /"what":"([^"]*)/.exec(line) ?? [];
  return what === undefined ? msg : `${msg}: ${what}`;
}
