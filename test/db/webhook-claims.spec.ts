import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { Database } from '../../src/database/database';
import { Claim, DeliveryAttempts } from '../../src/webhooks/delivery-attempts.service';
import { DeliveryRounds } from '../../src/webhooks/delivery-rounds.service';
import type { SignedHeaders } from '../../src/webhooks/signature';
import { SendAnswer, WebhookSender } from '../../src/webhooks/webhook-sender';
import { WebhookSecrets } from '../../src/webhooks/webhook-secrets';
import { connectAsApp, freshDatabase, type TestDatabase } from '../support/test-database';
import { until } from '../support/until';

/** Who sends what, where several servers are at it. */

const secrets = new WebhookSecrets({ encryptionKeys: [Buffer.alloc(32, 7)] });
const RECEIVED: SendAnswer = { status: 204, body: '', error: null, durationMs: 1 };

let database: TestDatabase;
let dataSources: DataSource[];
let dbs: [Database, Database];
let users = 0;
let sent: { url: string; id: string }[];
let answer: () => Promise<SendAnswer>;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await freshDatabase();
  dataSources = [await connectAsApp(database.url), await connectAsApp(database.url)];
  const [first, second] = dataSources.map((dataSource) => new Database(dataSource));
  if (first === undefined || second === undefined) throw new Error('There are two.');
  dbs = [first, second];
});
beforeEach(() => {
  sent = [];
  answer = () => Promise.resolve(RECEIVED);
});
afterAll(async () => {
  for (const dataSource of dataSources ?? []) await dataSource.destroy();
  await database?.drop();
});

class NotedSender extends WebhookSender {
  override send(url: string, headers: SignedHeaders): Promise<SendAnswer> {
    sent.push({ url, id: headers['webhook-id'] });
    return answer();
  }
}

/** As a server sends it. */
const attemptsOf = (db: Database) => new DeliveryAttempts(db, secrets, new NotedSender(false));

async function aUser(): Promise<number> {
  const userId = ++users;
  await dbs[0].asNewOwner({ userId }, (tx) =>
    tx.query(`INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'none')`, [userId, `${userId}@example.com`]),
  );
  return userId;
}

/** With so many that are due. */
async function aWebhook(userId: number, due: number): Promise<{ id: number; url: string }> {
  return dbs[0].asOwner({ userId }, async (tx) => {
    const [row] = await tx.query<{ id: number }[]>(
      `INSERT INTO webhooks (user_id, url, events, is_active, secret, key_id, listening_since)
       VALUES ($1, 'https://' || gen_random_uuid() || '.example.com/', '{*}', true, '', '', now()) RETURNING id`,
      [userId],
    );
    const id = row?.id ?? 0;
    const { columns } = secrets.make({ id, userId });
    await tx.query('UPDATE webhooks SET secret = $2, key_id = $3 WHERE id = $1', [id, columns.secret, columns.keyId]);
    await tx.query(
      `INSERT INTO webhook_deliveries (id, user_id, webhook_id, event, subject, payload, status, due_at)
       SELECT gen_random_uuid(), $1, $2, 'call.ended', n::text, '{}', 'pending', clock_timestamp() FROM generate_series(1, $3) n`,
      [userId, id, due],
    );
    const [{ url } = { url: '' }] = await tx.query<{ url: string }[]>('SELECT url FROM webhooks WHERE id = $1', [id]);
    return { id, url };
  });
}

const states = (userId: number) =>
  dbs[0].asOwner({ userId }, (tx) =>
    tx.query<{ status: string; attempts: number }[]>(
      'SELECT status, attempts FROM webhook_deliveries WHERE user_id = $1',
      [userId],
    ),
  );

