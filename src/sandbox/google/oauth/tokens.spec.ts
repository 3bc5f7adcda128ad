import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET } from '../../spec-support/sandbox-fixture';
import { ALEX, CALENDAR, EVENTS, GoogleFixture, LENA, REDIRECT_URI, type Tokens } from '../spec-support/google-fixture';

describe('tokens', () => {
  let google: GoogleFixture;
  beforeAll(async () => {
    google = await GoogleFixture.start();
  });
  afterAll(() => google.close());
  afterEach(async () => {
    await google.moveClock(0);
    await google.control('DELETE', '/faults');
    await google.control('DELETE', '/google/settings');
    await google.control('DELETE', '/google/token-requests');
    for (const email of [ALEX, LENA]) await google.control('POST', '/google/revoke', { email });
  });

  const claimsOf = ({ id_token: idToken = '' }: Tokens) =>
    JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
  const isAlive = async (token: string) =>
    (await google.calendar(token, 'GET', '/calendars/primary/events')).status === 200;
  const requests = async () => (await google.control<{ token_requests: object }>('GET', '/google')).body.token_requests;

  it('come for a code, with the scopes that were agreed to', async () => {
    const { status, body, headers } = await google.exchange(await google.code());
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^ya29\./) as string,
      expires_in: 3599,
      scope: `openid https://www.googleapis.com/auth/userinfo.email ${EVENTS}`,
      token_type: 'Bearer',
      id_token: expect.any(String) as string,
      refresh_token: expect.stringMatching(/^1\/\/0/) as string,
    });
    expect(headers.get('cache-control')).toContain('no-store');
  });

  it.each([
    ['another redirect_uri', { redirect_uri: `${REDIRECT_URI}/` }, 400, 'redirect_uri_mismatch', 'Bad Request'],
    [
      'no redirect_uri',
      { redirect_uri: undefined },
      400,
      'invalid_request',
      'Missing required parameter: redirect_uri',
    ],
    ['another verifier', { code_verifier: 'v'.repeat(43) }, 400, 'invalid_grant', 'Invalid code verifier.'],
    ['no verifier', { code_verifier: undefined }, 400, 'invalid_grant', 'Missing code verifier.'],
    ['another code', { code: '4/0nothing' }, 400, 'invalid_grant', 'Malformed auth code.'],
    ['no code', { code: undefined }, 400, 'invalid_request', 'Missing required parameter: code'],
    ['another client', { client_id: 'another' }, 401, 'invalid_client', 'The OAuth client was not found.'],
    ['no client', { client_id: undefined }, 400, 'invalid_request', 'Could not determine client ID from request.'],
    ['another secret', { client_secret: 'wrong' }, 401, 'invalid_client', 'Unauthorized'],
    ['no secret', { client_secret: undefined }, 400, 'invalid_request', 'client_secret is missing.'],
    ['another grant type', { grant_type: 'password' }, 400, 'unsupported_grant_type', 'Invalid grant_type: password'],
    ['no grant type', { grant_type: undefined }, 400, 'invalid_request', 'Missing required parameter: grant_type'],
  ])('do not come with %s, and the code is still good', async (_what, fields, status, error, description) => {
    const code = await google.code();
    const refused = await google.exchange(code, fields);
    expect([refused.status, refused.body]).toEqual([status, { error, error_description: description }]);
    expect((await google.exchange(code)).status).toBe(200);
  });

  it('come once for a code, and not after ten minutes', async () => {
    const code = await google.code();
    expect((await google.exchange(code)).status).toBe(200);
    const again = await google.exchange(code);
    expect([again.status, again.body]).toEqual([400, { error: 'invalid_grant', error_description: 'Bad Request' }]);
    const late = await google.code();
    await google.moveClock(601);
    expect((await google.exchange(late)).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('come with a plain challenge, with none, and to a client that says who it is by Basic', async () => {
    const plain = await google.code({ code_challenge: google.verifier, code_challenge_method: undefined });
    expect((await google.exchange(plain)).status).toBe(200);
    const without = { code_challenge: undefined, code_challenge_method: undefined };
    expect((await google.exchange(await google.code(without))).body).toMatchObject({ error: 'invalid_grant' });
    const fields = {
      grant_type: 'authorization_code',
      code: await google.code(without),
      redirect_uri: REDIRECT_URI,
    };
    const basic = (secret: string) => ({
      authorization: `Basic ${Buffer.from(`${GOOGLE_CLIENT_ID}:${encodeURIComponent(secret)}`).toString('base64')}`,
    });
    expect((await google.form('/token', fields, basic('wrong'))).status).toBe(401);
    expect((await google.form('/token', fields, basic(GOOGLE_CLIENT_SECRET))).status).toBe(200);
  });

  it('that refresh come with the first consent, with a new one, with more than before, and only offline', async () => {
    const hasOne = async (params: Record<string, string | undefined>) =>
      (await google.exchange(await google.code(params))).body.refresh_token !== undefined;
    expect(await hasOne({ scope: EVENTS, access_type: 'online' })).toBe(false);
    expect(await hasOne({ scope: EVENTS, access_type: undefined })).toBe(false);
    expect(await hasOne({ scope: EVENTS })).toBe(true);
    expect(await hasOne({ scope: EVENTS })).toBe(false);
    expect(await hasOne({ scope: EVENTS, prompt: 'consent', access_type: 'online' })).toBe(false);
    expect(await hasOne({ scope: EVENTS, prompt: 'consent' })).toBe(true);
    expect(await hasOne({ scope: `${EVENTS} ${CALENDAR}.freebusy` })).toBe(true);
  });

  it('are refreshed without another refresh token, for fewer scopes if asked so', async () => {
    const { refresh_token: refreshToken = '', access_token: first } = await google.connect();
    const again = await google.refresh(refreshToken);
    expect(again.body).toMatchObject({
      expires_in: 3599,
      token_type: 'Bearer',
      id_token: expect.any(String) as string,
    });
    expect(again.body).not.toHaveProperty('refresh_token');
    expect(again.body.access_token).not.toBe(first);
    expect(await isAlive(again.body.access_token)).toBe(true);
    expect(await isAlive(first)).toBe(true);
    expect((await google.refresh(refreshToken, { scope: EVENTS })).body.scope).toBe(EVENTS);
    expect((await google.refresh(refreshToken, { scope: CALENDAR })).body).toMatchObject({ error: 'invalid_scope' });
    expect((await google.refresh('1//0unknown')).body).toEqual({
      error: 'invalid_grant',
      error_description: 'Token has been expired or revoked.',
    });
    expect((await google.refresh(refreshToken, { client_secret: 'wrong' })).status).toBe(401);
    expect((await google.refresh('', { refresh_token: undefined })).body).toMatchObject({ error: 'invalid_request' });
    expect(await requests()).toMatchObject({ refresh_token: { granted: 2, refused: 4 } });
  });

  it('expire when Google’s clock says so, or earlier if it is set so', async () => {
    const { access_token: token } = await google.connect();
    await google.moveClock(3598);
    expect(await isAlive(token)).toBe(true);
    await google.moveClock(3600);
    expect(await isAlive(token)).toBe(false);
    await google.moveClock(0);
    await google.control('POST', '/google/settings', { access_token_seconds: 0 });
    const { access_token: short, expires_in: seconds } = await google.connect();
    expect([seconds, await isAlive(short)]).toEqual([0, false]);
    expect((await google.control('POST', '/google/settings', { access_token_seconds: -1 })).status).toBe(422);
  });

  it.each(['query', 'body'])('are revoked with the token in the %s, and with it the whole grant', async (place) => {
    const first = await google.connect();
    const second = await google.connect();
    const other = await google.connect({ login_hint: LENA });
    const revoke = (token: string) =>
      place === 'query'
        ? google.form(`/revoke?token=${encodeURIComponent(token)}`, {})
        : google.form('/revoke', { token });
    expect(await revoke(first.refresh_token ?? '')).toMatchObject({ status: 200, body: {} });
    for (const token of [first.access_token, second.access_token]) expect(await isAlive(token)).toBe(false);
    expect((await google.refresh(second.refresh_token ?? '')).body).toMatchObject({ error: 'invalid_grant' });
    expect(await isAlive(other.access_token)).toBe(true);
    const again = await revoke(first.refresh_token ?? '');
    expect([again.status, again.body]).toEqual([
      400,
      { error: 'invalid_token', error_description: 'Token expired or revoked' },
    ]);
    expect((await revoke(other.access_token)).status).toBe(200);
    expect((await google.refresh(other.refresh_token ?? '')).body).toMatchObject({ error: 'invalid_grant' });
    expect((await google.form('/revoke', {})).body).toMatchObject({ error: 'invalid_request' });
  });

  it('beyond a hundred push the oldest refresh token out', async () => {
    const { refresh_token: oldest = '' } = await google.connect();
    for (let more = 1; more < 100; more++) await google.connect();
    expect((await google.refresh(oldest)).status).toBe(200);
    const { refresh_token: newest = '' } = await google.connect();
    expect((await google.refresh(oldest)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await google.refresh(newest)).status).toBe(200);
  });

  it('that say who somebody is are signed, for the client, with what the scopes allow', async () => {
    const tokens = await google.connect({
      scope: 'openid email profile',
      nonce: 'once',
      login_hint: LENA,
      access_type: undefined,
    });
    const claims = claimsOf(tokens);
    expect(claims).toMatchObject({
      iss: 'https://accounts.google.com',
      aud: GOOGLE_CLIENT_ID,
      azp: GOOGLE_CLIENT_ID,
      sub: expect.stringMatching(/^1\d{20}$/) as string,
      email: LENA,
      email_verified: true,
      hd: 'example.org',
      name: 'Lena Vogt',
      given_name: 'Lena',
      family_name: 'Vogt',
      nonce: 'once',
    });
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(3600);
    const [header = '', payload = '', signature = ''] = (tokens.id_token ?? '').split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const { body: jwks, headers } = await google.get<{ keys: (JsonWebKey & { kid: string })[] }>('/oauth2/v3/certs');
    const { body: pems } = await google.get<Record<string, string>>('/oauth2/v1/certs');
    expect(headers.get('cache-control')).toMatch(/max-age=\d+/);
    const jwk = jwks.keys.find((key) => key.kid === kid) ?? {};
    for (const key of [createPublicKey({ key: jwk, format: 'jwk' }), createPublicKey(pems[kid] ?? '')]) {
      const signed = Buffer.from(`${header}.${payload}`);
      expect(verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
    }
    expect(claimsOf(await google.connect({ scope: 'openid', login_hint: LENA }))).not.toHaveProperty('email');
    expect(await google.connect({ scope: EVENTS })).not.toHaveProperty('id_token');
  });

  it('can be looked at, and tell who somebody is, beside OpenAI’s /v1', async () => {
    const { access_token: token, id_token: idToken = '' } = await google.connect();
    const bearer = { authorization: `Bearer ${token}` };
    const me = await google.get('/v1/userinfo', bearer);
    expect(me.body).toEqual({ sub: claimsOf(await google.connect())['sub'], email: ALEX, email_verified: true });
    const nobody = await google.get('/v1/userinfo', { authorization: 'Bearer nothing' });
    expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('invalid_token'),
    ]);
    for (const told of [
      await google.get(`/tokeninfo?access_token=${token}`),
      await google.form('/tokeninfo', {}, bearer),
    ]) {
      expect(told.body).toMatchObject({
        aud: GOOGLE_CLIENT_ID,
        email: ALEX,
        email_verified: 'true',
        access_type: 'offline',
      });
    }
    expect((await google.get(`/tokeninfo?id_token=${idToken}`)).body).toMatchObject({ email: ALEX, alg: 'RS256' });
    expect((await google.get(`/tokeninfo?id_token=${idToken}x`)).body).toMatchObject({ error: 'invalid_token' });
    expect((await google.get('/tokeninfo?access_token=nothing')).status).toBe(400);
    await google.moveClock(3601);
    expect((await google.get(`/tokeninfo?id_token=${idToken}`)).status).toBe(400);
  });

  it('are found by discovery', async () => {
    const { body } = await google.get('/.well-known/openid-configuration');
    expect(body).toMatchObject({
      issuer: 'https://accounts.google.com',
      authorization_endpoint: `${google.baseUrl}/o/oauth2/v2/auth`,
      token_endpoint: `${google.baseUrl}/token`,
      revocation_endpoint: `${google.baseUrl}/revoke`,
      userinfo_endpoint: `${google.baseUrl}/v1/userinfo`,
      jwks_uri: `${google.baseUrl}/oauth2/v3/certs`,
    });
  });

  it('are asked for in a form and nothing else', async () => {
    const answer = await fetch(`${google.baseUrl}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"grant_type":"refresh_token"}',
    });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_request' }]);
  });

  it.each([
    ['token_http_500', 500],
    ['token_http_503', 503],
  ])('do not come when %s strikes, for the one it is meant for', async (fault, status) => {
    const alex = (await google.connect()).refresh_token ?? '';
    const lena = (await google.connect({ login_hint: LENA })).refresh_token ?? '';
    await google.fault(fault, { email: LENA, count: 2 });
    expect((await google.refresh(alex)).status).toBe(200);
    expect((await google.refresh(lena)).status).toBe(status);
    expect((await google.refresh(lena)).status).toBe(status);
    expect((await google.refresh(lena)).status).toBe(200);
  });

  it('are refused for once, or for ever', async () => {
    const { refresh_token: token = '' } = await google.connect();
    await google.fault('refuse_refresh');
    expect((await google.refresh(token)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await google.refresh(token)).status).toBe(200);
    await google.fault('revoke_grant');
    expect((await google.refresh(token)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await google.refresh(token)).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('come, but the answer is lost, or the connection', async () => {
    const { refresh_token: token = '' } = await google.connect();
    await google.control('DELETE', '/google/token-requests');
    await google.fault('token_lose_answer');
    await expect(google.refresh(token)).rejects.toThrow();
    expect(await requests()).toMatchObject({ refresh_token: { granted: 1 } });
    await google.fault('token_drop_socket');
    await expect(google.refresh(token)).rejects.toThrow();
    expect(await requests()).toMatchObject({ refresh_token: { granted: 1 } });
    await google.fault('token_slow', { after_ms: 1 });
    expect((await google.refresh(token)).status).toBe(200);
  });

  it('are shown to a test by number and never in clear', async () => {
    const tokens = await google.connect();
    const { body } = await google.control('GET', '/google');
    expect(body).toMatchObject({
      client_id: GOOGLE_CLIENT_ID,
      access_token_seconds: 3599,
      grants: [{ email: ALEX, offline: true, refresh_tokens: 1, access_tokens: 1 }],
      token_requests: { authorization_code: { granted: 1, refused: 0 } },
    });
    for (const token of [tokens.access_token, tokens.refresh_token ?? 'none'])
      expect(JSON.stringify(body)).not.toContain(token);
    expect(await google.control('POST', '/google/expire-access-tokens', {})).toMatchObject({ body: { expired: 1 } });
    expect(await isAlive(tokens.access_token)).toBe(false);
    expect(await google.control('POST', '/google/revoke', { email: ALEX })).toMatchObject({ body: { revoked: true } });
    expect(await google.control('POST', '/google/revoke', { email: ALEX })).toMatchObject({ body: { revoked: false } });
    expect((await google.control('POST', '/google/revoke', { email: 'nobody@example.com' })).status).toBe(404);
  });
});
