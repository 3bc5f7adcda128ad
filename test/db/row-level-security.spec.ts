import { Client, DatabaseError } from 'pg';
import { dataSourceOptions } from '../../src/database/data-source';
import { APP_ROLE, LOOKUP_ROLE } from '../../src/database/row-level-security';
import { insertAnyRow, type Row } from '../support/row-builder';
import { connectAsOwner, freshDatabase, type TestDatabase } from '../support/test-database';

/** A machine under load takes its time over disks and processes. */
jest.setTimeout(30_000);

/** Tables of no user that the application may use all the same. Each needs a reason to stand here. */
const SHARED_TABLES = ['dial_pace', 'files_to_remove', 'sms_inboxes'];

const ALICE = 101;
const BOB = 102;
const FORBIDDEN = '42501';

const OWNED_TABLES = `
  SELECT c.relname AS table FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND (c.relname = 'users' OR EXISTS (SELECT FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped))
  ORDER BY 1`;

describe('row-level security', () => {
  let database: TestDatabase;
  /** Owns the tables; not in the application's role. */
  let owner: Client;
  /** What raw SQL of the application that has forgotten every door runs on. */
  let app: Client;
  let tables: string[];
  const aliceRows = new Map<string, Row>();

  beforeAll(async () => {
    database = await freshDatabase();
    owner = await connectAsOwner(database.url);
    app = await connectAsOwner(applicationUrl(database.url));
    tables = (await owner.query<{ table: string }>(OWNED_TABLES)).rows.map(({ table }) => table);
    aliceRows.set('users', await insertAnyRow(owner, 'users', ALICE));
    await insertAnyRow(owner, 'users', BOB);
    for (const table of tables) {
      if (table !== 'users') aliceRows.set(table, await insertAnyRow(owner, table, ALICE));
    }
  });

  afterAll(async () => {
    await owner?.end();
    await app?.end();
    await database?.drop();
  });

  /** Runs one question for each owned table and expects the same answer of all; a failure names the table. */
  async function expectOfEach(question: (table: string) => Promise<unknown>, answer: unknown): Promise<void> {
    expect(tables).toContain('users');
    const answers: Record<string, unknown> = {};
    for (const table of tables) answers[table] = await question(table);
    expect(answers).toEqual(Object.fromEntries(tables.map((table) => [table, answer])));
  }

  /** In a transaction that is rolled back. @param userId what app.user_id is set to; undefined leaves it unset */
  async function attempt<T>(client: Client, userId: string | undefined, work: () => Promise<T>): Promise<T | string> {
    await client.query('BEGIN');
    try {
      if (userId !== undefined) await client.query(`SELECT set_config('app.user_id', $1, true)`, [userId]);
      return await work();
    } catch (error) {
      if (error instanceof DatabaseError) return error.code ?? 'no code';
      throw error;
    } finally {
      await client.query('ROLLBACK');
    }
  }

  const ownerColumn = (table: string) => (table === 'users' ? 'id' : 'user_id');

  /** How many rows each kind of statement reaches. */
  async function reach(client: Client, table: string): Promise<(number | null)[]> {
    const column = ownerColumn(table);
    const select = await client.query(`SELECT * FROM "${table}"`);
    const update = await client.query(`UPDATE "${table}" SET "${column}" = "${column}"`);
    const remove = await client.query(`DELETE FROM "${table}"`);
    return [select.rowCount, update.rowCount, remove.rowCount];
  }

  it('is switched on and forced for every table with an owner, by policies that ask for the user', async () => {
    await expectOfEach(
      async (table) => {
        const { rows } = await owner.query(
          `SELECT relrowsecurity AS enabled, relforcerowsecurity AS forced,
                  (SELECT count(*)::int > 0 FROM pg_policies p WHERE p.tablename = c.relname AND '${APP_ROLE}' = ANY (roles)) AS "hasPolicy",
                  (SELECT count(*)::int FROM pg_policies p WHERE p.tablename = c.relname
                     AND roles && ARRAY['${APP_ROLE}', 'public']::name[]
                     AND (coalesce(qual, with_check) NOT LIKE '%app.user_id%' OR coalesce(with_check, qual) NOT LIKE '%app.user_id%')) AS loose
           FROM pg_class c WHERE oid = format('public.%I', $1::text)::regclass`,
          [table],
        );
        return rows[0] as unknown;
      },
      { enabled: true, forced: true, hasPolicy: true, loose: 0 },
    );
  });

  it('shows users their own rows', async () => {
    await expectOfEach(
      (table) => attempt(app, String(ALICE), async () => (await app.query(`SELECT FROM "${table}"`)).rowCount !== 0),
      true,
    );
  });

  it.each([
    ['no user', undefined],
    ['an empty user', ''],
    ['another user', String(BOB)],
  ])('hides every row from raw SQL with %s', async (_, userId) => {
    await expectOfEach(
      async (table) => {
        if (table === 'users' && userId === String(BOB)) {
          const own = await attempt(app, userId, () => app.query<Row>('SELECT id FROM users'));
          return typeof own === 'string' ? own : own.rows.every(({ id }) => id === BOB) ? [0, 0, 0] : own.rows;
        }
        return attempt(app, userId, () => reach(app, table));
      },
      [0, 0, 0],
    );
  });

  it('hides every row from the owner of the tables as well', async () => {
    await expectOfEach((table) => attempt(owner, undefined, () => reach(owner, table)), [0, 0, 0]);
  });

  it('refuses a row made for somebody else, and one handed over', async () => {
    await expectOfEach(
      (table) => attempt(app, String(BOB), () => insertCopy(app, table, aliceRows.get(table))),
      FORBIDDEN,
    );
    await expectOfEach(
      (table) => attempt(app, undefined, () => insertCopy(app, table, aliceRows.get(table))),
      FORBIDDEN,
    );
    await expectOfEach(
      (table) => attempt(app, String(ALICE), () => app.query(`UPDATE "${table}" SET "${ownerColumn(table)}" = ${BOB}`)),
      FORBIDDEN,
    );
  });

  it('raises an error when somebody switches it off, and cannot be got around by TRUNCATE or by dropping it', async () => {
    await expectOfEach(
      (table) =>
        attempt(app, String(ALICE), async () => {
          await app.query('SET LOCAL row_security = off');
          return app.query(`SELECT FROM "${table}"`);
        }),
      FORBIDDEN,
    );
    await expectOfEach(
      (table) => attempt(app, String(ALICE), () => app.query(`TRUNCATE "${table}" CASCADE`)),
      FORBIDDEN,
    );
    await expectOfEach(
      (table) => attempt(app, undefined, () => app.query(`ALTER TABLE "${table}" DISABLE ROW LEVEL SECURITY`)),
      FORBIDDEN,
    );
  });

  it('covers every table that refers to an owned one, and every table that the application may use', async () => {
    const { rows: children } = await owner.query<{ table: string }>(
      `SELECT DISTINCT conrelid::regclass::text AS table FROM pg_constraint
       WHERE contype = 'f' AND confrelid::regclass::text = ANY ($1)`,
      [tables],
    );
    expect(children.map(({ table }) => table).filter((table) => !tables.includes(table))).toEqual([]);

    const { rows: usable } = await owner.query<{ table: string }>(
      `SELECT oid::regclass::text AS table FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
         AND (has_table_privilege('${APP_ROLE}', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
              OR has_any_column_privilege('${APP_ROLE}', oid, 'SELECT, INSERT, UPDATE'))`,
    );
    expect(usable.map(({ table }) => table).sort()).toEqual([...tables, ...SHARED_TABLES].sort());
  });

  it('is obeyed by roles that can neither sign in nor pass it by', async () => {
    const { rows } = await owner.query(
      `SELECT rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb,
              (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid) AS owns,
              (SELECT count(*)::int FROM pg_auth_members WHERE member = r.oid) AS memberships
       FROM pg_roles r WHERE rolname = ANY ($1) ORDER BY 1`,
      [[APP_ROLE, LOOKUP_ROLE]],
    );
    const powerless = {
      rolsuper: false,
      rolbypassrls: false,
      rolcanlogin: false,
      rolcreaterole: false,
      rolcreatedb: false,
    };
    expect(rows).toEqual(
      [APP_ROLE, LOOKUP_ROLE].sort().map((rolname) => ({ rolname, ...powerless, owns: 0, memberships: 0 })),
    );
    const { rows: inherited } = await owner.query(
      `SELECT roleid::regrole::text FROM pg_auth_members WHERE member = current_user::regrole AND inherit_option`,
    );
    expect(inherited).toEqual([]);
  });

  it('is opened by nothing but the narrow lookup functions', async () => {
    const { rows: functions } = await owner.query<Row>(
      `SELECT proname AS name, proowner::regrole::text AS owner, (SELECT one FROM unnest(proconfig) one WHERE one LIKE 'search_path=%') AS path,
              has_function_privilege('public', oid, 'EXECUTE') AS "forAll"
       FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace`,
    );
    expect(functions.length).toBeGreaterThan(0);
    for (const { name, ...rights } of functions) {
      expect(name).toMatch(/^lookup_/);
      expect(rights).toEqual({ owner: LOOKUP_ROLE, path: 'search_path=pg_catalog, public, pg_temp', forAll: false });
    }
  });

  it('lets the lookup functions read single columns, and nothing be written', async () => {
    const { rows } = await owner.query(
      `SELECT c.relname AS table FROM pg_class c
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
         AND (has_table_privilege('${LOOKUP_ROLE}', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
              OR has_any_column_privilege('${LOOKUP_ROLE}', oid, 'INSERT, UPDATE'))`,
    );
    expect(rows).toEqual([]);
    await expectOfEach(
      (table) =>
        attempt(owner, undefined, async () => {
          await owner.query(`SET LOCAL ROLE ${LOOKUP_ROLE}`);
          return owner.query(`SELECT * FROM "${table}"`);
        }),
      FORBIDDEN,
    );
  });
});

/** Inserts a row again as it is, generated columns apart. The policy speaks before any unique index does. */
async function insertCopy(client: Client, table: string, row: Row | undefined): Promise<unknown> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute
     WHERE attrelid = format('public.%I', $1::text)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [table],
  );
  const columns = rows.map(({ name }) => `"${name}"`).join(', ');
  return client.query(
    `INSERT INTO "${table}" (${columns}) OVERRIDING SYSTEM VALUE
     SELECT ${columns} FROM json_populate_record(NULL::"${table}", $1)`,
    [JSON.stringify(row)],
  );
}

function applicationUrl(url: string): string {
  const options = dataSourceOptions(url, 1);
  if (!('url' in options) || typeof options.url !== 'string') throw new Error('The data source has no address.');
  return options.url;
}
