import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { type DataSourceOptions, getMetadataArgsStorage, type MigrationInterface } from 'typeorm';
import { APP_ROLE } from './row-level-security';
import { SnakeCaseNames } from './snake-case-names';

const STATEMENT_TIMEOUT_MS = 30_000;
const LOCK_TIMEOUT_MS = 10_000;
/** Nobody waits for anything but the database inside a transaction, so an idle one is a mistake. */
const IDLE_IN_TRANSACTION_MS = 15_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** To sign in anew costs milliseconds (SCRAM), and the next who needs a connection is a phone that rings. */
const IDLE_CONNECTION_MS = 10 * 60_000;

type Class<T = unknown> = new () => T;

/**
 * How the application connects. Each connection begins life in the application's role: code that passes by the door
 * of database.ts, or forgets whose rows it wants, sees none.
 */
export function dataSourceOptions(url: string, poolSize: number): DataSourceOptions {
  const logger = new Logger('Database');
  return {
    ...common,
    url: withSettings(url, {
      role: APP_ROLE,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    }),
    entities: loadEntities(),
    poolSize,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: { idleTimeoutMillis: IDLE_CONNECTION_MS, keepAlive: true },
    poolErrorHandler: (error: Error) => logger.warn(`A database connection was lost: ${error.message}`),
  };
}

/** How migrations connect: as the role of the address itself, who owns the tables, and without time limits. */
export function migrationOptions(url: string): DataSourceOptions {
  return {
    ...common,
    url,
    entities: loadEntities(),
    migrations: loadMigrations(),
    migrationsTransactionMode: 'each',
    poolSize: 2,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
  };
}

const common = {
  type: 'postgres',
  synchronize: false,
  logging: false, // TypeORM's log repeats the values of the rows
  applicationName: 'speech-assistant',
  namingStrategy: new SnakeCaseNames(),
  uuidExtension: 'pgcrypto', // ids by gen_random_uuid(), which is built in
  installExtensions: false,
} as const;

/** Every entity of every room, found by file name: no list to forget one in. */
function loadEntities(): Class[] {
  const exported = loadClasses(join(__dirname, '..'), /\.entity\.[jt]s$/);
  const entities = new Set(getMetadataArgsStorage().tables.map(({ target }) => target));
  return exported.filter((candidate) => entities.has(candidate));
}

export function loadMigrations(): Class<MigrationInterface>[] {
  return loadClasses(join(__dirname, '..', '..', 'migrations'), /^\d{13}-\w+\.[jt]s$/) as Class<MigrationInterface>[];
}

/** Not TypeORM's glob, to which brackets in the name of a parent folder mean something. */
function loadClasses(folder: string, name: RegExp): Class[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((path) => Object.values(require(path) as Record<string, unknown>))
    .filter((exported): exported is Class => typeof exported === 'function');
}

/** Adds settings that the server applies as the connection opens, beside those that the address itself asks for. */
function withSettings(address: string, settings: Record<string, string | number>): string {
  const url = new URL(address);
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  url.searchParams.set('options', [url.searchParams.get('options') ?? '', ...ours].join(' ').trim());
  return url.toString();
}
