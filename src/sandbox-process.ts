import { ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import type { Environment } from './config/app-config';

/** The providers that can be simulated, in the words of `GET /health`. */
export const SANDBOX_PROVIDERS = ['twilio', 'openai'] as const;
export type SandboxProvider = (typeof SANDBOX_PROVIDERS)[number];

/** The number of the simulated platform when none is set. */
export const SANDBOX_PHONE_NUMBER = '+12025550000';

/** The speech engine is compiled at start; a slow machine takes its time. */
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 3_000;

export interface SandboxCredentials {
  accountSid: string;
  authToken: string;
  phoneNumber: string;
  openaiApiKey: string;
}

export interface SandboxProcess {
  readonly controlUrl: string;
  /** Settings that point the product's adapters at the simulated providers instead of the real ones. */
  readonly environment: Environment;
  stop(): Promise<void>;
}

export interface SandboxOptions {
  /** 0 takes any free port. */
  port: number;
  simulate: readonly SandboxProvider[];
  /** What the child sees beside its own settings. */
  env: Environment;
  /** The child ended although nobody stopped it. */
  onExit: (reason: string) => void;
  /** `sandbox/main`, compiled or not as this file is. */
  entry?: string;
}

type Report = { type: 'ready'; port: number } | { type: 'failed'; message: string };

/** Starts the simulated providers beside the server: another process, so that their work costs our calls nothing. */
export async function startSandboxProcess(options: SandboxOptions): Promise<SandboxProcess> {
  const credentials = newCredentials(options.env['TWILIO_PHONE_NUMBER']);
  const child = fork(options.entry ?? join(__dirname, 'sandbox', `main${extname(__filename)}`), [], {
    // Credentials of real providers are none of the sandbox's business.
    env: {
      ...withoutProviderSettings(options.env),
      SANDBOX_PORT: String(options.port),
      TWILIO_ACCOUNT_SID: credentials.accountSid,
      TWILIO_AUTH_TOKEN: credentials.authToken,
      TWILIO_PHONE_NUMBER: credentials.phoneNumber,
      OPENAI_API_KEY: credentials.openaiApiKey,
    },
    // A group of its own: Ctrl-C is for us, and we end it after the last call.
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let isStopping = false;
  const port = await readiness(child);
  child.on('exit', (code, signal) => {
    if (!isStopping) options.onExit(signal ?? `exit code ${code ?? 'unknown'}`);
  });
  const controlUrl = `http://127.0.0.1:${port}`;
  return {
    controlUrl,
    environment: environmentFor(options.simulate, controlUrl, credentials),
    stop: async () => {
      isStopping = true;
      await stop(child);
    },
  };
}

/** Points the adapters of the simulated providers, one by one, at the sandbox. */
export function environmentFor(
  simulate: readonly SandboxProvider[],
  controlUrl: string,
  credentials: SandboxCredentials,
): Environment {
  return {
    ...(simulate.includes('twilio')
      ? {
          TWILIO_ACCOUNT_SID: credentials.accountSid,
          TWILIO_AUTH_TOKEN: credentials.authToken,
          TWILIO_PHONE_NUMBER: credentials.phoneNumber,
          TWILIO_API_BASE_URL: controlUrl,
        }
      : {}),
    ...(simulate.includes('openai')
      ? {
          OPENAI_API_KEY: credentials.openaiApiKey,
          OPENAI_BASE_URL: `${controlUrl}/v1`,
          OPENAI_REALTIME_URL: `${controlUrl.replace(/^http/, 'ws')}/v1/realtime`,
        }
      : {}),
  };
}

/** What the configuration is checked with before anything is started. */
export function placeholderEnvironment(simulate: readonly SandboxProvider[], env: Environment): Environment {
  return environmentFor(simulate, 'http://127.0.0.1:1', newCredentials(env['TWILIO_PHONE_NUMBER']));
}

/** New for each start: nothing outside this pair of processes can sign as the simulated Twilio. */
function newCredentials(phoneNumber: string | undefined): SandboxCredentials {
  return {
    accountSid: `AC${randomBytes(16).toString('hex')}`,
    authToken: randomBytes(16).toString('hex'),
    phoneNumber: phoneNumber?.trim() || SANDBOX_PHONE_NUMBER,
    openaiApiKey: `sk-sandbox-${randomBytes(24).toString('base64url')}`,
  };
}

function withoutProviderSettings(env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(TWILIO|OPENAI|GOOGLE|GEMINI|RESEND|S3)_|^(SECRET|ENCRYPTION)_KEY$|^DATABASE_URL$/.test(name),
    ),
  );
}

/** @throws Error with the sentence that the child gave for its failure */
async function readiness(child: ChildProcess): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('The sandbox did not start in time.')), START_LIMIT_MS);
      child.once('error', (error) => reject(new Error(`The sandbox could not be started: ${error.message}`)));
      child.once('exit', (code, signal) =>
        reject(new Error(`The sandbox ended while it started (${signal ?? `exit code ${code ?? 'unknown'}`}).`)),
      );
      child.on('message', (message) => {
        const report = message as Report;
        if (report.type === 'ready') resolve(report.port);
        if (report.type === 'failed') reject(new Error(`The sandbox could not be started: ${report.message}`));
      });
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    child.removeAllListeners('exit');
    child.removeAllListeners('error');
    // A message that cannot be delivered any more is no reason to fall.
    child.on('error', () => undefined);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await gone;
  clearTimeout(killer);
}
