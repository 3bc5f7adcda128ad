import { Body, Controller, HttpCode, Module, Param, Post } from '@nestjs/common';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { AppError } from '../../src/common/app-error';
import { Idempotent } from '../../src/common/idempotent.decorator';
import { CurrentOwner, Owner } from '../../src/common/owner';
import { RateLimit } from '../../src/common/rate-limit.decorator';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';

class WorkDto extends createZodDto(
  z.strictObject({ what: z.string(), a: z.int().optional(), b: z.int().optional() }),
) {}

/** What the routes below have done, and how they are to answer next. */
const done: string[] = [];
let failure: Error | undefined;
let gate: Promise<void> = Promise.resolve();

@Controller('work')
@RateLimit('calls')
class WorkController {
  @Post()
  @Idempotent()
  async work(@CurrentOwner() owner: Owner, @Body() { what }: WorkDto): Promise<object> {
    done.push(`${owner.userId}:${what}`);
    await gate;
    if (failure !== undefined) throw failure;
    return { what, number: done.length, at: new Date(0) };
  }

  @Post('quiet/:id')
  @HttpCode(204)
  @Idempotent()
  quiet(@Param('id') id: string): void {
    done.push(id);
  }
}

@Module({ controllers: [WorkController] })
class WorkModule {}

let server: StartedApp;
let client: ReturnType<typeof api>;
let user: SignedUp;

beforeAll(async () => {
  server = await startApp({ moreRooms: [WorkModule], env: { RATE_LIMIT_CALLS: '1000' } });
  client = api(server.url);
});
afterAll(() => server.close());
beforeEach(async () => {
  user = await signUp(server.url);
  done.length = 0;
  failure = undefined;
  gate = Promise.resolve();
});

const work = (key: string | undefined, body: unknown = { what: 'x' }, who = user) =>
  client.post('/work', body, { token: who.token, headers: key === undefined ? {} : { 'idempotency-key': key } });

it('does the work once and repeats the answer', async () => {
  const first = await work('key-1');
  const again = await work('key-1');
  expect(first.status).toBe(201);
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  expect(again.status).toBe(201);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.body).toEqual(first.body);
  expect(done).toHaveLength(1);
});

it('works each time without a key', async () => {
  await work(undefined);
  await work(undefined);
  expect(done).toHaveLength(2);
});

it('does not mind the order of members', async () => {
  await work('key-1', '{"what": "x", "a": 1, "b": 2}');
  const headers = { 'idempotency-key': 'key-1', 'content-type': 'application/json' };
  await client.post('/work', '{"what": "x", "a": 1, "b": 2}', { token: user.token, headers });
  const again = await client.post('/work', '{"b": 2, "what": "x", "a": 1}', { token: user.token, headers });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(done).toHaveLength(1);
});

it('refuses the key for another body, another address and another route', async () => {
  await work('key-1');
  const quiet = (id: string) =>
    client.post(`/work/quiet/${id}`, undefined, { token: user.token, headers: { 'idempotency-key': 'key-2' } });
  await quiet('1');
  const otherBody = await work('key-1', { what: 'y' });
  const otherAddress = await quiet('2');
  const otherRoute = await work('key-2');
  for (const { status, body } of [otherBody, otherAddress, otherRoute]) {
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'idempotency.key_reused' });
  }
  expect(done).toHaveLength(2);
});

it('repeats an answer without a body', async () => {
  const quiet = () =>
    client.post('/work/quiet/1', undefined, { token: user.token, headers: { 'idempotency-key': 'key-1' } });
  expect((await quiet()).status).toBe(204);
  const again = await quiet();
  expect([again.status, again.text, again.headers.get('idempotent-replayed')]).toEqual([204, '', 'true']);
  expect(done).toHaveLength(1);
});

it('keeps the keys of users apart', async () => {
  const other = await signUp(server.url);
  await work('key-1');
  const theirs = await work('key-1', { what: 'other' }, other);
  expect(theirs.status).toBe(201);
  expect(theirs.headers.get('idempotent-replayed')).toBeNull();
  expect(done).toEqual([`${user.userId}:x`, `${other.userId}:other`]);
});

