import { calendar, type calendar_v3 } from '@googleapis/calendar';
import { CodeChallengeMethod, OAuth2Client } from 'google-auth-library';
import { GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET } from '../spec-support/sandbox-fixture';
import { EVENTS, GoogleFixture, LENA, REDIRECT_URI } from './spec-support/google-fixture';

/** The real libraries, as the product uses them (reference/google.md sections 2 and 5). */
describe('Google’s own libraries', () => {
  let google: GoogleFixture;
  let client: OAuth2Client;
  let api: calendar_v3.Calendar;

  beforeAll(async () => {
    google = await GoogleFixture.start();
    const base = google.baseUrl;
    client = new OAuth2Client({
      clientId: GOOGLE_CLIENT_ID,
      clientSecret: GOOGLE_CLIENT_SECRET,
      redirectUri: REDIRECT_URI,
      forceRefreshOnFailure: true,
      // What they would load is a module that Jest cannot.
      transporterOptions: { fetchImplementation: fetch },
      endpoints: {
        oauth2AuthBaseUrl: `${base}/o/oauth2/v2/auth`,
        oauth2TokenUrl: `${base}/token`,
        oauth2RevokeUrl: `${base}/revoke`,
        tokenInfoUrl: `${base}/tokeninfo`,
        oauth2FederatedSignonPemCertsUrl: `${base}/oauth2/v1/certs`,
        oauth2FederatedSignonJwkCertsUrl: `${base}/oauth2/v3/certs`,
      },
    });
    api = calendar({
      version: 'v3',
      auth: client,
      rootUrl: `${base}/`,
      retryConfig: { retry: 0 },
      fetchImplementation: fetch,
    });
  });
  afterAll(() => google.close());

  it('go the whole way: consent, tokens, who it is, calendar, refresh, revocation', async () => {
    const { codeVerifier, codeChallenge } = await client.generateCodeVerifierAsync();
    const url = client.generateAuthUrl({
      access_type: 'offline',
      prompt: 'consent',
      scope: ['openid', 'email', 'profile', EVENTS, 'https://www.googleapis.com/auth/calendar.freebusy'],
      state: 'a state',
      login_hint: LENA,
      code_challenge: codeChallenge,
      code_challenge_method: CodeChallengeMethod.S256,
    });
    const code = (await google.redirect(`${url}&auto=1`)).searchParams.get('code') ?? '';
    const { tokens } = await client.getToken({ code, codeVerifier });
    client.setCredentials(tokens);
    expect(tokens).toMatchObject({ token_type: 'Bearer', refresh_token: expect.any(String) as string });

    const ticket = await client.verifyIdToken({ idToken: tokens.id_token ?? '', audience: GOOGLE_CLIENT_ID });
    expect(ticket.getPayload()).toMatchObject({
      email: LENA,
      email_verified: true,
      name: 'Lena Vogt',
      hd: 'example.org',
    });
    await expect(client.verifyIdToken({ idToken: tokens.id_token ?? '', audience: 'another' })).rejects.toThrow(
      'Wrong recipient',
    );
    expect(await client.getTokenInfo(tokens.access_token ?? '')).toMatchObject({ aud: GOOGLE_CLIENT_ID, email: LENA });

    const time = (hour: number) => ({ dateTime: `2030-01-07T${hour}:00:00`, timeZone: 'Europe/Berlin' });
    const { data: made } = await api.events.insert({
      calendarId: 'primary',
      sendUpdates: 'none',
      requestBody: {
        summary: 'Demo',
        start: time(10),
        end: time(11),
        extendedProperties: { private: { callId: '7' } },
      },
    });
    const id = made.id ?? '';
    const { data: moved } = await api.events.patch({
      calendarId: 'primary',
      eventId: id,
      requestBody: { start: time(11), end: time(12) },
    });
    expect(moved.start?.dateTime).toBe('2030-01-07T11:00:00+01:00');
    const { data: found } = await api.events.list({ calendarId: LENA, privateExtendedProperty: ['callId=7'] });
    expect(found.items?.map((event) => event.id)).toEqual([id]);
    const { data: busy } = await api.freebusy.query({
      requestBody: { timeMin: '2030-01-07T00:00:00Z', timeMax: '2030-01-08T00:00:00Z', items: [{ id: 'primary' }] },
    });
    expect(busy.calendars?.['primary']?.busy).toEqual([{ start: '2030-01-07T10:00:00Z', end: '2030-01-07T11:00:00Z' }]);

    await google.control('DELETE', '/google/token-requests');
    await google.fault('expire_token');
    expect((await api.events.get({ calendarId: 'primary', eventId: id })).data.id).toBe(id);
    expect((await google.control('GET', '/google')).body).toMatchObject({
      token_requests: { refresh_token: { granted: 1, refused: 0 } },
    });

    expect((await api.events.delete({ calendarId: 'primary', eventId: id })).status).toBe(204);
    await expect(api.events.delete({ calendarId: 'primary', eventId: id })).rejects.toMatchObject({ status: 410 });
    const channel = { id: 'sdk', type: 'web_hook', address: 'https://127.0.0.1:9/' };
    const { data: opened } = await api.events.watch({ calendarId: 'primary', requestBody: channel });
    const { status } = await api.channels.stop({ requestBody: { id: 'sdk', resourceId: opened.resourceId } });
    expect(status).toBe(204);

    expect((await client.revokeToken(tokens.refresh_token ?? '')).status).toBe(200);
    await expect(api.events.list({ calendarId: 'primary' })).rejects.toMatchObject({ message: 'invalid_grant' });
    await expect(client.revokeToken(tokens.refresh_token ?? '')).rejects.toMatchObject({ status: 400 });
  });

  it('say in their way what the calendar refuses', async () => {
    const { access_token: token } = await google.connect({ scope: EVENTS });
    client.setCredentials({ access_token: token });
    await google.fault('http_403');
    await expect(api.events.list({ calendarId: 'primary' })).rejects.toMatchObject({
      status: 403,
      response: { data: { error: { errors: [{ reason: 'rateLimitExceeded' }] } } },
    });
    await expect(api.events.list({ calendarId: 'primary', orderBy: 'startTime' })).rejects.toMatchObject({
      status: 400,
    });
    await expect(api.freebusy.query({ requestBody: {} })).rejects.toMatchObject({ status: 403 });
  });
});
