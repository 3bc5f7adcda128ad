import { ThrottlerStorage } from '@nestjs/throttler';
import { anEmail, api, ApiAnswer, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { textLike } from '../support/matching';

let server: StartedApp;
let client: ReturnType<typeof api>;

beforeEach(async () => {
  server = await startApp({
    env: { RATE_LIMIT_AUTH: '5', RATE_LIMIT_SCENARIOS: '2', RATE_LIMIT_DEFAULT: '8', TRUST_PROXY: '1' },
  });
  client = api(server.url);
});
afterEach(() => server.close());

const statuses = (answers: ApiAnswer[]) => answers.map(({ status }) => status);

const times = async (count: number, send: () => Promise<ApiAnswer>): Promise<ApiAnswer[]> => {
  const answers: ApiAnswer[] = [];
  for (let done = 0; done < count; done += 1) answers.push(await send());
  return answers;
};

/** As a proxy in front of the server would tell it. */
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

const signIn = (options = {}, email = 'nobody@example.com') =>
  client.post('/auth/login', { email, password: 'wrong password' }, options);

it('counts every attempt to sign in, right or wrong, well formed or not', async () => {
  const { email, password } = await signUp(server.url); // one attempt
  const right = await client.post('/auth/login', { email, password });
  const malformed = await client.post('/auth/login', { nothing: true });
  const wrong = await times(2, () => signIn());
  expect(statuses([right, malformed, ...wrong])).toEqual([200, 422, 401, 401]);

  const limited = await signIn();
  expect(limited.status).toBe(429);
  expect(limited.body).toMatchObject({
    status_code: 429,
    code: 'rate_limit.exceeded',
    detail: textLike(/^Rate limit exceeded/),
  });
  expect((await client.post('/auth/login', { email, password })).status).toBe(429);
});

it('tells in headers how much is left and when to come back', async () => {
  const answers = await times(6, () => signIn());
  expect(answers.map(({ headers }) => headers.get('ratelimit-remaining'))).toEqual(['4', '3', '2', '1', '0', '0']);
  for (const { headers } of answers) {
    expect(headers.get('ratelimit-limit')).toBe('5');
    expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThan(0);
    expect(Number(headers.get('ratelimit-reset'))).toBeLessThanOrEqual(60);
  }
  expect(answers[4]?.headers.get('retry-after')).toBeNull();
  const retryAfter = Number(answers[5]?.headers.get('retry-after'));
  expect(retryAfter).toBeGreaterThan(0);
  expect(retryAfter).toBeLessThanOrEqual(60);
});

it('counts signing up and signing in apart', async () => {
  await times(5, () => signIn());
  expect((await signIn()).status).toBe(429);
  const signUps = await times(6, () => client.post('/auth/register', { email: anEmail(), password: 'long enough' }));
  expect(statuses(signUps)).toEqual([201, 201, 201, 201, 201, 429]);
});

it('counts by address before sign-in, whatever the address of the account', async () => {
  const answers = await times(6, () => signIn(from('203.0.113.7'), anEmail()));
  expect(answers.at(-1)?.status).toBe(429);
  expect((await signIn(from('203.0.113.8'))).status).toBe(401);
});

it('believes only the proxies it was told of', async () => {
  const answers = await times(6, () => signIn(from(`198.51.100.${Math.floor(Math.random() * 250)}, 203.0.113.7`)));
  expect(answers.at(-1)?.status).toBe(429);
});

it('counts the addresses of one IPv6 network as one', async () => {
  let host = 0;
  const answers = await times(6, () => signIn(from(`2001:db8:1:2::${(host += 1).toString(16)}`)));
  expect(answers.at(-1)?.status).toBe(429);
  expect((await signIn(from('2001:db8:1:3::1'))).status).toBe(401);
});

it('counts by user after sign-in, and groups of routes apart', async () => {
  const [a, b] = [await signUp(server.url), await signUp(server.url)];
  const me = (token: string) => client.get('/users/me', { token });
  expect(statuses(await times(9, () => me(a.token)))).toEqual([...Array<number>(8).fill(200), 429]);
  expect((await me(b.token)).status).toBe(200);

  const create = () => client.post('/realtime/custom-scenario', {}, { token: a.token });
  expect(statuses(await times(3, create))).toEqual([422, 422, 429]);
});

it('does not count health checks', async () => {
  expect(new Set(statuses(await times(12, () => client.get('/health/live'))))).toEqual(new Set([200]));
});

it('lets one of many through when they come at once', async () => {
  const answers = await Promise.all(Array.from({ length: 15 }, () => signIn()));
  expect(statuses(answers).filter((status) => status === 401)).toHaveLength(5);
});

describe('with a Redis that does not answer', () => {
  it('counts by itself and goes on', async () => {
    const alone = await startApp({ env: { REDIS_URL: 'redis://127.0.0.1:1', RATE_LIMIT_AUTH: '2' } });
    const signInThere = () => api(alone.url).post('/auth/login', { email: 'nobody@example.com', password: 'wrong' });
    expect(statuses(await times(3, signInThere))).toEqual([401, 401, 429]);
    expect(alone.app.get<object>(ThrottlerStorage).constructor.name).toBe('SharedRateLimitStorage');
    await alone.close();
  });
});
