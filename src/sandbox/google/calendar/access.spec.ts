import { ALEX, CALENDAR, EVENTS, GoogleFixture, LENA, type GoogleErrorBody } from '../spec-support/google-fixture';

describe('the Calendar API', () => {
  let google: GoogleFixture;
  beforeAll(async () => {
    google = await GoogleFixture.start();
  });
  afterAll(() => google.close());
  afterEach(() => google.control('DELETE', '/faults'));

  const list = (token: string, headers = {}) =>
    google.calendar<GoogleErrorBody>(token, 'GET', '/calendars/primary/events?maxResults=1', undefined, headers);

  it('answers nobody without a token, and nobody with one that is none', async () => {
    const without = await google.get<GoogleErrorBody>('/calendar/v3/calendars/primary/events');
    expect([without.status, without.body.error.errors[0]?.reason]).toEqual([401, 'required']);
    const wrong = await list('ya29.nothing');
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(wrong.body.error).toMatchObject({
      code: 401,
      status: 'UNAUTHENTICATED',
      errors: [
        {
          domain: 'global',
          reason: 'authError',
          message: 'Invalid Credentials',
          location: 'Authorization',
          locationType: 'header',
        },
      ],
    });
  });

  it.each<[string, string, string, string, unknown, number]>([
    ['calendar', 'GET', '/users/me/calendarList', '', undefined, 200],
    ['calendar.readonly', 'GET', '/calendars/primary', '', undefined, 200],
    ['calendar.readonly', 'POST', '/calendars/primary/events', 'Events.Insert', {}, 403],
    ['calendar.events', 'GET', '/calendars/primary/events', '', undefined, 200],
    ['calendar.events', 'GET', '/calendars/primary', 'Calendars.Get', undefined, 403],
    ['calendar.events', 'GET', '/users/me/calendarList', 'CalendarList.List', undefined, 403],
    ['calendar.events', 'POST', '/freeBusy', 'Freebusy.Query', {}, 403],
    ['calendar.freebusy', 'POST', '/freeBusy', '', {}, 400],
    ['calendar.freebusy', 'GET', '/calendars/primary/events', 'Events.List', undefined, 403],
    ['calendar.calendarlist.readonly', 'GET', '/users/me/calendarList/primary', '', undefined, 200],
    ['calendar.settings.readonly', 'PATCH', '/calendars/primary/events/x', 'Events.Patch', {}, 403],
    ['calendar.events.readonly', 'DELETE', '/calendars/primary/events/x', 'Events.Delete', undefined, 403],
    ['calendar.events.readonly', 'PUT', '/calendars/primary/events/x', 'Events.Update', {}, 403],
    ['calendar.freebusy', 'POST', '/channels/stop', 'Channels.Stop', {}, 403],
  ])('lets %s do %s %s by its scopes', async (name, verb, path, method, body, status) => {
    const { access_token: token } = await google.connect({ scope: `https://www.googleapis.com/auth/${name}` });
    const answer = await google.calendar<GoogleErrorBody>(token, verb, path, body);
    expect(answer.status).toBe(status);
    if (status !== 403) return;
    expect(answer.body.error).toMatchObject({
      status: 'PERMISSION_DENIED',
      errors: [{ reason: 'insufficientPermissions' }],
      details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', metadata: { method: `calendar.v3.${method}` } }],
    });
    expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
  });

  it('shows the calendars of a person in their zone, and lets nobody write into the holidays', async () => {
    const { access_token: token } = await google.connect({ scope: CALENDAR, login_hint: LENA });
    const { body } = await google.calendar<{ items: { id: string }[] }>(token, 'GET', '/users/me/calendarList');
    expect(body.items).toMatchObject([
      { id: LENA, primary: true, accessRole: 'owner', timeZone: 'Europe/Berlin' },
      { accessRole: 'owner' },
      { accessRole: 'reader' },
    ]);
    const holidays = encodeURIComponent(body.items[2]?.id ?? '');
    const slot = { start: { date: '2030-01-01' }, end: { date: '2030-01-02' } };
    const refused = await google.calendar<GoogleErrorBody>(token, 'POST', `/calendars/${holidays}/events`, slot);
    expect([refused.status, refused.body.error.errors[0]?.reason]).toEqual([403, 'requiredAccessLevel']);
    expect((await google.calendar(token, 'GET', `/calendars/${holidays}/events`)).status).toBe(200);
    for (const id of ['primary', LENA, LENA.toUpperCase()]) {
      const { body: calendar } = await google.calendar(token, 'GET', `/calendars/${encodeURIComponent(id)}`);
      expect(calendar).toMatchObject({ id: LENA, timeZone: 'Europe/Berlin' });
    }
    expect((await google.calendar(token, 'GET', `/calendars/${ALEX}`)).status).toBe(404);
  });

  it.each([
    ['http_403', 403, 'rateLimitExceeded'],
    ['http_429', 429, 'rateLimitExceeded'],
    ['http_500', 500, 'backendError'],
    ['http_503', 503, 'backendError'],
    ['expire_token', 401, 'authError'],
    ['revoke_grant', 401, 'authError'],
  ])('answers %s as Google would, to the one it is meant for', async (fault, status, reason) => {
    const alex = await google.connect({ scope: EVENTS });
    const lena = await google.connect({ scope: EVENTS, login_hint: LENA });
    await google.fault(fault, { email: LENA });
    expect((await list(alex.access_token)).status).toBe(200);
    const struck = await list(lena.access_token);
    expect([struck.status, struck.body.error.errors[0]?.reason]).toEqual([status, reason]);
    expect((await list(lena.access_token)).status).toBe(status === 401 ? 401 : 200);
    const refreshed = await google.refresh(lena.refresh_token ?? '');
    expect(refreshed.status).toBe(fault === 'revoke_grant' ? 400 : 200);
  });

  it('is late, or gone, or has done what it does not say', async () => {
    const { access_token: token } = await google.connect({ scope: EVENTS });
    await google.fault('slow', { after_ms: 1 });
    expect((await list(token)).status).toBe(200);
    // A question is asked again by itself when its connection is cut.
    await google.fault('drop_socket', { count: 10 });
    await expect(list(token)).rejects.toThrow();
    await google.control('DELETE', '/faults');
    await google.fault('lose_answer');
    expect((await list(token)).status).toBe(200);
    const id = '0123456789abcdef';
    const body = { id, start: { date: '2030-01-01' }, end: { date: '2030-01-02' } };
    await expect(google.calendar(token, 'POST', '/calendars/primary/events', body)).rejects.toThrow();
    expect((await google.calendar(token, 'POST', '/calendars/primary/events', body)).status).toBe(409);
  });

  it('is dated by Google’s clock', async () => {
    await google.moveClock(3600);
    const { headers } = await list('nothing');
    await google.moveClock(0);
    expect(Math.round((Date.parse(headers.get('date') ?? '') - Date.now()) / 60_000)).toBeGreaterThan(55);
  });
});
