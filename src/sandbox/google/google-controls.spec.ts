import { ALEX, EVENTS, GoogleFixture, LENA } from './spec-support/google-fixture';

const KENJI = 'kenji.sato@example.net';
const SLOT = { start: { date: '2030-01-07' }, end: { date: '2030-01-08' } };

describe('the controls of Google', () => {
  let google: GoogleFixture;
  beforeAll(async () => {
    google = await GoogleFixture.start();
  });
  afterAll(() => google.close());

  it('show who is there', async () => {
    const { body } = await google.control<{ people: object[] }>('GET', '/google');
    expect(body).toMatchObject({ grants: [], channels: [], notifications: [] });
    expect(body.people).toMatchObject([
      {
        email: ALEX,
        name: 'Alex Morgan',
        time_zone: 'America/New_York',
        calendars: [{ id: ALEX, access_role: 'owner', events: 10 }, {}, {}],
      },
      { email: LENA, time_zone: 'Europe/Berlin', calendars: [{ events: 0 }, {}, {}] },
      { email: 'kenji.sato@example.net', time_zone: 'Asia/Tokyo' },
    ]);
  });

  it('let somebody have an account', async () => {
    const order = { email: 'New.Person@example.com', name: 'Nia Person', time_zone: 'Europe/Paris' };
    const { status, body } = await google.control('POST', '/google/people', order);
    expect([status, body]).toMatchObject([
      201,
      { email: 'new.person@example.com', name: 'Nia Person', time_zone: 'Europe/Paris' },
    ]);
    const { access_token: token } = await google.connect({ scope: EVENTS, login_hint: 'new.person@example.com' });
    expect((await google.calendar(token, 'GET', '/calendars/primary/events')).body).toMatchObject({
      items: [],
      timeZone: 'Europe/Paris',
    });
  });

  it('let somebody else invite the person, who answers', async () => {
    const invited = await google.control<{ id: string; attendees: object[] }>('POST', '/google/events', {
      email: KENJI,
      organizer: 'boss@example.com',
      event: { ...SLOT, summary: 'Theirs' },
    });
    expect([invited.status, invited.body]).toMatchObject([
      201,
      {
        organizer: { email: 'boss@example.com' },
        attendees: [
          { email: 'boss@example.com', responseStatus: 'accepted', organizer: true },
          { email: KENJI, responseStatus: 'needsAction', self: true },
        ],
      },
    ]);
    expect(invited.body).not.toHaveProperty('organizer.self');
    const attendees = [{ email: KENJI, responseStatus: 'accepted' }];
    const path = `/google/events/${invited.body.id}`;
    const answered = await google.control('PATCH', path, { email: KENJI, event: { attendees } });
    expect(answered.body).toMatchObject({ organizer: { email: 'boss@example.com' }, attendees });
    const nobody = { email: KENJI, organizer: 'nobody', event: SLOT };
    expect((await google.control('POST', '/google/events', nobody)).status).toBe(422);
  });

  it('let the person enter, move and cancel, in any of their calendars', async () => {
    const { access_token: token } = await google.connect({ scope: EVENTS, login_hint: LENA });
    const { status, body } = await google.control<{ id: string }>('POST', '/google/events', {
      email: LENA,
      event: { ...SLOT, summary: 'Mine' },
    });
    expect([status, body]).toMatchObject([201, { summary: 'Mine', creator: { email: LENA } }]);
    const path = `/google/events/${body.id}`;
    const moved = { start: { date: '2030-02-07' }, end: { date: '2030-02-08' } };
    expect((await google.control('PATCH', path, { email: LENA, event: moved })).body).toMatchObject({
      sequence: 1,
      summary: 'Mine',
      ...moved,
    });
    const seen = () => google.calendar(token, 'GET', `/calendars/primary/events/${body.id}`);
    expect((await seen()).body).toMatchObject(moved);
    expect((await google.control('DELETE', `${path}?email=${LENA}`)).status).toBe(204);
    expect((await seen()).body).toMatchObject({ status: 'cancelled' });
    expect((await google.control('GET', `/google/events?email=${LENA}`)).body).toMatchObject([
      { id: body.id, status: 'cancelled' },
    ]);
    const { body: state } = await google.control<{ people: { calendars: { id: string }[] }[] }>('GET', '/google');
    const second = state.people[1]?.calendars[1]?.id ?? '';
    expect(
      (await google.control('POST', '/google/events', { email: LENA, calendar_id: second, event: SLOT })).status,
    ).toBe(201);
    expect(
      (await google.control('GET', `/google/events?email=${LENA}&calendar_id=${encodeURIComponent(second)}`)).body,
    ).toHaveLength(1);
  });

  it.each<[string, string, unknown, number]>([
    ['POST', '/google/people', { email: 'nobody' }, 422],
    ['POST', '/google/people', { email: 'a@example.com', time_zone: 'Mars' }, 422],
    ['POST', '/google/people', { email: 'a@example.com', age: 7 }, 422],
    ['POST', '/google/settings', {}, 422],
    ['POST', '/google/settings', { access_token_seconds: 86_401 }, 422],
    ['POST', '/google/events', { event: {} }, 422],
    ['POST', '/google/events', { event: 'tomorrow' }, 422],
    ['POST', '/google/events', { email: 'nobody@example.com', event: SLOT }, 404],
    ['POST', '/google/events', { calendar_id: 'nothing', event: SLOT }, 404],
    ['PATCH', '/google/events/nothing', { event: SLOT }, 404],
    ['DELETE', '/google/events/nothing', undefined, 404],
    ['POST', '/google/expire-access-tokens', { email: 'nobody@example.com' }, 404],
  ])('refuse %s %s %j with a sentence', async (method, path, body, status) => {
    const answer = await google.control(method, path, body);
    expect(answer).toEqual({ status, body: { detail: expect.stringMatching(/\S+ \S+ \S+/) as string } });
  });

  it('refuse to cancel twice, and to enter what is there', async () => {
    const { body } = await google.control<{ id: string }>('POST', '/google/events', {
      event: { ...SLOT, id: 'again' },
    });
    expect((await google.control('POST', '/google/events', { event: { ...SLOT, id: 'again' } })).status).toBe(409);
    expect((await google.control('DELETE', `/google/events/${body.id}`)).status).toBe(204);
    expect((await google.control('DELETE', `/google/events/${body.id}`)).status).toBe(409);
  });
});
