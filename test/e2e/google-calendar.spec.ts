import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { CalendarGrantRows } from '../../src/calendar/calendar-grants.repository';
import { rotateCalendarKeys } from '../../src/calendar/calendar-key-rotation';
import { Database } from '../../src/database/database';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { aGooglePerson, authorizationUrl, comeBack, connectCalendar, consentAt } from '../support/google';
import { aText, textLike } from '../support/matching';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

const run = promisify(execFile);

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: sandbox.env });
});
beforeEach(async () => {
  await sandbox.noFaults();
  user = await signUp(server.url);
});
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

interface Event {
  id: string;
  summary: string;
  start: string;
  end: string;
  all_day: boolean;
}

const get = <T = Record<string, unknown>>(path: string, { token } = user) => api(server.url).get<T>(path, { token });
const post = <T = Record<string, unknown>>(path: string, body: object, headers?: Record<string, string>) =>
  api(server.url).post<T>(path, body, { token: user.token, headers });
const status = ({ token } = user) => get('/google-calendar/status', { ...user, token }).then(({ body }) => body);
const events = (query = '') => get<Event[]>(`/google-calendar/events${query}`);
const google = () => api(sandbox.url);
const connect = (email?: string) => connectCalendar(server, sandbox, user.token, { email });
/** A day that no event of the sandbox's is on. */
const FAR = '2031-03-04';
const aMeeting = {
  summary: 'Demo with Anna',
  start: `${FAR}T15:00:00`,
  end: `${FAR}T15:30:00`,
  timezone: 'Europe/Berlin',
};

const tokenRequests = async () =>
  (await google().get<{ token_requests: Record<string, { granted: number; refused: number }> }>('/sandbox/google')).body
    .token_requests;

