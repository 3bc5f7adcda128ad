import { randomBytes, randomInt } from 'node:crypto';
import { type Client, DatabaseError } from 'pg';
import { APP_ROLE } from '../../src/database/row-level-security';

/**
 * Inserts a row into any table, told nothing but the table's name: the values come from the catalogue, the parents are
 * inserted first, and what a CHECK constraint refuses is tried otherwise. So a table of tomorrow is tested today.
 */
export async function insertAnyRow(client: Client, table: string, userId: number): Promise<Row> {
  const shape = await readShape(client, table);
  const values: Row = {};
  for (const column of shape.columns) {
    if (column.name === shape.ownerColumn) values[column.name] = userId;
    else if (column.isRequired) values[column.name] = anyValue(column);
  }
  for (const key of shape.foreignKeys) {
    if (!key.columns.some((column) => column in values)) continue; // nothing asks for this parent
    const parent = await parentOf(client, table, key.parent, userId);
    key.columns.forEach((column, at) => (values[column] = parent[key.parentColumns[at] ?? ''] ?? null));
  }
  return insertSatisfyingChecks(client, shape, values, userId);
}

export type Row = Record<string, unknown>;

interface Column {
  name: string;
  type: string;
  kind: string;
  maxLength: number | null;
  labels: string[] | null;
  /** Must be given a value: not null, and nothing fills it in. */
  isRequired: boolean;
  isNullable: boolean;
}

interface Shape {
  table: string;
  ownerColumn: string | undefined;
  columns: Column[];
  foreignKeys: { columns: string[]; parent: string; parentColumns: string[] }[];
  checks: Map<string, { definition: string; columns: string[] }>;
}

const MOST_ATTEMPTS = 2_000;
const CHECK_VIOLATION = '23514';
/** The table takes one row of each user, and it is there. */
const UNIQUE_VIOLATION = '23505';

/** The user is there already; a row that refers to its own table begins a chain. */
async function parentOf(client: Client, table: string, parent: string, userId: number): Promise<Row> {
  if (parent === 'users') return { id: userId };
  return parent === table ? {} : insertAnyRow(client, parent, userId);
}

async function insertSatisfyingChecks(client: Client, shape: Shape, values: Row, userId: number): Promise<Row> {
  const violated = new Map<string, Row[]>();
  let refusal: DatabaseError | undefined;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    try {
      return await insert(client, shape, values, userId);
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.constraint === undefined) throw error;
      if (error.code === UNIQUE_VIOLATION) return asUser(client, shape, userId, `SELECT * FROM "${shape.table}"`);
      if (error.code !== CHECK_VIOLATION) throw error;
      refusal = error;
      const name = error.constraint;
      const check = shape.checks.get(name);
      const waiting = violated.get(name) ?? alternatives(shape, check?.columns ?? [], check?.definition ?? '');
      violated.set(name, waiting);
      const next = waiting.shift();
      if (next === undefined) break;
      Object.assign(values, next);
    }
  }
  const why = refusal === undefined ? '' : `: ${refusal.message}`;
  throw new Error(`No row was found that the CHECK constraints of ${shape.table} allow${why}`);
}

async function insert(client: Client, shape: Shape, values: Row, userId: number): Promise<Row> {
  const names = Object.keys(values);
  const columns = names.map((name) => `"${name}"`).join(', ');
  const places = names.map((_, at) => `$${at + 1}`).join(', ');
  const into = names.length === 0 ? 'DEFAULT VALUES' : `(${columns}) OVERRIDING SYSTEM VALUE VALUES (${places})`;
  return asUser(client, shape, userId, `INSERT INTO "${shape.table}" ${into} RETURNING *`, Object.values(values));
}

