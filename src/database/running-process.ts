import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** What the system knows of a process. Linux is asked through /proc, others through ps. */

const hasProc = process.platform === 'linux';

/** Whether the process exists and still runs: one that is dead and only waits for its parent to notice does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return statOf(pid)?.state !== 'Z';
}

/**
 * Tells two processes apart that were given the same number one after the other, as happens quickly in containers.
 * @returns undefined when there is no such process
 */
export function birthOf(pid: number): string | undefined {
  if (hasProc) return statOf(pid)?.startedAtTicks;
  return ps(pid, 'lstart');
}

/** The arguments of a process, its program first; empty when it cannot be seen. */
export function argumentsOf(pid: number): string[] {
  if (hasProc) return (readProc(`/proc/${pid}/cmdline`) ?? '').split('\0').filter((argument) => argument !== '');
  return (ps(pid, 'command') ?? '').split(' ').filter((argument) => argument !== '');
}

/** Numbers of the processes whose working folder this is. Linux only; elsewhere none. */
export function processesIn(folder: string): number[] {
  if (!hasProc) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => workingFolderOf(pid) === folder && isRunning(pid));
}

/**
 * The space in which a process number means something: this boot of this machine and, in a container, this container.
 * A number from another space says nothing about our processes.
 */
export function processSpace(): string {
  if (!hasProc) return hostname();
  const boot = readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';
  return `${boot} ${link('/proc/self/ns/pid') ?? hostname()}`;
}

function workingFolderOf(pid: number): string | undefined {
  return link(`/proc/${pid}/cwd`);
}

/** proc(5): the second field is the program's name in parentheses and may itself hold spaces and parentheses. */
function statOf(pid: number): { state: string; startedAtTicks: string } | undefined {
  if (!hasProc) return undefined;
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startedAtTicks: fields[19] ?? '' };
}

function ps(pid: number, field: string): string | undefined {
  try {
    const options = { encoding: 'utf8' as const, stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'] };
    return execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], options).trim() || undefined;
  } catch {
    return undefined; // ps exits with 1 when there is no such process
  }
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // the process went away between two looks
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