describe('connecting', () => {
  it('is one click', async () => {
    expect(await status()).toEqual({ connected: false, email: null, reconnect_required: false, time_zone: null });
    const address = new URL(await authorizationUrl(server.url, user.token));
    expect(Object.fromEntries(address.searchParams)).toMatchObject({
      response_type: 'code',
      access_type: 'offline',
      prompt: 'consent',
      include_granted_scopes: 'true',
      code_challenge_method: 'S256',
      redirect_uri: `${server.url}/google-calendar/callback`,
      scope:
        'openid email https://www.googleapis.com/auth/calendar.events https://www.googleapis.com/auth/calendar.freebusy',
    });
    const email = await aGooglePerson(sandbox.url);
    const { answer, said, path } = await comeBack(await consentAt(address.href, { email }));
    expect(answer.status).toBe(302);
    expect(path).toBe(`${server.url}/scheduled-meetings`);
    expect(said).toEqual({ success: 'true', connected: 'calendar' });
    expect(await status()).toEqual({ connected: true, email, reconnect_required: false, time_zone: 'Europe/Berlin' });
    const page = await api(server.url).get('/scheduled-meetings?success=true&connected=calendar');
    expect([page.status, page.text.includes('is connected')]).toEqual([200, true]);
  });

  it('again takes the place of the calendar of before', async () => {
    const first = await connect();
    const address = new URL(await authorizationUrl(server.url, user.token));
    expect(address.searchParams.get('login_hint')).toBe(first);
    const second = await connect();
    expect(await status()).toMatchObject({ connected: true, email: second });
  });

  it('to another account gives the first one back', async () => {
    const first = await connect();
    await connect();
    await until(
      () => google().get<{ grants: { email: string }[] }>('/sandbox/google'),
      ({ body }) => body.grants.every(({ email }) => email !== first),
      { what: 'the end of the first grant' },
    );
    expect((await events()).status).toBe(200);
  });

  it('again with a box unticked leaves what works', async () => {
    const email = await connect();
    const back = await consentAt(await authorizationUrl(server.url, user.token), {
      email,
      without: ['calendar.events'],
    });
    await comeBack(back);
    expect((await events()).status).toBe(200);
    expect(await status()).toMatchObject({ connected: true, email });
  });

  const failed = (message: unknown) => ({ error: 'calendar_connection_failed', message });

  it('that is refused ends in a sentence', async () => {
    const back = await consentAt(await authorizationUrl(server.url, user.token), { decision: 'cancel' });
    expect((await comeBack(back)).said).toEqual(
      failed('You did not allow access to the calendar, so it was not connected.'),
    );
    expect(await status()).toMatchObject({ connected: false });
  });

  it.each(['calendar.events', 'calendar.freebusy'])('without %s is not enough, and is given back', async (scope) => {
    const email = await aGooglePerson(sandbox.url);
    const back = await consentAt(await authorizationUrl(server.url, user.token), { email, without: [scope] });
    expect((await comeBack(back)).said).toEqual(failed(textLike(/not ticked/)));
    expect(await status()).toMatchObject({ connected: false });
    const { body } = await google().get<{ grants: { email: string }[] }>('/sandbox/google');
    expect(body.grants.filter((grant) => grant.email === email)).toEqual([]);
  });

  it('takes a state once, of whoever comes first', async () => {
    const back = await consentAt(await authorizationUrl(server.url, user.token), {
      email: await aGooglePerson(sandbox.url),
    });
    const all = await Promise.all(Array.from({ length: 5 }, () => comeBack(back)));
    expect(all.filter(({ said }) => said['success'] === 'true')).toHaveLength(1);
    expect(all.filter(({ said }) => /used before/.test(said['message'] ?? ''))).toHaveLength(4);
  });

  it.each([
    ['no state', ''],
    ['a state of nobody', '?state=abc&code=4%2F0abc'],
    ['an error of nobody', '?error=access_denied&state=abc'],
    ['a state twice', '?state=a&state=b&code=c'],
    ['a very long state', `?state=${'x'.repeat(600)}`],
  ])('with %s goes to the front end as well, or is told', async (_, query) => {
    const { answer, said } = await comeBack(new URL(`${server.url}/google-calendar/callback${query}`));
    expect(answer.status).toBe(302);
    expect(said).toEqual(failed(aText));
  });

  it('does not take the code of one for the other', async () => {
    const other = await signUp(server.url);
    const mine = await consentAt(await authorizationUrl(server.url, user.token), {
      email: await aGooglePerson(sandbox.url),
    });
    const theirs = await consentAt(await authorizationUrl(server.url, other.token), {
      email: await aGooglePerson(sandbox.url),
    });
    mine.searchParams.set('state', theirs.searchParams.get('state') ?? '');
    expect((await comeBack(mine)).said).toEqual(failed(textLike(/Please start again/)));
    expect(await status()).toMatchObject({ connected: false });
    expect(await status(other)).toMatchObject({ connected: false });
  });

  it('with what Google says in the address says it without its markup', async () => {
    const back = await consentAt(await authorizationUrl(server.url, user.token), { decision: 'cancel' });
    back.searchParams.set('error', '<script>alert(1)</script>');
    const { said } = await comeBack(back);
    expect(said['message']).toBe('Google did not connect the calendar: script alert 1 script.');
    const page = await api(server.url).get(`/scheduled-meetings?message=${encodeURIComponent('<b>&"\'')}`);
    expect(page.text).toContain('&#60;b&#62;&#38;&#34;&#39;');
  });

  it('is not spoiled by a program that looks at the link', async () => {
    const back = await consentAt(await authorizationUrl(server.url, user.token), {
      email: await aGooglePerson(sandbox.url),
    });
    await fetch(back, { method: 'HEAD', redirect: 'manual' });
    expect((await comeBack(back)).said).toMatchObject({ success: 'true' });
  });

  it('knows the time zone later where Google could not tell it', async () => {
    const back = await consentAt(await authorizationUrl(server.url, user.token), {
      email: await aGooglePerson(sandbox.url, 'Asia/Tokyo'),
    });
    await sandbox.fault('google', 'http_503', { count: 3 });
    expect((await comeBack(back)).said).toMatchObject({ success: 'true' });
    expect(await status()).toMatchObject({ connected: true, time_zone: null });
    await sandbox.noFaults();
    await events();
    expect(await status()).toMatchObject({ time_zone: 'Asia/Tokyo' });
  });

  it.each(['token_http_503', 'token_timeout'])('while Google is down says so: %s', async (fault) => {
    const back = await consentAt(await authorizationUrl(server.url, user.token), {
      email: await aGooglePerson(sandbox.url),
    });
    await sandbox.fault('google', fault, { count: 10 });
    expect((await comeBack(back)).said).toEqual(failed('Google cannot be reached at the moment.'));
  });

  it('is not there where this server has no client', async () => {
    const without = await startApp({ database: server.database, env: { GOOGLE_CLIENT_ID: '' } });
    const stranger = await signUp(without.url);
    for (const path of ['/google-calendar/auth', '/google-calendar/events']) {
      const answer = await api(without.url).get(path, { token: stranger.token });
      expect([answer.status, answer.body['code']]).toEqual([501, 'calendar.not_configured']);
    }
    await without.close();
  });
});

