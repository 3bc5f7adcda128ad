import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { Database } from '../../src/database/database';
import { APP_ROLE } from '../../src/database/row-level-security';
import type { Statement } from '../../src/database/pipeline';
import {
  attemptsOf,
  endedUndialled,
  queuePosition,
  scheduledCall,
  ScheduledCallFilter,
  scheduledCallsPage,
  scheduledCallsTotal,
  seriesCanceled,
} from '../../src/scheduling/scheduled-calls.repository';
import {
  attempted,
  dueCall,
  finished,
  givenBack,
  handedOver,
  postponed,
  spread,
  takenUp,
  toBeDialledAgain,
  waitedFor,
  wokenUp,
} from '../../src/scheduling/scheduled-dialling.repository';
import { planOf, plansOfLookup } from '../support/query-plans';
import { connectAsApp, connectAsOwner, freshDatabase, type TestDatabase } from '../support/test-database';

/** What is asked of scheduled calls finds its rows in indexes, however many there are of others and from before. */

jest.setTimeout(60_000);

const OWNER = { userId: 7 };
const USERS = 40;
const EACH = 500;

const filter: ScheduledCallFilter = { isNewestFirst: false, limit: 50, offset: 0 };
const claim = { owner: OWNER, id: 1, callId: randomUUID(), claim: randomUUID() };
const read = { revision: 0, hasNext: false };
const reason = { code: 'calls_per_minute', detail: 'Too many' } as const;
const now = new Date();

const questions: [string, Statement<unknown>][] = [
  ['one', scheduledCall(OWNER, 1)],
  ['one that may be due', dueCall(OWNER, 1)],
  ['a page', scheduledCallsPage(OWNER, filter)],
  ['the newest', scheduledCallsPage(OWNER, { ...filter, isNewestFirst: true })],
  ['a page of a status', scheduledCallsPage(OWNER, { ...filter, status: 'failed' })],
  ['a page of a time', scheduledCallsPage(OWNER, { ...filter, from: now, before: now })],
  ['a page of a series', scheduledCallsPage(OWNER, { ...filter, seriesId: randomUUID() })],
  ['how many there are', scheduledCallsTotal(OWNER, filter)],
  ['how many are before it', queuePosition(OWNER, 1)],
  ['attempts', attemptsOf(OWNER, 1)],
  ['what hangs on an attempt', attempted(OWNER, claim.callId)],
  ['taking up', takenUp(claim, read, null)],
  ['giving back', givenBack(claim)],
  ['handing over', handedOver(OWNER, [{ id: 1, dueAt: now }])],
  ['putting off', postponed(OWNER, { id: 1, revision: 0 }, { at: now }, reason)],
  ['spreading', spread(OWNER, { from: now, atATime: 2, stepSeconds: 60 }, reason)],
  ['waking up', wokenUp(OWNER, 'calls_at_once')],
  ['canceling', endedUndialled(OWNER, 1, { status: 'canceled', error: null, read }, null)],
  ['canceling a series', seriesCanceled(OWNER, randomUUID(), now)],
  ['waiting for an end', waitedFor(OWNER, claim.callId, { status: 'dialing', isPlaced: true })],
  [
    'dialling again',
    toBeDialledAgain(OWNER, claim.callId, { outcome: 'busy', inMs: 1000, isTrouble: false, error: 'Busy' }),
  ],
  ['ending', finished(OWNER, claim.callId, { outcome: 'completed', status: 'completed', error: null })],
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
    // Some wait, one is dialled, and the others are over.
    await admin.query(
      `INSERT INTO scheduled_calls (user_id, phone_number, scenario, scheduled_time, timezone, local_time, if_late, quiet_hours,
         status, due_at, waiting_code, call_id, check_at, series_id, occurrence_at)
       SELECT $1, '+12025550100', 'sales', now() - n * interval '1 hour', 'UTC', '2027-01-15T09:00:00', 'skip', 'block',
         CASE WHEN n <= 200 THEN 'scheduled' WHEN n = 201 THEN 'dialing' ELSE 'completed' END,
         CASE WHEN n <= 200 THEN now() + n * interval '1 hour' END, CASE n WHEN 5 THEN 'calls_at_once' END, gen_random_uuid(),
         CASE n WHEN 201 THEN now() END, gen_random_uuid(), now()
       FROM generate_series(1, $2::integer) n`,
      [userId, EACH],
    );
    await admin.query(
      `INSERT INTO scheduled_call_attempts (user_id, scheduled_call_id, number, call_id, due_at, started_at)
       SELECT user_id, id, 1, call_id, now(), now() FROM scheduled_calls WHERE user_id = $1`,
      [userId],
    );
    await admin.query('COMMIT');
  }
  await admin.query('VACUUM ANALYZE scheduled_calls, scheduled_call_attempts, users');
  dataSource = await connectAsApp(database.url, 1);
  db = new Database(dataSource);
});
afterAll(async () => {
  await dataSource?.destroy();
  await admin?.end();
  await database?.drop();
});

/** Tables of one row, or of a row for each user. */
const SMALL = new Set(['dial_pace', 'users']);

it.each(questions)('%s reads an index', async (_, statement) => {
  const plan = await planOf(db, OWNER.userId, statement);
  const scans = plan.filter((node) => node['Relation Name'] !== undefined && !SMALL.has(node['Relation Name']));
  expect(scans.length).toBeGreaterThan(0);
  expect(scans.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
});

it.each([
  ['lookup_scheduled_calls_due', ['10'], 'scheduled_calls_due_idx'],
  ['lookup_scheduled_calls_to_check', [], 'scheduled_calls_check_idx'],
])('%s finds everybody’s in an index of nothing else', async (name, values, index) => {
  const plans = await plansOfLookup(admin, name, values);
  const scans = plans.filter((node) => node['Relation Name'] !== undefined && !SMALL.has(node['Relation Name']));
  expect(scans.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
  const used = plans.flatMap((node) => node['Index Name'] ?? []).filter((one) => !one.startsWith('users'));
  expect([...new Set(used)]).toEqual([index]);
});
