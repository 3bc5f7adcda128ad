import { GOOGLE_CLIENT_ID } from '../../spec-support/sandbox-fixture';
import { ALEX, CALENDAR, EVENTS, GoogleFixture, LENA, REDIRECT_URI } from '../spec-support/google-fixture';

const EMAIL = 'https://www.googleapis.com/auth/userinfo.email';

describe('asking a person', () => {
  let google: GoogleFixture;
  beforeAll(async () => {
    google = await GoogleFixture.start();
  });
  afterAll(() => google.close());
  afterEach(() => google.control('POST', '/google/revoke', {}));

  const page = async (params: Record<string, string | undefined> = {}) => {
    const answer = await fetch(google.authorizationUrl(params), { redirect: 'manual' });
    return { status: answer.status, headers: answer.headers, html: await answer.text() };
  };
  const answerPage = async (html: string, fields: [string, string][]) => {
    const consent = /name="consent" value="([^"]+)"/.exec(html)?.[1] ?? '';
    const body = new URLSearchParams([['consent', consent], ...fields]);
    return fetch(`${google.baseUrl}/o/oauth2/v2/auth/consent`, { method: 'POST', body, redirect: 'manual' });
  };

  it('shows a page that says what it is, who may be meant and what is asked', async () => {
    const { status, headers, html } = await page({ login_hint: LENA });
    expect(status).toBe(200);
    expect(html).toContain('This is the sandbox, not Google.');
    expect(html).toContain('View and edit events on all your calendars');
    expect(html).toMatch(/value="lena\.vogt@example\.org" checked/);
    expect(html).toMatch(/value="alex\.morgan@example\.com" required/);
    expect(html).toMatch(/value="openid" checked disabled/);
    expect(html).not.toMatch(/(?:src|href)=/);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('sends back with a code, and with what was agreed to by the long names', async () => {
    const { html } = await page();
    const answer = await answerPage(html, [
      ['account', ALEX],
      ['scope', EVENTS],
      ['decision', 'continue'],
    ]);
    expect(answer.status).toBe(302);
    const url = new URL(answer.headers.get('location') ?? '');
    expect(url.href.startsWith(REDIRECT_URI)).toBe(true);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      from: 'google',
      state: 'a state',
      code: expect.stringMatching(/^4\/0/) as string,
      scope: `openid ${EMAIL} ${EVENTS}`,
      authuser: '0',
      prompt: 'consent',
    });
  });

  it('leaves out what was unticked, and nothing of signing in', async () => {
    const { html } = await page({ scope: `openid email ${EVENTS} ${CALENDAR}.readonly` });
    const answer = await answerPage(html, [
      ['account', LENA],
      ['scope', `${CALENDAR}.readonly`],
      ['decision', 'continue'],
    ]);
    const { searchParams } = new URL(answer.headers.get('location') ?? '');
    expect(searchParams.get('scope')).toBe(`openid ${EMAIL} ${CALENDAR}.readonly`);
    expect(searchParams.get('hd')).toBe('example.org');
  });

  it.each([
    ['a no', [['decision', 'cancel']]],
    [
      'nothing ticked',
      [
        ['account', ALEX],
        ['decision', 'continue'],
      ],
    ],
  ] as [string, [string, string][]][])('takes %s for a no', async (_what, fields) => {
    const { html } = await page({ scope: EVENTS });
    const { searchParams } = new URL((await answerPage(html, fields)).headers.get('location') ?? '');
    expect(Object.fromEntries(searchParams)).toEqual({ from: 'google', error: 'access_denied', state: 'a state' });
  });

  it('takes one answer to a page, and none to a page that is none', async () => {
    const { html } = await page();
    const fields: [string, string][] = [
      ['account', ALEX],
      ['decision', 'continue'],
    ];
    expect((await answerPage(html, [['decision', 'maybe']])).status).toBe(400);
    expect(
      (
        await answerPage(html, [
          ['account', 'nobody@example.com'],
          ['decision', 'continue'],
        ])
      ).status,
    ).toBe(400);
    expect((await answerPage(html, fields)).status).toBe(302);
    expect((await answerPage(html, fields)).status).toBe(400);
    expect((await answerPage('', fields)).status).toBe(400);
  });

  it('does not take what the page of another site sends', async () => {
    const headers = { origin: 'https://evil.example' };
    const answer = await fetch(`${google.baseUrl}/o/oauth2/v2/auth/consent`, {
      method: 'POST',
      body: new URLSearchParams(),
      headers,
    });
    expect(answer.status).toBe(403);
  });

  it.each([
    [{ client_id: undefined }, 'invalid_request', 'Missing required parameter: client_id'],
    [{ client_id: 'another' }, 'invalid_client', 'The OAuth client was not found.'],
    [{ redirect_uri: undefined }, 'invalid_request', 'Missing required parameter: redirect_uri'],
    [{ redirect_uri: 'javascript:alert(1)' }, 'redirect_uri_mismatch', 'absolute http or https'],
    [{ redirect_uri: 'https://product.example/#x' }, 'redirect_uri_mismatch', 'absolute http or https'],
    [{ redirect_uri: '/callback' }, 'redirect_uri_mismatch', 'absolute http or https'],
  ])('shows %j on a page, because nobody can be trusted with it', async (params, error, sentence) => {
    const { status, html, headers } = await page(params);
    expect(status).toBe(400);
    expect(headers.get('location')).toBeNull();
    expect(html).toContain(`<code>${error}</code>`);
    expect(html).toContain(sentence);
  });

  it.each([
    [{ response_type: undefined }, 'invalid_request', /response_type/],
    [{ response_type: 'token' }, 'unsupported_response_type', /token/],
    [{ scope: undefined }, 'invalid_request', /scope/],
    [{ scope: 'openid calender' }, 'invalid_scope', /invalid=\[calender\]/],
    [{ access_type: 'always' }, 'invalid_request', /access_type/],
    [{ prompt: 'login' }, 'invalid_request', /prompt/],
    [{ prompt: 'none consent' }, 'invalid_request', /prompt/],
    [{ code_challenge: 'short' }, 'invalid_request', /code_challenge/],
    [{ code_challenge_method: 'S512' }, 'invalid_request', /code_challenge_method/],
    [{ code_challenge: undefined }, 'invalid_request', /code_challenge_method/],
    [{ prompt: 'none' }, 'interaction_required', /asked/],
  ])('tells the client of %j', async (params, error, sentence) => {
    const { searchParams } = await google.redirect(google.authorizationUrl(params));
    expect(searchParams.get('error')).toBe(error);
    expect(searchParams.get('error_description')).toMatch(sentence);
    expect(searchParams.get('state')).toBe('a state');
    expect(searchParams.has('code')).toBe(false);
  });

  it('asks nobody with prompt=none when all of it was agreed to before', async () => {
    await google.connect();
    const silently = { prompt: 'none', access_type: 'online' };
    const same = await google.redirect(google.authorizationUrl(silently));
    expect(same.searchParams.get('code')).not.toBeNull();
    expect(same.searchParams.get('prompt')).toBe('none');
    const more = await google.redirect(google.authorizationUrl({ ...silently, scope: CALENDAR }));
    expect(more.searchParams.get('error')).toBe('interaction_required');
  });

  it('joins what was granted before when the client wants that', async () => {
    await google.connect({ scope: 'openid email' });
    const joined = await google.redirect(
      google.authorizationUrl({ scope: EVENTS, include_granted_scopes: 'true', auto: '1' }),
    );
    expect(joined.searchParams.get('scope')?.split(' ').sort()).toEqual([EMAIL, EVENTS, 'openid'].sort());
    const alone = await google.redirect(google.authorizationUrl({ scope: EVENTS, auto: '1' }));
    expect(alone.searchParams.get('scope')).toBe(EVENTS);
  });

  it('makes a person of a hint that nobody knows, and shows it as text', async () => {
    const { html } = await page({ login_hint: 'mary.jane@example.com' });
    expect(html).toMatch(/value="mary\.jane@example\.com" checked[^>]*><span>Mary Jane</);
    const { html: tricked } = await page({ login_hint: 'a"><script>alert(1)</script>@example.com' });
    expect(tricked).not.toContain('<script');
    const { html: host } = await page({ redirect_uri: `https://product.example/<b>?client=${GOOGLE_CLIENT_ID}` });
    expect(host).not.toContain('<b>');
  });
});