describe('tokens', () => {
  it('cannot be read from the table, nor moved to another user', async () => {
    await connect();
    const other = await signUp(server.url);
    await connectCalendar(server, sandbox, other.token);
    const columns = 'SELECT access_token, refresh_token, key_id FROM calendar_grants';
    const [mine] = await server.sql<Record<string, string>>(user.userId, columns);
    const [theirs] = await server.sql<Record<string, string>>(other.userId, columns);
    for (const sealed of [mine?.['access_token'], mine?.['refresh_token']]) {
      expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]+$/);
      expect(sealed).not.toMatch(/ya29|1\/\//);
      expect(Buffer.from(sealed?.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toMatch(/ya29|1\/\//);
    }
    await server.sql(user.userId, 'UPDATE calendar_grants SET access_token = $1, refresh_token = $2', [
      theirs?.['access_token'],
      theirs?.['refresh_token'],
    ]);
    const answer = await events();
    expect([answer.status, answer.body]).toEqual([
      503,
      expect.objectContaining({
        code: 'calendar.unavailable',
        detail: expect.stringContaining('cannot read') as string,
      }),
    ]);
    // Nor to the other column.
    await server.sql(user.userId, 'UPDATE calendar_grants SET access_token = $1, refresh_token = $1', [
      mine?.['access_token'],
    ]);
    expect((await events()).status).toBe(503);
  });

  it('that have run out are renewed once, however many ask', async () => {
    const email = await connect();
    await google().post('/sandbox/google/expire-access-tokens', { email });
    await google().delete('/sandbox/google/token-requests');
    await server.sql(user.userId, `UPDATE calendar_grants SET access_expires_at = now() - interval '1 minute'`);
    const second = await startApp({
      database: server.database,
      env: { ...sandbox.env, SECRET_KEY: server.config.secretKey },
    });
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        api(at % 2 ? server.url : second.url).get('/google-calendar/events', { token: user.token }),
      ),
    );
    await second.close();
    expect(all.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect((await tokenRequests())['refresh_token']).toEqual({ granted: 1, refused: 0 });
  });

  it('that Google does not take before their time are renewed, once', async () => {
    const email = await connect();
    await google().post('/sandbox/google/expire-access-tokens', { email });
    await google().delete('/sandbox/google/token-requests');
    const all = await Promise.all(Array.from({ length: 20 }, () => events()));
    expect(new Set(all.map((answer) => answer.status))).toEqual(new Set([200]));
    expect((await tokenRequests())['refresh_token']).toEqual({ granted: 1, refused: 0 });
  });

  it('that are to run out soon are renewed early, and used as long as Google cannot be reached', async () => {
    await connect();
    await google().delete('/sandbox/google/token-requests');
    await server.sql(user.userId, `UPDATE calendar_grants SET access_expires_at = now() + interval '3 minutes'`);
    await sandbox.fault('google', 'token_http_503', { count: 10 });
    expect((await events()).status).toBe(200);
    await sandbox.noFaults();
    await until(
      async () => {
        expect((await events()).status).toBe(200);
        const [grant] = await server.sql<{ rest: number }>(
          user.userId,
          'SELECT extract(epoch FROM access_expires_at - now())::integer AS rest FROM calendar_grants',
        );
        return grant?.rest ?? 0;
      },
      (rest) => rest > 300,
      { what: 'new tokens' },
    );
  });

  it('of a grant that was revoked are forgotten, and nobody asks again', async () => {
    const email = await connect();
    await google().post('/sandbox/google/revoke', { email });
    await google().delete('/sandbox/google/token-requests');
    const all = await Promise.all(Array.from({ length: 10 }, () => events()));
    for (const { status: code, body } of all) {
      expect([code, body]).toEqual([409, expect.objectContaining({ code: 'calendar.reconnect_required' })]);
    }
    expect((await tokenRequests())['refresh_token']).toEqual({ granted: 0, refused: 1 });
    expect(await status()).toEqual({ connected: false, email, reconnect_required: true, time_zone: 'Europe/Berlin' });
    expect(await server.sql(user.userId, 'SELECT access_token, refresh_token FROM calendar_grants')).toEqual([
      { access_token: null, refresh_token: null },
    ]);
    await connect(email);
    expect(await status()).toMatchObject({ connected: true, reconnect_required: false });
    expect((await events()).status).toBe(200);
  });

  it('of an older state are not renewed by whoever comes late', async () => {
    await connect();
    const rows = server.app.get(CalendarGrantRows);
    const read = await rows.read(user);
    if (read.state !== 'open') throw new Error('It is connected.');
    const { revision } = read.grant;
    const claim = await rows.claim(user, 'renewal', 30, revision);
    expect(await rows.claim(user, 'renewal', 30, revision)).toBeNull();
    const newer = { accessToken: 'a', expiresAt: new Date(), refreshToken: undefined, scopes: [], email: undefined };
    expect(await rows.storeRenewed(user, claim ?? '', newer)).toBe(true);
    expect(await rows.claim(user, 'renewal', 30, revision)).toBeNull();
    expect(await rows.storeRenewed(user, claim ?? '', newer)).toBe(false);
    expect(await rows.claim(user, 'renewal', 30, revision + 1)).not.toBeNull();
  });

  it('and the calendar are held by one, as long as it holds on', async () => {
    await connect();
    const rows = server.app.get(CalendarGrantRows);
    const first = await rows.claim(user, 'writing', 0);
    await rows.extendWriting(user, first ?? '', 30);
    expect(await rows.claim(user, 'writing', 30)).toBeNull();
    await rows.extendWriting(user, first ?? '', 0);
    const second = await rows.claim(user, 'writing', 30);
    expect(second).not.toBeNull();
    // It is another's by now.
    await rows.extendWriting(user, first ?? '', 0);
    await rows.release(user, 'writing', first ?? '');
    expect(await rows.claim(user, 'writing', 30)).toBeNull();
    await rows.release(user, 'writing', second ?? '');
    expect(await rows.claim(user, 'writing', 30)).not.toBeNull();
  });

  it('are sealed with the key of now by the rotation, of users who are switched off too', async () => {
    await connect();
    const off = await signUp(server.url);
    await connectCalendar(server, sandbox, off.token);
    const setActive = (isActive: boolean) =>
      server.app
        .get(Database)
        .asNewOwner(off, (tx) => tx.query('UPDATE users SET is_active = $2 WHERE id = $1', [off.userId, isActive]));
    await setActive(false);
    const db = server.app.get(Database);
    const newer = Buffer.alloc(32, 5);
    const rows = new CalendarGrantRows({ encryptionKeys: [newer, ...server.config.encryptionKeys] }, db);
    const before = await rows.read(user);
    const { resealed, unreadable } = await rotateCalendarKeys(db, rows);
    expect(resealed).toBeGreaterThan(0);
    // Those of the test that has moved them about.
    expect(await rotateCalendarKeys(db, rows)).toEqual({ resealed: 0, unreadable });
    expect(unreadable).not.toContain(user.userId);
    await setActive(true);
    for (const { userId } of [user, off]) {
      expect(await server.sql(userId, 'SELECT key_id FROM calendar_grants')).toEqual([{ key_id: rows.keyId }]);
    }
    const alone = new CalendarGrantRows({ encryptionKeys: [newer] }, db);
    const after = await alone.read(user);
    expect(after).toMatchObject({ state: 'open' });
    expect(after).toEqual(before);
    const back = new CalendarGrantRows({ encryptionKeys: [...server.config.encryptionKeys, newer] }, db);
    await rotateCalendarKeys(db, back);
    expect((await events()).status).toBe(200);
  });

  it('are sealed anew by the command, and not without a key', async () => {
    await connect();
    const [former] = server.config.encryptionKeys;
    const newer = randomBytes(32).toString('base64');
    const rotate = (env: Record<string, string>) => {
      const { PATH } = process.env;
      return run(process.execPath, ['-r', './test/support/swc-register.cjs', 'src/rotate-encryption-key.ts'], {
        env: { PATH, DATABASE_URL: server.database.url, ...env },
      });
    };
    await expect(rotate({ SECRET_KEY: 'of a server' })).rejects.toThrow(/ENCRYPTION_KEY is missing/);
    const keys = { ENCRYPTION_KEY: newer, ENCRYPTION_KEY_PREVIOUS: former.toString('base64') };
    // 1 where there are some that no key opens: those of the test that has moved them about.
    const { stdout } = await rotate(keys).catch((error: unknown) => error as { stdout: string });
    expect(stdout).toMatch(/^The tokens of [1-9]\d* calendars were encrypted anew/);
    const db = server.app.get(Database);
    const read = await new CalendarGrantRows({ encryptionKeys: [Buffer.from(newer, 'base64')] }, db).read(user);
    expect(read).toMatchObject({ state: 'open' });
    await rotate({ ENCRYPTION_KEY: former.toString('base64'), ENCRYPTION_KEY_PREVIOUS: newer }).catch(() => undefined);
    expect((await events()).status).toBe(200);
  });
});

describe('events', () => {
  it('are listed by their start, in UTC, all-day ones with their days', async () => {
    const email = await connect();
    const put = (event: object) => google().post('/sandbox/google/events', { email, event });
    await put({
      summary: 'Call Ben',
      start: { dateTime: `${FAR}T09:00:00+01:00` },
      end: { dateTime: `${FAR}T09:30:00+01:00` },
    });
    await put({ summary: 'Holiday', start: { date: FAR }, end: { date: '2031-03-05' } });
    await put({
      summary: 'Daily',
      start: { dateTime: `${FAR}T12:00:00`, timeZone: 'Europe/Berlin' },
      end: { dateTime: `${FAR}T12:15:00`, timeZone: 'Europe/Berlin' },
      recurrence: ['RRULE:FREQ=DAILY;COUNT=3'],
    });
    const { body } = await events(`?max_results=4&time_min=${FAR}T00:00:00Z`);
    expect(body.map(({ summary, start, all_day }) => [summary, start, all_day])).toEqual([
      ['Holiday', FAR, true],
      ['Call Ben', `${FAR}T08:00:00.000Z`, false],
      ['Daily', `${FAR}T11:00:00.000Z`, false],
      ['Daily', '2031-03-05T11:00:00.000Z', false],
    ]);
    const first = await events(`?max_results=1&time_min=${FAR}T00:00:00Z`);
    const token = first.headers.get('x-next-page-token') ?? '';
    const next = await events(`?max_results=1&time_min=${FAR}T00:00:00Z&page_token=${encodeURIComponent(token)}`);
    expect(next.body.map(({ summary }) => summary)).toEqual(['Call Ben']);
    const id = body[2]?.id ?? '';
    await google().delete(`/sandbox/google/events/${id}?email=${encodeURIComponent(email)}`);
    const rest = await events(`?max_results=5&time_min=${FAR}T00:00:00Z`);
    expect(rest.body.map((event) => event.id)).not.toContain(id);
  });

  it.each([
    [`?time_min=2031-01-02T00:00:00Z&time_max=2031-01-01T00:00:00Z`, 422, 'request.invalid'],
    [`?time_max=2001-01-01T00:00:00Z`, 422, 'request.invalid'],
    ['?page_token=made-up', 400, 'calendar.question_refused'],
    ['?max_results=0', 422, 'request.invalid'],
  ])('asked for with %s are refused', async (query, code, problem) => {
    await connect();
    const answer = await get(`/google-calendar/events${query}`);
    expect([answer.status, answer.body['code']]).toEqual([code, problem]);
  });

  it('are put into the calendar, once for each key', async () => {
    await connect();
    const made = await post<Event>('/google-calendar/events', aMeeting, { 'idempotency-key': 'meeting-1' });
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({
        summary: 'Demo with Anna',
        start: `${FAR}T14:00:00.000Z`,
        end: `${FAR}T14:30:00.000Z`,
      }),
    ]);
    expect((await events(`?time_min=${FAR}T00:00:00Z&time_max=${FAR}T23:59:00Z`)).body).toHaveLength(1);
    const again = await post<Event>('/google-calendar/events', aMeeting, { 'idempotency-key': 'meeting-1' });
    expect([again.status, again.body.id]).toEqual([201, made.body.id]);
    const busy = await get<{ busy: object[] }>(
      `/google-calendar/free-busy?time_min=${FAR}T00:00:00Z&time_max=${FAR}T23:00:00Z`,
    );
    expect(busy.body.busy).toEqual([{ start: `${FAR}T14:00:00.000Z`, end: `${FAR}T14:30:00.000Z` }]);
  });

  it('with an id of one’s own are there once, also when Google’s answer was lost', async () => {
    await connect();
    const chosen = { ...aMeeting, id: 'demo00001' };
    await sandbox.fault('google', 'lose_answer');
    const all = await Promise.all([
      post<Event>('/google-calendar/events', chosen),
      post<Event>('/google-calendar/events', chosen),
    ]);
    expect(all.map(({ status: code, body }) => [code, body.id])).toEqual([
      [201, 'demo00001'],
      [201, 'demo00001'],
    ]);
    expect((await events(`?time_min=${FAR}T00:00:00Z`)).body).toHaveLength(1);
    const other = await post('/google-calendar/events', { ...chosen, summary: 'Something else' });
    expect([other.status, other.body['code']]).toEqual([409, 'calendar.event_exists']);
  });

  it.each([
    [{ ...aMeeting, end: aMeeting.start }, 400, 'calendar.invalid_time'],
    [{ ...aMeeting, start: 'tomorrow' }, 400, 'calendar.invalid_time'],
    [{ ...aMeeting, start: FAR }, 400, 'calendar.invalid_time'],
    [{ ...aMeeting, start: '2031-02-30', end: '2031-03-02' }, 400, 'calendar.invalid_time'],
    [{ ...aMeeting, timezone: 'Mars/Base' }, 422, 'request.invalid'],
    [{ ...aMeeting, attendees: ['nobody'] }, 422, 'request.invalid'],
    [{ ...aMeeting, id: 'ÄÖ' }, 422, 'request.invalid'],
    [{ summary: 'No time' }, 422, 'request.invalid'],
  ])('%j is refused', async (body, code, problem) => {
    await connect();
    const answer = await post('/google-calendar/events', body);
    expect([answer.status, answer.body['code']]).toEqual([code, problem]);
  });

  it.each([
    ['http_403', 503, 'calendar.unavailable'],
    ['http_500', 503, 'calendar.unavailable'],
    ['drop_socket', 503, 'calendar.unavailable'],
  ])('while Google answers %s are not there', async (fault, code, problem) => {
    await connect();
    await sandbox.fault('google', fault, { count: 20 });
    const answer = await events();
    expect([answer.status, answer.body]).toEqual([code, expect.objectContaining({ code: problem })]);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    await sandbox.noFaults();
    expect((await events()).status).toBe(200);
  });

  it('that Google is slow about come all the same', async () => {
    await connect();
    await sandbox.fault('google', 'slow', { after_ms: 300 });
    await sandbox.fault('google', 'http_503');
    expect((await events()).status).toBe(200);
  });

  it('need a connected calendar, and one’s own', async () => {
    for (const answer of [
      await events(),
      await post('/google-calendar/events', aMeeting),
      await get(`/google-calendar/free-busy?time_min=${FAR}T00:00:00Z&time_max=${FAR}T23:00:00Z`),
      await api(server.url).delete('/google-calendar/connection', { token: user.token }),
    ]) {
      expect([answer.status, answer.body]).toEqual([409, expect.objectContaining({ code: 'calendar.not_connected' })]);
    }
    await connect();
    const other = await signUp(server.url);
    expect((await get('/google-calendar/events', other)).status).toBe(409);
    expect(await status(other)).toMatchObject({ connected: false });
  });
});

