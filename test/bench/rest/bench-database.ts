import { Client } from 'pg';
import { startScratchServer } from '../../../scripts/scratch-database';
import { migrate } from '../../../src/database/migrate';
import { APP_ROLE } from '../../../src/database/row-level-security';
import { BUILT_IN_SCENARIOS } from '../../../src/scenarios/built-in-scenarios';

const CALLS = 10_000;
const TURNS_OF_A_CALL = 6;

/** Whose rows lie between those that are read. */
const OTHER_USERS = 20;
const CALLS_OF_ANOTHER = 500;

export interface BenchDatabase {
  url: string;
  /** Gives a user 10,000 calls of 6 turns each, among those of 20 others. @returns ids to read, all over the table */
  seed(userId: number): Promise<string[]>;
  /** An address whose connections see the rows of that user, without a word about it in any request. */
  addressOf(userId: number): string;
  remove(): Promise<void>;
}

/** A PostgreSQL of its own, migrated, gone afterwards. */
export async function startBenchDatabase(): Promise<BenchDatabase> {
  const server = await startScratchServer();
  try {
    await migrate(server.url, () => undefined);
  } catch (error) {
    await server.remove();
    throw error;
  }
  return {
    url: server.url,
    seed: (userId) => seed(server.url, userId),
    addressOf: (userId) => addressOf(server.url, userId),
    remove: () => server.remove(),
  };
}

/** The policies bind the owner of the tables too, and who goes past them would have to be a superuser. */
function addressOf(address: string, userId: number): string {
  const url = new URL(address);
  url.searchParams.set('options', `-c role=${APP_ROLE} -c app.user_id=${userId}`);
  return url.toString();
}

async function seed(url: string, userId: number): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (let other = 1; other <= OTHER_USERS; other += 1) {
      const otherId = userId + other;
      await asUser(client, otherId, async () => {
        await client.query('INSERT INTO users (id, email) VALUES ($1, $2)', [otherId, `other-${other}@example.com`]);
        await insertCalls(client, otherId, CALLS_OF_ANOTHER);
      });
    }
    await asUser(client, userId, () => insertCalls(client, userId, CALLS));
    // Visibility map and statistics, as autovacuum leaves them.
    await client.query('VACUUM ANALYZE calls, turns, users');
    return await asUser(client, userId, async () => {
      const { rows } = await client.query<{ id: string }>('SELECT id FROM calls ORDER BY md5(id::text) LIMIT 1000');
      return rows.map(({ id }) => id);
    });
  } finally {
    await client.end();
  }
}

async function insertCalls(client: Client, userId: number, count: number): Promise<void> {
  await client.query(
    `INSERT INTO calls (id, user_id, call_sid, attempt_id, dial_state, direction, status, ended_reason, phone_number,
       from_number, scenario_name, agent, variables, metadata, max_duration_seconds, created_at, asked_at, started_at,
       answered_at, ended_at, call_duration, answered_by, last_sequence, customer_name, delivery_address, notes,
       extracted, summary, usage, carrier_price, carrier_currency, stream_opened_at, updated_at)
     SELECT gen_random_uuid(), $1, 'CA' || md5(random()::text || n), gen_random_uuid(), 'placed', 'outbound', 'completed',
       'customer_hung_up', '+1202555' || lpad((n % 10000)::text, 4, '0'), '+12025550000', 'sales', $3,
       '{"first_name": "Sam", "product": "Winter tyres"}', '{"campaign": "autumn", "row": 17}', 1800,
       placed, placed, placed + interval '1.2 s', placed + interval '6.7 s', placed + interval '70.1 s', 63, 'human', 4,
       'Sam Doe ' || n, '12 Long Street, Springfield', 'Wants to be called back in spring, after the first of April.',
       '{"interested": true, "budget_usd": 480}', 'The customer would like an offer for four winter tyres by e-mail.',
       '{"input_tokens": 5120, "output_tokens": 1840, "total_tokens": 6960}', -0.0140, 'USD',
       placed + interval '6.9 s', placed + interval '72 s'
     FROM (SELECT n, now() - n * interval '97.123 s' AS placed FROM generate_series(1, $2::integer) n) calls`,
    [userId, count, JSON.stringify(BUILT_IN_SCENARIOS.get('sales')?.agent)],
  );
  await client.query(
    `INSERT INTO turns (user_id, call_id, sequence, item_id, role, text, generated_text, start_ms, end_ms,
       was_interrupted, latency_ms)
     SELECT $1, c.id, n, 'item_' || n, CASE n % 2 WHEN 0 THEN 'agent' ELSE 'customer' END, said.text,
       CASE n % 2 WHEN 0 THEN said.text END, n * 9000 + 400, n * 9000 + 8100, n = 4, CASE n % 2 WHEN 0 THEN 420 + n END
     FROM calls c, generate_series(0, $2::integer - 1) n,
       LATERAL (SELECT 'This is what was said as turn ' || n || ' of a call about winter tyres, more or less.') said (text)
     WHERE c.user_id = $1`,
    [userId, TURNS_OF_A_CALL],
  );
}

async function asUser<T>(client: Client, userId: number, work: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${userId}', true)`);
  const result = await work();
  await client.query('COMMIT');
  return result;
}
