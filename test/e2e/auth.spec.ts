import { createHmac } from 'node:crypto';
import { AccountsService } from '../../src/auth/accounts.service';
import { hashOfToken } from '../../src/common/opaque-token';
import { WsTickets } from '../../src/auth/ws-tickets';
import { anEmail, api, ApiAnswer, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { aNumber, aText, textLike } from '../support/matching';

const PASSWORD = 'correct horse battery';

let server: StartedApp;
let client: ReturnType<typeof api>;

beforeAll(async () => {
  server = await startApp();
  client = api(server.url);
});
afterAll(() => server.close());

const refresh = (refreshToken: string): Promise<ApiAnswer> =>
  client.post('/auth/refresh', { refresh_token: refreshToken });

describe('register', () => {
  it('creates a user and says no more than who it is', async () => {
    const email = anEmail();
    const { status, body } = await client.post('/auth/register', { email, password: PASSWORD });
    expect(status).toBe(201);
    expect(body).toEqual({ id: aNumber, email, is_active: true });
  });

  it('takes an address once, in whatever spelling', async () => {
    const email = anEmail();
    await client.post('/auth/register', { email: ` ${email.toUpperCase()} `, password: PASSWORD });
    const again = await client.post('/auth/register', { email, password: PASSWORD });
    expect(again.status).toBe(400);
    expect(again.body).toMatchObject({
      detail: 'Email already registered',
      status_code: 400,
      code: 'auth.email_taken',
    });
  });

  it('gives an address to one of ten who want it at the same moment', async () => {
    const email = anEmail();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => client.post('/auth/register', { email, password: PASSWORD })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(400)]);
  });

  it.each([
    ['a short password', { email: 'a@example.com', password: 'seven77' }, 'password'],
    ['an endless password', { email: 'a@example.com', password: 'x'.repeat(257) }, 'password'],
    ['no address', { password: PASSWORD }, 'email'],
    ['no e-mail address', { email: 'nobody', password: PASSWORD }, 'email'],
    ['a number', { email: 5, password: PASSWORD }, 'email'],
    ['NUL', { email: 'a@example.com', password: 'pass\0word12' }, 'password'],
    ['a lone surrogate', { email: 'a@example.com', password: 'password\ud800' }, 'password'],
    ['a field that does not exist', { email: 'a@example.com', password: PASSWORD, is_admin: true }, 'is_admin'],
  ])('refuses %s', async (_, body, field) => {
    const answer = await client.post('/auth/register', body);
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body['errors']).toEqual(expect.arrayContaining([expect.objectContaining({ field })]));
  });

  it.each(['null', '[]', '"text"', '7', '{}'])('refuses %s as a body', async (text) => {
    const answer = await client.post('/auth/register', text, { headers: { 'content-type': 'application/json' } });
    expect(answer.status).toBe(422);
  });
});

describe('login', () => {
  it('answers a pair of tokens and the user', async () => {
    const { email } = await signUp(server.url);
    const { status, body, headers } = await client.post('/auth/login', { email, password: PASSWORD });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      access_token: aText,
      refresh_token: aText,
      token_type: 'bearer',
      expires_in: 1800,
      user: {
        id: aNumber,
        email,
        name: null,
        timezone: 'UTC',
        is_active: true,
        is_admin: false,
        created_at: textLike(/Z$/),
      },
    });
  });

  it('takes the form of an OAuth 2 password grant', async () => {
    const { email } = await signUp(server.url);
    const form = new URLSearchParams({ grant_type: 'password', username: email, password: PASSWORD, scope: '' });
    const { status, body } = await client.post('/auth/login', form);
    expect(status).toBe(200);
    expect(body['token_type']).toBe('bearer');
  });

  it('does not care how the address is spelt', async () => {
    const { email } = await signUp(server.url);
    const { status } = await client.post('/auth/login', { email: ` ${email.toUpperCase()}`, password: PASSWORD });
    expect(status).toBe(200);
  });

  it('says the same for a wrong password and for an unknown address', async () => {
    const { email } = await signUp(server.url);
    const wrong = await client.post('/auth/login', { email, password: 'wrong password' });
    const unknown = await client.post('/auth/login', { email: anEmail(), password: PASSWORD });
    for (const { status, body, headers } of [wrong, unknown]) {
      expect(status).toBe(401);
      expect(body).toMatchObject({ detail: 'Incorrect email or password', status_code: 401 });
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('takes about as long for an unknown address as for a wrong password', async () => {
    const { email } = await signUp(server.url);
    const time = async (address: string): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 7; round += 1) {
        const start = performance.now();
        await client.post('/auth/login', { email: address, password: 'wrong password' });
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[3] as number;
    };
    await time(email);
    const [known, unknown] = [await time(email), await time(anEmail())];
    // Without the dummy hash the unknown address would be several times faster.
    expect(unknown).toBeGreaterThan(known * 0.5);
  });
});

