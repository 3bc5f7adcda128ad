import type { Client } from 'pg';
import PgBoss from 'pg-boss';
import { APP_ROLE } from './row-level-security';

/** Queues that the rooms use; a job's key stands in its queue once while it waits. */
export const QUEUES = ['scheduled-calls'] as const;
export type QueueName = (typeof QUEUES)[number];

/** Of pg-boss; nothing in it names a person, a number or what was said. */
export const QUEUE_SCHEMA = 'pgboss';

const RIGHTS = 'SELECT, INSERT, UPDATE, DELETE';

/** Whether all of it is there for the application; a queue has a table of its own. Each right by itself: a list asks for any. */
const MAY_USE = `SELECT bool_and(has_table_privilege($2, c.oid, r)) AS may
  FROM pg_class c, unnest(string_to_array($3, ', ')) r
  WHERE c.relnamespace = to_regnamespace($1) AND c.relkind IN ('r', 'p')`;

/**
 * Brings pg-boss's own tables up to date, which it can do by itself only as the owner of the schema: the application works
 * on them in its role. Runs where the migrations run, under their lock.
 */
export async function prepareJobQueue(client: Client): Promise<void> {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => client.query(text, values) },
    schema: QUEUE_SCHEMA,
    supervise: false,
    schedule: false,
  });
  await boss.start();
  try {
    for (const name of QUEUES) await boss.createQueue(name, { name, policy: 'short' });
  } finally {
    await boss.stop({ close: false, graceful: false, wait: false });
  }
  const { rows } = await client.query<{ may: boolean }>(MAY_USE, [QUEUE_SCHEMA, APP_ROLE, RIGHTS]);
  if (rows[0]?.may === true) return;
  await client.query(
    `GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO ${APP_ROLE};
     GRANT ${RIGHTS} ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO ${APP_ROLE}`,
  );
}
