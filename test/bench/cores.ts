import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

/** One core for what is measured, the others for everything else. Without `taskset` nothing is pinned. */
export const RELAY_CORE = 0;

const CORE_COUNT = cpus().length;
export const CAN_PIN = CORE_COUNT > 1 && process.platform === 'linux' && spawnSync('taskset', ['-V']).status === 0;

/** Keeps this process, and what it starts from now on, off the core of what is measured. */
export function leaveTheRelaysCore(): void {
  if (!CAN_PIN) return;
  const others = CORE_COUNT === 2 ? '1' : `1-${CORE_COUNT - 1}`;
  execFileSync('taskset', ['-a', '-cp', others, String(process.pid)], { stdio: 'ignore' });
}

/** A command that runs on the core of what is measured. */
export function onTheRelaysCore(command: string, args: readonly string[]): [string, string[]] {
  return CAN_PIN ? ['taskset', ['-c', String(RELAY_CORE), command, ...args]] : [command, [...args]];
}

/** Ends by itself, should nobody be left to end it. */
const BUSY = 'for (const untilMs = Date.now() + 120_000; Date.now() < untilMs; );';

/** Processes that want all of the relay's core for themselves: each takes an equal share. */
export class CoreHogs {
  private readonly hogs: ChildProcess[] = [];

  start(count: number): void {
    for (let i = 0; i < count; i++) {
      const [command, args] = onTheRelaysCore(process.execPath, ['-e', BUSY]);
      this.hogs.push(spawn(command, args, { stdio: 'ignore' }));
    }
    process.once('exit', this.stop);
  }

  readonly stop = (): void => {
    process.off('exit', this.stop);
    for (const hog of this.hogs.splice(0)) hog.kill('SIGKILL');
  };
}
