import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { Database } from '../../src/database/database';
import type { Statement } from '../../src/database/pipeline';
import { APP_ROLE } from '../../src/database/row-level-security';
import { smsBy, SmsFilter, smsPage, smsTotal } from '../../src/sms/sms.repository';
import { planOf, plansOfLookup } from '../support/query-plans';
import { connectAsApp, connectAsOwner, freshDatabase, type TestDatabase } from '../support/test-database';

/** What is asked of texts finds its rows in indexes, however many there are of others and from before. */

jest.setTimeout(60_000);

const OWNER = { userId: 7 };
const USERS = 40;
const EACH = 500;
const PERSON = '+12025550107';

const filter: SmsFilter = {
  direction: undefined,
  status: undefined,
  phoneNumber: undefined,
  q: undefined,
  limit: 50,
  offset: 0,
};

const questions: [string, Statement<unknown>, string][] = [
  ['one', smsBy(OWNER, randomUUID()), 'sms_messages_pkey'],
  ['a page', smsPage(OWNER, filter), 'sms_messages_user_id_created_at_id_idx'],
  ['a page of a number', smsPage(OWNER, { ...filter, phoneNumber: PERSON }), 'sms_messages_user_id_phone_number_idx'],
  ['how many there are', smsTotal(OWNER, { ...filter, phoneNumber: PERSON }), 'sms_messages_user_id_phone_number_idx'],
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
      `INSERT INTO sms_messages (id, user_id, direction, phone_number, own_number, body, status, send_state, sid, attempt_id,
         source, created_at, due_at)
       SELECT gen_random_uuid(), $1::integer, CASE n % 2 WHEN 0 THEN 'inbound' ELSE 'outbound' END, '+1202555' || lpad((n % 250)::text, 4, '0'),
         '+12025550000', 'Hello', 'delivered', 'placed', 'SM' || md5($1::integer || ' ' || n), gen_random_uuid(), 'request',
         now() - n * interval '1 hour', CASE n WHEN 3 THEN now() END
       FROM generate_series(1, $2::integer) n`,
      [userId, EACH],
    );
    await admin.query(
      `INSERT INTO calls (id, user_id, dial_state, direction, status, phone_number, from_number, scenario_name, agent,
         max_duration_seconds, created_at, ended_at, answered_at)
       SELECT gen_random_uuid(), $1::integer, 'placed', 'outbound', 'completed', '+1202555' || lpad((n % 250)::text, 4, '0'), '+12025550000',
         'sales', CASE n % 50 WHEN 0 THEN '{"followUpText": "Hello"}'::jsonb ELSE '{}'::jsonb END, 60,
         now() - n * interval '1 hour', now() - n * interval '1 hour', now() - n * interval '1 hour'
       FROM generate_series(1, $2::integer) n`,
      [userId, EACH],
    );
    await admin.query('COMMIT');
  }
  await admin.query('VACUUM ANALYZE sms_messages, calls, users');
  dataSource = await connectAsApp(database.url, 1);
  db = new Database(dataSource);
});
afterAll(async () => {
  await dataSource?.destroy();
  await admin?.end();
  await database?.drop();
});

it.each(questions)('%s reads its index', async (_, statement, index) => {
  const plan = await planOf(db, OWNER.userId, statement);
  const scans = plan.filter((node) => node['Relation Name'] === 'sms_messages');
  expect(scans.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
  expect(plan.flatMap((node) => node['Index Name'] ?? [])).toContain(index);
});

it.each([
  ['lookup_sms_to_send', ['now()'], ['sms_messages_send_idx']],
  ['lookup_sms_to_look_at', ['now()'], ['sms_messages_look_idx']],
  ['lookup_sms_by_sid', [`'SM${'0'.repeat(32)}'`], ['sms_messages_sid_key']],
  ['lookup_sms_by_attempt', [`'${randomUUID()}'`], ['sms_messages_attempt_id_key']],
  ['lookup_sms_rivals', [`'${randomUUID()}'`], ['sms_messages_pkey']],
  [
    'lookup_last_contact',
    [`'${PERSON}'`, `'+12025550000'`],
    ['sms_messages_pair_idx', 'calls_phone_number_from_number_idx'],
  ],
  ['lookup_later_word', [`'${PERSON}'`, `'+12025550000'`, 'now()'], ['sms_messages_pair_idx']],
  [
    'lookup_contacts_of',
    [`'${PERSON}'`, `'+12025550000'`],
    ['sms_messages_pair_idx', 'calls_phone_number_from_number_idx'],
  ],
  ['lookup_calls_to_follow_up', ['now()'], ['calls_follow_up_idx']],
])('%s looks at no more rows than it must', async (name, values, indexes) => {
  const plans = await plansOfLookup(admin, name, values);
  // Of users there are few.
  const scans = plans.filter((node) => node['Relation Name'] !== undefined && node['Relation Name'] !== 'users');
  expect(scans.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
  const used = plans.flatMap((node) => node['Index Name'] ?? []);
  expect(used).toEqual(expect.arrayContaining(indexes));
});

it('calls to be followed by a text are looked at once', async () => {
  await admin.query('RESET ROLE');
  for (let userId = 1; userId <= USERS; userId += 1) {
    await admin.query(`BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${userId}', true);
      UPDATE calls SET followed_up_at = now() WHERE agent ? 'followUpText'; COMMIT`);
  }
  await admin.query('VACUUM ANALYZE calls');
  const { rows } = await admin.query<{ before: string }>(
    `SELECT idx_tup_read AS before FROM pg_stat_user_indexes WHERE indexrelname = 'calls_follow_up_idx'`,
  );
  for (let round = 0; round < 20; round += 1) {
    expect(await db.lookup('SELECT id FROM lookup_calls_to_follow_up(now())')).toEqual([]);
  }
  await db.lookup('SELECT pg_stat_force_next_flush()');
  const { rows: after } = await admin.query<{ read: string }>(
    `SELECT idx_tup_read AS read FROM pg_stat_user_indexes WHERE indexrelname = 'calls_follow_up_idx'`,
  );
  expect(after).toEqual([{ read: rows[0]?.before }]);
});
