import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whom a program runs as, in the shape that child_process takes. */
export interface SystemUser {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root; `nobody` exists where no `postgres` was installed. macOS calls its own `_postgres`. */
const UNPRIVILEGED = ['postgres', '_postgres', 'nobody'];

export function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The first of the users that may run PostgreSQL for root. initdb wants one that the system knows by name. */
export function unprivilegedUser(): SystemUser | undefined {
  const known = readUsers();
  const name = UNPRIVILEGED.find((candidate) => known.has(candidate));
  return name === undefined ? undefined : known.get(name);
}

/** Whether the user can pass every folder on the way to the path and read it. Judged by modes; root passes everywhere. */
export async function mayRead(user: SystemUser, path: string): Promise<boolean> {
  return (await mayEnter(user, dirname(path))) && allows(user, await stat(path), 4);
}

/** Whether the user can pass into the folder and every folder above it. */
export async function mayEnter(user: SystemUser, folder: string): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    if (!allows(user, await stat(at), 1)) return false;
    if (at === dirname(at)) return true;
  }
}

function allows(user: SystemUser, of: { uid: number; gid: number; mode: number }, bit: 1 | 4): boolean {
  if (of.uid === user.uid) return (of.mode & (bit << 6)) !== 0;
  if (of.gid === user.gid) return (of.mode & (bit << 3)) !== 0;
  return (of.mode & bit) !== 0;
}

/** passwd(5): name:password:uid:gid:… */
function readUsers(): Map<string, SystemUser> {
  const users = new Map<string, SystemUser>();
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name = '', , uid, gid] = line.split(':');
    if (Number(uid) > 0 && Number(gid) > 0) users.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return users;
}
