import { Client } from 'pg';
import { startScratchServer } from '../../scripts/scratch-database';
import { migrate } from '../../src/database/migrate';

/** Where the specs of this run find their server and the migrated database that they copy; set for the workers too. */
export const SERVER_URL_VARIABLE = 'SPEECH_ASSISTANT_TEST_SERVER_URL';
export const TEMPLATE_VARIABLE = 'SPEECH_ASSISTANT_TEST_TEMPLATE';

export interface TestServer {
  url: string;
  template: string;
  stop(): Promise<void>;
}

/**
 * One server for a whole run, with a migrated database to copy from: an embedded one in a temporary folder, or the one
 * that TEST_DATABASE_URL names.
 */
export async function startTestServer(): Promise<TestServer> {
  const given = process.env.TEST_DATABASE_URL;
  const own = given === undefined || given === '' ? await startScratchServer() : undefined;
  const url = own?.url ?? given ?? '';
  const template = `speech_assistant_test_template_${process.pid}`;
  try {
    if (own === undefined) requireTestName(new URL(url).pathname.slice(1));
    await administer(url, [`DROP DATABASE IF EXISTS ${template}`, `CREATE DATABASE ${template}`]);
    await migrate(withDatabase(url, template), () => undefined);
  } catch (error) {
    await own?.remove();
    throw error;
  }
  return {
    url,
    template,
    stop: async () => {
      if (own === undefined) await administer(url, [`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`]);
      else await own.remove();
    },
  };
}

/** The harness creates and drops databases: it keeps its hands off those that do not call themselves a test. */
export function requireTestName(database: string): void {
  if (!database.includes('test')) {
    throw new Error(`Refusing to use the database "${database}" for tests: its name does not contain "test".`);
  }
}

export function withDatabase(url: string, database: string): string {
  const address = new URL(url);
  address.pathname = `/${database}`;
  return address.toString();
}

/** Runs statements that must stand outside a transaction, such as CREATE DATABASE. */
export async function administer(url: string, statements: string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
