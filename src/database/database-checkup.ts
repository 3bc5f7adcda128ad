import { Client } from 'pg';
import { Finding, findingsOn } from '../common/finding';
import type { AppConfig } from '../config/app-config';
import { loadMigrations } from './data-source';
import { connectOnce, refuseUnusable } from './migrate';
import { APP_ROLE } from './row-level-security';

const database = findingsOn('Database');
const isolation = findingsOn('Isolation');

/** The database, its migrations, and whether what isolates users from each other stands. */
export async function databaseCheckup({ databaseUrl, isProduction, dataDir }: AppConfig): Promise<Finding[]> {
  if (databaseUrl === undefined) {
    const own = `No DATABASE_URL is set: the server runs a PostgreSQL of its own in ${dataDir}`;
    return [
      isProduction
        ? database.warning(`${own}. Nobody backs it up, and a second server cannot use it.`)
        : database.off(`${own}.`),
    ];
  }
  let client: Client;
  try {
    client = await connectOnce(databaseUrl);
  } catch (error) {
    return [database.failure(sentenceOf(error))];
  }
  try {
    await refuseUnusable(client);
    const pending = await pendingMigrations(client);
    if (pending > 0) {
      return [database.warning(`${pending} migrations are still to be made: the next start of a server makes them.`)];
    }
    const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
    return [
      database.ok(`PostgreSQL ${rows[0]?.version ?? ''}, all migrations made.`),
      ...(await isolationFindings(client)),
    ];
  } catch (error) {
    return [database.failure(sentenceOf(error))];
  } finally {
    await client.end();
  }
}

/** TypeORM's own way of asking would make its table. */
async function pendingMigrations(client: Client): Promise<number> {
  const { rows } = await client.query<{ is_there: boolean }>(
    `SELECT to_regclass('public.migrations') IS NOT NULL AS is_there`,
  );
  if (rows[0]?.is_there !== true) return loadMigrations().length;
  const { rows: made } = await client.query<{ name: string }>('SELECT name FROM migrations');
  const names = new Set(made.map(({ name }) => name));
  return loadMigrations().filter(({ name }) => !names.has(name)).length;
}

async function isolationFindings(client: Client): Promise<Finding[]> {
  const { rows: roles } = await client.query<{ is_free: boolean }>(
    'SELECT rolsuper OR rolbypassrls OR rolcanlogin AS is_free FROM pg_roles WHERE rolname = $1',
    [APP_ROLE],
  );
  const { rows: open } = await client.query<{ name: string }>(
    `SELECT DISTINCT c.relname AS name FROM pg_class c
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
       AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1`,
  );
  if (roles[0]?.is_free !== false) {
    return [
      isolation.failure(
        `The role ${APP_ROLE} may pass by row-level security: ALTER ROLE ${APP_ROLE} NOSUPERUSER NOBYPASSRLS NOLOGIN.`,
      ),
    ];
  }
  if (open.length > 0) {
    const tables = open.map(({ name }) => name).join(', ');
    return [isolation.failure(`Row-level security is not in force on ${tables}: somebody has switched it off.`)];
  }
  return [isolation.ok('The database keeps users apart.')];
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
