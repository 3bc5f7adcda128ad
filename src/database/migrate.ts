import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { migrationOptions } from './data-source';
import { prepareJobQueue } from './job-queue-schema';
import { APP_ROLE, LOOKUP_ROLE } from './row-level-security';

/** Any number that nothing else uses on this database. */
const MIGRATION_LOCK = 7_263_650_117;
/** A server that starts beside its database, as with compose, waits for it this long. */
const CONNECT_PATIENCE_MS = 15_000;
const CONNECT_RETRY_MS = 500;
/** A peer that takes the connection and then says nothing is no database. */
const CONNECT_TIMEOUT_MS = 10_000;
/** `GRANT … WITH SET` and roles that administer the roles they created came with this version. */
const OLDEST_VERSION = 16;
const CANNOT_CONNECT_NOW = '57P03';

/**
 * Brings the database up to date. Several servers may do so at the same time: one works, the others wait and find
 * nothing to do.
 * @returns the names of the migrations that were run
 * @throws Error with a sentence when the database cannot be used
 */
export async function migrate(url: string, log: (message: string) => void): Promise<string[]> {
  // The lock is held by a connection of its own: TypeORM's are handed out as it pleases.
  const client = await connect(url, log);
  try {
    await refuseUnusable(client);
    await lock(client, log);
    const dataSource = await new DataSource(migrationOptions(url)).initialize();
    try {
      const done = await dataSource.runMigrations();
      const names = done.map(({ name }) => name);
      await prepareJobQueue(client);
      if (names.length > 0) log(`Migrated the database: ${names.join(', ')}`);
      return names;
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await client.end();
  }
}

/** One server migrates at a time; the others wait as long as that takes, and say so. */
async function lock(client: Client, log: (message: string) => void): Promise<void> {
  const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [MIGRATION_LOCK]);
  if (rows[0]?.got === true) return;
  log('Another server is migrating the database; waiting for it.');
  await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
}

async function connect(url: string, log: (message: string) => void): Promise<Client> {
  const patientUntil = Date.now() + CONNECT_PATIENCE_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connectOnce(url);
    } catch (error) {
      const { code } = (error as Error).cause as { code?: string };
      const isStarting = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === CANNOT_CONNECT_NOW;
      if (!isStarting || Date.now() > patientUntil) throw error;
      if (attempt === 1) log(`Waiting for the database at ${new URL(url).host}.`);
      await sleep(CONNECT_RETRY_MS);
    }
  }
}

/** @throws Error with a sentence, and with what happened as its cause */
export async function connectOnce(url: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: 'speech-assistant migrations',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // reported by the query that it interrupts
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw cannotConnect(url, error);
  }
}

/** Names the place without the password. */
function cannotConnect(url: string, cause: unknown): Error {
  const { host, pathname, username } = new URL(url);
  const reason = (cause as { message?: string; code?: string }).message || (cause as { code?: string }).code;
  return new Error(
    `The database ${pathname.slice(1)} at ${host} cannot be reached as ${username || 'the default user'} (${reason ?? 'unknown reason'}). Check DATABASE_URL.`,
    { cause },
  );
}

/** @throws Error with a sentence when isolation cannot be built on this server */
export async function refuseUnusable(client: Client): Promise<void> {
  const { rows } = await client.query<{ version: number; name: string; may_create_roles: boolean; has_roles: boolean }>(
    `SELECT current_setting('server_version_num')::int / 10000 AS version, rolname AS name,
            rolsuper OR rolcreaterole AS may_create_roles,
            (SELECT count(*) = 2 FROM pg_roles WHERE rolname IN ($1, $2)) AS has_roles
     FROM pg_roles WHERE rolname = current_user`,
    [APP_ROLE, LOOKUP_ROLE],
  );
  const [server] = rows;
  if (server === undefined) throw new Error('The database does not say whom it took us for.');
  if (server.version < OLDEST_VERSION) {
    throw new Error(`PostgreSQL ${OLDEST_VERSION} or newer is needed; DATABASE_URL leads to ${server.version}.`);
  }
  if (!server.may_create_roles && !server.has_roles) {
    throw new Error(
      `The database role ${server.name} may not create roles, which isolation between users needs. Run as an administrator: ALTER ROLE "${server.name}" CREATEROLE`,
    );
  }
}