describe('disconnecting', () => {
  const disconnect = () => api(server.url).delete('/google-calendar/connection', { token: user.token });

  it('takes the permission back at Google', async () => {
    const email = await connect();
    expect((await disconnect()).status).toBe(204);
    expect(await status()).toEqual({ connected: false, email: null, reconnect_required: false, time_zone: null });
    const { body } = await google().get<{ grants: { email: string }[] }>('/sandbox/google');
    expect(body.grants.filter((grant) => grant.email === email)).toEqual([]);
    expect(await server.sql(user.userId, 'SELECT 1 FROM calendar_grants')).toEqual([]);
  });

  it('changes nothing while Google cannot be reached', async () => {
    await connect();
    await sandbox.fault('google', 'token_http_503', { count: 10 });
    const answer = await disconnect();
    expect([answer.status, answer.body['code']]).toEqual([503, 'calendar.unavailable']);
    expect(await status()).toMatchObject({ connected: true });
    await sandbox.noFaults();
    expect((await disconnect()).status).toBe(204);
  });

  it('of what Google has ended already is no trouble', async () => {
    const email = await connect();
    await google().post('/sandbox/google/revoke', { email });
    expect((await disconnect()).status).toBe(204);
  });

  it('comes with the erasure of the user', async () => {
    const email = await connect();
    expect((await api(server.url).delete('/users/me', { token: user.token })).status).toBeLessThan(300);
    const { body } = await google().get<{ grants: { email: string }[] }>('/sandbox/google');
    expect(body.grants.filter((grant) => grant.email === email)).toEqual([]);
  });
});
