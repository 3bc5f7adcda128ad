import { connect } from 'node:net';
import { Drain } from '../../src/common/drain';
import { ScheduledCallHandover } from '../../src/scheduling/scheduled-call-handover.service';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ScriptedTwilio, webhook } from '../support/scripted-twilio';
import { until } from '../support/until';

type Body = Record<string, unknown>;

const TOMORROW = new Date(Date.now() + 24 * 3600_000).toISOString();
const numberOf = (at: number) => `+1202556${String(at).padStart(4, '0')}`;

let twilio: ScriptedTwilio;
let user: SignedUp;

beforeAll(async () => {
  twilio = await ScriptedTwilio.start();
});
beforeEach(() => twilio.reset());
afterAll(() => twilio.close());

const running: StartedApp[] = [];
afterEach(async () => {
  for (const server of running.splice(0).reverse()) await server.close();
});

/** Until the end of the test. */
async function started(env: Record<string, string>, database?: StartedApp['database']): Promise<StartedApp> {
  const server = await startApp({ env: { ...twilio.env, DIAL_RATE_PER_SECOND: '1000', ...env }, database });
  running.push(server);
  return server;
}

async function scheduleMany(
  server: StartedApp,
  by: SignedUp,
  count: number,
  from = 0,
  body: Body = {},
): Promise<Body[]> {
  const calls = Array.from({ length: count }, (_, at) => ({
    phone_number: numberOf(from + at),
    scenario: 'sales',
    scheduled_time: TOMORROW,
    ...body,
  }));
  const answer = await api(server.url).post<{ scheduled: Body[]; rejected: Body[] }>(
    '/schedule-call/batch',
    { calls },
    { token: by.token },
  );
  expect([answer.status, answer.body.rejected]).toEqual([200, []]);
  return answer.body.scheduled;
}

const listed = (server: StartedApp, by: SignedUp) =>
  api(server.url)
    .get<Body[]>('/scheduled-calls?limit=200', { token: by.token })
    .then(({ body }) => body);

const makeAllDue = async (server: StartedApp, by: SignedUp) => {
  await server.sql(
    by.userId,
    `UPDATE scheduled_calls SET due_at = clock_timestamp(), handed_at = NULL WHERE status = 'scheduled'`,
  );
  server.app.get(ScheduledCallHandover).callForOne();
};

/** The call is over: nobody could be reached. */
async function busy(server: StartedApp, at: number): Promise<void> {
  const [sid = ''] = [...twilio.calls.keys()].slice(at);
  const callback = twilio.creates[at]?.form.get('StatusCallback') ?? '';
  const attempt = new URL(callback).searchParams.get('attempt') ?? '';
  await webhook(server, `/call-status?attempt=${attempt}`, { CallSid: sid, CallStatus: 'busy', SequenceNumber: '3' });
}