it('says that the first request is still being worked on', async () => {
  let open: () => void = () => undefined;
  gate = new Promise((resolve) => (open = resolve));
  const first = work('key-1');
  while (done.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const early = await work('key-1');
  expect(early.status).toBe(409);
  expect(early.body).toMatchObject({ code: 'idempotency.in_progress' });
  expect(early.headers.get('retry-after')).toBe('1');
  const other = await work('key-1', { what: 'y' });
  expect(other.status).toBe(422);
  open();
  expect((await first).status).toBe(201);
  expect((await work('key-1')).headers.get('idempotent-replayed')).toBe('true');
});

it('works once when twenty requests come at once', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => work('key-1')));
  expect(done).toHaveLength(1);
  expect(answers.filter(({ headers, status }) => status === 201 && !headers.has('idempotent-replayed'))).toHaveLength(
    1,
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(
    new Set(answers.some(({ status }) => status === 409) ? [201, 409] : [201]),
  );
});

it.each(['', 'x'.repeat(256), 'with space', 'ü'])('refuses %j as a key', async (key) => {
  const { status, body } = await work(Buffer.from(key, 'utf8').toString('latin1'));
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: 'idempotency.key_invalid', errors: [{ field: 'Idempotency-Key' }] });
  expect(done).toHaveLength(0);
});

it('takes 255 visible characters', async () => {
  expect((await work(`!~${'x'.repeat(253)}`)).status).toBe(201);
});

describe('failures', () => {
  it.each([
    ['invalid', 400],
    ['not-found', 404],
    ['unprocessable', 422],
    ['upstream', 502],
  ] as const)('are repeated when the request was settled by them: %s', async (kind, status) => {
    failure = new AppError(kind, 'test.failure', 'It did not work.');
    const first = await work('key-1');
    failure = undefined;
    const again = await work('key-1');
    expect([first.status, again.status]).toEqual([status, status]);
    // The stored problem, but for the request that asks for it now.
    expect(again.body).toEqual({ ...first.body, request_id: again.headers.get('x-request-id') });
    expect(again.headers.get('content-type')).toContain('application/problem+json');
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(done).toHaveLength(1);
  });

  it.each([
    ['unauthenticated', 401],
    // Quiet hours pass, and nothing was dialled.
    ['forbidden', 403],
    ['conflict', 409],
    ['rate-limited', 429],
    ['unavailable', 503],
  ] as const)('give the key back when nothing was settled: %s', async (kind, status) => {
    failure = new AppError(kind, 'test.failure', 'Not now.');
    expect((await work('key-1')).status).toBe(status);
    failure = undefined;
    const again = await work('key-1');
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, null]);
    expect(done).toHaveLength(2);
  });

  it('gives the key back after a bug', async () => {
    failure = new Error('a bug');
    expect((await work('key-1')).status).toBe(500);
    failure = undefined;
    expect((await work('key-1')).status).toBe(201);
  });

  it('keeps what validation says', async () => {
    expect((await work('key-1', { what: 1 })).status).toBe(422);
    const again = await work('key-1', { what: 1 });
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([422, 'true']);
  });
});

it('asks who it is before it tells what was answered', async () => {
  await work('key-1');
  const { status } = await client.post('/work', { what: 'x' }, { headers: { 'idempotency-key': 'key-1' } });
  expect(status).toBe(401);
});

it('does not count replays against the limit', async () => {
  const limited = await startApp({ moreRooms: [WorkModule], env: { RATE_LIMIT_CALLS: '2' } });
  const { token } = await signUp(limited.url);
  const send = (key: string) =>
    api(limited.url).post('/work', { what: 'x' }, { token, headers: { 'idempotency-key': key } });
  expect((await send('key-1')).status).toBe(201);
  for (let round = 0; round < 5; round += 1) expect((await send('key-1')).status).toBe(201);
  expect((await send('key-2')).status).toBe(201);
  expect((await send('key-3')).status).toBe(429);
  expect((await send('key-1')).status).toBe(201);
  await limited.close();
});
