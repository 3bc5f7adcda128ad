import { ScheduledCallHandover } from '../../src/scheduling/scheduled-call-handover.service';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ScriptedTwilio, webhook } from '../support/scripted-twilio';
import { until } from '../support/until';

type Body = Record<string, unknown>;

let twilio: ScriptedTwilio;
let server: StartedApp;
let client: ReturnType<typeof api>;
let user: SignedUp;
let number: string;
let numbers = 100;

beforeAll(async () => {
  twilio = await ScriptedTwilio.start();
  server = await startApp({ env: { ...twilio.env, DIAL_RATE_PER_SECOND: '1000', QUIET_HOURS: '' } });
  client = api(server.url);
});
beforeEach(async () => {
  twilio.reset();
  // What the test before has had dialled may still be on its way.
  number = `+1202555${String((numbers += 1)).padStart(4, '0')}`;
  user = await signUp(server.url);
});
afterAll(async () => {
  await server.close();
  await twilio.close();
});

const schedule = async (body: Body): Promise<Body> => {
  const answer = await client.post(
    '/schedule-call',
    { phone_number: number, scenario: 'sales', timezone: 'Europe/Berlin', ...body },
    { token: user.token },
  );
  expect([answer.status, answer.body['detail']]).toEqual([201, undefined]);
  return answer.body;
};
const put = (id: unknown, body: Body) => client.put(`/scheduled-calls/${String(id)}`, body, { token: user.token });
const cancel = (id: unknown, query = '') =>
  client.delete(`/scheduled-calls/${String(id)}${query}`, { token: user.token });
const list = () => client.get<Body[]>('/scheduled-calls', { token: user.token }).then(({ body }) => body);
const waiting = () => list().then((rows) => rows.filter(({ status }) => status === 'scheduled'));
const times = (rows: Body[]) => rows.map((row) => `${String(row['status'])} ${String(row['local_time'])}`);
/** Its time has come; what its row says of the time stays. */
const takeUp = async (id: unknown) => {
  await server.sql(user.userId, 'UPDATE scheduled_calls SET due_at = clock_timestamp() WHERE id = $1', [id]);
  server.app.get(ScheduledCallHandover).callForOne();
  await until(list, (rows) => rows.some((row) => row['id'] === id && row['status'] !== 'scheduled'));
};
/** What Twilio says of the call, and what its row makes of it. */
const hangUp = async (status: string, id: unknown) => {
  const theirs = () => [...twilio.calls].filter(([, { to }]) => to === number).at(-1)?.[0];
  const sid = await until(
    async () => theirs(),
    (one) => one !== undefined,
  );
  const form = twilio.creates.filter((create) => create.form.get('To') === number).at(-1)?.form;
  const attempt = new URL(form?.get('StatusCallback') ?? '').searchParams.get('attempt') ?? '';
  await webhook(server, `/call-status?attempt=${attempt}`, {
    CallSid: sid ?? '',
    CallStatus: status,
    SequenceNumber: '3',
  });
  await until(waiting, (rows) => rows.some((row) => row['id'] === id));
};
const takeUpNext = async () => takeUp((await waiting())[0]?.['id']);

