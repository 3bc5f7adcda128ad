import { ALEX, EVENTS, GoogleFixture, type GoogleErrorBody } from '../spec-support/google-fixture';

interface EventBody {
  id: string;
  etag: string;
  status: string;
  sequence: number;
  summary?: string;
  iCalUID: string;
  start: Record<string, string>;
  end: Record<string, string>;
  [member: string]: unknown;
}

const SLOT = {
  start: { dateTime: '2030-01-07T10:00:00+01:00' },
  end: { dateTime: '2030-01-07T10:30:00+01:00' },
};

describe('an event', () => {
  let google: GoogleFixture;
  let token: string;
  beforeAll(async () => {
    google = await GoogleFixture.start();
    token = (await google.connect({ scope: EVENTS })).access_token;
  });
  afterAll(() => google.close());

  const insert = (body: unknown, query = '') =>
    google.calendar<EventBody>(token, 'POST', `/calendars/primary/events${query}`, body);
  const get = (id: string, query = '') =>
    google.calendar<EventBody>(token, 'GET', `/calendars/primary/events/${id}${query}`);
  const patch = (id: string, body: unknown, headers = {}) =>
    google.calendar<EventBody>(token, 'PATCH', `/calendars/primary/events/${id}`, body, headers);
  const remove = (id: string, headers = {}) =>
    google.calendar<GoogleErrorBody>(token, 'DELETE', `/calendars/primary/events/${id}`, undefined, headers);
  const reasonOf = ({ body }: { body: unknown }) => (body as GoogleErrorBody).error.errors[0]?.reason;

  it('is told as Google tells it, by the clock of the calendar', async () => {
    const { status, body } = await insert(
      {
        ...SLOT,
        summary: 'Demo',
        description: 'A call',
        location: 'Phone',
        attendees: [{ email: 'Buyer@Example.com', displayName: 'Buyer' }, { email: ALEX }],
        extendedProperties: { private: { callId: '7' } },
        conferenceData: { createRequest: { requestId: 'x', conferenceSolutionKey: { type: 'hangoutsMeet' } } },
        unheardOf: true,
      },
      '?sendUpdates=all&conferenceDataVersion=1',
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      kind: 'calendar#event',
      etag: expect.stringMatching(/^"\d+"$/) as string,
      id: expect.stringMatching(/^[a-v0-9]{26}$/) as string,
      status: 'confirmed',
      htmlLink: expect.stringMatching(/^https:\/\/www\.google\.com\/calendar\/event\?eid=/) as string,
      created: expect.stringMatching(/Z$/) as string,
      updated: body['created'],
      summary: 'Demo',
      description: 'A call',
      location: 'Phone',
      creator: { email: ALEX, self: true },
      organizer: { email: ALEX, self: true },
      start: { dateTime: '2030-01-07T04:00:00-05:00', timeZone: 'America/New_York' },
      end: { dateTime: '2030-01-07T04:30:00-05:00', timeZone: 'America/New_York' },
      iCalUID: `${body.id}@google.com`,
      sequence: 0,
      attendees: [
        { email: 'buyer@example.com', displayName: 'Buyer', responseStatus: 'needsAction' },
        { email: ALEX, responseStatus: 'accepted', organizer: true, self: true },
      ],
      extendedProperties: { private: { callId: '7' } },
      reminders: { useDefault: true },
      eventType: 'default',
    });
    expect((await get(body.id)).body).toEqual(body);
    const inTokyo = (await get(body.id, '?timeZone=Asia/Tokyo&maxAttendees=1')).body;
    expect(inTokyo.start['dateTime']).toBe('2030-01-07T18:00:00+09:00');
    expect(inTokyo).toMatchObject({ attendeesOmitted: true, attendees: [{ email: 'buyer@example.com' }] });
    expect((await get(body.id, '?timeZone=Mars')).status).toBe(400);
  });

  it('has the clock of the zone that is named where no offset is', async () => {
    const { body } = await insert({
      start: { dateTime: '2030-07-01T09:00:00', timeZone: 'Europe/Berlin' },
      end: { dateTime: '2030-07-01T08:00:00Z' },
    });
    expect(body.start).toEqual({ dateTime: '2030-07-01T03:00:00-04:00', timeZone: 'Europe/Berlin' });
    expect(body.end).toEqual({ dateTime: '2030-07-01T04:00:00-04:00', timeZone: 'America/New_York' });
  });

  it.each<[string, unknown, string, RegExp]>([
    ['nothing', {}, 'required', /Missing start time/],
    ['no body', undefined, 'required', /time/],
    ['no end', { start: SLOT.start }, 'required', /^Missing end time\.$/],
    ['the end before the start', { start: SLOT.end, end: SLOT.start }, 'timeRangeEmpty', /empty/],
    ['no time between', { start: SLOT.start, end: SLOT.start }, 'timeRangeEmpty', /empty/],
    [
      'a day and a moment',
      { start: { date: '2030-01-07' }, end: SLOT.end },
      'invalid',
      /both be date or both be dateTime/,
    ],
    [
      'a day and a moment at once',
      { start: { date: '2030-01-07', ...SLOT.start }, end: SLOT.end },
      'invalid',
      /Invalid start time/,
    ],
    [
      'a day that there is not',
      { start: { date: '2030-02-30' }, end: { date: '2030-03-01' } },
      'invalid',
      /2030-02-30/,
    ],
    ['an hour that there is not', { start: { dateTime: '2030-01-07T25:00:00Z' }, end: SLOT.end }, 'invalid', /25:00/],
    ['words', { start: { dateTime: 'tomorrow' }, end: SLOT.end }, 'invalid', /tomorrow/],
    [
      'no zone',
      { start: { dateTime: '2030-01-07T10:00:00' }, end: SLOT.end },
      'required',
      /^Missing time zone definition for start time\.$/,
    ],
    [
      'no such zone',
      { ...SLOT, end: { ...SLOT.end, timeZone: 'Mars/Base' } },
      'invalid',
      /^Invalid time zone definition for end time\.$/,
    ],
    [
      'a series without a zone',
      { ...SLOT, recurrence: ['RRULE:FREQ=DAILY'] },
      'required',
      /Missing time zone definition/,
    ],
    ['an id of other characters', { ...SLOT, id: 'call-7' }, 'invalid', /^Invalid resource id value\.$/],
    ['a short id', { ...SLOT, id: 'abc' }, 'invalid', /Invalid resource id/],
    [
      'an attendee without e-mail',
      { ...SLOT, attendees: [{ displayName: 'X' }] },
      'required',
      /^Missing attendee email\.$/,
    ],
    ['an attendee with a wrong one', { ...SLOT, attendees: [{ email: 'x' }] }, 'invalid', /^Invalid attendee email\.$/],
    ['another status', { ...SLOT, status: 'maybe' }, 'invalid', /status/],
    ['another transparency', { ...SLOT, transparency: 'glass' }, 'invalid', /transparency/],
    ['a summary that is none', { ...SLOT, summary: 7 }, 'invalid', /summary/],
    [
      'reminders twice',
      { ...SLOT, reminders: { useDefault: true, overrides: [{ method: 'popup', minutes: 5 }] } },
      'cannotUseDefaultRemindersAndSpecifyOverride',
      /both/,
    ],
  ])('is not made of %s', async (_what, body, reason, message) => {
    const refused = await insert(body);
    expect([refused.status, reasonOf(refused)]).toEqual([400, reason]);
    expect((refused.body as unknown as GoogleErrorBody).error.message).toMatch(message);
  });

  it.each(['?sendUpdates=some', '?conferenceDataVersion=2'])('is not made with %s', async (query) => {
    expect(await insert(SLOT, query)).toMatchObject({
      status: 400,
      body: { error: { errors: [{ reason: 'invalidParameter' }] } },
    });
  });

  it('is not made of what is no JSON', async () => {
    const answer = await fetch(`${google.baseUrl}/calendar/v3/calendars/primary/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{',
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { errors: [{ reason: 'parseError' }] } },
    ]);
  });

  it.each([26, 1024])('keeps an id of %d characters that the client chose, and takes it once', async (length) => {
    const id = 'c0ffee'.padEnd(length, 'v');
    expect((await insert({ ...SLOT, id })).body.id).toBe(id);
    const second = await insert({ ...SLOT, id });
    expect([second.status, reasonOf(second)]).toEqual([409, 'duplicate']);
    expect((await get(id)).status).toBe(200);
    expect((await remove(id)).status).toBe(204);
    expect((await insert({ ...SLOT, id })).status).toBe(409);
  });

  it('is changed member by member, and counts when it is moved', async () => {
    const { body: made } = await insert({
      ...SLOT,
      summary: 'Before',
      extendedProperties: { private: { a: '1', b: '2' } },
    });
    const { body: renamed } = await patch(made.id, {
      summary: 'After',
      extendedProperties: { private: { a: null, c: '3' } },
    });
    expect(renamed).toMatchObject({ summary: 'After', sequence: 0, start: made.start });
    expect(renamed['extendedProperties']).toEqual({ private: { b: '2', c: '3' } });
    expect(renamed.etag).not.toBe(made.etag);
    const { body: moved } = await patch(made.id, {
      start: { dateTime: '2030-01-07T09:00:00Z' },
      end: { dateTime: '2030-01-07T11:00:00Z' },
    });
    expect(moved).toMatchObject({ sequence: 1, summary: 'After', start: { dateTime: '2030-01-07T04:00:00-05:00' } });
    expect((await patch(made.id, { end: SLOT.start })).status).toBe(400);
    expect((await patch(made.id, { start: { date: '2030-01-07' }, end: { date: '2030-01-08' } })).status).toBe(400);
    const day = { start: { date: '2030-01-07', dateTime: null }, end: { date: '2030-01-08', dateTime: null } };
    expect((await patch(made.id, day)).body.start).toEqual({ date: '2030-01-07' });
    expect((await patch(made.id, { summary: null })).body).not.toHaveProperty('summary');
  });

  it('is replaced as a whole by an update', async () => {
    const { body: made } = await insert({ ...SLOT, summary: 'Before', location: 'Here' });
    const path = `/calendars/primary/events/${made.id}`;
    const { body } = await google.calendar<EventBody>(token, 'PUT', path, { ...SLOT, summary: 'After' });
    expect(body).toMatchObject({ id: made.id, summary: 'After', iCalUID: made.iCalUID, created: made['created'] });
    expect(body).not.toHaveProperty('location');
    expect((await google.calendar(token, 'PUT', path, { summary: 'No times' })).status).toBe(400);
  });

  it('is left alone when it is not what the client believes', async () => {
    const { body: made } = await insert(SLOT);
    const { body: changed } = await patch(made.id, { summary: 'By another' }, { 'if-match': made.etag });
    const late = await patch(made.id, { summary: 'Late' }, { 'if-match': made.etag });
    expect([late.status, reasonOf(late)]).toEqual([412, 'conditionNotMet']);
    expect((await remove(made.id, { 'if-match': made.etag })).status).toBe(412);
    const path = `/calendars/primary/events/${made.id}`;
    expect((await google.calendar(token, 'GET', path, undefined, { 'if-none-match': changed.etag })).status).toBe(304);
    expect((await remove(made.id, { 'if-match': changed.etag })).status).toBe(204);
  });

  it('is gone once, still known as cancelled, and can come back', async () => {
    const { body: made } = await insert(SLOT);
    expect(await remove(made.id)).toMatchObject({ status: 204, body: undefined });
    const again = await remove(made.id);
    expect([again.status, reasonOf(again)]).toEqual([410, 'deleted']);
    expect((await get(made.id)).body).toMatchObject({ status: 'cancelled', id: made.id });
    expect((await patch(made.id, { status: 'confirmed' })).body).toMatchObject({ status: 'confirmed' });
    expect((await remove(made.id)).status).toBe(204);
  });

  it('that nobody has made is not found', async () => {
    for (const answer of [await get('nothing'), await patch('nothing', {}), await remove('nothing')]) {
      expect([answer.status, reasonOf(answer)]).toEqual([404, 'notFound']);
    }
    expect((await google.calendar(token, 'GET', '/calendars/lena.vogt@example.org/events')).status).toBe(404);
    expect((await google.calendar(token, 'GET', '/nowhere')).status).toBe(404);
  });
});
