import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../spec-support/sandbox-fixture';
import { CALENDAR, GoogleFixture, LENA, type GoogleErrorBody } from '../spec-support/google-fixture';

interface Channel {
  kind: string;
  id: string;
  resourceId: string;
  resourceUri: string;
  token?: string;
  expiration: string;
}

const SLOT = { start: { date: '2030-01-07' }, end: { date: '2030-01-08' } };

describe('a channel', () => {
  let google: GoogleFixture;
  let token: string;
  let server: Server;
  let address: string;
  let heard: { headers: IncomingHttpHeaders; body: string }[] = [];
  let answers: number[] = [];

  beforeAll(async () => {
    google = await GoogleFixture.start();
    token = (await google.connect({ scope: CALENDAR, login_hint: LENA })).access_token;
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        heard.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(answers.shift() ?? 200).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notifications`;
  });
  afterAll(async () => {
    await google.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    heard = [];
    answers = [];
  });
  afterEach(async () => {
    await google.moveClock(0);
    for (const { id, resource_id: resourceId } of (await state()).channels) await stop({ id, resourceId });
  });

  const watch = <T = Channel>(body: unknown, calendarId = 'primary') =>
    google.calendar<T>(token, 'POST', `/calendars/${calendarId}/events/watch`, body);
  const open = async (id: string, more: object = {}) => (await watch({ id, type: 'web_hook', address, ...more })).body;
  const stop = (body: unknown, as = token) => google.calendar<GoogleErrorBody>(as, 'POST', '/channels/stop', body);
  const state = async () =>
    (
      await google.control<{
        channels: { id: string; resource_id: string }[];
        notifications: { channel_id: string; status: number | null; attempts: number; error?: string }[];
      }>('GET', '/google')
    ).body;
  const change = () => google.control<{ id: string }>('POST', '/google/events', { email: LENA, event: SLOT });
  const states = () =>
    heard.map(
      ({ headers }) => `${String(headers['x-goog-message-number'])} ${String(headers['x-goog-resource-state'])}`,
    );

  it('says so at once, and then that something has changed, numbered and without saying what', async () => {
    const channel = await open('first-channel', { token: 'secret', params: { ttl: '3600' } });
    expect(channel).toMatchObject({ kind: 'api#channel', id: 'first-channel', token: 'secret' });
    expect(channel.resourceUri).toBe(`${google.baseUrl}/calendar/v3/calendars/lena.vogt%40example.org/events?alt=json`);
    const { body: made } = await change();
    await google.control('PATCH', `/google/events/${made.id}`, { email: LENA, event: { summary: 'Moved' } });
    expect((await google.control('DELETE', `/google/events/${made.id}?email=${LENA}`)).status).toBe(204);
    await until('four notifications', () => heard.length === 4);
    expect(states()).toEqual(['1 sync', '2 exists', '3 exists', '4 exists']);
    for (const { headers, body } of heard) {
      expect(body).toBe('');
      expect(headers).toMatchObject({
        'x-goog-channel-id': 'first-channel',
        'x-goog-channel-token': 'secret',
        'x-goog-channel-expiration': new Date(Number(channel.expiration)).toUTCString(),
        'x-goog-resource-id': channel.resourceId,
        'x-goog-resource-uri': channel.resourceUri,
      });
    }
  });

  it('hears of its own calendar alone, and of what the client changes itself', async () => {
    await open('own');
    await google.control('POST', '/google/events', { event: SLOT });
    await google.calendar(token, 'POST', '/calendars/primary/events', SLOT);
    await until('both', () => heard.length === 2);
    expect(states()).toEqual(['1 sync', '2 exists']);
  });

  it('ends when it is stopped, by its owner and with both of its ids', async () => {
    const { id, resourceId } = await open('to-stop');
    const { access_token: alex } = await google.connect({ scope: CALENDAR });
    expect((await stop({ id, resourceId }, alex)).status).toBe(404);
    expect((await stop({ id, resourceId: 'another' })).status).toBe(404);
    expect((await stop({ id })).body.error.errors[0]?.reason).toBe('required');
    expect((await stop({ id, resourceId })).status).toBe(204);
    const again = await stop({ id, resourceId });
    expect([again.status, again.body.error.errors[0]?.reason]).toEqual([404, 'notFound']);
    await change();
    await open('another');
    await until('the other one', () => heard.length === 2);
    expect(states()).toEqual(['1 sync', '1 sync']);
  });

  it('ends at its time by Google’s clock', async () => {
    await open('short', { params: { ttl: 60 } });
    expect((await watch({ id: 'short', type: 'web_hook', address })).status).toBe(400);
    await google.moveClock(61);
    expect((await state()).channels).toEqual([]);
    expect((await watch({ id: 'short', type: 'web_hook', address })).status).toBe(200);
  });

  it('lives as long as it says, a month at most', async () => {
    const inDays = (expiration: string) => Math.round((Number(expiration) - Date.now()) / 86_400_000);
    expect(inDays((await open('by-default')).expiration)).toBe(7);
    expect(inDays((await open('a-day', { expiration: Date.now() + 86_400_000 })).expiration)).toBe(1);
    expect(inDays((await open('a-year', { params: { ttl: '31536000' } })).expiration)).toBe(30);
  });

  it.each<[string, object, string]>([
    ['no id', { id: undefined }, 'required'],
    ['an id of other characters', { id: 'a b' }, 'channelIdInvalid'],
    ['no type', { type: undefined }, 'required'],
    ['another type', { type: 'pigeon' }, 'channelTypeUnknown'],
    ['no address', { address: undefined }, 'required'],
    ['an address that is none', { address: 'product' }, 'push.webhookUrlInvalid'],
    ['an address without https elsewhere', { address: 'http://product.example/hook' }, 'push.webhookUrlNotHttps'],
    ['an end that is over', { expiration: '1000' }, 'invalid'],
    ['an end that is none', { params: { ttl: 'soon' } }, 'invalid'],
  ])('is not opened with %s', async (_what, more, reason) => {
    const { status, body } = await watch<GoogleErrorBody>({ id: 'refused', type: 'web_hook', address, ...more });
    expect([status, body.error.errors[0]?.reason]).toEqual([400, reason]);
    expect(heard).toEqual([]);
  });

  it('is not opened twice under one id, nor for a calendar of others', async () => {
    await open('twice');
    const { status, body } = await watch<GoogleErrorBody>({ id: 'twice', type: 'web_hook', address });
    expect([status, body.error.errors[0]?.reason]).toEqual([400, 'channelIdNotUnique']);
    expect((await watch({ id: 'foreign', type: 'web_hook', address }, 'alex.morgan@example.com')).status).toBe(404);
  });

  it('tries again when the product has trouble, and one notification can be lost', async () => {
    answers = [503, 200];
    await open('patient');
    await until('the second try', () => heard.length === 2);
    expect(states()).toEqual(['1 sync', '1 sync']);
    await google.fault('lose_webhook', { email: LENA });
    await change();
    await change();
    await until('the one after', () => heard.length === 3);
    expect(states()[2]).toBe('3 exists');
    const { notifications } = await state();
    expect(notifications.slice(-2)).toMatchObject([
      { channel_id: 'patient', status: null, attempts: 0, error: 'Lost on purpose (fault lose_webhook).' },
      { channel_id: 'patient', attempts: 1 },
    ]);
  });

  it('says what came of an address where nobody listens', async () => {
    await watch({ id: 'nobody', type: 'web_hook', address: 'http://127.0.0.1:9/' });
    await until('the failure', async () => (await state()).notifications.at(-1)?.error !== undefined);
    expect((await state()).notifications.at(-1)).toMatchObject({ channel_id: 'nobody', status: null, attempts: 1 });
  });
});