describe('access tokens', () => {
  const claims = (overrides: object) => ({
    sub: '1',
    iss: 'speech-assistant',
    aud: 'speech-assistant-api',
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 60,
    ...overrides,
  });

  const forge = (payload: object, secret: string, algorithm = 'HS256'): string => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const unsigned = `${encode({ alg: algorithm, typ: 'JWT' })}.${encode(payload)}`;
    if (algorithm === 'none') return `${unsigned}.`;
    const hash = algorithm.replace('HS', 'sha');
    return `${unsigned}.${createHmac(hash, secret).update(unsigned).digest('base64url')}`;
  };

  it('lets in what it has issued, and what was signed by its rules', async () => {
    const { token, userId } = await signUp(server.url);
    expect((await client.get('/users/me', { token })).status).toBe(200);
    const equal = forge(claims({ sub: String(userId) }), server.config.secretKey);
    expect((await client.get('/users/me', { token: equal })).status).toBe(200);
  });

  it.each([
    ['another secret', () => forge(claims({}), 'another secret')],
    ['no algorithm', () => forge(claims({}), '', 'none')],
    ['another algorithm', () => forge(claims({}), server.config.secretKey, 'HS512')],
    ['another audience', () => forge(claims({ aud: 'other' }), server.config.secretKey)],
    ['another issuer', () => forge(claims({ iss: 'other' }), server.config.secretKey)],
    ['no user', () => forge(claims({ sub: undefined }), server.config.secretKey)],
    ['a user that is no number', () => forge(claims({ sub: '1; DROP TABLE users' }), server.config.secretKey)],
    ['a user who does not exist', () => forge(claims({ sub: '2000000000' }), server.config.secretKey)],
    ['a user beyond all numbers', () => forge(claims({ sub: '9999999999' }), server.config.secretKey)],
    ['a token that is none', () => 'nonsense'],
  ])('refuses %s', async (_, token) => {
    const { status, body, headers } = await client.get('/users/me', { token: token() });
    expect(status).toBe(401);
    expect(body).toMatchObject({ detail: 'Not authenticated', code: 'auth.not_authenticated' });
    expect(headers.get('www-authenticate')).toBe('Bearer');
  });

  it('tells an expired one from a wrong one', async () => {
    const expired = forge(claims({ exp: Math.floor(Date.now() / 1000) - 1 }), server.config.secretKey);
    const { status, body } = await client.get('/users/me', { token: expired });
    expect(status).toBe(401);
    expect(body).toMatchObject({ detail: 'Token has expired', code: 'auth.token_expired' });
  });

  it('refuses a request without one', async () => {
    const { status, body } = await client.get('/users/me');
    expect(status).toBe(401);
    expect(body['detail']).toBe('Not authenticated');
  });
});

describe('refresh', () => {
  const spentEarlier = (userId: number, refreshToken: string, seconds: number) =>
    server.sql(
      userId,
      'UPDATE refresh_tokens SET spent_at = spent_at - make_interval(secs => $2) WHERE token_hash = $1',
      [hashOfToken(refreshToken), seconds],
    );

  it('gives a new pair and spends the old token', async () => {
    const { refreshToken } = await signUp(server.url);
    const { status, body } = await refresh(refreshToken);
    expect(status).toBe(200);
    expect(body['refresh_token']).not.toBe(refreshToken);
    expect((await client.get('/users/me', { token: body['access_token'] as string })).status).toBe(200);
    expect((await refresh(body['refresh_token'] as string)).status).toBe(200);
  });

  it('repeats the same pair for a client that lost the answer', async () => {
    const { refreshToken } = await signUp(server.url);
    const first = await refresh(refreshToken);
    const second = await refresh(refreshToken);
    expect(second.status).toBe(200);
    expect(second.body['refresh_token']).toBe(first.body['refresh_token']);
    expect(second.body['access_token']).toBe(first.body['access_token']);
  });

  it('gives one successor to twenty who ask at once', async () => {
    const { refreshToken } = await signUp(server.url);
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(refreshToken)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body['refresh_token'])).size).toBe(1);
  });

  it('ends the family when a token comes back after its grace', async () => {
    const { refreshToken, userId } = await signUp(server.url);
    const { body } = await refresh(refreshToken);
    await spentEarlier(userId, refreshToken, 11);
    expect((await refresh(refreshToken)).status).toBe(401);
    expect((await refresh(body['refresh_token'] as string)).status).toBe(401);
  });

  it('ends the family when a grandparent comes back, however soon', async () => {
    const { refreshToken } = await signUp(server.url);
    const parent = await refresh(refreshToken);
    const child = await refresh(parent.body['refresh_token'] as string);
    expect((await refresh(refreshToken)).status).toBe(401);
    expect((await refresh(child.body['refresh_token'] as string)).status).toBe(401);
  });

  it('leaves other sign-ins of the user alone when a family ends', async () => {
    const { refreshToken, userId, email, password } = await signUp(server.url);
    const other = await client.post('/auth/login', { email, password });
    await refresh(refreshToken);
    await spentEarlier(userId, refreshToken, 11);
    await refresh(refreshToken);
    expect((await refresh(other.body['refresh_token'] as string)).status).toBe(200);
  });

  it('refuses what is unknown or has run out', async () => {
    const { refreshToken, userId } = await signUp(server.url);
    expect((await refresh('unknown')).body).toMatchObject({ status_code: 401, code: 'auth.refresh_token_invalid' });
    await server.sql(userId, 'UPDATE refresh_tokens SET expires_at = now()');
    expect((await refresh(refreshToken)).status).toBe(401);
  });

  it('does not take an access token for a refresh token', async () => {
    const { token } = await signUp(server.url);
    expect((await refresh(token)).status).toBe(401);
  });
});