describe('a series', () => {
  it('has one occurrence that is to come, on the same clock when clocks change', async () => {
    const first = await schedule({
      scheduled_time: '2027-03-26T09:00:00',
      recurrence: 'RRULE:FREQ=WEEKLY;BYDAY=FR,MO',
    });
    expect(first).toMatchObject({ recurrence: 'FREQ=WEEKLY;BYDAY=FR,MO', scheduled_time: '2027-03-26T08:00:00.000Z' });
    await takeUpNext();
    const [next] = await waiting();
    expect(next).toMatchObject({
      scheduled_time: '2027-03-29T07:00:00.000Z',
      local_time: '2027-03-29T09:00:00',
      series_id: first['series_id'],
      attempts: 0,
    });
    await takeUpNext();
    expect(times(await list())).toEqual([
      'dialing 2027-03-26T09:00:00',
      'dialing 2027-03-29T09:00:00',
      'scheduled 2027-04-02T09:00:00',
    ]);
  });

  it('says it when an occurrence is moved by the clocks', async () => {
    await schedule({ scheduled_time: '2027-03-27T02:30:00', recurrence: 'FREQ=DAILY' });
    await takeUpNext();
    expect((await waiting())[0]).toMatchObject({
      local_time: '2027-03-28T03:30:00',
      note: expect.stringContaining('go forward') as string,
    });
    await takeUpNext();
    expect((await waiting())[0]).toMatchObject({ local_time: '2027-03-29T02:30:00', note: null });
  });

  it('ends by itself', async () => {
    await schedule({ scheduled_time: '2027-05-01T09:00:00', recurrence: 'FREQ=DAILY;COUNT=2' });
    await takeUpNext();
    await takeUpNext();
    expect(times(await list())).toEqual(['dialing 2027-05-01T09:00:00', 'dialing 2027-05-02T09:00:00']);
  });

  it('goes on after an occurrence that may not start', async () => {
    await schedule({ scheduled_time: '2027-05-01T09:00:00', recurrence: 'FREQ=DAILY' });
    const entry = await client.post('/do-not-call', { phone_number: number }, { token: user.token });
    await takeUpNext();
    await client.delete(`/do-not-call/${String(entry.body['id'])}`, { token: user.token });
    await takeUpNext();
    expect(times(await list())).toEqual([
      'blocked 2027-05-01T09:00:00',
      'dialing 2027-05-02T09:00:00',
      'scheduled 2027-05-03T09:00:00',
    ]);
  });

  it('ends with its cancellation, or goes on without the one', async () => {
    const all = await schedule({ scheduled_time: '2027-05-01T09:00:00', recurrence: 'FREQ=DAILY' });
    expect((await cancel(all['id'])).status).toBe(204);
    expect(await waiting()).toEqual([]);
    const one = await schedule({ scheduled_time: '2027-06-01T09:00:00', recurrence: 'FREQ=DAILY' });
    expect((await cancel(one['id'], '?scope=occurrence')).status).toBe(204);
    expect(times(await waiting())).toEqual(['scheduled 2027-06-02T09:00:00']);
    expect((await cancel(one['id'], '?scope=nothing')).status).toBe(422);
  });

  it('goes on by its rule when an occurrence is moved', async () => {
    const first = await schedule({ scheduled_time: '2027-05-03T09:00:00', recurrence: 'FREQ=WEEKLY' });
    const moved = await put(first['id'], { scheduled_time: '2027-05-04T11:30:00' });
    expect(moved.body).toMatchObject({ local_time: '2027-05-04T11:30:00', recurrence: 'FREQ=WEEKLY' });
    await takeUpNext();
    expect(times(await waiting())).toEqual(['scheduled 2027-05-10T09:00:00']);
  });

  it('takes another rule, another clock, or none, from an occurrence on', async () => {
    const first = await schedule({ scheduled_time: '2027-05-03T09:00:00', recurrence: 'FREQ=WEEKLY' });
    expect((await put(first['id'], { recurrence: 'FREQ=DAILY' })).body).toMatchObject({ recurrence: 'FREQ=DAILY' });
    await takeUpNext();
    expect(times(await waiting())).toEqual(['scheduled 2027-05-04T09:00:00']);
    const [second] = await waiting();
    expect((await put(second?.['id'], { timezone: 'America/New_York' })).body).toMatchObject({
      local_time: '2027-05-04T09:00:00',
      scheduled_time: '2027-05-04T13:00:00.000Z',
    });
    await takeUpNext();
    expect((await waiting())[0]).toMatchObject({ scheduled_time: '2027-05-05T13:00:00.000Z' });
    const [third] = await waiting();
    expect((await put(third?.['id'], { recurrence: null })).body).toMatchObject({ recurrence: null, series_id: null });
    await takeUpNext();
    expect(await waiting()).toEqual([]);
  });

  it('has each occurrence once, whatever became of the one before it', async () => {
    const first = await schedule({
      scheduled_time: '2027-05-03T09:00:00',
      recurrence: 'FREQ=DAILY',
      retry: { max_attempts: 3, on: ['busy'] },
    });
    await takeUp(first['id']);
    await hangUp('busy', first['id']);
    const [, second] = await waiting();
    expect((await put(second?.['id'], { recurrence: null })).body).toMatchObject({ series_id: null });
    await takeUp(first['id']);
    expect(times(await waiting())).toEqual(['scheduled 2027-05-04T09:00:00']);
  });

  it('is canceled with what was made of it already', async () => {
    const first = await schedule({
      scheduled_time: '2027-05-03T09:00:00',
      recurrence: 'FREQ=DAILY',
      retry: { max_attempts: 3, on: ['busy'] },
    });
    await takeUp(first['id']);
    await hangUp('busy', first['id']);
    expect(await waiting()).toHaveLength(2);
    expect((await cancel(first['id'])).status).toBe(204);
    expect(await waiting()).toEqual([]);
  });

  it('takes an occurrence to where another one was', async () => {
    const first = await schedule({ scheduled_time: '2027-05-03T09:00:00', recurrence: 'FREQ=DAILY' });
    await cancel(first['id'], '?scope=occurrence');
    const [second] = await waiting();
    const moved = await put(second?.['id'], { scheduled_time: String(first['scheduled_time']), timezone: 'UTC' });
    expect(moved.body).toMatchObject({ scheduled_time: first['scheduled_time'], timezone: 'UTC' });
  });
});
