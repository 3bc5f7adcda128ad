import { Injectable, Module } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Database } from '../../src/database/database';
import { APP_ROLE } from '../../src/database/row-level-security';
import { UserErased, UserErasing } from '../../src/users/users.events';
import { api, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { connectAsOwner } from '../support/test-database';
import { until } from '../support/until';

const story: string[] = [];

/** A room that has something to end before its rows go. */
@Injectable()
class Watcher {
  constructor(private readonly db: Database) {}

  @OnEvent(UserErasing.type)
  async onErasing({ owner }: UserErasing): Promise<void> {
    const rows = await this.db.asOwner(owner, (tx) => tx.query<object[]>('SELECT id FROM users'));
    story.push(`erasing ${owner.userId} with ${rows.length} row`);
  }

  @OnEvent(UserErased.type)
  onErased({ owner }: UserErased): void {
    story.push(`erased ${owner.userId}`);
  }
}

@Module({ providers: [Watcher] })
class WatcherModule {}

let server: StartedApp;
let client: ReturnType<typeof api>;

beforeAll(async () => {
  server = await startApp({ moreRooms: [WatcherModule] });
  client = api(server.url);
});
afterAll(() => server.close());

describe('the signed-in user', () => {
  it('is read and changed', async () => {
    const { token, email, userId } = await signUp(server.url);
    const { status, body } = await client.patch(
      '/users/me',
      { name: '  Ada Lovelace ', timezone: 'europe/berlin' },
      { token },
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: userId, email, name: 'Ada Lovelace', timezone: 'Europe/Berlin' });
    expect((await client.get('/users/me', { token })).body).toEqual(body);
  });

  it('keeps what a change does not name', async () => {
    const { token } = await signUp(server.url);
    await client.patch('/users/me', { name: 'Ada' }, { token });
    const { body } = await client.patch('/users/me', { timezone: 'America/New_York' }, { token });
    expect(body).toMatchObject({ name: 'Ada', timezone: 'America/New_York' });
    expect((await client.patch('/users/me', {}, { token })).body).toEqual(body);
    expect((await client.patch('/users/me', { name: null }, { token })).body).toMatchObject({ name: null });
  });

  it.each([
    ['an unknown time zone', { timezone: 'Mars/Olympus_Mons' }, 'timezone'],
    ['an empty name', { name: ' ' }, 'name'],
    ['an endless name', { name: 'x'.repeat(201) }, 'name'],
    ['another address', { email: 'other@example.com' }, 'email'],
    ['more power', { is_admin: true }, 'is_admin'],
    ['another id', { id: 1 }, 'id'],
  ])('refuses %s', async (_, changes, field) => {
    const { token } = await signUp(server.url);
    const { status, body } = await client.patch('/users/me', changes, { token });
    expect(status).toBe(422);
    expect(body['errors']).toEqual([expect.objectContaining({ field })]);
  });

  it('sees itself and nobody else', async () => {
    const [a, b] = [await signUp(server.url), await signUp(server.url)];
    await client.patch('/users/me', { name: 'A' }, { token: a.token });
    expect((await client.get('/users/me', { token: b.token })).body).toMatchObject({ id: b.userId, name: null });
    expect(await server.sql(a.userId, 'SELECT id FROM users')).toEqual([{ id: a.userId }]);
    expect(await server.sql(a.userId, 'SELECT DISTINCT user_id FROM refresh_tokens')).toEqual([{ user_id: a.userId }]);
  });
});

describe('erasing', () => {
  it('takes every row, and stops every token at once', async () => {
    const { token, refreshToken, email, password } = await signUp(server.url);
    await client.post('/auth/ws-ticket', undefined, { token });
    expect((await client.delete('/users/me', { token })).status).toBe(204);

    expect((await client.get('/users/me', { token })).status).toBe(401);
    expect((await client.patch('/users/me', { name: 'Ghost' }, { token })).status).toBe(401);
    expect((await client.delete('/users/me', { token })).status).toBe(401);
    expect((await client.post('/auth/ws-ticket', undefined, { token })).status).toBe(401);
    expect((await client.post('/auth/refresh', { refresh_token: refreshToken })).status).toBe(401);
    expect((await client.post('/auth/login', { email, password })).status).toBe(401);
    expect((await client.post('/auth/register', { email, password })).status).toBe(201);
  });

  it('leaves others alone', async () => {
    const [a, b] = [await signUp(server.url), await signUp(server.url)];
    await client.delete('/users/me', { token: a.token });
    expect((await client.get('/users/me', { token: b.token })).status).toBe(200);
    expect((await client.post('/auth/refresh', { refresh_token: b.refreshToken })).status).toBe(200);
  });

  it('waits for those who end what is live, before the rows go', async () => {
    const { token, userId } = await signUp(server.url);
    story.length = 0;
    await client.delete('/users/me', { token });
    expect(story).toEqual([`erasing ${userId} with 1 row`, `erased ${userId}`]);
  });

  it('is repeated where somebody is at the rows the other way round', async () => {
    const erased = await signUp(server.url);
    await client.post(
      '/realtime/custom-scenario',
      { persona: 'A friendly person.', prompt: 'Talks about the weather.', voice_type: 'alloy', temperature: 0.5 },
      { token: erased.token },
    );
    const job = await connectAsOwner(server.database.url);
    const watch = await connectAsOwner(server.database.url);
    try {
      await job.query('BEGIN');
      await job.query(`SELECT set_config('role', $1, true), set_config('app.user_id', $2, true)`, [
        APP_ROLE,
        String(erased.userId),
      ]);
      // A row of theirs first, and then, for another that refers to them, the user.
      const { rowCount } = await job.query('UPDATE custom_scenarios SET name = name WHERE user_id = $1', [
        erased.userId,
      ]);
      expect(rowCount).toBe(1);
      const erasing = client.delete('/users/me', { token: erased.token });
      await until(
        async () => (await watch.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)).rowCount,
        (waiting) => waiting === 1,
        { what: 'the erasure that waits for the row' },
      );
      // Both wait for each other now, and PostgreSQL ends the one who has waited longer.
      await job.query('SELECT FROM users WHERE id = $1 FOR KEY SHARE', [erased.userId]);
      await job.query('COMMIT');
      expect((await erasing).status).toBeLessThan(300);
      expect((await client.get('/users/me', { token: erased.token })).status).toBe(401);
    } finally {
      await job.end();
      await watch.end();
    }
  });
});
