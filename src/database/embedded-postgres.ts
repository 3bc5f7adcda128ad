import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, DatabaseError } from 'pg';
import { type FolderLock, lockFolder } from './folder-lock';
import { type PostgresLog, preparePostgresBinaries } from './postgres-binaries';
import {
  type ClusterOptions,
  DATABASE_NAME,
  ensureCluster,
  ensurePassword,
  OWNER_ROLE,
  setPassword,
} from './postgres-cluster';
import { endOrphan, type RunningServer, startServer, stopProcess } from './postgres-server';
import { mayEnter, runsAsRoot, type SystemUser, unprivilegedUser } from './system-user';

/**
 * A real PostgreSQL of our own, for running without installing one: the programs come with npm, the data lie in
 * DATA_DIR/postgres. Nothing of it is left behind by a clean stop, and whatever a kill left behind is put right by the
 * next start.
 */

/** Where root keeps what its unprivileged server must reach when the project lies below a folder closed to others. */
const SHARED_FOLDER = process.platform === 'darwin' ? '/usr/local/var/speech-assistant' : '/var/lib/speech-assistant';
const INVALID_PASSWORD = '28P01';

export interface EmbeddedPostgresOptions {
  dataDir: string;
  log: PostgresLog;
  /** The server ended although nobody stopped it. */
  onExit?: (reason: string) => void;
  /** False trades the survival of a crash for speed; for tests. */
  durable?: boolean;
  /** Another place for what root's unprivileged server must reach; for tests. */
  sharedFolder?: string;
}

export interface EmbeddedPostgres {
  /** Address of the application's database, as its owner. */
  url: string;
  pid: number;
  /** Waits until the server is gone. May be called again. */
  stop(): Promise<void>;
}

interface Place {
  /** Holds the cluster's folder `postgres` and its lock. */
  folder: string;
  user: SystemUser | undefined;
}

