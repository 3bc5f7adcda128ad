import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { birthOf, processSpace } from './running-process';

/** How often the holder touches its lock. Only a holder in another container or machine is judged by it. */
const HEARTBEAT_MS = 2_000;
const HEARTBEAT_WATCHED_MS = 5_000;
/** A lock that was not touched for so long has no holder, whatever the two clocks differ by. */
const HEARTBEAT_STOPPED_MS = 60_000;
/** Long enough for a rival that mistook our new lock for the stale one to have put it back. */
const SETTLE_MS = 25;

export interface FolderLock {
  release(): void;
}

/** Somebody who is alive holds the folder. */
export class FolderInUse extends Error {
  constructor(folder: string, holder: string) {
    super(
      `The data folder ${folder} is in use by ${holder}. Stop that process, or give this one a folder of its own with DATA_DIR.`,
    );
    this.name = 'FolderInUse';
  }
}

interface Holder {
  pid: number;
  birth: string;
  space: string;
  nonce: string;
}

/**
 * Takes a folder for this process. The lock names its holder by process number and start time, so that one left behind
 * by a killed process, or by a machine that lost power, stops nobody.
 * @param path the lock file
 * @param folder how the folder is called in the refusal
 * @throws FolderInUse
 */
export async function lockFolder(path: string, folder: string): Promise<FolderLock> {
  const me: Holder = {
    pid: process.pid,
    birth: birthOf(process.pid) ?? '',
    space: processSpace(),
    nonce: randomBytes(8).toString('hex'),
  };
  const mine = JSON.stringify(me);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    if (createWhole(path, mine)) {
      await sleep(SETTLE_MS);
      if (read(path) === mine) return hold(path, mine);
      continue;
    }
    const found = read(path);
    if (found === undefined) continue;
    const holder = parse(found);
    if (holder !== undefined && (await isHeld(path, holder))) throw new FolderInUse(folder, nameOf(holder));
    removeStale(path, found, me.nonce);
  }
  throw new FolderInUse(folder, 'several processes that start at the same time');
}

function hold(path: string, mine: string): FolderLock {
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS);
  heartbeat.unref();
  return {
    release: () => {
      clearInterval(heartbeat);
      if (read(path) === mine) rmSync(path, { force: true });
    },
  };
}

async function isHeld(path: string, holder: Holder): Promise<boolean> {
  if (holder.space === processSpace()) return holder.birth !== '' && birthOf(holder.pid) === holder.birth;
  const before = modifiedAt(path);
  if (before === undefined || Date.now() - before > HEARTBEAT_STOPPED_MS) return false;
  for (let waitedMs = 0; waitedMs < HEARTBEAT_WATCHED_MS; waitedMs += 250) {
    await sleep(250);
    if (modifiedAt(path) !== before) return true;
  }
  return false;
}

function nameOf(holder: Holder): string {
  const elsewhere = holder.space === processSpace() ? '' : ' of another container or machine';
  return `process ${holder.pid}${elsewhere}`;
}

/** A link appears with its whole content or not at all. */
function createWhole(path: string, content: string): boolean {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes what we judged to be stale and nothing else: a rival may have replaced it in between. */
function removeStale(path: string, stale: string, nonce: string): void {
  const aside = `${path}.stale.${nonce}`;
  try {
    renameSync(path, aside);
    if (read(aside) !== stale) linkSync(aside, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function parse(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder>;
    return Number.isInteger(holder.pid) && typeof holder.birth === 'string' && typeof holder.space === 'string'
      ? (holder as Holder)
      : undefined;
  } catch {
    return undefined; // cut off by a full disk or a power failure: nobody's
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function modifiedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // The folder was removed under us; the server's own end will tell the story.
  }
}
