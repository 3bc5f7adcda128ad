import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { Database } from '../../src/database/database';
import type { Statement } from '../../src/database/pipeline';
import { APP_ROLE } from '../../src/database/row-level-security';
import {
  interactionBy,
  interactionFigures,
  InteractionFilter,
  interactionPage,
  interactionTotal,
} from '../../src/voice-interactions/voice-interactions.repository';
import { planOf, plansOfLookup } from '../support/query-plans';
import { connectAsApp, connectAsOwner, freshDatabase, type TestDatabase } from '../support/test-database';

/** What is asked of voice interactions finds its rows in indexes, however many there are of others and from before. */

jest.setTimeout(60_000);

const OWNER = { userId: 7 };
const USERS = 40;
const EACH = 500;

const filter: InteractionFilter = {
  sessionId: undefined,
  customerId: undefined,
  from: undefined,
  before: undefined,
  limit: 50,
  offset: 0,
};
const ofSession = { ...filter, sessionId: 's-3' };

const questions: [string, Statement<unknown>, string][] = [
  ['one', interactionBy(OWNER, randomUUID()), 'voice_interactions_pkey'],
  ['a page', interactionPage(OWNER, filter), 'voice_interactions_user_id_created_at_id_idx'],
  ['a page of a session', interactionPage(OWNER, ofSession), 'voice_interactions_user_id_session_id_idx'],
  ['how many a session has', interactionTotal(OWNER, ofSession), 'voice_interactions_user_id_session_id_idx'],
  [
    'figures',
    interactionFigures(OWNER, { from: '2026-11-20', to: '2026-11-21' }),
    'voice_interactions_user_id_created_at_id_idx',
  ],
];

let database: TestDatabase;
let admin: Client;
let dataSource: DataSource;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  admin = await connectAsOwner(database.url);
  for (let userId = 1; userId <= USERS; userId += 1) {
    await admin.query(`BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${userId}', true);
      INSERT INTO users (id, email) VALUES (${userId}, 'user-${userId}@example.com')`);
    await admin.query(
      `INSERT INTO voice_interactions (user_id, source, session_id, transcript, llm_response, created_at, storage_key)
       SELECT $1::integer, 'voice_agent', 's-' || n % 100, 'Hello', 'Good day', timestamptz '2026-12-01' - n * interval '1 hour',
         CASE WHEN n % 100 = 0 THEN 'voice-interactions/' || gen_random_uuid() || '.wav' END
       FROM generate_series(1, $2::integer) n`,
      [userId, EACH],
    );
    await admin.query('COMMIT');
  }
  await admin.query('VACUUM ANALYZE voice_interactions');
  dataSource = await connectAsApp(database.url);
  db = new Database(dataSource);
});
afterAll(async () => {
  await dataSource?.destroy();
  await admin?.end();
  await database?.drop();
});

it.each(questions)('%s is found by an index', async (_, statement, index) => {
  const plan = await planOf(db, OWNER.userId, statement);
  expect(plan.map((step) => step['Index Name'])).toContain(index);
  expect(
    plan.filter((step) => step['Node Type'] === 'Seq Scan' && step['Relation Name'] === 'voice_interactions'),
  ).toEqual([]);
});

it('audio that is too old is found among what is kept', async () => {
  const plan = await plansOfLookup(admin, 'lookup_outdated_voice_interactions', [`timestamptz '2026-11-15'`]);
  expect(plan.map((step) => step['Index Name'])).toContain('voice_interactions_stored_idx');
  expect(plan.filter((step) => step['Node Type'] === 'Seq Scan')).toEqual([]);
});
