import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTheRelaysCore } from './cores';

const PROBE = join(__dirname, 'probe.cjs');
const STOP_LIMIT_MS = 15_000;
/** A walk through the heap takes a second, and many where others want the core as well. */
const ANSWER_LIMIT_MS = 60_000;

export interface Reading {
  atMs: number;
  /** Microseconds. */
  cpu: { user: number; system: number };
  memory: { rss: number; heapUsed: number; heapTotal: number; external: number; arrayBuffers: number };
  loop: { utilization: number };
}

export interface Stretch extends Reading {
  delayMs: { p50: number; p99: number; max: number };
  /** Without collections that the bench itself asked for. */
  gcPausesMs: number[];
  /** Those among them that went through the whole heap. */
  majorGcPausesMs: number[];
}

export interface Resources {
  active: Record<string, number>;
  listeners: Record<string, number>;
  warnings: string[];
}

export interface HeapCounts {
  /** How many objects that belong to calls there are, by their class. */
  objects: Record<string, number>;
  /** Of the things that outlive calls: the most listeners that one of them has, by class and event. */
  listeners: Record<string, number>;
}

interface Answers {
  begin: Reading;
  end: Stretch;
  read: Reading;
  settle: Reading;
  resources: Resources;
  heap: HeapCounts;
}

interface ProbeAnswer {
  id: number;
  answer?: unknown;
  /** What kept the probe from answering. */
  error?: string;
}

const RUNNING = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of RUNNING) child.kill('SIGKILL');
});

/** A process of its own with the probe inside, on a core of its own. */
export class MeasuredProcess {
  private readonly child: ChildProcess;
  private readonly log: WriteStream | null;
  private questions = 0;
  private readonly waiting = new Map<number, (message: ProbeAnswer) => void>();

  constructor(options: {
    script: string;
    nodeArgs?: readonly string[];
    env: Record<string, string | undefined>;
    /** Where its output goes; none where nobody wants it. */
    logFile?: string;
    onLine?: (line: string) => void;
  }) {
    const node = ['--expose-gc', '--require', PROBE, ...(options.nodeArgs ?? []), options.script];
    const [command, args] = onTheRelaysCore(process.execPath, node);
    this.child = spawn(command, args, {
      env: { ...options.env, BENCH_PROBE: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    RUNNING.add(this.child);
    this.child.once('exit', () => RUNNING.delete(this.child));
    this.log = options.logFile === undefined ? null : createWriteStream(options.logFile);
    const { onLine } = options;
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream === null) continue;
      stream.on('data', (chunk: Buffer) => this.log?.write(chunk));
      if (onLine !== undefined) createInterface(stream).on('line', onLine);
    }
    this.child.on('message', (message: ProbeAnswer) => {
      this.waiting.get(message.id)?.(message);
      this.waiting.delete(message.id);
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async ask<Name extends keyof Answers>(ask: Name): Promise<Answers[Name]> {
    const id = ++this.questions;
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`The probe did not answer "${ask}".`)), ANSWER_LIMIT_MS);
      this.waiting.set(id, ({ answer, error }) => {
        clearTimeout(limit);
        if (error === undefined) resolve(answer as Answers[Name]);
        else reject(new Error(error));
      });
      this.child.send({ id, ask }, (error) => {
        if (error === null) return;
        clearTimeout(limit);
        reject(error);
      });
    });
  }

  async stop(): Promise<void> {
    if (!this.hasEnded) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const killer = setTimeout(() => this.child.kill('SIGKILL'), STOP_LIMIT_MS);
      await gone;
      clearTimeout(killer);
    }
    this.log?.end();
  }
}
