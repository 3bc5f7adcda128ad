import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresBinaries, PostgresLog } from './postgres-binaries';
import { argumentsOf, isRunning, processesIn } from './running-process';
import type { SystemUser } from './system-user';

/** After a crash the server first replays its log; a big one takes minutes. */
const START_TIMEOUT_MS = 5 * 60_000;
/** How long locks of a server that was just killed may stand in the way. */
const LOCK_PATIENCE_MS = 15_000;
const LOCK_RETRY_MS = 150;
const PORT_ATTEMPTS = 10;
/** Patience with each way of asking the server to stop, the gentlest first: fast, immediate, by force. */
const STOP_SIGNALS: [NodeJS.Signals, number][] = [
  ['SIGINT', 15_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
];
const POLL_MS = 10;

export interface ServerOptions {
  binaries: PostgresBinaries;
  clusterDir: string;
  user: SystemUser | undefined;
  durable: boolean;
  log: PostgresLog;
}

export interface RunningServer {
  child: ChildProcess;
  pid: number;
  port: number;
}

/** Nothing of ours leaks into the server, and no PG… variable of the shell changes what it does. */
export function environmentOfServer(): NodeJS.ProcessEnv {
  const { PATH, LD_LIBRARY_PATH, SystemRoot, TEMP } = process.env;
  return { PATH, LD_LIBRARY_PATH, SystemRoot, TEMP, LC_ALL: 'C', TZ: 'UTC' };
}

/** Starts the server on a free port of the loopback address and waits until it accepts connections. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const patientUntil = Date.now() + LOCK_PATIENCE_MS;
  let portsTaken = 0;
  while (true) {
    const port = await freePort();
    const outcome = await tryStart(options, port);
    if ('child' in outcome) return outcome;
    if (/could not bind|Address already in use/i.test(outcome.output) && (portsTaken += 1) < PORT_ATTEMPTS) continue;
    const isLocked = /pre-existing shared memory block|lock file ".*" already exists/i.test(outcome.output);
    if (isLocked && Date.now() < patientUntil) {
      await sleep(LOCK_RETRY_MS);
      continue;
    }
    throw new Error(`The embedded PostgreSQL could not start: ${lastWords(outcome.output)}`);
  }
}

/**
 * Stops a server that outlived the process which started it, and clears a postmaster.pid that would stop PostgreSQL
 * from starting although it names no server of this cluster (numbers are used again).
 */
export async function endOrphan(clusterDir: string, log: PostgresLog): Promise<void> {
  const file = join(clusterDir, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const pid = Number(text?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid < 1 || !isRunning(pid)) return; // PostgreSQL deals with a dead one itself
  if (isServerOf(pid, clusterDir)) {
    log('info', `Stopping the PostgreSQL server ${pid} that an earlier process left behind in ${clusterDir}.`);
    await stopProcess(pid);
    return;
  }
  // The number belongs to somebody else by now. Backends of the dead server leave as soon as they notice its death.
  for (const until = Date.now() + LOCK_PATIENCE_MS; processesIn(clusterDir).length > 0; await sleep(POLL_MS)) {
    if (Date.now() > until) return;
  }
  rmSync(file, { force: true });
}

/** Asks, urges, forces. Resolves when the process is gone. */
export async function stopProcess(pid: number): Promise<void> {
  for (const [signal, patienceMs] of STOP_SIGNALS) {
    if (!isRunning(pid)) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(POLL_MS)) {
      if (!isRunning(pid)) return;
    }
  }
  throw new Error(`The PostgreSQL server ${pid} cannot be stopped.`);
}

function isServerOf(pid: number, clusterDir: string): boolean {
  const [program = '', ...rest] = argumentsOf(pid);
  if (!basename(program).startsWith('postgres')) return false;
  return rest.some((argument) => argument === clusterDir) || processesIn(clusterDir).includes(pid);
}

type StartOutcome = RunningServer | { output: string };

async function tryStart(options: ServerOptions, port: number): Promise<StartOutcome> {
  const { binaries, clusterDir, user, log } = options;
  // Detached: Ctrl-C in a terminal goes to the whole process group, and the database must outlive the draining server.
  const child = spawn(binaries.postgres, ['-D', clusterDir, ...settings(port, options.durable)], {
    ...user,
    cwd: '/',
    env: environmentOfServer(),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    windowsHide: true,
  });
  let output = '';
  return new Promise<StartOutcome>((resolve, reject) => {
    const timeout = setTimeout(() => {
      child.kill('SIGQUIT');
      reject(new Error(`The embedded PostgreSQL did not come up within ${START_TIMEOUT_MS / 1000} seconds.`));
    }, START_TIMEOUT_MS);
    child.once('error', (error) => {
      clearTimeout(timeout);
      reject(error);
    });
    child.once('close', () => {
      clearTimeout(timeout);
      resolve({ output });
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      log(/\bPANIC:/.test(line) ? 'warn' : 'debug', `postgres: ${line}`);
      output = `${output}${line}\n`.slice(-8_000);
      if (line.includes('database system is ready to accept connections') && child.pid !== undefined) {
        clearTimeout(timeout);
        resolve({ child, pid: child.pid, port });
      }
    });
  });
}

function settings(port: number, durable: boolean): string[] {
  const values = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '', // a socket path may be 107 bytes long at most; a data folder's may be longer
    shared_buffers: '64MB',
    max_connections: 200,
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Errors go to whoever made them. In the log they would only repeat what is in the rows.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('There is no free port on 127.0.0.1.');
  return address.port;
}

function lastWords(output: string): string {
  const lines = output.trim().split('\n');
  const fatal = lines.findLast((line) => /\b(FATAL|PANIC):/.test(line)) ?? lines.at(-1) ?? '';
  return fatal.replace(/^.*?\b(FATAL|PANIC):\s*/, '').trim() || 'it gave no reason';
}
