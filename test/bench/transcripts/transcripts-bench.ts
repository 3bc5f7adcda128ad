/**
 * Reads of transcripts where there are a million of them: what is asked of the database by the API's own statements, of
 * users taken at random, in the owner's transaction and beside it without one.
 */
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { startScratchServer } from '../../../scripts/scratch-database';
import { dataSourceOptions } from '../../../src/database/data-source';
import { Database } from '../../../src/database/database';
import { migrate } from '../../../src/database/migrate';
import type { Statement } from '../../../src/database/pipeline';
import { APP_ROLE } from '../../../src/database/row-level-security';
import {
  foundTranscripts,
  transcriptBySid,
  TranscriptFilter,
  transcriptsPage,
  transcriptsTotal,
} from '../../../src/transcripts/enhanced-transcripts.repository';
import {
  foundStored,
  storedBySid,
  StoredFilter,
  storedPage,
  storedTotal,
} from '../../../src/transcripts/stored-transcripts.repository';
import { timeSpan } from '../../../src/database/time-span';
import { groupFigures, topicFigures } from '../../../src/transcripts/transcript-analytics.repository';
import {
  asTheyCame,
  BEGINNING,
  COMMON_WORD,
  manyTranscripts,
  OTHER_COMMON_WORD,
  RARE_WORD,
  USUAL_WORD,
  withoutWordIndex,
} from '../../support/many-transcripts';

/** Milliseconds. */
const GOAL_P99 = 10;
const WARM_UP_READS = 200;
const LOADERS = 2;

interface Question {
  name: string;
  /** Measured beside what is promised. */
  hasNoGoal?: boolean;
  of(userId: number, sid: string): Statement<unknown>[];
}

/** One more than is asked for, as the service has it. */
const page = { limit: 51, skip: 0 };
/** The default of the stored ones' page_size. */
const STORED_PAGE = 50;

function analytics(userId: number, days: number): Statement<unknown>[] {
  const filter = { from: new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString() };
  return [timeSpan({ userId }, filter), groupFigures({ userId }, filter), topicFigures({ userId }, filter)];
}

/** What GET /api/enhanced-transcripts asks. */
function listed(userId: number, { q, ...filter }: TranscriptFilter, skip = 0): Statement<unknown>[] {
  if (q !== undefined) return [foundTranscripts({ userId }, q, filter, { ...page, skip })];
  return [transcriptsPage({ userId }, filter, { ...page, skip }), transcriptsTotal({ userId }, filter)];
}

/** What GET /stored-twilio-transcripts asks. */
function stored(userId: number, { q, status }: Pick<StoredFilter, 'status' | 'q'>): Statement<unknown>[] {
  if (q !== undefined) return [foundStored({ userId }, q, { status, limit: STORED_PAGE })];
  return [storedPage({ userId }, { status, limit: STORED_PAGE }), storedTotal({ userId }, { status })];
}

const QUESTIONS: readonly Question[] = [
  { name: 'detail', of: (userId, sid) => [transcriptBySid({ userId }, sid)] },
  { name: 'list', of: (userId) => listed(userId, {}) },
  { name: 'list, 500 skipped', of: (userId) => listed(userId, {}, 500) },
  { name: 'list of a scenario', of: (userId) => listed(userId, { scenarioName: 'scenario-3' }) },
  { name: 'list of a direction', of: (userId) => listed(userId, { callDirection: 'inbound' }) },
  { name: 'search, a rare word', of: (userId) => listed(userId, { q: RARE_WORD }) },
  { name: 'search, a usual word', of: (userId) => listed(userId, { q: USUAL_WORD }) },
  { name: 'search, a word in nearly all', of: (userId) => listed(userId, { q: COMMON_WORD }) },
  { name: 'search, a beginning', of: (userId) => listed(userId, { q: BEGINNING }) },
  { name: 'search, two words', of: (userId) => listed(userId, { q: `${USUAL_WORD} ${COMMON_WORD}` }) },
  { name: 'search, a phrase', of: (userId) => listed(userId, { q: `"${COMMON_WORD} ${USUAL_WORD}"` }) },
  {
    // The index knows words and not their places: each text that has them is looked at, and these are in all of them.
    name: 'the two commonest words',
    hasNoGoal: true,
    of: (userId) => listed(userId, { q: `"${COMMON_WORD} ${OTHER_COMMON_WORD}"` }),
  },
  { name: 'stored, detail', of: (userId, sid) => [storedBySid({ userId }, sid)] },
  { name: 'stored, list', of: (userId) => stored(userId, {}) },
  { name: 'stored, failed ones', of: (userId) => stored(userId, { status: 'failed' }) },
  { name: 'stored, a rare word', of: (userId) => stored(userId, { q: RARE_WORD }) },
  { name: 'stored, a usual word', of: (userId) => stored(userId, { q: USUAL_WORD }) },
  { name: 'stored, a word in nearly all', of: (userId) => stored(userId, { q: COMMON_WORD }) },
  { name: 'analytics, 7 days of 168', hasNoGoal: true, of: (userId) => analytics(userId, 7) },
  { name: 'analytics, 30 days of 720', hasNoGoal: true, of: (userId) => analytics(userId, 30) },
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      users: { type: 'string', default: '1000' },
      each: { type: 'string', default: '1000' },
      reads: { type: 'string', default: '2000' },
      // A database of an earlier run with --keep.
      database: { type: 'string' },
      // Questions whose names have this.
      only: { type: 'string', default: '' },
      // Reads everything once before: of a database that has room for all of it.
      warm: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const [users, each, reads] = [Number(values.users), Number(values.each), Number(values.reads)];
  if (values.database !== undefined) {
    if (values.warm) await warm(values.database, users);
    process.exitCode = (await measure(values.database, users, reads, values.only)) ? 0 : 1;
    return;
  }
  const server = await startScratchServer();
  try {
    await migrate(server.url, () => undefined);
    await load(server.url, users, each);
    if (values.keep) {
      console.log(`Kept until this process is interrupted: --database ${server.url}`);
      // A promise alone keeps no process alive.
      const alive = setInterval(() => undefined, 60_000);
      await new Promise((resolve) => process.once('SIGINT', resolve));
      clearInterval(alive);
      return;
    }
    process.exitCode = (await measure(server.url, users, reads, values.only)) ? 0 : 1;
  } finally {
    await server.remove();
  }
}

