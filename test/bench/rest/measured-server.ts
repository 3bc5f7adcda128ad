import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The servers have one core, and PostgreSQL and the load another, so that neither's work is paid by the other. */
const SERVER_CORE = '0';
const OTHER_CORE = '1';

const READY_WITHIN_MS = 30_000;
const STOPPED_WITHIN_MS = 15_000;

/** A server in a process of its own that tells how much CPU it has used. */
export interface MeasuredServer {
  readonly port: number;
  /** User and system, since the process began. */
  cpuMicroseconds(): Promise<number>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Arguments for node: what to preload, the program, its arguments. */
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Answers 200 when the server is ready. */
  readyPath: string;
}

/** Whether processes can be bound to cores here (Linux). Otherwise figures are noisier. */
export const canPin = spawnSync('taskset', ['--version']).status === 0;

/** Puts this process, and with it the PostgreSQL that it starts, onto the core that is not measured. */
export function moveAside(): void {
  if (canPin) spawnSync('taskset', ['-a', '-c', '-p', OTHER_CORE, String(process.pid)]);
}

/**
 * What it logs is read from a pipe, as a container's runtime does, and thrown away: writing the lines is part of the cost.
 * @throws Error when it does not answer in time or ends
 */
export async function startMeasured({ args, env, readyPath }: ServerOptions): Promise<MeasuredServer> {
  const port = await freePort();
  const node = [process.execPath, '--require', join(__dirname, 'cpu-probe.cjs'), ...args];
  const [program = '', ...rest] = canPin ? ['taskset', '-c', SERVER_CORE, ...node] : node;
  const child = spawn(program, rest, {
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  child.stdout?.resume();
  try {
    await ready(child, `http://127.0.0.1:${port}${readyPath}`);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return { port, cpuMicroseconds: () => cpuOf(child), stop: () => stop(child) };
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`A server ended with code ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(50);
  }
  throw new Error(`A server did not answer within ${READY_WITHIN_MS} ms`);
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [{ user, system }] = (await once(child, 'message')) as [NodeJS.CpuUsage];
  return user + system;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([gone, sleep(STOPPED_WITHIN_MS, undefined, { ref: false })]);
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await gone;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
