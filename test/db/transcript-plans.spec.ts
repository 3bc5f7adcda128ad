import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { Database } from '../../src/database/database';
import type { Statement } from '../../src/database/pipeline';
import {
  transcriptBySid,
  transcriptsPage,
  transcriptsTotal,
  wholeTranscriptsPage,
} from '../../src/transcripts/enhanced-transcripts.repository';
import { storedBySid, storedPage, storedTotal } from '../../src/transcripts/stored-transcripts.repository';
import { groupFigures, topicFigures } from '../../src/transcripts/transcript-analytics.repository';
import { COMMON_WORD, manyTranscripts, RARE_WORD, USUAL_WORD } from '../support/many-transcripts';
import { connectAsApp, connectAsOwner, freshDatabase, type TestDatabase } from '../support/test-database';

/** What is asked of transcripts finds its rows in indexes, however many there are of others. */

jest.setTimeout(120_000);

const OWNER = { userId: 7 };
const USERS = Array.from({ length: 40 }, (_, at) => at + 1);
const EACH = 250;

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  'Recheck Cond'?: string;
  Plans?: Plan[];
}

let database: TestDatabase;
let admin: Client;
let dataSource: DataSource;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  admin = await connectAsOwner(database.url);
  await manyTranscripts(admin, USERS, EACH);
  // One connection: its statistics are told when it is asked for them.
  dataSource = await connectAsApp(database.url, 1);
  db = new Database(dataSource);
});
afterAll(async () => {
  await dataSource?.destroy();
  await admin?.end();
  await database?.drop();
});

async function planOf({ text, values }: Statement<unknown>): Promise<Plan[]> {
  const [row] = await db.asOwner(OWNER, (tx) =>
    tx.query<{ 'QUERY PLAN': { Plan: Plan }[] }[]>(`EXPLAIN (FORMAT JSON) ${text}`, [...values]),
  );
  return flat(row?.['QUERY PLAN'][0]?.Plan);
}

function flat(plan: Plan | undefined): Plan[] {
  return plan === undefined ? [] : [plan, ...(plan.Plans ?? []).flatMap(flat)];
}

const page = { limit: 20, skip: 0 };
const place = { callDate: new Date(), id: 1 };
const from = new Date('2020-01-01T00:00:00Z');

const questions: [string, Statement<unknown>][] = [
  ['a transcript', transcriptBySid(OWNER, `GT${'0'.repeat(32)}`)],
  ['a transcript by its call', transcriptBySid(OWNER, `CT${'0'.repeat(32)}`)],
  ['a page', transcriptsPage(OWNER, {}, page)],
  ['a page far behind', transcriptsPage(OWNER, {}, { limit: 20, skip: 200 })],
  ['the page behind a place', transcriptsPage(OWNER, {}, { ...page, after: place })],
  ['a page of a scenario', transcriptsPage(OWNER, { scenarioName: 'scenario-1' }, page)],
  ['a page of a direction', transcriptsPage(OWNER, { callDirection: 'inbound' }, page)],
  ['a page of a time', transcriptsPage(OWNER, { from, before: new Date() }, page)],
  ['a page of a rare word', transcriptsPage(OWNER, { q: RARE_WORD }, page)],
  ['a page of a usual word', transcriptsPage(OWNER, { q: USUAL_WORD }, page)],
  ['a page of a common word', transcriptsPage(OWNER, { q: COMMON_WORD }, page)],
  ['a page of a phrase', transcriptsPage(OWNER, { q: `"${COMMON_WORD} ${USUAL_WORD}"` }, page)],
  ['how many there are', transcriptsTotal(OWNER, {})],
  ['how many have a word', transcriptsTotal(OWNER, { q: RARE_WORD })],
  ['everything that is told', wholeTranscriptsPage(OWNER, {}, { limit: 50, after: place })],
  ['a stored transcript', storedBySid(OWNER, `GT${'0'.repeat(32)}`)],
  ['a page of stored transcripts', storedPage(OWNER, { limit: 20 })],
  [
    'the page of stored ones behind a place',
    storedPage(OWNER, { limit: 20, after: { dateCreated: new Date(), id: 1 } }),
  ],
  ['a page of stored ones with a status', storedPage(OWNER, { limit: 20, status: 'failed' })],
  ['a page of stored ones with a rare word', storedPage(OWNER, { limit: 20, q: RARE_WORD })],
  ['a page of stored ones with a common word', storedPage(OWNER, { limit: 20, q: COMMON_WORD })],
  ['how many are stored', storedTotal(OWNER, {})],
  ['figures of a month', groupFigures(OWNER, { from: '2026-11-01', to: '2026-11-30' })],
  ['topics of a month', topicFigures(OWNER, { from: '2026-11-01', to: '2026-11-30' })],
  ['how many stored ones have a word', storedTotal(OWNER, { q: RARE_WORD })],
];

it.each(questions)('%s is found by an index', async (_, statement) => {
  const plan = await planOf(statement);
  // Of the users there are forty, whose time zone is on one page.
  const scans = plan.filter(
    (node) =>
      (node['Relation Name'] !== undefined || node['Index Name'] !== undefined) && node['Relation Name'] !== 'users',
  );
  expect(scans.length).toBeGreaterThan(0);
  for (const node of scans) {
    expect(node['Node Type']).not.toBe('Seq Scan');
    // Every index begins with the owner, or with the id of a row of theirs.
    if (node['Index Name'] !== undefined) expect(node['Index Cond']).toMatch(/\buser_id\b|\(id = /);
  }
});

it.each([RARE_WORD, USUAL_WORD, COMMON_WORD, `"${COMMON_WORD} ${USUAL_WORD}"`])(
  '%s is looked for in the index of words',
  async (q) => {
    const looks = async (): Promise<number> => {
      await db.lookup('SELECT pg_stat_force_next_flush()');
      const { rows } = await admin.query<{ idx_scan: string }>(
        `SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'enhanced_transcripts_search_idx'`,
      );
      return Number(rows[0]?.idx_scan);
    };
    const before = await looks();
    await db.readAsOwner(OWNER, transcriptsTotal(OWNER, { q }));
    expect(await looks()).toBe(before + 1);
  },
);

it('finds what it looks for', async () => {
  const [found] = await db.readAsOwner(OWNER, transcriptsTotal(OWNER, { q: COMMON_WORD }));
  expect(found[0]?.total).toBeGreaterThan(EACH / 2);
  const [rare] = await db.readAsOwner(OWNER, transcriptsTotal(OWNER, { q: RARE_WORD }));
  expect(rare[0]?.total).toBeLessThan(EACH / 2);
});
