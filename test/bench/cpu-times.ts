import { readdirSync, readFileSync } from 'node:fs';

/** Linux tells CPU times in ticks of 10 ms (USER_HZ) to everybody. proc_stat(5), proc_pid_stat(5) */
const TICK_MS = 10;

/**
 * How long each core was busy since the start of the machine, interrupts left out: those of the bench's own traffic are
 * charged to nobody.
 */
export function busyMsOfCores(): number[] {
  return readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .filter((line) => /^cpu\d/.test(line))
    .map((line) => {
      const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(/\s+/).slice(1).map(Number);
      return (user + nice + system + steal) * TICK_MS;
    });
}

/** CPU time of all threads of a process and of everything that it has started, also of what has ended by now. */
export function cpuMsOfTree(root: number): number {
  const processes = new Map(everyProcess().map((one) => [one.pid, one]));
  const isInside = (pid: number): boolean => {
    for (let at = processes.get(pid); at !== undefined; at = processes.get(at.parent)) if (at.pid === root) return true;
    return false;
  };
  let sumMs = 0;
  for (const { pid, cpuMs } of processes.values()) if (isInside(pid)) sumMs += cpuMs;
  return sumMs;
}

interface ProcessTimes {
  pid: number;
  parent: number;
  /** With that of its children that have ended. */
  cpuMs: number;
}

function everyProcess(): ProcessTimes[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    let stat: string;
    try {
      stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    } catch {
      // It has ended since the folder was read.
      return [];
    }
    // The second field is the program's name in brackets, and may hold anything.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15);
    return [
      { pid: Number(name), parent: fields[1] ?? 0, cpuMs: (user + system + childrenUser + childrenSystem) * TICK_MS },
    ];
  });
}
