import { DataSource } from 'typeorm';
import { loadMigrations, migrationOptions } from '../../src/database/data-source';
import { migrate } from '../../src/database/migrate';
import { schemaDrift } from '../../src/database/schema-drift';
import { connectAsOwner, emptyDatabase, type TestDatabase } from '../support/test-database';

/** A machine under load takes its time over disks and processes. */
jest.setTimeout(30_000);

/** Everything that a migration can make, as text that two schemas can be compared by. */
const SCHEMA = `
  SELECT format('column %s.%s %s %s default %s identity %s generated %s', table_name, column_name, data_type,
           is_nullable, column_default, identity_generation, generation_expression) AS fact
    FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT format('policy %s', policies) FROM pg_policies policies WHERE schemaname = 'public'
  UNION ALL SELECT format('table %s %s %s %s', relname, relrowsecurity, relforcerowsecurity, relacl)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
  UNION ALL SELECT format('column grant %s.%s %s', attrelid::regclass, attname, attacl)
    FROM pg_attribute WHERE attacl IS NOT NULL
  UNION ALL SELECT format('function %s %s %s', oid::regprocedure, prosrc, proacl)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('enum %s %s', enumtypid::regtype, enumlabel) FROM pg_enum
  ORDER BY fact`;

const silent = () => undefined;

describe('migrations', () => {
  const databases: TestDatabase[] = [];

  async function anEmptyDatabase(): Promise<string> {
    const database = await emptyDatabase();
    databases.push(database);
    return database.url;
  }

  afterEach(async () => {
    for (const database of databases.splice(0)) await database.drop();
  });

  it('lead up, all the way down, and up to the same schema again', async () => {
    const url = await anEmptyDatabase();
    const untouched = await schemaOf(url);
    const names = await migrate(url, silent);
    expect(names).toHaveLength(loadMigrations().length);
    const first = await schemaOf(url);
    expect(first.length).toBeGreaterThan(untouched.length);

    const dataSource = await new DataSource(migrationOptions(url)).initialize();
    for (const _ of names) await dataSource.undoLastMigration();
    await dataSource.destroy();
    // What TypeORM and pg-boss keep for themselves.
    const bookkeeping = /\b(migrations(_|\b)|pgboss\b)/;
    expect((await schemaOf(url)).filter((fact) => !bookkeeping.test(fact))).toEqual(untouched);

    expect(await migrate(url, silent)).toEqual(names);
    expect(await schemaOf(url)).toEqual(first);
  });

  it('make what the entities describe', async () => {
    const url = await anEmptyDatabase();
    await migrate(url, silent);
    expect(await schemaDrift(url)).toEqual({ up: [], down: [] });
  });

  it('run once when several servers start together', async () => {
    const url = await anEmptyDatabase();
    const runs = await Promise.all([1, 2, 3].map(() => migrate(url, silent)));
    expect(runs.map((names) => names.length).sort((a, b) => a - b)).toEqual([0, 0, loadMigrations().length]);
  });

  it('run in several databases of one server at the same time', async () => {
    const urls = await Promise.all([1, 2, 3].map(anEmptyDatabase));
    const runs = await Promise.all(urls.map((url) => migrate(url, silent)));
    for (const names of runs) expect(names).toHaveLength(loadMigrations().length);
  });

  it('name the place and not the password when it cannot be reached', async () => {
    const url = new URL(await anEmptyDatabase());
    url.pathname = '/speech_assistant_test_missing';
    url.password ||= 'secret';
    const refusal = await migrate(url.toString(), silent).catch((error: Error) => error.message);
    expect(refusal).toMatch(
      /^The database speech_assistant_test_missing at [^ ]+:\d+ cannot be reached as speech_assistant \(.*does not exist\)\. Check DATABASE_URL\.$/,
    );
    expect(refusal).not.toContain(url.password);
  });

  it('have names that say when and what', () => {
    for (const { name } of loadMigrations()) expect(name).toMatch(/^[A-Z][A-Za-z]+\d{13}$/);
  });
});

async function schemaOf(url: string): Promise<string[]> {
  const client = await connectAsOwner(url);
  try {
    const { rows } = await client.query<{ fact: string }>(SCHEMA);
    return rows.map(({ fact }) => fact);
  } finally {
    await client.end();
  }
}
