import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { aGooglePerson, connectCalendar } from '../support/google';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** Calls from events, from the settings to the simulated Google and back; what happens in each case is in test/db. */

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;
let email: string;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: sandbox.env });
});
beforeEach(async () => {
  user = await signUp(server.url);
  email = await aGooglePerson(sandbox.url);
  const settings = { phone_number: '(202) 555-0100' };
  const set = await api(server.url).put('/google-calendar/call-settings', settings, { token: user.token });
  expect(set.body).toEqual({
    calls_for: 'marked',
    minutes_before: 10,
    phone_number: '+12025550100',
    scenario: 'appointment_reminder',
  });
  await connectCalendar(server, sandbox, user.token, { email });
});
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

interface EventCallBody {
  event_id: string;
  event_start: string;
  scheduled_call_id: number | null;
  scheduled_time: string | null;
  status: string;
  problem: string | null;
}

const google = () => api(sandbox.url);
const eventCalls = (token = user.token) =>
  api(server.url).get<EventCallBody[]>('/google-calendar/event-calls', { token });
const one = (isThere: (call: EventCallBody | undefined) => boolean) =>
  until(
    async () => (await eventCalls()).body[0],
    (call) => isThere(call),
    { what: 'the call of the event' },
  );
const HOUR_MS = 3_600_000;
const START = new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 48 * HOUR_MS);
const later = (hours: number) => new Date(START.getTime() + hours * HOUR_MS).toISOString();
const times = (hours: number) => ({ start: { dateTime: later(hours) }, end: { dateTime: later(hours + 1) } });
const channelOpen = () =>
  until(
    async () => JSON.stringify((await google().get<{ channels: object[] }>('/sandbox/google')).body),
    (told) => told.includes(`"calendar_id":"${email}"`),
    { what: 'a channel' },
  );

it('follow what a person does in their calendar, told by Google', async () => {
  await channelOpen();
  const made = await google().post<{ id: string }>('/sandbox/google/events', {
    email,
    event: { summary: 'Dentist', description: '<p>call me 1 hour before</p>', ...times(0) },
  });
  expect(made.status).toBe(201);
  const planned = await one((call) => call?.status === 'scheduled');
  expect(planned).toMatchObject({
    event_id: made.body.id,
    event_start: later(0),
    scheduled_time: later(-1),
    problem: null,
  });

  await google().patch(`/sandbox/google/events/${made.body.id}`, { email, event: times(5) });
  const moved = await one((call) => call?.scheduled_time === later(4));
  expect(moved).toMatchObject({ scheduled_call_id: planned?.scheduled_call_id, status: 'scheduled' });
  const call = await api(server.url).get(`/scheduled-calls/${planned?.scheduled_call_id}`, { token: user.token });
  expect(call.body).toMatchObject({ phone_number: '+12025550100', variables: { event: 'Dentist' } });

  await google().delete(`/sandbox/google/events/${made.body.id}?email=${encodeURIComponent(email)}`);
  expect(await one((gone) => gone?.status === 'canceled')).toMatchObject({
    problem: expect.stringContaining('canceled') as string,
  });
});

it('ring', async () => {
  await channelOpen();
  const [start, end] = [9, 39].map((minutes) => ({
    dateTime: new Date(Date.now() + minutes * 60_000).toISOString(),
  }));
  const event = { summary: 'Dentist', description: 'call me 10 minutes before', start, end };
  await google().post('/sandbox/google/events', { email, event });
  // It should have rung a minute ago: made up for while that makes sense.
  await one((call) => call?.status === 'dialing');
  const calls = await until(
    async () =>
      (await api(server.url).get<{ call_sid: string | null; phone_number: string }[]>('/calls', { token: user.token }))
        .body,
    (placed) => typeof placed[0]?.call_sid === 'string',
    { what: 'the call' },
  );
  expect(calls).toMatchObject([{ phone_number: '+12025550100' }]);
  await until(
    async () => (await google().get(`/sandbox/calls/${calls[0]?.call_sid}`)).text,
    (told) => told.includes('upcoming appointment'),
    { what: 'the greeting' },
  );
  await google().post(`/sandbox/calls/${calls[0]?.call_sid}/hangup`, {});
  await one((call) => call?.status === 'completed');
});

