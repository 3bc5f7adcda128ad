import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { Database } from '../../src/database/database';
import type { Statement } from '../../src/database/pipeline';
import {
  foundTranscripts,
  transcriptBySid,
  transcriptsPage,
  transcriptsTotal,
  wholeTranscriptsPage,
} from '../../src/transcripts/enhanced-transcripts.repository';
import { foundStored, storedBySid, storedPage, storedTotal } from '../../src/transcripts/stored-transcripts.repository';
import { groupFigures, topicFigures } from '../../src/transcripts/transcript-analytics.repository';
import { COMMON_WORD, manyCalls, manyTranscripts, RARE_WORD, USUAL_WORD } from '../support/many-transcripts';
import { planOf, plansOfLookup } from '../support/query-plans';
import { connectAsApp, connectAsOwner, freshDatabase, type TestDatabase } from '../support/test-database';

/** What is asked of transcripts finds its rows in indexes, however many there are of others. */

jest.setTimeout(120_000);

const OWNER = { userId: 7 };
const USERS = Array.from({ length: 40 }, (_, at) => at + 1);
const EACH = 100;

let database: TestDatabase;
let admin: Client;
let dataSource: DataSource;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  admin = await connectAsOwner(database.url);
  await manyTranscripts(admin, USERS, EACH);
  await manyCalls(admin, USERS, EACH);
  // One connection: its statistics are told when it is asked for them.
  dataSource = await connectAsApp(database.url, 1);
  db = new Database(dataSource);
});
afterAll(async () => {
  await dataSource?.destroy();
  await admin?.end();
  await database?.drop();
});

const page = { limit: 20, skip: 0 };
const place = { callDate: new Date(), id: 1 };
const from = new Date('2020-01-01T00:00:00Z');

const questions: [string, Statement<unknown>][] = [
  ['a transcript', transcriptBySid(OWNER, `GT${'0'.repeat(32)}`)],
  ['a transcript by its call', transcriptBySid(OWNER, `CT${'0'.repeat(32)}`)],
  ['a page', transcriptsPage(OWNER, {}, page)],
  ['a page far behind', transcriptsPage(OWNER, {}, { limit: 20, skip: 80 })],
  ['the page behind a place', transcriptsPage(OWNER, {}, { ...page, after: place })],
  ['a page of a scenario', transcriptsPage(OWNER, { scenarioName: 'scenario-1' }, page)],
  ['a page of a direction', transcriptsPage(OWNER, { callDirection: 'inbound' }, page)],
  ['a page of a time', transcriptsPage(OWNER, { from, before: new Date() }, page)],
  ['a page of a rare word', foundTranscripts(OWNER, RARE_WORD, {}, page)],
  ['a page of a usual word', foundTranscripts(OWNER, USUAL_WORD, {}, page)],
  ['a page of a common word', foundTranscripts(OWNER, COMMON_WORD, {}, page)],
  ['a page of a phrase', foundTranscripts(OWNER, `"${COMMON_WORD} ${USUAL_WORD}"`, {}, page)],
  ['how many there are', transcriptsTotal(OWNER, {})],
  ['everything that is told', wholeTranscriptsPage(OWNER, {}, { limit: 50, after: place })],
  ['a stored transcript', storedBySid(OWNER, `GT${'0'.repeat(32)}`)],
  ['a page of stored transcripts', storedPage(OWNER, { limit: 20 })],
  [
    'the page of stored ones behind a place',
    storedPage(OWNER, { limit: 20, after: { dateCreated: new Date(), id: 1 } }),
  ],
  ['a page of stored ones with a status', storedPage(OWNER, { limit: 20, status: 'failed' })],
  ['a page of stored ones with a rare word', foundStored(OWNER, RARE_WORD, { limit: 20 })],
  ['a page of stored ones with a common word', foundStored(OWNER, COMMON_WORD, { limit: 20, status: 'completed' })],
  ['how many are stored', storedTotal(OWNER, {})],
  ['figures of a month', groupFigures(OWNER, { from: '2026-11-01', to: '2026-11-30' })],
  ['topics of a month', topicFigures(OWNER, { from: '2026-11-01', to: '2026-11-30' })],
];

it.each(questions)('%s is found by an index', async (_, statement) => {
  const plan = await planOf(db, OWNER.userId, statement);
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
    await db.readAsOwner(OWNER, foundTranscripts(OWNER, q, {}, page));
    expect(await looks()).toBe(before + 1);
  },
);

describe('whoever looks for everybody', () => {
  it.each([
    ['lookup_awaited_transcripts', ['now()'], ['stored_twilio_transcripts_awaited_idx']],
    ['lookup_untranscribed_calls', ['now()'], ['calls_untranscribed_idx']],
    ['lookup_due_insights', ['now()'], ['enhanced_transcripts_insight_idx']],
    ['lookup_unrecorded_calls', [`now() - interval '3 days'`, 'now()'], ['calls_unrecorded_idx']],
    ['lookup_due_analyses', ['now()'], ['calls_analysis_due_idx']],
    [
      'lookup_known_transcripts',
      [`'{${Array.from({ length: 50 }, (_, at) => `GT${String(at).padStart(32, '0')}`).join(',')}}'`],
      ['stored_twilio_transcripts_sid_key', 'stored_twilio_transcripts_unstored_idx'],
    ],
  ])('by %s finds it in an index of nothing else', async (name, values, indexes) => {
    const plans = await plansOfLookup(admin, name, values);
    expect(plans.filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'users')).toEqual([]);
    const used = plans.map((node) => node['Index Name']).filter((index) => index?.startsWith('users') === false);
    expect(new Set(used)).toEqual(new Set(indexes));
    expect(used).toHaveLength(2 * indexes.length);
  });
});

it('finds what it looks for', async () => {
  const [found] = await db.readAsOwner(OWNER, foundTranscripts(OWNER, COMMON_WORD, {}, page));
  expect(found[0]?.total).toBeGreaterThan(EACH / 2);
  const [rare] = await db.readAsOwner(OWNER, foundTranscripts(OWNER, RARE_WORD, {}, page));
  expect(rare[0]?.total).toBeLessThan(EACH / 2);
});
