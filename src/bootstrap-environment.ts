import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { types } from 'node:util';
import type { Environment } from './config/app-config';
import type { SandboxProvider } from './sandbox-process';

const SECRET_KEY_FILE = 'secret-key';
const DEFAULT_DATA_DIR = './data';

/** Reads `.env` of the working folder into the environment; what is set already stays. */
export function loadDotEnv(path = '.env'): void {
  if (existsSync(path)) process.loadEnvFile(path);
}

/** The environment as `readConfig` wants it, with what a start on a fresh machine has to make up. */
export async function completeEnvironment(env: Environment): Promise<Environment> {
  return {
    ...env,
    PORT: env['PORT']?.trim() === '0' ? String(await freePort()) : env['PORT'],
    SECRET_KEY: await secretKey(env),
  };
}

/**
 * Which providers have no credentials and may be simulated. Half a pair of credentials is a mistake and not a wish: the
 * configuration names what is missing. In production somebody has to say SANDBOX=true.
 */
export function providersToSimulate(env: Environment): SandboxProvider[] {
  const wish = (env['SANDBOX'] ?? '').trim().toLowerCase();
  if (wish === 'false' || (isProduction(env) && wish !== 'true')) return [];
  const simulate: SandboxProvider[] = [];
  if (!isSet(env['TWILIO_ACCOUNT_SID']) && !isSet(env['TWILIO_AUTH_TOKEN'])) simulate.push('twilio');
  if (!isSet(env['OPENAI_API_KEY'])) simulate.push('openai');
  if (!isSet(env['GOOGLE_CLIENT_ID']) && !isSet(env['GOOGLE_CLIENT_SECRET'])) simulate.push('google');
  // No reason for a sandbox by itself: without an account no mails are sent.
  if (simulate.length > 0 && !isSet(env['RESEND_API_KEY'])) simulate.push('mail');
  return simulate;
}

/** Outside production a key is made once and kept, so that sessions survive a restart. */
async function secretKey(env: Environment): Promise<string | undefined> {
  if (isSet(env['SECRET_KEY']) || isProduction(env)) return env['SECRET_KEY'];
  const dataDir = isSet(env['DATA_DIR']) ? env['DATA_DIR'] : DEFAULT_DATA_DIR;
  const path = join(dataDir, SECRET_KEY_FILE);
  await mkdir(dataDir, { recursive: true });
  // Written aside and linked: whoever starts at the same moment sees the whole key or none.
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600 });
  try {
    await link(draft, path);
  } catch (error) {
    if (!isError(error, 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  return (await readFile(path, 'utf8')).trim();
}

/** The configuration needs the real port (PUBLIC_URL is made of it) before the server listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The system gave no free port.');
  return address.port;
}

function isProduction(env: Environment): boolean {
  return env['NODE_ENV']?.trim().toLowerCase() === 'production';
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '';
}

function isError(error: unknown, code: string): boolean {
  return types.isNativeError(error) && 'code' in error && error.code === code;
}
