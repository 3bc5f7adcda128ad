import fc from 'fast-check';
import { ALEX, EVENTS, GoogleFixture, LENA, type GoogleErrorBody } from '../spec-support/google-fixture';

interface Item {
  id: string;
  status: string;
  summary?: string;
  recurringEventId?: string;
  start: { dateTime?: string; date?: string };
  originalStartTime?: { dateTime?: string };
}
interface List {
  items: Item[];
  nextPageToken?: string;
  nextSyncToken?: string;
  timeZone: string;
  accessRole: string;
}

const SERIES = 'se1e5';

describe('a list of events', () => {
  let google: GoogleFixture;
  let token: string;
  const at = (day: number, time: string) => ({
    dateTime: `2030-01-${String(day).padStart(2, '0')}T${time}:00`,
    timeZone: 'Europe/Berlin',
  });
  const events = [
    { id: 'first', summary: 'Budget review', start: at(7, '10:00'), end: at(7, '11:00') },
    { id: SERIES, summary: 'Stand-up', start: at(7, '09:00'), end: at(7, '09:30'), recurrence: ['RRULE:FREQ=DAILY'] },
    {
      id: 'fairs',
      summary: 'Fair',
      start: { date: '2030-01-08' },
      end: { date: '2030-01-09' },
      eventType: 'outOfOffice',
    },
    { id: 'before', summary: 'Review', location: 'Room BUDGET', start: at(6, '10:00'), end: at(6, '11:00') },
    {
      id: 'tagged',
      start: at(9, '10:00'),
      end: at(9, '11:00'),
      extendedProperties: { private: { callId: '7' }, shared: { team: 'x=y' } },
      attendees: [{ email: 'buyer@northwind.example', displayName: 'Nora' }],
    },
    { id: 'gone1', summary: 'Gone', start: at(9, '12:00'), end: at(9, '13:00') },
  ];

  beforeAll(async () => {
    google = await GoogleFixture.start();
    token = (await google.connect({ scope: EVENTS, login_hint: LENA })).access_token;
    for (const event of events) await google.calendar(token, 'POST', '/calendars/primary/events', event);
    await google.calendar(token, 'DELETE', '/calendars/primary/events/gone1');
    await google.calendar(token, 'PATCH', `/calendars/primary/events/${SERIES}_20300108T080000Z`, {
      start: at(8, '15:00'),
      end: at(8, '15:30'),
    });
    await google.calendar(token, 'DELETE', `/calendars/primary/events/${SERIES}_20300109T080000Z`);
  });
  afterAll(() => google.close());

  const list = async <T = List>(query: Record<string, string> | [string, string][], path = '/events') =>
    google.calendar<T>(token, 'GET', `/calendars/primary${path}?${new URLSearchParams(query).toString()}`);
  const ids = async (query: Record<string, string>, path?: string) =>
    (await list(query, path)).body.items.map(({ id }) => id);
  const WEEK = { timeMin: '2030-01-07T00:00:00+01:00', timeMax: '2030-01-10T00:00:00+01:00' };

  it('has series and changed occurrences, in the order in which they came', async () => {
    const { body } = await list({});
    expect(body).toMatchObject({
      kind: 'calendar#events',
      summary: LENA,
      timeZone: 'Europe/Berlin',
      accessRole: 'owner',
    });
    expect(body.items.map(({ id, status }) => `${id} ${status}`)).toEqual(
      [
        'first confirmed',
        `${SERIES} confirmed`,
        'fairs confirmed',
        'before confirmed',
        'tagged confirmed',
        `${SERIES}_20300108T080000Z confirmed`,
        `${SERIES}_20300109T080000Z cancelled`,
      ].sort((a, b) => orderOf(a) - orderOf(b)),
    );
    expect(body.nextSyncToken).toBeDefined();
    expect(body.nextPageToken).toBeUndefined();
  });
  const orderOf = (line: string) => (line.includes('_') ? 1.5 : events.findIndex(({ id }) => line.startsWith(id)));

  it('has every occurrence by itself, in order of their time', async () => {
    const { body } = await list({ ...WEEK, singleEvents: 'true', orderBy: 'startTime' });
    expect(body.items.map(({ id }) => id)).toEqual([
      `${SERIES}_20300107T080000Z`,
      'first',
      'fairs',
      `${SERIES}_20300108T080000Z`,
      'tagged',
    ]);
    expect(body.items[3]).toMatchObject({
      recurringEventId: SERIES,
      start: { dateTime: '2030-01-08T15:00:00+01:00' },
      originalStartTime: { dateTime: '2030-01-08T09:00:00+01:00', timeZone: 'Europe/Berlin' },
    });
    expect(body.items[0]).not.toHaveProperty('recurrence');
  });

  it.each([
    ['what ends at the beginning', '2030-01-07T11:00:00+01:00', '2030-01-07T11:30:00+01:00', []],
    ['what ends a moment later', '2030-01-07T10:59:59+01:00', '2030-01-07T11:30:00+01:00', ['first']],
    ['what begins at the end', '2030-01-07T09:30:00+01:00', '2030-01-07T10:00:00+01:00', []],
    ['what begins a moment earlier', '2030-01-07T09:30:00+01:00', '2030-01-07T10:00:01+01:00', ['first']],
    ['a whole day until its midnight', '2030-01-08T22:59:59Z', '2030-01-08T23:00:00Z', ['fairs']],
    ['a whole day after its midnight', '2030-01-08T23:00:00Z', '2030-01-08T23:00:01Z', []],
  ])('counts %s as it is', async (_what, timeMin, timeMax, found) => {
    expect(await ids({ timeMin, timeMax, singleEvents: 'true' })).toEqual(found);
  });

  it('has a series when one of its occurrences is in the time', async () => {
    expect(await ids({ timeMin: '2031-05-01T00:00:00Z', timeMax: '2031-05-02T00:00:00Z' })).toEqual([SERIES]);
    expect(await ids({ timeMin: '2029-05-01T00:00:00Z', timeMax: '2029-05-02T00:00:00Z' })).toEqual([]);
  });

  it('has what was cancelled when that is asked for', async () => {
    expect(await ids({ showDeleted: 'true', q: 'gone' })).toEqual(['gone1']);
    const occurrences = await list({ ...WEEK, showDeleted: 'true', singleEvents: 'true', q: 'stand' });
    expect(occurrences.body.items.map(({ status }) => status).sort()).toEqual(['cancelled', 'confirmed', 'confirmed']);
  });

  it.each<[Record<string, string>, string[]]>([
    [{ q: 'budget' }, ['first', 'before']],
    [{ q: 'review budget' }, ['first', 'before']],
    [{ q: 'nora' }, ['tagged']],
    [{ q: 'northwind' }, ['tagged']],
    [{ q: 'nothing' }, []],
    [{ privateExtendedProperty: 'callId=7' }, ['tagged']],
    [{ privateExtendedProperty: 'callId=8' }, []],
    [{ sharedExtendedProperty: 'team=x=y' }, ['tagged']],
    [{ iCalUID: 'first@google.com' }, ['first']],
    [{ eventTypes: 'outOfOffice' }, ['fairs']],
  ])('finds by %j', async (query, found) => {
    expect(await ids(query)).toEqual(found);
  });

  it('is ordered by the last change, and since one', async () => {
    const { body } = await list({ orderBy: 'updated' });
    const updated = body.items.map((item) => Date.parse((item as unknown as { updated: string }).updated));
    expect([...updated].sort((a, b) => a - b)).toEqual(updated);
    expect(body.nextSyncToken).toBeUndefined();
    const since = new Date(Math.max(...updated)).toISOString();
    expect((await ids({ updatedMin: since })).length).toBeGreaterThan(0);
    const before = new Date(Date.now() - 60_000).toISOString();
    expect(await ids({ updatedMin: before })).toContain('gone1');
    expect(await list({ updatedMin: '2020-01-01T00:00:00Z' })).toMatchObject({
      status: 410,
      body: { error: { errors: [{ reason: 'updatedMinTooLongAgo' }] } },
    });
  });

  it('comes in pages that are together the whole, whatever their size', async () => {
    const whole = await ids({ ...WEEK, singleEvents: 'true', orderBy: 'startTime' });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), async (size) => {
        const query = { ...WEEK, singleEvents: 'true', orderBy: 'startTime', maxResults: String(size) };
        const found: string[] = [];
        let pageToken: string | undefined;
        do {
          const { body } = await list<List>({ ...query, ...(pageToken === undefined ? {} : { pageToken }) });
          expect(body.items.length).toBeLessThanOrEqual(size);
          found.push(...body.items.map(({ id }) => id));
          pageToken = body.nextPageToken;
        } while (pageToken !== undefined);
        expect(found).toEqual(whole);
      }),
      { numRuns: 6 },
    );
  });

  it('gives a sync token with its last page alone', async () => {
    const first = (await list({ maxResults: '4' })).body;
    expect([first.nextPageToken === undefined, first.nextSyncToken === undefined]).toEqual([false, true]);
    const last = (await list({ maxResults: '4', pageToken: first.nextPageToken ?? '' })).body;
    expect([last.nextPageToken === undefined, last.nextSyncToken === undefined]).toEqual([true, false]);
    expect((await list({ maxResults: '3', pageToken: first.nextPageToken ?? '' })).status).toBe(400);
    expect((await list({ pageToken: 'nothing' })).status).toBe(400);
  });

  it.each<[Record<string, string>, string]>([
    [{ orderBy: 'startTime' }, 'badRequest'],
    [{ orderBy: 'name' }, 'invalidParameter'],
    [{ singleEvents: 'yes' }, 'invalidParameter'],
    [{ maxResults: '0' }, 'invalidParameter'],
    [{ maxResults: 'all' }, 'invalidParameter'],
    [{ timeMin: '2030-01-07' }, 'badRequest'],
    [{ timeMin: '2030-01-07T00:00:00' }, 'badRequest'],
    [{ timeMax: '2030-13-07T00:00:00Z' }, 'badRequest'],
    [{ timeMin: WEEK.timeMax, timeMax: WEEK.timeMin }, 'timeRangeEmpty'],
    [{ timeMin: WEEK.timeMin, timeMax: WEEK.timeMin }, 'timeRangeEmpty'],
    [{ timeZone: 'Mars' }, 'invalid'],
    [{ eventTypes: 'party' }, 'invalid'],
    [{ privateExtendedProperty: 'callId' }, 'invalid'],
  ])('is not to be had by %j', async (query, reason) => {
    const { status, body } = await list<GoogleErrorBody>(query);
    expect([status, body.error.errors[0]?.reason]).toEqual([400, reason]);
  });

  it('has more than 2,500 for nobody, and takes any larger number for that', async () => {
    expect((await list({ maxResults: '9999' })).status).toBe(200);
  });

  it('has the occurrences of one series', async () => {
    const query = { timeMin: '2030-01-07T00:00:00Z', timeMax: '2030-01-11T00:00:00Z' };
    expect(await ids(query, `/events/${SERIES}/instances`)).toEqual([
      `${SERIES}_20300107T080000Z`,
      `${SERIES}_20300108T080000Z`,
      `${SERIES}_20300110T080000Z`,
    ]);
    expect(
      await ids(
        { ...query, showDeleted: 'true', originalStart: '2030-01-09T08:00:00Z' },
        `/events/${SERIES}/instances`,
      ),
    ).toEqual([`${SERIES}_20300109T080000Z`]);
    expect((await list({}, '/events/nothing/instances')).status).toBe(404);
  });

  it('is one of an occurrence that nobody has changed, too', async () => {
    const get = (id: string) => google.calendar<Item>(token, 'GET', `/calendars/primary/events/${id}`);
    expect((await get(`${SERIES}_20300115T080000Z`)).body).toMatchObject({
      recurringEventId: SERIES,
      summary: 'Stand-up',
    });
    for (const id of [`${SERIES}_20300115T090000Z`, `${SERIES}_20300115`, `${SERIES}_20301399T080000Z`]) {
      expect((await get(id)).status).toBe(404);
    }
  });

  it('is full for the first person from the beginning', async () => {
    const { access_token: alex } = await google.connect({ scope: EVENTS });
    const { body } = await google.calendar<List>(alex, 'GET', '/calendars/primary/events');
    expect(body.items.length).toBeGreaterThanOrEqual(10);
    const has = (isSo: (item: Record<string, unknown>) => boolean) =>
      body.items.some((item) => isSo(item as unknown as Record<string, unknown>));
    expect(has(({ recurrence }) => recurrence !== undefined)).toBe(true);
    expect(has(({ start }) => (start as { date?: string }).date !== undefined)).toBe(true);
    expect(has(({ transparency }) => transparency === 'transparent')).toBe(true);
    const declined = (attendee: { email: string; responseStatus: string }) =>
      attendee.email === ALEX && attendee.responseStatus === 'declined';
    expect(
      has(({ attendees }) => ((attendees ?? []) as { email: string; responseStatus: string }[]).some(declined)),
    ).toBe(true);
  });
});
