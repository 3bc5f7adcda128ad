import type PgBoss from 'pg-boss';
import type { DataSource } from 'typeorm';
import { Database } from '../../src/database/database';
import { JobQueue, NewJob } from '../../src/database/job-queue';
import { connectAsApp, freshDatabase, type TestDatabase } from '../support/test-database';

/** Jobs as the application sees them, in its own role. */

const QUEUE = 'scheduled-calls';

let database: TestDatabase;
let dataSource: DataSource;
let db: Database;
let queue: JobQueue;

beforeAll(async () => {
  database = await freshDatabase();
  dataSource = await connectAsApp(database.url);
  db = new Database(dataSource);
  queue = new JobQueue(db);
  await queue.onApplicationBootstrap();
});
afterEach(() => db.unowned('DELETE FROM pgboss.job'));
afterAll(async () => {
  await queue?.beforeApplicationShutdown();
  await dataSource?.destroy();
  await database?.drop();
});

const ago = new Date('2026-01-01T00:00:00Z');
const job = (key: string, more: Partial<NewJob> = {}): NewJob => ({
  key,
  data: { key },
  priority: 0,
  notBefore: ago,
  ...more,
});
const taken = (count: number) =>
  queue.take<{ key: string }>(QUEUE, count).then((jobs) => jobs.map(({ data }) => data.key));
const left = () => db.unowned<{ state: string }>('SELECT state FROM pgboss.job');

it('gives each job to one, the most urgent first', async () => {
  await queue.add(QUEUE, [job('late', { priority: -2 }), job('soon', { priority: -1 })]);
  expect(await taken(1)).toEqual(['soon']);
  expect(await taken(5)).toEqual(['late']);
  expect(await taken(5)).toEqual([]);
  await queue.add(
    QUEUE,
    Array.from({ length: 40 }, (_, at) => job(`many ${at}`)),
  );
  const all = (await Promise.all(Array.from({ length: 8 }, () => taken(10)))).flat();
  expect(new Set(all).size).toBe(40);
  expect(all).toHaveLength(40);
});

it('gives none before its time', async () => {
  await queue.add(QUEUE, [job('tomorrow', { notBefore: new Date(Date.now() + 24 * 3600_000) })]);
  expect(await taken(5)).toEqual([]);
});

it('takes a key once while it waits, and again when it was taken', async () => {
  await queue.add(QUEUE, [job('one')]);
  await queue.add(QUEUE, [job('one'), job('two')]);
  expect((await taken(5)).sort()).toEqual(['one', 'two']);
  await queue.add(QUEUE, [job('one')]);
  expect(await taken(5)).toEqual(['one']);
});

it('keeps nothing of what is done', async () => {
  await queue.add(QUEUE, [job('one'), job('two')]);
  const jobs = await queue.take(QUEUE, 1);
  await queue.done(QUEUE, jobs);
  expect(await left()).toEqual([{ state: 'created' }]);
  await queue.done(QUEUE, []);
  await queue.add(QUEUE, []);
});

it('is looked after by the application: what nobody has brought to an end goes', async () => {
  await queue.add(QUEUE, [job('left behind')]);
  await taken(1);
  await db.unowned(`UPDATE pgboss.job SET started_on = now() - interval '1 day'`);
  const { boss } = queue as unknown as { boss: PgBoss & { maintain(): Promise<unknown> } };
  await boss.maintain();
  await db.unowned(`UPDATE pgboss.job SET completed_on = now() - interval '30 days'`);
  await boss.maintain();
  expect(await left()).toEqual([]);
  await db.unowned(`UPDATE pgboss.archive SET archived_on = now() - interval '60 days'`);
  await boss.maintain();
  expect(await db.unowned('SELECT id FROM pgboss.archive')).toEqual([]);
});
