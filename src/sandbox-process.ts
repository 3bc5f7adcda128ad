import { ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from './config/app-config';

/** The providers that can be simulated, in the words of `GET /health`. */
export const SANDBOX_PROVIDERS = ['twilio', 'openai', 'google', 'mail'] as const;
export type SandboxProvider = (typeof SANDBOX_PROVIDERS)[number];

/** The number of the simulated platform when none is set. */
export const SANDBOX_PHONE_NUMBER = '+12025550000';

/** The speech engine is compiled at start; a slow machine takes its time. */
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 3_000;

/**
 * V8 of Node 20 has crashed (SIGSEGV) seconds after a start, when it begins to replace code by optimised code: with fast
 * API calls (flite-worker.ts), and once in the sandbox for a reason nobody has seen again. Without fast calls, and with
 * the speech engine compiled once and for all, a sentence takes as long as before. Node 20 and 24 know both flags.
 */
const STEADY_V8 = ['--no-turbo-fast-api-calls', '--no-wasm-tier-up'];

export interface SandboxCredentials {
  accountSid: string;
  authToken: string;
  phoneNumber: string;
  voiceIntelligenceSid: string;
  openaiApiKey: string;
  googleClientId: string;
  googleClientSecret: string;
  resendApiKey: string;
  /** Who hears what people say of demos; somebody made up when nobody is set. */
  feedbackEmail: string;
}

export interface SandboxProcess {
  readonly controlUrl: string;
  /** Settings that point the product's adapters at the simulated providers instead of the real ones. */
  readonly environment: Environment;
  /** False from the child's unexpected end until its successor answers, and after the last one. */
  readonly isUp: boolean;
  stop(): Promise<void>;
}

export interface SandboxOptions {
  /** 0 takes any free port. */
  port: number;
  simulate: readonly SandboxProvider[];
  /** What the child sees beside its own settings. */
  env: Environment;
  /** The sandbox is gone for good although nobody stopped it: no further restart is tried. */
  onExit: (reason: string) => void;
  /** Hears in a sentence of an unexpected end and of the restart; stderr when not given. */
  onTrouble?: (sentence: string) => void;
  /** `sandbox/main`, compiled or not as this file is. */
  entry?: string;
  restart?: Partial<RestartLimits>;
}

export interface RestartLimits {
  /** Restarts within `windowMs`; one that ends more often is broken and not unlucky. */
  max: number;
  windowMs: number;
  /** The pause before the first restart; each further one within the window takes twice as long. */
  backoffMs: number;
}

const RESTART_LIMITS: RestartLimits = { max: 5, windowMs: 10 * 60_000, backoffMs: 100 };

/**
 * Starts the simulated providers beside the server: another process, so that their work costs our calls nothing.
 * When it falls, another takes its place on the same port and with the same credentials.
 * @throws Error with a sentence when the first one does not start
 */
export async function startSandboxProcess(options: SandboxOptions): Promise<SandboxProcess> {
  const credentials = newCredentials(options.env);
  const keeper = new SandboxKeeper(options, credentials);
  const controlUrl = `http://127.0.0.1:${await keeper.start()}`;
  return {
    controlUrl,
    environment: environmentFor(options.simulate, controlUrl, credentials),
    get isUp() {
      return keeper.isUp;
    },
    stop: () => keeper.stop(),
  };
}

/** Keeps one child running on one port until it is stopped or the restarts are used up. */
class SandboxKeeper {
  isUp = false;
  private readonly limits: RestartLimits;
  private readonly stopped = new AbortController();
  private child: ChildProcess | undefined;
  private port: number;
  private restartsAt: number[] = [];

  constructor(
    private readonly options: SandboxOptions,
    private readonly credentials: SandboxCredentials,
  ) {
    this.port = options.port;
    this.limits = { ...RESTART_LIMITS, ...options.restart };
  }

  async start(): Promise<number> {
    const child = forkSandbox(this.options, this.credentials, this.port);
    this.child = child;
    this.port = await readiness(child);
    const onEnd = (reason: string) => {
      this.revive(reason).catch((error: unknown) => this.tell(`The sandbox stays away: ${String(error)}`));
    };
    child.once('exit', (code, signal) => onEnd(nameOfExit(code, signal)));
    // It may have gone between its report and this line.
    if (hasEnded(child)) onEnd(nameOfExit(child.exitCode, child.signalCode));
    else this.isUp = !this.stopped.signal.aborted;
    return this.port;
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    if (this.child) await end(this.child);
    this.isUp = false;
  }

  private async revive(reason: string): Promise<void> {
    this.isUp = false;
    let why = `ended unexpectedly (${reason})`;
    while (!this.stopped.signal.aborted) {
      const pauseMs = this.nextPauseMs();
      if (pauseMs === undefined) {
        this.options.onExit(reason);
        return;
      }
      this.tell(`The sandbox ${why}; it is started again on port ${this.port}, calls that it carried are lost.`);
      try {
        await delay(pauseMs, undefined, { signal: this.stopped.signal });
        if (this.stopped.signal.aborted) return;
        await this.start();
        if (!this.isUp) return;
        this.tell(`The sandbox answers again on port ${this.port}.`);
        return;
      } catch (error) {
        why = `could not be started again (${error instanceof Error ? error.message : String(error)})`;
      }
    }
  }

  /** `undefined` when there have been too many. */
  private nextPauseMs(): number | undefined {
    const now = performance.now();
    this.restartsAt = this.restartsAt.filter((at) => now - at < this.limits.windowMs);
    if (this.restartsAt.length >= this.limits.max) return undefined;
    this.restartsAt.push(now);
    return this.limits.backoffMs * 2 ** (this.restartsAt.length - 1);
  }

  private tell(sentence: string): void {
    if (this.options.onTrouble) this.options.onTrouble(sentence);
    else process.stderr.write(`${sentence}\n`);
  }
}

function forkSandbox(options: SandboxOptions, credentials: SandboxCredentials, port: number): ChildProcess {
  return fork(options.entry ?? join(__dirname, 'sandbox', `main${extname(__filename)}`), [], {
    // Credentials of real providers are none of the sandbox's business.
    env: {
      ...withoutProviderSettings(options.env),
      SANDBOX_PORT: String(port),
      TWILIO_ACCOUNT_SID: credentials.accountSid,
      TWILIO_AUTH_TOKEN: credentials.authToken,
      TWILIO_PHONE_NUMBER: credentials.phoneNumber,
      TWILIO_VOICE_INTELLIGENCE_SID: credentials.voiceIntelligenceSid,
      OPENAI_API_KEY: credentials.openaiApiKey,
      GOOGLE_CLIENT_ID: credentials.googleClientId,
      GOOGLE_CLIENT_SECRET: credentials.googleClientSecret,
      RESEND_API_KEY: credentials.resendApiKey,
    },
    execArgv: [...process.execArgv, ...STEADY_V8],
    // A group of its own: Ctrl-C is for us, and we end it after the last call.
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
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
          TWILIO_VOICE_INTELLIGENCE_SID: credentials.voiceIntelligenceSid,
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
    ...(simulate.includes('google')
      ? {
          GOOGLE_CLIENT_ID: credentials.googleClientId,
          GOOGLE_CLIENT_SECRET: credentials.googleClientSecret,
          GOOGLE_OAUTH_BASE_URL: controlUrl,
          GOOGLE_API_BASE_URL: controlUrl,
        }
      : {}),
    ...(simulate.includes('mail')
      ? {
          RESEND_API_KEY: credentials.resendApiKey,
          RESEND_BASE_URL: controlUrl,
          FEEDBACK_EMAIL: credentials.feedbackEmail,
        }
      : {}),
  };
}

/** What the configuration is checked with before anything is started. */
export function placeholderEnvironment(simulate: readonly SandboxProvider[], env: Environment): Environment {
  return environmentFor(simulate, 'http://127.0.0.1:1', newCredentials(env));
}

/** New for each start: nothing outside this pair of processes can sign as the simulated Twilio. */
function newCredentials(env: Environment): SandboxCredentials {
  return {
    accountSid: `AC${randomBytes(16).toString('hex')}`,
    authToken: randomBytes(16).toString('hex'),
    phoneNumber: env['TWILIO_PHONE_NUMBER']?.trim() || SANDBOX_PHONE_NUMBER,
    voiceIntelligenceSid: env['TWILIO_VOICE_INTELLIGENCE_SID']?.trim() || `GA${randomBytes(16).toString('hex')}`,
    openaiApiKey: `sk-sandbox-${randomBytes(24).toString('base64url')}`,
    googleClientId: `sandbox-${randomBytes(12).toString('hex')}.apps.googleusercontent.com`,
    googleClientSecret: `GOCSPX-sandbox-${randomBytes(24).toString('base64url')}`,
    resendApiKey: `re_sandbox_${randomBytes(16).toString('hex')}`,
    feedbackEmail: env['FEEDBACK_EMAIL']?.trim() || 'feedback@example.com',
  };
}

function withoutProviderSettings(env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(TWILIO|OPENAI|GOOGLE|GEMINI|RESEND|S3)_|^(SECRET|ENCRYPTION)_KEY$|^DATABASE_URL$/.test(name),
    ),
  );
}