async function load(url: string, users: number, each: number): Promise<void> {
  console.log(`Making ${users * each} transcripts of ${users} users.`);
  const ids = Array.from({ length: users }, (_, at) => at + 1);
  const client = new Client({ connectionString: url });
  await client.connect();
  await withoutWordIndex(client, async () => {
    await Promise.all(
      Array.from({ length: LOADERS }, async (_, loader) => {
        const mine = ids.filter((id) => id % LOADERS === loader);
        const loading = new Client({ connectionString: url });
        await loading.connect();
        await manyTranscripts(loading, mine, each);
        await loading.end();
      }),
    );
    await asTheyCame(client);
  });
  await client.end();
}

/** By an index: what is read from one end to the other does not stay in the buffers. */
async function warm(url: string, users: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`SET ROLE ${APP_ROLE}; SET enable_seqscan = off; SET enable_bitmapscan = off`);
  for (let userId = 1; userId <= users; userId++) {
    await client.query(`SELECT set_config('app.user_id', $1, false)`, [String(userId)]);
    for (const [table, columns] of [
      ['enhanced_transcripts', ['full_text', 'conversation_flow::text', 'search::text']],
      ['stored_twilio_transcripts', ['full_text', 'sentences::text']],
    ] as const) {
      const lengths = columns.map((column) => `sum(length(${column}))`).join(', ');
      await client.query(`SELECT ${lengths} FROM ${table} WHERE user_id = $1`, [userId]);
    }
  }
  await client.end();
}

async function measure(url: string, users: number, reads: number, only: string): Promise<boolean> {
  const dataSource = await new DataSource(dataSourceOptions(url, 2)).initialize();
  const db = new Database(dataSource);
  const bare = new Client({ connectionString: url });
  await bare.connect();
  await bare.query(`SET ROLE ${APP_ROLE}`);
  let isMet = true;
  console.log('p50 and p99 in ms: at the database; what the reader waits in the owner’s transaction; without one');
  for (const { name, hasNoGoal, of } of QUESTIONS.filter((question) => question.name.includes(only))) {
    const atDatabase: number[] = [];
    const owned: number[] = [];
    const alone: number[] = [];
    for (let read = -WARM_UP_READS; read < reads; read++) {
      const userId = 1 + Math.floor(Math.random() * users);
      const { rows } = await bare.query<{ sid: string }>(
        `SELECT 'GT' || md5($1::text || '-' || floor(1 + random() * 200)::integer) AS sid, set_config('app.user_id', $1::text, false)`,
        [String(userId)],
      );
      const statements = of(userId, rows[0]?.sid ?? '');
      // Asked first: the pages that the disk has are read for it.
      const databaseMs = await databaseTime(bare, statements);
      const ownedMs = await timed(() => db.readAsOwner({ userId }, ...statements));
      const aloneMs = await timed(async () => {
        for (const { name: prepared, text, values } of statements) {
          await bare.query({ ...(prepared === undefined ? {} : { name: prepared }), text, values: [...values] });
        }
      });
      if (read < 0) continue;
      atDatabase.push(databaseMs);
      owned.push(ownedMs);
      alone.push(aloneMs);
    }
    const p99 = rank(atDatabase, 0.99);
    if (p99 >= GOAL_P99 && !hasNoGoal) isMet = false;
    const figures = [atDatabase, owned, alone]
      .map((all) => [0.5, 0.99].map((share) => rank(all, share).toFixed(2).padStart(6)).join(' '))
      .join('   ');
    console.log(`${name.padEnd(30)} ${figures}   ${hasNoGoal ? '' : p99 < GOAL_P99 ? 'met' : 'MISSED'}`);
  }
  await bare.end();
  await dataSource.destroy();
  return isMet;
}

/** What the database itself takes: planning, finding, reading, and writing down the answer; in milliseconds. */
async function databaseTime(client: Client, statements: readonly Statement<unknown>[]): Promise<number> {
  let ms = 0;
  for (const { text, values } of statements) {
    const { rows } = await client.query<{ 'QUERY PLAN': [{ 'Planning Time': number; 'Execution Time': number }] }>(
      `EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF, SERIALIZE TEXT, FORMAT JSON) ${text}`,
      [...values],
    );
    const [plan] = rows[0]?.['QUERY PLAN'] ?? [];
    ms += (plan?.['Planning Time'] ?? NaN) + (plan?.['Execution Time'] ?? NaN);
  }
  return ms;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function rank(all: readonly number[], share: number): number {
  return all.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(all.length * share) - 1)] ?? NaN;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
