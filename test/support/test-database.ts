import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source';
import { administer, requireTestName, SERVER_URL_VARIABLE, TEMPLATE_VARIABLE, withDatabase } from './test-server';

export interface TestDatabase {
  /** As the owner of the tables, like DATABASE_URL. */
  url: string;
  drop(): Promise<void>;
}

const TEMPLATE_IN_USE = '55006';
const NOT_OURS_TO_END = '42501';

/** A migrated database of its own for one spec file. Drop it in `afterAll`. */
export async function freshDatabase(): Promise<TestDatabase> {
  return createDatabase(required(TEMPLATE_VARIABLE));
}

/** A database in which no migration has run. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template1');
}

/** Connects as the application does. The caller destroys it. */
export async function connectAsApp(url: string, poolSize = 5): Promise<DataSource> {
  return new DataSource(dataSourceOptions(url, poolSize)).initialize();
}

/** Connects as the owner of the tables, outside the application's role. The caller ends it. */
export async function connectAsOwner(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const server = required(SERVER_URL_VARIABLE);
  const name = `speech_assistant_test_${process.pid}_${randomBytes(5).toString('hex')}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await administer(server, [`CREATE DATABASE ${name} TEMPLATE ${template}`]);
      break;
    } catch (error) {
      // Somebody is connected to the template, as the autovacuum worker is now and then.
      const isInUse = error instanceof DatabaseError && error.code === TEMPLATE_IN_USE;
      if (!isInUse || attempt === 20) throw error;
      await sleep(100);
    }
  }
  return { url: withDatabase(server, name), drop: () => dropDatabase(server, name) };
}

async function dropDatabase(server: string, name: string): Promise<void> {
  requireTestName(name);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await administer(server, [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`]);
      return;
    } catch (error) {
      // The autovacuum worker that looks after many new rows is nobody's to end: it is through in a moment.
      const isVacuumed = error instanceof DatabaseError && error.code === NOT_OURS_TO_END;
      if (!isVacuumed || attempt === 100) throw error;
      await sleep(100);
    }
  }
}

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: run the spec by Jest, whose global setup sets it.`);
  return value;
}