describe('a delivery', () => {
  it('is claimed once, by however many servers', async () => {
    const userId = await aUser();
    const { id } = await aWebhook(userId, 60);
    const claims: Claim[] = [];
    const [first, second] = dbs.map(attemptsOf) as [DeliveryAttempts, DeliveryAttempts];
    while (claims.length < 60) {
      const rounds = await Promise.all(
        [first, second, first, second].map((attempts) => attempts.claimDue({ userId }, id, 4, null)),
      );
      for (const round of rounds) expect(round.length).toBeLessThanOrEqual(4);
      claims.push(...rounds.flat());
      expect(rounds.flat()).not.toEqual([]);
    }
    expect(new Set(claims.map((claim) => claim.id)).size).toBe(60);
    expect(await first.claimDue({ userId }, id, 4, null)).toEqual([]);
  });

  it('is sent once where two servers take turns', async () => {
    const userIds = [await aUser(), await aUser()];
    for (const userId of userIds) for (const due of [20, 1, 13]) await aWebhook(userId, due);
    const servers = dbs.map((db) => new DeliveryRounds(db, attemptsOf(db)));
    await until(
      async () => {
        await Promise.all(servers.map((server) => server.sendDue()));
        return (await Promise.all(userIds.map(states))).flat();
      },
      (all) => all.every(({ status }) => status === 'delivered'),
    );
    for (const server of servers) await server.beforeApplicationShutdown();
    expect(sent).toHaveLength(68);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(68);
  });

  it('is sent again by somebody else when whoever had it has died, and what the dead one says then is not heard', async () => {
    const userId = await aUser();
    const { id } = await aWebhook(userId, 1);
    const [first, second] = dbs.map(attemptsOf) as [DeliveryAttempts, DeliveryAttempts];
    const [slow] = await first.claimDue({ userId }, id, 4, null);
    const [next] = await second.claimDue({ userId }, id, 4, new Date(Date.now() + 120_000));
    if (slow === undefined || next === undefined) throw new Error('Nothing was claimed.');
    expect(next).toMatchObject({ id: slow.id, attempts: 2 });
    answer = () => Promise.resolve({ ...RECEIVED, status: 500, error: 'It answered with status 500.' });
    await first.make(slow);
    expect(await states(userId)).toEqual([{ status: 'pending', attempts: 2 }]);
    answer = () => Promise.resolve(RECEIVED);
    await second.make(next);
    expect(await states(userId)).toEqual([{ status: 'delivered', attempts: 2 }]);
  });

  it('is told to a webhook once for each subject', async () => {
    const userId = await aUser();
    const { id } = await aWebhook(userId, 1);
    const again = dbs[0].asOwner({ userId }, (tx) =>
      tx.query(
        `INSERT INTO webhook_deliveries (id, user_id, webhook_id, event, subject, payload, status)
         VALUES ($1, $2, $3, 'call.ended', '1', '{}', 'pending')`,
        [randomUUID(), userId, id],
      ),
    );
    await expect(again).rejects.toThrow('webhook_deliveries_subject_key');
  });
});

describe('what is looked for', () => {
  const due = (now: Date | null = null, full: number[] = [], fullUsers: number[] = []) =>
    dbs[0].lookup<{ user_id: number; webhook_id: number }>('SELECT * FROM lookup_due_webhooks($1, $2, $3)', [
      now,
      full,
      fullUsers,
    ]);
  const ofUser = async (userId: number, ...given: Parameters<typeof due>) =>
    (await due(...given)).filter((row) => row.user_id === userId).map((row) => row.webhook_id);

  it('is each webhook that has something due, but those that are full or switched off', async () => {
    const userId = await aUser();
    const [one, two, three, none] = [
      await aWebhook(userId, 50),
      await aWebhook(userId, 1),
      await aWebhook(userId, 1),
      await aWebhook(userId, 0),
    ];
    expect(await ofUser(userId)).toEqual([one.id, two.id, three.id]);
    expect(none.id).toBeGreaterThan(three.id);
    expect(await ofUser(userId, new Date(Date.now() - 3600_000))).toEqual([]);
    expect(await ofUser(userId, null, [one.id])).toEqual([two.id, three.id]);
    expect(await ofUser(userId, null, [], [userId])).toEqual([]);
    await dbs[0].asOwner({ userId }, (tx) => tx.query('UPDATE webhooks SET is_active = false WHERE id = $1', [two.id]));
    expect(await ofUser(userId)).toEqual([one.id, three.id]);
    await dbs[0].asOwner({ userId }, (tx) => tx.query('UPDATE users SET is_active = false WHERE id = $1', [userId]));
    expect(await ofUser(userId)).toEqual([]);
  });
});