type Report = { type: 'ready'; port: number } | { type: 'failed'; message: string };

/** @throws Error with the sentence that the child gave for its failure */
async function readiness(child: ChildProcess): Promise<number> {
  // A message that cannot be delivered any more is no reason to fall.
  child.on('error', () => undefined);
  const listening = new AbortController();
  try {
    return await new Promise<number>((resolve, reject) => {
      const refuse = (sentence: string) => {
        reject(new Error(sentence));
      };
      const timer = setTimeout(refuse, START_LIMIT_MS, 'The sandbox did not start in time.');
      const onError = (error: Error) => {
        refuse(`The sandbox could not be started: ${error.message}`);
      };
      const onExit = (code: number | null, signal: NodeJS.Signals | null) => {
        refuse(`The sandbox ended while it started (${nameOfExit(code, signal)}).`);
      };
      const onMessage = (message: unknown) => {
        const report = message as Report;
        if (report.type === 'ready') resolve(report.port);
        if (report.type === 'failed') refuse(`The sandbox could not be started: ${report.message}`);
      };
      child.on('error', onError).on('exit', onExit).on('message', onMessage);
      listening.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        child.off('error', onError).off('exit', onExit).off('message', onMessage);
      });
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    listening.abort();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function nameOfExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ?? `exit code ${code ?? 'unknown'}`;
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await gone;
  clearTimeout(killer);
}