describe('a batch', () => {
  let server: StartedApp;
  beforeEach(async () => {
    server = await started({});
    user = await signUp(server.url);
  });

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    api(server.url).post<{ scheduled: Body[]; rejected: Body[] }>('/schedule-call/batch', body, {
      token: user.token,
      headers,
    });
  const upload = async (
    text: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
    name = 'file',
  ) => {
    const form = new FormData();
    form.set(name, new Blob([text], { type: 'text/csv' }), 'calls.csv');
    const response = await fetch(`${server.url}/schedule-call/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}`, ...headers },
      body: form,
    });
    return {
      status: response.status,
      body: (await response.json()) as { scheduled: Body[]; rejected: Body[]; detail?: string },
    };
  };

  it('schedules good rows and gives bad ones back with the reason', async () => {
    const good = { phone_number: numberOf(1), scenario: 'sales', scheduled_time: TOMORROW };
    await api(server.url).post('/do-not-call', { phone_number: numberOf(5) }, { token: user.token });
    const { status, body } = await post({
      calls: [
        good,
        { ...good, phone_number: 'abc' },
        { ...good, scenario: 'nothing' },
        { ...good, scheduled_time: '2024-01-15T14:00:00Z' },
        { ...good, phone_number: numberOf(5) },
        { ...good, scenario: 7 },
        { ...good, retry: { max_attempts: 99 } },
        'nonsense',
        { ...good, phone_number: numberOf(2) },
      ],
    });
    expect(status).toBe(200);
    expect(body.scheduled).toMatchObject([{ phone_number: numberOf(1) }, { phone_number: numberOf(2) }]);
    expect(body.rejected.map(({ row }) => row)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(body.rejected.map(({ detail }) => String(detail))).toEqual([
      'Invalid phone number',
      expect.stringContaining('Invalid scenario') as string,
      'Cannot schedule calls in the past',
      'This number is on your do-not-call list.',
      expect.stringContaining('scenario') as string,
      expect.stringContaining('retry.max_attempts') as string,
      expect.any(String) as string,
    ]);
    expect(await listed(server, user)).toHaveLength(2);
  });

  it.each([[{}], [{ calls: [] }], [{ calls: Array.from({ length: 1001 }, () => ({})) }], [[]], [null]])(
    'is refused as a whole when it is none (%#)',
    async (body) => {
      expect((await post(body)).status).toBe(422);
    },
  );

  it('comes as a CSV file as well', async () => {
    const { status, body } = await upload(
      `phone_number;scenario;scheduled_time;timezone\n${numberOf(1)};sales;2027-07-01T09:00:00;Europe/Berlin\nabc;sales;2027-07-01T09:00:00;\n`,
    );
    expect(status).toBe(200);
    expect(body.scheduled).toMatchObject([{ phone_number: numberOf(1), scheduled_time: '2027-07-01T07:00:00.000Z' }]);
    expect(body.rejected).toEqual([{ row: 3, detail: 'Invalid phone number' }]);
  });

  it('says what is wrong with a file', async () => {
    expect(await upload('phone_number,scenario\n1,2\n')).toMatchObject({
      status: 422,
      body: { detail: 'The file cannot be read: it has no column scheduled_time.' },
    });
    expect((await upload(Uint8Array.of(0xff, 0xfe, 0x00))).status).toBe(422);
    expect((await upload('phone_number', {}, 'other')).status).toBe(422);
    expect((await upload('x'.repeat(2 * 1024 * 1024))).status).toBe(413);
    const elsewhere = await fetch(`${server.url}/schedule-call`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}` },
      body: new FormData(),
    });
    expect(elsewhere.status).toBe(415);
  });

  it('is the same batch for the same Idempotency-Key and the same file alone', async () => {
    const csv = `phone_number,scenario,scheduled_time\n${numberOf(1)},sales,${TOMORROW}\n`;
    const headers = { 'idempotency-key': 'batch-1' };
    const [first, second] = [await upload(csv, headers), await upload(csv, headers)];
    expect(second.body).toEqual(first.body);
    expect((await upload(csv.replace('sales', 'support'), headers)).status).toBe(422);
    expect(await listed(server, user)).toHaveLength(1);
  });

  it('is the same batch too where the answer to it was lost with its server', async () => {
    const calls = [1, 2].map((at) => ({ phone_number: numberOf(at), scenario: 'sales', scheduled_time: TOMORROW }));
    const headers = { 'idempotency-key': 'batch-2' };
    const first = await post({ calls }, headers);
    await server.sql(user.userId, 'DELETE FROM idempotency_keys');
    const second = await post({ calls: [...calls, { ...calls[0], phone_number: numberOf(3) }] }, headers);
    const ids = ({ body }: typeof first) => body.scheduled.map(({ id }) => id);
    expect(ids(second).slice(0, 2)).toEqual(ids(first));
    expect(await listed(server, user)).toHaveLength(3);
  });

  it('has room for a thousand', async () => {
    expect(await scheduleMany(server, user, 1000, 0, { recurrence: 'FREQ=WEEKLY' })).toHaveLength(1000);
  });

  it('is refused before it is read where it is too large or nobody’s', async () => {
    const head = ['POST /schedule-call/batch HTTP/1.1', 'Host: here', 'Content-Type: multipart/form-data; boundary=b'];
    const answered = (...more: string[]) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
          socket.write([...head, `Authorization: Bearer ${user.token}`, ...more, '', '--b\r\n'].join('\r\n'));
        });
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
        socket.once('close', () => resolve(text));
        socket.once('error', reject);
      });
    expect(await answered('Content-Length: 50000000')).toMatch(/^HTTP\/1.1 413[\s\S]*connection: close/i);
    expect(await answered('Transfer-Encoding: chunked')).toMatch(/^HTTP\/1.1 400[\s\S]*connection: close/i);
  });
});

describe('caps', () => {
  it('spread the calls of a user over minutes and tell it, and leave others alone', async () => {
    const server = await started({ RATE_LIMIT_CALLS: '3' });
    const [many, one] = [await signUp(server.url), await signUp(server.url)];
    await scheduleMany(server, many, 10);
    await scheduleMany(server, one, 1, 500);
    await makeAllDue(server, many);
    await makeAllDue(server, one);
    await until(
      async () => twilio.creates.length,
      (count) => count === 4,
    );
    const waiting = await until(
      async () => (await listed(server, many)).filter(({ status }) => status === 'scheduled'),
      (rows) => rows.length === 7 && rows.every(({ waiting_for: reason }) => reason !== null),
    );
    expect(waiting[0]?.['waiting_for']).toEqual({
      code: 'calls_per_minute',
      detail: 'Rate limit exceeded: at most 3 calls can be started in a minute.',
    });
    const minutes = waiting
      .map((row) => (Date.parse(String(row['next_attempt_at'])) - Date.now()) / 60_000)
      .map((inMinutes) => Math.ceil(inMinutes))
      .sort((a, b) => a - b);
    expect(minutes).toEqual([1, 1, 1, 2, 2, 2, 3]);
    expect(twilio.creates.filter(({ form }) => form.get('To') === numberOf(500))).toHaveLength(1);
  });

  it('keep the turn of those that have waited', async () => {
    const server = await started({ RATE_LIMIT_CALLS: '2' });
    user = await signUp(server.url);
    await scheduleMany(server, user, 6);
    await makeAllDue(server, user);
    const waitingIn = async () =>
      (await listed(server, user))
        .filter(({ status }) => status === 'scheduled')
        .map((row) => [String(row['phone_number']), Date.parse(String(row['next_attempt_at'])) - Date.now()] as const);
    await until(waitingIn, (rows) => rows.length === 4 && rows.every(([, inMs]) => inMs > 0));
    // The first two of those that wait come to their turn while none is free yet.
    const next = (await waitingIn())
      .toSorted(([, a], [, b]) => a - b)
      .slice(0, 2)
      .map(([number]) => number);
    await server.sql(
      user.userId,
      `UPDATE scheduled_calls SET due_at = clock_timestamp(), handed_at = NULL WHERE phone_number = ANY ($1) AND status = 'scheduled'`,
      [next],
    );
    server.app.get(ScheduledCallHandover).callForOne();
    await until(waitingIn, (rows) => rows.length === 4 && rows.every(([, inMs]) => inMs > 1000));
    const again = (await waitingIn()).toSorted(([, a], [, b]) => a - b);
    expect(
      again
        .slice(0, 2)
        .map(([number]) => number)
        .sort(),
    ).toEqual([...next].sort());
    expect(again[1]?.[1]).toBeLessThan(61_000);
  });

  it('wait for a call of the user to end', async () => {
    const server = await started({ MAX_CONCURRENT_CALLS: '1' });
    user = await signUp(server.url);
    await scheduleMany(server, user, 2);
    await makeAllDue(server, user);
    await until(
      async () => twilio.creates.length,
      (count) => count === 1,
    );
    const rows = await until(
      () => listed(server, user),
      (all) => all.some(({ waiting_for: reason }) => (reason as Body | null)?.['code'] === 'calls_at_once'),
    );
    const waiting = rows.find(({ status }) => status === 'scheduled');
    await busy(server, 0);
    await until(
      async () => twilio.creates.length,
      (count) => count === 2,
    );
    const { body } = await api(server.url).get<Body[]>(`/scheduled-calls/${String(waiting?.['id'])}/attempts`, {
      token: user.token,
    });
    // Because the other one has ended, and not because its own next time has come.
    expect(Date.parse(String(body[0]?.['due_at']))).toBeLessThan(Date.parse(String(waiting?.['next_attempt_at'])));
  });

  it('of a day block what is beyond them', async () => {
    const server = await started({ MAX_CALLS_PER_DAY: '1' });
    user = await signUp(server.url);
    await scheduleMany(server, user, 2);
    await makeAllDue(server, user);
    const rows = await until(
      () => listed(server, user),
      (all) => all.some(({ status }) => status === 'blocked'),
    );
    expect(rows.map(({ status }) => status).sort()).toEqual(['blocked', 'dialing']);
    expect(rows.find(({ status }) => status === 'blocked')).toMatchObject({
      attempts: 0,
      last_error: expect.stringContaining('can be placed in a day') as string,
    });
    expect(twilio.creates).toHaveLength(1);
  });

  it('of a full server are waited for, whoever filled it', async () => {
    const server = await started({ MAX_LIVE_CALLS: '1' });
    const [first, second] = [await signUp(server.url), await signUp(server.url)];
    await scheduleMany(server, first, 1);
    await makeAllDue(server, first);
    await until(
      async () => twilio.calls.size,
      (count) => count === 1,
    );
    await scheduleMany(server, second, 1, 10);
    await makeAllDue(server, second);
    await until(
      () => listed(server, second),
      ([row]) => (row?.['waiting_for'] as Body | null)?.['code'] === 'capacity_full',
    );
    await busy(server, 0);
    await until(
      async () => twilio.creates.length,
      (count) => count === 2,
    );
  });

  it('let nobody’s thousand delay another’s one', async () => {
    const server = await started({ DIAL_RATE_PER_SECOND: '20', MAX_CONCURRENT_CALLS: '1000' });
    const [many, one] = [await signUp(server.url), await signUp(server.url)];
    await scheduleMany(server, many, 1000);
    await makeAllDue(server, many);
    await until(
      async () => twilio.creates.length,
      (count) => count >= 5,
    );
    await scheduleMany(server, one, 1, 5000);
    await makeAllDue(server, one);
    await until(
      async () => twilio.creates.findIndex(({ form }) => form.get('To') === numberOf(5000)),
      (at) => at >= 0,
    );
    const before = twilio.creates.findIndex(({ form }) => form.get('To') === numberOf(5000));
    // Two batches of half a second each may be under way already.
    expect(before).toBeLessThan(60);
  });
});

describe('quiet hours', () => {
  /** Around this moment, on the clock of Washington, where the numbers belong. */
  const around = (hours: number) => {
    const clock = (at: number) =>
      new Date(at).toLocaleTimeString('en-GB', { timeZone: 'America/New_York', hour: '2-digit', minute: '2-digit' });
    return `${clock(Date.now() - hours * 3600_000)}-${clock(Date.now() + hours * 3600_000)}`;
  };
  const schedule = (server: StartedApp, body: Body) =>
    api(server.url).post(
      '/schedule-call',
      { phone_number: numberOf(1), scenario: 'sales', scheduled_time: TOMORROW, ...body },
      { token: user.token },
    );

  it('refuse a time in them, or have it wait for their end', async () => {
    const server = await started({ QUIET_HOURS: '21:00-08:00' });
    user = await signUp(server.url);
    const scheduled_time = '2027-01-15T03:00:00-05:00';
    const refused = await schedule(server, { scheduled_time });
    expect([refused.status, refused.body['code']]).toEqual([403, 'quiet_hours']);
    expect(refused.body['earliest_at']).toBe('2027-01-15T13:00:00.000Z');
    const waiting = await schedule(server, { scheduled_time, quiet_hours: 'wait' });
    expect(waiting.body).toMatchObject({
      scheduled_time: '2027-01-15T08:00:00.000Z',
      next_attempt_at: '2027-01-15T13:00:00.000Z',
      waiting_for: { code: 'quiet_hours', detail: 'It is quiet hours where this number belongs.' },
    });
  });

  it('that have begun meanwhile block it, or have it wait', async () => {
    const server = await started({ QUIET_HOURS: around(2) });
    user = await signUp(server.url);
    const later = new Date(Date.now() + 12 * 3600_000).toISOString();
    await schedule(server, { scheduled_time: later });
    await schedule(server, { scheduled_time: later, quiet_hours: 'wait', phone_number: numberOf(2) });
    await makeAllDue(server, user);
    const rows = await until(
      () => listed(server, user),
      (all) => all.some(({ status }) => status === 'blocked') && all.some(({ waiting_for: reason }) => reason !== null),
    );
    const [blocked, waiting] = rows;
    expect(blocked).toMatchObject({ status: 'blocked', last_error: 'It is quiet hours where this number belongs.' });
    expect(waiting).toMatchObject({ status: 'scheduled', waiting_for: { code: 'quiet_hours' } });
    const inHours = (Date.parse(String(waiting?.['next_attempt_at'])) - Date.now()) / 3600_000;
    expect(inHours).toBeGreaterThan(1.9);
    expect(inHours).toBeLessThan(2.1);
    expect(twilio.creates).toHaveLength(0);
  });
});

describe('the pace', () => {
  it('is kept by all servers together', async () => {
    const server = await started({ DIAL_RATE_PER_SECOND: '4', MAX_CONCURRENT_CALLS: '100' });
    await started({ DIAL_RATE_PER_SECOND: '4', MAX_CONCURRENT_CALLS: '100' }, server.database);
    user = await signUp(server.url);
    await scheduleMany(server, user, 16);
    await makeAllDue(server, user);
    await until(
      async () => twilio.creates.length,
      (count) => count === 16,
    );
    const [span] = await server.sql<{ seconds: number }>(
      user.userId,
      `SELECT extract(epoch FROM max(started_at) - min(started_at))::double precision AS seconds FROM scheduled_call_attempts`,
    );
    // Fifteen quarters of a second, but for what the first came late.
    expect(span?.seconds).toBeGreaterThan(2.5);
  });
});

describe('several processes', () => {
  it('dial what one of them, on its way out, does not begin any more', async () => {
    const leaving = await started({});
    await started({}, leaving.database);
    leaving.app.get(Drain).begin();
    user = await signUp(leaving.url);
    await scheduleMany(leaving, user, 5);
    await makeAllDue(leaving, user);
    await until(
      async () => twilio.creates.length,
      (count) => count === 5,
    );
  });

  it('dial each call once between them, and none that was canceled', async () => {
    // However many of the cancellations come too late.
    const env = { MAX_CONCURRENT_CALLS: '2000', MAX_CALLS_PER_DAY: '2000' };
    const server = await started(env);
    const second = await started(env, server.database);
    user = await signUp(server.url);
    const calls = await scheduleMany(server, user, 1000);
    // Each at a moment of its own within the next seconds, and its cancellation comes at about the same one.
    await server.sql(
      user.userId,
      `UPDATE scheduled_calls SET handed_at = NULL, due_at = clock_timestamp() + make_interval(secs => 1 + 8 * (id % 1000) / 1000.0)`,
    );
    const rows = await server.sql<{ id: number; due_at: Date }>(user.userId, 'SELECT id, due_at FROM scheduled_calls');
    server.app.get(ScheduledCallHandover).callForOne();
    const canceled = new Map<number, number>();
    await Promise.all(
      rows.map(async ({ id, due_at: dueAt }) => {
        await new Promise((done) => setTimeout(done, dueAt.getTime() - Date.now() + 300 * Math.random()));
        const { status } = await api(id % 2 === 0 ? server.url : second.url).delete(`/scheduled-calls/${id}`, {
          token: user.token,
        });
        canceled.set(id, status);
      }),
    );
    const open = await until(
      () =>
        server.sql(
          user.userId,
          `SELECT id FROM scheduled_calls WHERE status = 'scheduled' OR call_id NOT IN (SELECT id FROM calls)`,
        ),
      (left) => left.length === 0,
      { withinMs: 60_000 },
    );
    expect(open).toEqual([]);
    await until(
      () => server.sql(user.userId, `SELECT id FROM calls WHERE dial_state IN ('intended', 'asked')`),
      (left) => left.length === 0,
    );
    const dialled = new Map<string, number>();
    for (const { form } of twilio.creates) {
      const to = form.get('To') ?? '';
      dialled.set(to, (dialled.get(to) ?? 0) + 1);
    }
    const answers = calls.map((call) => {
      const status = canceled.get(Number(call['id']));
      return { id: call['id'], answer: `${String(status)} ${dialled.get(String(call['phone_number'])) ?? 0}` };
    });
    const odd = answers.filter(({ answer }) => answer !== '204 0' && answer !== '409 1').map(({ id }) => id);
    const told = await server.sql(
      user.userId,
      `SELECT s.status, s.last_error, c.status AS call_status, c.dial_state, c.ended_reason, c.error_code, c.error_detail
       FROM scheduled_calls s LEFT JOIN calls c ON c.id = s.call_id WHERE s.id = ANY ($1)`,
      [odd],
    );
    expect(told).toEqual([]);
    expect([...new Set(answers.map(({ answer }) => answer))].sort()).toEqual(['204 0', '409 1']);
  });
});
