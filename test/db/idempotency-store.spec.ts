import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { ABANDONED_AFTER_MS, ANSWER_KEPT_MS } from '../../src/common/idempotency';
import { Database } from '../../src/database/database';
import { PostgresIdempotencyStore } from '../../src/database/idempotency-store';
import { insertAnyRow } from '../support/row-builder';
import { connectAsApp, connectAsOwner, freshDatabase, type TestDatabase } from '../support/test-database';

/** A machine under load takes its time over disks and processes. */
jest.setTimeout(30_000);

const ALICE = { userId: 1 };
const BOB = { userId: 2 };
const CLAIM = { key: 'k', route: 'POST /calls', bodyHash: 'abc' };
const OTHER_CLAIM = { key: 'k', route: 'POST /sms/send', bodyHash: 'def' };

describe('stored answers to an Idempotency-Key', () => {
  let database: TestDatabase;
  let admin: Client;
  let dataSource: DataSource;
  let db: Database;
  let store: PostgresIdempotencyStore;

  beforeAll(async () => {
    database = await freshDatabase();
    admin = await connectAsOwner(database.url);
    for (const { userId } of [ALICE, BOB]) await insertAnyRow(admin, 'users', userId);
    dataSource = await connectAsApp(database.url);
    db = new Database(dataSource);
    store = new PostgresIdempotencyStore(db);
  });

  afterEach(async () => {
    for (const owner of [ALICE, BOB]) await db.asOwner(owner, (tx) => tx.query('DELETE FROM idempotency_keys'));
  });

  afterAll(async () => {
    await dataSource?.destroy();
    await admin?.end();
    await database?.drop();
  });

  const age = (key: string, byMs: number) =>
    db.asOwner(ALICE, (tx) =>
      tx.query(`UPDATE idempotency_keys SET created_at = created_at - make_interval(secs => $2) WHERE key = $1`, [
        key,
        byMs / 1000,
      ]),
    );

  it('shows a claim as work in progress, then with its answer', async () => {
    expect(await store.find(ALICE, 'k')).toBeUndefined();
    expect(await store.claim(ALICE, CLAIM)).toBe(true);
    expect(await store.find(ALICE, 'k')).toEqual({ ...CLAIM, answer: undefined });
    await store.complete(ALICE, 'k', { statusCode: 201, body: { call_sid: 'CA1', nested: [null, '\u0000 \ud800 é'] } });
    expect(await store.find(ALICE, 'k')).toEqual({
      ...CLAIM,
      answer: { statusCode: 201, body: { call_sid: 'CA1', nested: [null, '\u0000 \ud800 é'] } },
    });
  });

  it('repeats the members of an answer in their order', async () => {
    await store.claim(ALICE, CLAIM);
    await store.complete(ALICE, 'k', { statusCode: 200, body: { b: 1, a: 2, 10: 3 } });
    expect(JSON.stringify((await store.find(ALICE, 'k'))?.answer?.body)).toBe(JSON.stringify({ b: 1, a: 2, 10: 3 }));
  });

  it.each([
    ['no body', undefined],
    ['a null body', null],
    ['a body of false', false],
    ['an empty text', ''],
  ])('keeps an answer with %s as it is', async (_, body) => {
    await store.claim(ALICE, CLAIM);
    await store.complete(ALICE, 'k', { statusCode: 204, body });
    expect((await store.find(ALICE, 'k'))?.answer).toEqual({ statusCode: 204, body });
  });

  it('lets one of many simultaneous claims through', async () => {
    const claims = await Promise.all(Array.from({ length: 12 }, () => store.claim(ALICE, CLAIM)));
    expect(claims.filter((isMine) => isMine)).toHaveLength(1);
  });

  it('keeps the equal keys of two users apart', async () => {
    expect(await store.claim(ALICE, CLAIM)).toBe(true);
    expect(await store.claim(BOB, OTHER_CLAIM)).toBe(true);
    await store.complete(BOB, 'k', { statusCode: 200, body: 'of Bob' });
    expect((await store.find(ALICE, 'k'))?.answer).toBeUndefined();
    expect((await store.find(BOB, 'k'))?.route).toBe('POST /sms/send');
  });

  it('takes a released key again, but keeps an answered one', async () => {
    await store.claim(ALICE, CLAIM);
    await store.release(ALICE, 'k');
    expect(await store.claim(ALICE, OTHER_CLAIM)).toBe(true);
    await store.complete(ALICE, 'k', { statusCode: 201, body: 1 });
    await store.release(ALICE, 'k');
    expect((await store.find(ALICE, 'k'))?.answer).toEqual({ statusCode: 201, body: 1 });
  });

  it('hands an abandoned claim to the next, and an unfinished one to nobody before', async () => {
    await store.claim(ALICE, CLAIM);
    await age('k', ABANDONED_AFTER_MS - 60_000);
    expect(await store.claim(ALICE, OTHER_CLAIM)).toBe(false);
    await age('k', 61_000);
    expect(await store.find(ALICE, 'k')).toBeUndefined();
    expect(await store.claim(ALICE, OTHER_CLAIM)).toBe(true);
    expect(await store.find(ALICE, 'k')).toEqual({ ...OTHER_CLAIM, answer: undefined });
  });

  it('forgets answers after a day, and tidies them away at the next claim', async () => {
    for (const key of ['k', 'older']) {
      await store.claim(ALICE, { ...CLAIM, key });
      await store.complete(ALICE, key, { statusCode: 201, body: 1 });
    }
    await age('k', ANSWER_KEPT_MS - 60_000);
    expect(await store.claim(ALICE, CLAIM)).toBe(false);
    for (const key of ['k', 'older']) await age(key, ANSWER_KEPT_MS + 1000);
    expect(await store.find(ALICE, 'k')).toBeUndefined();
    expect(await store.claim(ALICE, OTHER_CLAIM)).toBe(true);
    const rows = await db.asOwner(ALICE, (tx) => tx.query<unknown[]>('SELECT key, status_code FROM idempotency_keys'));
    expect(rows).toEqual([{ key: 'k', status_code: null }]);
  });
});
