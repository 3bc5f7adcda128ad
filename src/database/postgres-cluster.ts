import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PostgresBinaries } from './postgres-binaries';
import { environmentOfServer } from './postgres-server';
import type { SystemUser } from './system-user';

/** Owner of the application's database. Not a superuser, so development meets the same walls as a managed database. */
export const OWNER_ROLE = 'speech_assistant';
export const DATABASE_NAME = 'speech_assistant';

const HOST_RULES = `# Written by the speech assistant. The superuser has no password and cannot sign in.
host all ${OWNER_ROLE} 127.0.0.1/32 scram-sha-256
`;

export interface ClusterOptions {
  binaries: PostgresBinaries;
  /** The cluster's own folder. */
  clusterDir: string;
  passwordFile: string;
  user: SystemUser | undefined;
  /** False leaves out every wait for the disk: for tests. */
  durable: boolean;
}

/**
 * Makes the database cluster unless it is there. It is built beside its place and renamed, so one that was interrupted
 * half-way is never mistaken for a whole one.
 */
export async function ensureCluster(options: ClusterOptions): Promise<void> {
  const { clusterDir, binaries } = options;
  await removeDrafts(clusterDir);
  if (!existsSync(clusterDir)) return createCluster(options);
  const version = await readFile(join(clusterDir, 'PG_VERSION'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Error(`The folder ${clusterDir} does not hold a database. Move it away.`);
    if (error.code === 'EACCES') {
      throw new Error(`The database in ${clusterDir} belongs to another user. Start the server as that user.`);
    }
    throw error;
  });
  if (Number(version) !== binaries.majorVersion) {
    throw new Error(
      `The database in ${clusterDir} was made by PostgreSQL ${version.trim()} and cannot be opened by ${binaries.majorVersion}. Dump it with the old version, or move the folder away.`,
    );
  }
}

/** The owner's password, made anew when the file was lost. The server must not be running then. */
export async function ensurePassword(options: ClusterOptions): Promise<string> {
  const kept = await readFile(options.passwordFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (/^[0-9a-f]{48}$/.test(kept.trim())) return kept.trim();
  const password = await writePassword(options.passwordFile);
  await setPassword(options, password);
  return password;
}

/** Makes the cluster agree with the password file again. The server must not be running. */
export async function setPassword(options: ClusterOptions, password: string): Promise<void> {
  await runSingleUser(options, options.clusterDir, [`ALTER ROLE ${OWNER_ROLE} PASSWORD '${password}'`]);
}

async function createCluster(options: ClusterOptions): Promise<void> {
  const { binaries, clusterDir, user, durable } = options;
  const draft = await mkdtemp(`${clusterDir}.new-`);
  if (user !== undefined) await chown(draft, user.uid, user.gid);
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = [`--pgdata=${draft}`, '--username=postgres', '--auth=reject', ...locale, '--no-instructions'];
  await run(binaries.initdb, durable ? args : [...args, '--no-sync'], user);
  const rules = join(draft, 'pg_hba.conf');
  await writeFile(rules, HOST_RULES, { mode: 0o600 });
  if (user !== undefined) await chown(rules, user.uid, user.gid);
  const password = await writePassword(options.passwordFile);
  await runSingleUser(options, draft, [
    `CREATE ROLE ${OWNER_ROLE} LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB CREATEROLE PASSWORD '${password}'`,
    `CREATE DATABASE ${DATABASE_NAME} OWNER ${OWNER_ROLE}`,
  ]);
  await rename(draft, clusterDir);
  if (durable) await syncFolder(dirname(clusterDir));
}

/** Only for the holder of the folder's lock: no draft can be in use. */
async function removeDrafts(clusterDir: string): Promise<void> {
  const parent = dirname(clusterDir);
  const prefix = `${clusterDir.slice(parent.length + 1)}.new-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    // An initdb that outlived its starter may still be writing: it gives up when its files go, and we try again.
    await rm(join(parent, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Hexadecimal, so that it needs no quoting in SQL or in an address. */
async function writePassword(passwordFile: string): Promise<string> {
  const password = randomBytes(24).toString('hex');
  const draft = `${passwordFile}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, `${password}\n`, { mode: 0o600, flag: 'wx' });
  await rename(draft, passwordFile);
  return password;
}

/** Statements as the superuser, without a server that anybody could connect to. Stops at the first error. */
async function runSingleUser(options: ClusterOptions, clusterDir: string, statements: string[]): Promise<void> {
  const quiet = ['-c', 'log_min_messages=fatal', '-c', 'log_min_error_statement=panic'];
  const durability = options.durable ? [] : ['-c', 'fsync=off'];
  const args = ['--single', '-D', clusterDir, '-c', 'exit_on_error=on', ...quiet, ...durability, 'postgres'];
  const input = statements.map((statement) => `${statement};\n`).join('');
  await run(options.binaries.postgres, args, options.user, input);
}

async function run(program: string, args: string[], user: SystemUser | undefined, input = ''): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, args, { ...user, cwd: '/', env: environmentOfServer(), windowsHide: true });
    let output = '';
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.stdin.on('error', () => undefined); // it ended before it read everything; its exit code says so
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${signal ?? `code ${code ?? '?'}`}: ${output.trim()}`));
    });
    child.stdin.end(input);
  });
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