/** As the application for an owned table, and as the owner of the tables otherwise. */
async function asUser(client: Client, shape: Shape, userId: number, sql: string, values: unknown[] = []): Promise<Row> {
  await client.query('BEGIN');
  try {
    if (shape.ownerColumn !== undefined) await client.query(`SET LOCAL ROLE ${APP_ROLE}`);
    await client.query(`SELECT set_config('app.user_id', $1, true)`, [String(userId)]);
    const { rows } = await client.query<Row>(sql, values);
    await client.query('COMMIT');
    return rows[0] ?? {};
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** Every combination of values that the columns of a check might have to have. */
function alternatives(shape: Shape, names: string[], definition: string): Row[] {
  const literals = [...definition.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text.replaceAll("''", "'"));
  const numbers = [...definition.matchAll(/(?<![\w'])-?\d+(\.\d+)?/g)].map(([number]) => Number(number));
  return names.reduce<Row[]>(
    (rows, name) => {
      const column = shape.columns.find((candidate) => candidate.name === name);
      if (column === undefined || name === shape.ownerColumn) return rows;
      const candidates = candidatesFor(column, literals, numbers);
      return rows.flatMap((row) => candidates.map((value) => ({ ...row, [name]: value }))).slice(0, MOST_ATTEMPTS);
    },
    [{}],
  );
}

function candidatesFor(column: Column, literals: string[], numbers: number[]): unknown[] {
  const isNumber = /^(int|float|numeric)/.test(column.type);
  const isText = /^(text|varchar|bpchar|citext)$/.test(column.type);
  const hex = randomBytes(16).toString('hex');
  const shapes = [
    '+12025550123',
    `CA${hex}`,
    `MZ${hex}`,
    `${hex}@example.com`,
    `https://example.com/${hex}`,
    hex + hex,
  ];
  return [
    ...(isText ? [...literals, ...shapes, 'en', 'US', 'UTC', '{}'] : []),
    ...(isNumber ? [...numbers.flatMap((number) => [number, number + 1, number - 1]), 1, 0] : []),
    ...(column.type === 'jsonb' || column.type === 'json' ? ['{}', '[]'] : []),
    ...(column.isNullable ? [null] : []),
    ...(column.labels ?? []),
    anyValue(column),
  ];
}

function anyValue({ type, kind, maxLength, labels }: Column): unknown {
  if (kind === 'e') return labels?.[0];
  if (type.startsWith('_')) return '{}';
  switch (type) {
    case 'int2':
    case 'int4':
    case 'int8':
      return randomInt(1, 30_000);
    case 'numeric':
    case 'float4':
    case 'float8':
      return 0.5;
    case 'bool':
      return false;
    case 'uuid':
      return '00000000-0000-4000-8000-'.concat(randomBytes(6).toString('hex'));
    case 'json':
    case 'jsonb':
      return '{}';
    case 'bytea':
      return randomBytes(32);
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return new Date();
    case 'time':
      return '12:00';
    case 'interval':
      return '1 minute';
    case 'inet':
      return '192.0.2.1';
    case 'tsvector':
      return 'word';
    default:
      return randomBytes(8)
        .toString('hex')
        .slice(0, maxLength ?? undefined);
  }
}

async function readShape(client: Client, table: string): Promise<Shape> {
  const { rows: columns } = await client.query<Column>(
    `SELECT a.attname AS name, base.typname AS type, base.typtype AS kind,
            CASE WHEN base.typname IN ('varchar', 'bpchar') THEN nullif(greatest(a.atttypmod, t.typtypmod), -1) - 4 END AS "maxLength",
            (SELECT array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = base.oid) AS labels,
            a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS "isRequired",
            NOT a.attnotnull AS "isNullable"
     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     JOIN pg_type base ON base.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
     WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''`,
    [`public.${table}`],
  );
  const { rows: foreignKeys } = await client.query<Shape['foreignKeys'][number]>(
    `SELECT ${namesOf('c.conrelid', 'c.conkey')} AS columns, p.relname AS parent,
            ${namesOf('c.confrelid', 'c.confkey')} AS "parentColumns"
     FROM pg_constraint c JOIN pg_class p ON p.oid = c.confrelid
     WHERE c.contype = 'f' AND c.conrelid = $1::regclass`,
    [`public.${table}`],
  );
  const { rows: checks } = await client.query<{ name: string; definition: string; columns: string[] | null }>(
    `SELECT c.conname AS name, pg_get_constraintdef(c.oid) AS definition, ${namesOf('c.conrelid', 'c.conkey')} AS columns
     FROM pg_constraint c WHERE c.contype = 'c' AND c.conrelid = $1::regclass`,
    [`public.${table}`],
  );
  return {
    table,
    ownerColumn: table === 'users' ? 'id' : columns.find(({ name }) => name === 'user_id')?.name,
    columns,
    foreignKeys,
    checks: new Map(checks.map(({ name, definition, columns: of }) => [name, { definition, columns: of ?? [] }])),
  };
}

const namesOf = (relation: string, numbers: string): string =>
  `(SELECT array_agg(attname::text ORDER BY array_position(${numbers}, attnum)) FROM pg_attribute
    WHERE attrelid = ${relation} AND attnum = ANY (${numbers}))`;