describe('logout', () => {
  it('ends the family, and may be repeated', async () => {
    const { refreshToken } = await signUp(server.url);
    const { body } = await refresh(refreshToken);
    const newest = body['refresh_token'] as string;
    expect((await client.post('/auth/logout', { refresh_token: newest })).status).toBe(204);
    expect((await client.post('/auth/logout', { refresh_token: newest })).status).toBe(204);
    expect((await client.post('/auth/logout', { refresh_token: 'unknown' })).status).toBe(204);
    expect((await refresh(newest)).status).toBe(401);
    expect((await refresh(refreshToken)).status).toBe(401);
  });
});

describe('tickets for sockets', () => {
  const issue = async (token: string): Promise<string> => {
    const { status, body } = await client.post('/auth/ws-ticket', undefined, { token });
    expect(status).toBe(201);
    expect(body).toEqual({ ticket: aText, expires_in: 60 });
    return body['ticket'] as string;
  };

  it('are redeemed once, also when several try at the same time', async () => {
    const { token, userId } = await signUp(server.url);
    const ticket = await issue(token);
    const tickets = server.app.get(WsTickets);
    const owners = await Promise.all(Array.from({ length: 8 }, () => tickets.redeem(ticket)));
    expect(owners.filter((owner) => owner !== undefined)).toEqual([{ userId }]);
    expect(await tickets.redeem(ticket)).toBeUndefined();
  });

  it('run out', async () => {
    const { token, userId } = await signUp(server.url);
    const ticket = await issue(token);
    await server.sql(userId, 'UPDATE ws_tickets SET expires_at = now()');
    expect(await server.app.get(WsTickets).redeem(ticket)).toBeUndefined();
  });

  it('are given to users only', async () => {
    expect((await client.post('/auth/ws-ticket')).status).toBe(401);
    expect(await server.app.get(WsTickets).redeem('unknown')).toBeUndefined();
  });
});

it('stores no token and no password as it is', async () => {
  const { refreshToken, password, token, userId } = await signUp(server.url);
  const ticket = (await client.post('/auth/ws-ticket', undefined, { token })).body['ticket'] as string;
  const rows = await server.sql<{ row: string }>(
    userId,
    `SELECT to_jsonb(u)::text AS row FROM users u
     UNION ALL SELECT to_jsonb(r)::text FROM refresh_tokens r
     UNION ALL SELECT to_jsonb(t)::text FROM ws_tickets t`,
  );
  expect(rows).toHaveLength(3);
  const text = rows.map(({ row }) => row).join('\n');
  for (const secret of [refreshToken, password, token, ticket]) expect(text).not.toContain(secret);
  expect(text).toContain('$argon2id$');
});

describe('the demo user', () => {
  const demo = () => ({ email: anEmail(), password: 'demo-password', name: 'Demo' });
  const accounts = () => server.app.get(AccountsService);
  const signIn = ({ email, password }: { email: string; password: string }) =>
    client.post('/auth/login', { email, password });

  it('can sign in where all is simulated, and nowhere else, as often as that changes', async () => {
    const user = demo();
    const { userId } = await accounts().ensureDemoUser(user);
    const { body } = await signIn(user);
    expect((await signIn(user)).status).toBe(200);

    expect(await accounts().retireDemoUser(user)).toBe(true);
    expect((await signIn(user)).status).toBe(401);
    expect((await refresh(String(body['refresh_token']))).status).toBe(401);
    expect((await client.get('/users/me', { token: String(body['access_token']) })).status).toBe(401);
    expect(await accounts().retireDemoUser(user)).toBe(false);

    expect(await accounts().ensureDemoUser(user)).toEqual({ userId });
    expect((await signIn(user)).status).toBe(200);
    expect((await refresh(String(body['refresh_token']))).status).toBe(401);
  });

  it('is nobody who has chosen the address and a password of their own, or does not exist', async () => {
    const user = demo();
    expect(await accounts().retireDemoUser(user)).toBe(false);
    await client.post('/auth/register', { email: user.email, password: PASSWORD });
    expect(await accounts().retireDemoUser(user)).toBe(false);
    expect((await signIn({ email: user.email, password: PASSWORD })).status).toBe(200);
  });
});
