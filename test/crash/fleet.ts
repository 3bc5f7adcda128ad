import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port';
import { until } from '../support/until';
import type { CarrierGate, Gate } from './carrier-gate';

const START_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 25;
/** Of what went wrong, as many lines are kept. */
const MOST_ERRORS = 1000;
/** Of a server that has ended by itself. */
const MOST_LAST_WORDS = 20;

export interface FleetOptions {
  /** The compiled server: a folder with `src/main.js`. */
  dist: string;
  databaseUrl: string;
  env: Record<string, string>;
  gate: CarrierGate;
}

/** A server that is there to be killed. */
export interface RunningServer {
  /** What its connections to the database are called. */
  name: string;
  url: string;
  child: ChildProcess;
  gate: Gate;
  /** Whether it takes requests; it dials before. */
  isUp: boolean;
  isDoomed: boolean;
}

/** Real servers over one database, each a process of its own. */
export class Fleet {
  /** Lines of their logs that report an error. */
  readonly errors: string[] = [];
  private readonly servers = new Map<string, RunningServer>();
  private started = 0;
  private isClosed = false;
  private trouble: Error | undefined;

  constructor(private readonly options: FleetOptions) {
    process.once('exit', this.doomAll);
  }

  /** Those that begin to run, too. */
  get all(): RunningServer[] {
    return [...this.servers.values()];
  }

  get up(): RunningServer[] {
    return this.all.filter(({ isUp }) => isUp);
  }

  named(name: string): RunningServer {
    const server = this.servers.get(name);
    if (server === undefined) throw new Error(`There is no server called "${name}".`);
    return server;
  }

  /** Starts as many as are missing. @returns once they are begun, which is before they are up */
  async fill(count: number): Promise<void> {
    while (!this.isClosed && this.servers.size < count) await this.begin();
  }

  /** Waits until so many are up. @throws what has kept one from starting */
  async atLeast(count: number): Promise<RunningServer[]> {
    while (this.up.length < count) {
      if (this.trouble !== undefined) throw this.trouble;
      if (this.isClosed) throw new Error('The servers are stopped.');
      await sleep(LOOK_EVERY_MS);
    }
    return this.up;
  }

  /** SIGKILL. @returns once the process is gone */
  async kill(server: RunningServer): Promise<void> {
    doom(server);
    this.servers.delete(server.name);
    await gone(server.child);
    await server.gate.close();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(this.all.map((server) => this.kill(server)));
    process.removeListener('exit', this.doomAll);
  }

  private readonly doomAll = (): void => this.all.forEach(doom);

  private async begin(): Promise<void> {
    const name = `crash-${++this.started}`;
    const [port, gate] = [await freePort(), await this.options.gate.openFor(name)];
    if (this.isClosed) return gate.close();
    const child = spawn(process.execPath, [join(this.options.dist, 'src', 'main.js')], {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        // It stops when we are gone, however that came about (main.ts).
        npm_lifecycle_event: 'crash',
        ...this.options.env,
        HOST: '127.0.0.1',
        PORT: String(port),
        DATABASE_URL: calledBy(name, this.options.databaseUrl),
        TWILIO_API_BASE_URL: gate.url,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = { name, url: `http://127.0.0.1:${port}`, child, gate, isUp: false, isDoomed: false };
    this.servers.set(name, server);
    const lastWords: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        lastWords.push(line);
        if (lastWords.length > MOST_LAST_WORDS) lastWords.shift();
        this.note(line);
      });
    }
    child.once('exit', () => this.servers.delete(name));
    // Its last words have come by then.
    child.once('close', (code, signal) => {
      if (!server.isDoomed)
        this.trouble ??= new Error(`${name} ended by itself (${signal ?? code ?? '?'}):\n${lastWords.join('\n')}`);
    });
    this.greet(server).catch((error: unknown) => {
      if (!server.isDoomed) this.trouble ??= error instanceof Error ? error : new Error(String(error));
    });
  }

  private async greet(server: RunningServer): Promise<void> {
    await until(
      () => answers(server),
      (does) => does,
      { withinMs: START_LIMIT_MS, what: `${server.name} to be up` },
    );
    server.isUp = true;
  }

  /** Pino's levels: 50 is an error, 60 fatal. */
  private note(line: string): void {
    if (/"level":[56]0\b/.test(line) && this.errors.length < MOST_ERRORS) this.errors.push(line);
  }
}

/** Tells the connections of one process from those of another. */
function calledBy(name: string, databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('application_name', name);
  return url.toString();
}

async function answers({ url, child, name }: RunningServer): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended while it started.`);
  try {
    return (await fetch(`${url}/health/ready`)).ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function doom(server: RunningServer): void {
  server.isDoomed = true;
  server.child.kill('SIGKILL');
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
