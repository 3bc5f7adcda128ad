import type { DataSource } from 'typeorm';
import type { AppConfig } from '../../src/config/app-config';
import { Database } from '../../src/database/database';
import { DialPace } from '../../src/scheduling/dial-pace.service';
import { connectAsApp, freshDatabase, type TestDatabase } from '../support/test-database';

/** How fast calls are dialled by everybody together, and since when somebody is there to dial. */

let database: TestDatabase;
let dataSource: DataSource;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  dataSource = await connectAsApp(database.url);
  db = new Database(dataSource);
});
beforeEach(() =>
  db.unowned(
    'UPDATE dial_pace SET next_at = clock_timestamp(), alive_at = clock_timestamp(), gone_at = clock_timestamp(), resumed_at = clock_timestamp()',
  ),
);
afterAll(async () => {
  await dataSource?.destroy();
  await database?.drop();
});

/** Of a process of its own. */
const pace = (dialsPerSecond: number) => new DialPace({ calls: { dialsPerSecond } } as AppConfig, db);

interface PaceRow {
  next_at: Date;
  alive_at: Date;
  gone_at: Date;
  resumed_at: Date;
  now: Date;
}
const row = async (): Promise<PaceRow> => {
  const [found] = await db.unowned<PaceRow>('SELECT *, clock_timestamp() AS now FROM dial_pace');
  if (found === undefined) throw new Error('There is no pace.');
  return found;
};
const aliveSince = (ago: string) =>
  db.unowned(
    `UPDATE dial_pace SET alive_at = clock_timestamp() - $1::interval, resumed_at = clock_timestamp() - interval '1 day',
       gone_at = clock_timestamp() - interval '2 days'`,
    [ago],
  );

describe('the pace', () => {
  it('lets the first go at once and each other after the one before', async () => {
    const slow = pace(0.1);
    expect(await slow.reserve()).toBe(0);
    const second = await slow.reserve();
    expect(second).toBeLessThanOrEqual(10_000);
    expect(second).toBeGreaterThan(5_000);
    expect(await slow.reserve()).toBeGreaterThan(15_000);
  });

  it('is that of all processes together, however many ask at once', async () => {
    const [first, second] = [pace(10), pace(10)];
    const { now: before } = await row();
    await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? first : second).reserve()));
    const { next_at: after } = await row();
    expect(after.getTime() - before.getTime()).toBeGreaterThanOrEqual(2_000);
  });

  it('does not save up what nobody has asked for', async () => {
    await db.unowned(`UPDATE dial_pace SET next_at = clock_timestamp() - interval '1 hour'`);
    const slow = pace(0.1);
    expect(await slow.reserve()).toBe(0);
    expect(await slow.reserve()).toBeGreaterThan(5_000);
  });
});

describe('somebody is there', () => {
  it('again, after nobody was', async () => {
    await aliveSince('2 hours');
    const { alive_at: gone } = await row();
    await pace(1).beat();
    const { gone_at: goneAt, resumed_at: resumedAt, alive_at: aliveAt } = await row();
    expect(goneAt).toEqual(gone);
    expect(resumedAt).toEqual(aliveAt);
    expect(aliveAt.getTime() - gone.getTime()).toBeGreaterThanOrEqual(2 * 3600_000);
  });

  it('and was all the time, whoever says so', async () => {
    await aliveSince('20 seconds');
    const before = await row();
    await pace(1).beat();
    const after = await row();
    expect([after.gone_at, after.resumed_at]).toEqual([before.gone_at, before.resumed_at]);
    expect(after.alive_at.getTime()).toBeGreaterThan(before.alive_at.getTime());
  });
});