/**
 * Starts the server over the data in `dataDir`, making them the first time.
 * @throws FolderInUse when another live process has started a server there
 * @throws Error with a sentence that says what is in the way
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, durable = true, sharedFolder = SHARED_FOLDER } = options;
  const locks: FolderLock[] = [];
  const unlock = () => locks.splice(0).forEach((lock) => lock.release());
  try {
    await mkdir(options.dataDir, { recursive: true });
    const dataDir = await realpath(options.dataDir);
    locks.push(await lockFolder(join(dataDir, 'postgres.lock'), dataDir));
    const place = await choosePlace(dataDir, sharedFolder, log);
    if (place.folder !== dataDir) locks.push(await lockFolder(join(place.folder, 'postgres.lock'), place.folder));
    const copyFolder = async () => (runsAsRoot() ? openSharedFolder(sharedFolder) : dataDir);
    const binaries = await preparePostgresBinaries(copyFolder, place.user, log);
    const cluster: ClusterOptions = {
      binaries,
      clusterDir: join(place.folder, 'postgres'),
      passwordFile: join(dataDir, 'postgres.password'),
      user: place.user,
      durable,
    };
    await ensureCluster(cluster);
    await endOrphan(cluster.clusterDir, log);
    const { server, url } = await startSignedIn(cluster, log);
    return supervise(server, url, cluster.clusterDir, options, unlock);
  } catch (error) {
    unlock();
    throw inASentence(error, options.dataDir);
  }
}

function inASentence(error: unknown, dataDir: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS' && code !== 'ENOTDIR') return error;
  return new Error(
    `The database cannot be kept in ${dataDir} (${message}). Give this user the folder, or set DATA_DIR to another one.`,
    { cause: error },
  );
}

async function startSignedIn(
  cluster: ClusterOptions,
  log: PostgresLog,
): Promise<{ server: RunningServer; url: string }> {
  const password = await ensurePassword(cluster);
  const addressOf = ({ port }: RunningServer) =>
    `postgres://${OWNER_ROLE}:${password}@127.0.0.1:${port}/${DATABASE_NAME}`;
  let server = await startServer({ ...cluster, log });
  try {
    await signIn(addressOf(server));
  } catch (error) {
    await stopProcess(server.pid);
    if (!(error instanceof DatabaseError) || error.code !== INVALID_PASSWORD) throw error;
    // The password file and the cluster are not of one piece, as after restoring one of them from a backup.
    await setPassword(cluster, password);
    server = await startServer({ ...cluster, log });
  }
  return { server, url: addressOf(server) };
}

async function signIn(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.end();
}

function supervise(
  server: RunningServer,
  url: string,
  clusterDir: string,
  options: EmbeddedPostgresOptions,
  unlock: () => void,
): EmbeddedPostgres {
  let stopping: Promise<void> | undefined;
  const { child, pid } = server;
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  // The last thing this process does when it ends without stopping us; a fast shutdown goes on without it.
  const lastOrder = () => {
    child.kill('SIGINT');
  };
  process.once('exit', lastOrder);
  child.once('exit', (code, signal) => {
    process.removeListener('exit', lastOrder);
    if (stopping !== undefined) return;
    unlock();
    const reason = `The embedded PostgreSQL in ${clusterDir} ended unexpectedly (${signal ?? `code ${code ?? '?'}`}).`;
    options.log('fatal', reason);
    options.onExit?.(reason);
  });
  // A forgotten stop() must not keep this process alive.
  child.unref();
  (child.stderr as { unref?: () => void } | null)?.unref?.();
  return {
    url,
    pid,
    stop: () => (stopping ??= hasEnded() ? Promise.resolve() : stopProcess(pid).finally(unlock)),
  };
}

/** Decides where the data lie and whom the server runs as. */
async function choosePlace(dataDir: string, sharedFolder: string, log: PostgresLog): Promise<Place> {
  const recordFile = join(dataDir, 'postgres.location');
  const recorded = (await readFile(recordFile, 'utf8').catch(() => '')).trim();
  if (recorded !== '' && !existsSync(recorded)) {
    throw new Error(
      `${recordFile} says that the database lies in ${recorded}, which is not there. Bring it back, or delete ${recordFile} to begin with an empty database.`,
    );
  }
  const folder = recorded === '' ? dataDir : recorded;
  if (!runsAsRoot()) return { folder, user: undefined };

  const user = (await ownerOf(join(folder, 'postgres'))) ?? unprivilegedUser();
  if (user === undefined) {
    throw new Error(
      'PostgreSQL does not run as root, and there is no user postgres or nobody to run it as. Start the server as an ordinary user, or set DATABASE_URL.',
    );
  }
  if (await mayEnter(user, folder)) return { folder, user };
  if (recorded !== '' || existsSync(join(folder, 'postgres'))) {
    throw new Error(
      `The database in ${folder} belongs to the system user ${user.uid}, who cannot enter that folder any more. Open the folders above it to that user, or set DATABASE_URL.`,
    );
  }
  const elsewhere = await mkdtemp(join(await openSharedFolder(sharedFolder), 'data-'));
  await chmod(elsewhere, 0o711); // to pass through; the cluster inside is open to its own user alone
  await writeFile(`${recordFile}.new`, `${elsewhere}\n`);
  await rename(`${recordFile}.new`, recordFile);
  log(
    'info',
    `PostgreSQL cannot run as root, and its user ${user.uid} cannot enter ${dataDir}: the database lies in ${elsewhere} (noted in ${recordFile}).`,
  );
  return { folder: elsewhere, user };
}

/** The user that the data belong to already: a cluster can be opened by its owner alone. */
async function ownerOf(clusterDir: string): Promise<SystemUser | undefined> {
  const found = await stat(clusterDir).catch(() => undefined);
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
}

async function openSharedFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const { uid, mode } = await stat(folder);
  if (uid !== 0 || (mode & 0o022) !== 0) {
    throw new Error(`The folder ${folder} can be written by others than root. Remove it, or set DATABASE_URL.`);
  }
  await chmod(folder, 0o755);
  return folder;
}