it('are made for an event that was put in with a call, and go with the connection', async () => {
  await channelOpen();
  const made = await api(server.url).post<{ id: string }>(
    '/google-calendar/events',
    { summary: 'Demo', start: later(0), end: later(1), call: { minutes_before: 30, phone_number: '+1 202 555 0110' } },
    { token: user.token },
  );
  expect(made.status).toBe(201);
  expect(await one((call) => call?.status === 'scheduled')).toMatchObject({ scheduled_time: later(-0.5) });
  const other = await signUp(server.url);
  expect((await eventCalls(other.token)).body).toEqual([]);
  await api(server.url).delete('/google-calendar/connection', { token: user.token });
  await one((call) => call?.status === 'canceled');
});

it('are switched on by their owner alone', async () => {
  const quiet = await signUp(server.url);
  expect((await api(server.url).get('/google-calendar/call-settings', { token: quiet.token })).body).toMatchObject({
    calls_for: 'none',
  });
  await connectCalendar(server, sandbox, quiet.token);
  const event = { summary: 'Demo', start: later(0), end: later(1), call: {} };
  const refused = await api(server.url).post('/google-calendar/events', event, { token: quiet.token });
  expect([refused.status, refused.body['code']]).toEqual([409, 'calendar.event_calls_off']);
});

it.each<[object, string, number, string]>([
  [{ phone_number: '12' }, 'times', 400, 'call.invalid_phone_number'],
  [{ phone_number: '911' }, 'times', 403, 'destination_not_allowed'],
  [{ scenario: 'nothing_such' }, 'times', 400, 'scenario.invalid'],
  [{}, 'days', 400, 'calendar.invalid_time'],
])('are refused at once where they could not come about: %j of %s', async (call, kind, status, code) => {
  const span = kind === 'days' ? { start: '2030-01-07', end: '2030-01-08' } : { start: later(0), end: later(1) };
  const event = { summary: 'Demo', ...span, call };
  const refused = await api(server.url).post('/google-calendar/events', event, { token: user.token });
  expect([refused.status, refused.body['code']]).toEqual([status, code]);
});

it('are not had made by whoever invites somebody, who is called when they have accepted and want to be', async () => {
  await channelOpen();
  const invitation = { summary: 'Offer', description: 'call +12025550199 1 hour before', ...times(0) };
  const invited = await google().post<{ id: string }>('/sandbox/google/events', {
    email,
    organizer: 'stranger@example.com',
    event: invitation,
  });
  const settings = { calls_for: 'all', phone_number: '(202) 555-0100' };
  await api(server.url).put('/google-calendar/call-settings', settings, { token: user.token });
  expect(await one((call) => call !== undefined)).toMatchObject({
    status: 'not_planned',
    problem: expect.stringContaining('not answered') as string,
  });
  const attendees = [{ email, responseStatus: 'accepted' }];
  await google().patch(`/sandbox/google/events/${invited.body.id}`, { email, event: { attendees } });
  const planned = await one((call) => call?.status === 'scheduled');
  expect(planned).toMatchObject({ scheduled_time: later(-1 / 6) });
  const call = await api(server.url).get(`/scheduled-calls/${planned?.scheduled_call_id}`, { token: user.token });
  expect(call.body).toMatchObject({ phone_number: '+12025550100' });
});

it('come without notifications as well: an address that Google refuses ends no connection', async () => {
  const polled = await startApp({ env: { ...sandbox.env, CALENDAR_POLL_SECONDS: '5' } });
  try {
    const other = await signUp(polled.url);
    const theirs = await aGooglePerson(sandbox.url);
    await sandbox.fault('google', 'refuse_channel', { count: 10, email: theirs });
    await connectCalendar(polled, sandbox, other.token, { email: theirs });
    await api(polled.url).put('/google-calendar/call-settings', { phone_number: '(202) 555-0100' }, other);
    const event = { summary: 'Dentist', description: 'call me 1 hour before', ...times(0) };
    await google().post('/sandbox/google/events', { email: theirs, event });
    await until(
      async () => (await api(polled.url).get<EventCallBody[]>('/google-calendar/event-calls', other)).body[0]?.status,
      (status) => status === 'scheduled',
      { what: 'the call' },
    );
    expect((await api(polled.url).get('/google-calendar/status', other)).body).toMatchObject({ connected: true });
  } finally {
    await polled.close();
  }
});

it('are not called for by whoever knows no channel', async () => {
  const headers = {
    'x-goog-channel-id': 'made-up',
    'x-goog-channel-token': 'made-up',
    'x-goog-resource-state': 'exists',
  };
  const answer = await api(server.url).post('/google-calendar/notifications', undefined, { headers });
  expect([answer.status, answer.body['code']]).toEqual([404, 'calendar.channel_not_found']);
});
