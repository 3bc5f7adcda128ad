import fc from 'fast-check';
import { CALENDAR, GoogleFixture, type GoogleErrorBody } from '../spec-support/google-fixture';

interface Item {
  id: string;
  status: string;
  summary?: string;
  recurringEventId?: string;
}
interface List {
  items: Item[];
  nextPageToken?: string;
  nextSyncToken?: string;
}

describe('keeping a list in step', () => {
  let google: GoogleFixture;
  let token: string;
  let person = 0;
  beforeAll(async () => {
    google = await GoogleFixture.start();
  });
  afterAll(() => google.close());
  /** Everybody has an empty calendar. */
  beforeEach(async () => {
    person += 1;
    token = (await google.connect({ scope: CALENDAR, login_hint: `person${person}@example.com` })).access_token;
  });

  const at = (day: number, hour = 10) => ({
    dateTime: `2030-01-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00`,
    timeZone: 'UTC',
  });
  const on = (day: number) => ({ start: at(day), end: at(day, 11) });
  const write = (verb: string, path: string, body?: unknown) =>
    google.calendar(token, verb, `/calendars/primary/events${path}`, body);
  const list = <T = List>(query: Record<string, string>) =>
    google.calendar<T>(token, 'GET', `/calendars/primary/events?${new URLSearchParams(query).toString()}`);
  const synced = async (query: Record<string, string> = {}) => (await list(query)).body.nextSyncToken ?? '';
  const told = async (syncToken: string, query: Record<string, string> = {}) => {
    const { status, body } = await list({ syncToken, ...query });
    expect(status).toBe(200);
    return {
      lines: body.items.map(({ id, status: state }) => `${id} ${state}`).sort(),
      next: body.nextSyncToken ?? '',
    };
  };

  it('tells what is new, changed and gone, once', async () => {
    await write('POST', '', { id: 'keeps', ...on(7) });
    await write('POST', '', { id: 'change', summary: 'Before', ...on(7) });
    await write('POST', '', { id: 'leave', ...on(7) });
    const syncToken = await synced();
    expect((await told(syncToken)).lines).toEqual([]);
    await write('PATCH', '/change', { summary: 'After' });
    await write('PATCH', '/change', { summary: 'Later' });
    await write('DELETE', '/leave');
    await write('POST', '', { id: 'arrive', ...on(7) });
    const { body } = await list({ syncToken });
    expect(body.items.find(({ id }) => id === 'change')).toMatchObject({ summary: 'Later' });
    expect(body.items.find(({ id }) => id === 'leave')).toEqual({
      kind: 'calendar#event',
      etag: expect.any(String) as string,
      id: 'leave',
      status: 'cancelled',
    });
    const { lines, next } = await told(syncToken);
    expect(lines).toEqual(['arrive confirmed', 'change confirmed', 'leave cancelled']);
    expect((await told(next)).lines).toEqual([]);
    expect((await told(syncToken)).lines).toEqual(lines);
  });

  it('tells of occurrences that a changed series has no more', async () => {
    const window = { timeMin: '2030-01-07T00:00:00Z', timeMax: '2030-01-11T00:00:00Z' };
    await write('POST', '', { id: 'se1e5', ...on(7), recurrence: ['RRULE:FREQ=DAILY'] });
    const syncToken = await synced({ ...window, singleEvents: 'true' });
    await write('PATCH', '/se1e5_20300108T100000Z', { summary: 'Changed' });
    const { lines, next } = await told(syncToken, { singleEvents: 'true' });
    expect(lines).toEqual(['se1e5_20300108T100000Z confirmed']);
    await write('PATCH', '/se1e5', { recurrence: ['RRULE:FREQ=DAILY;COUNT=2'] });
    const second = await told(next, { singleEvents: 'true' });
    expect(second.lines).toEqual([
      'se1e5_20300107T100000Z confirmed',
      'se1e5_20300108T100000Z confirmed',
      'se1e5_20300109T100000Z cancelled',
      'se1e5_20300110T100000Z cancelled',
    ]);
    await write('DELETE', '/se1e5');
    expect((await told(second.next, { singleEvents: 'true' })).lines).toEqual([
      'se1e5_20300107T100000Z cancelled',
      'se1e5_20300108T100000Z cancelled',
    ]);
  });

  it('goes over pages too', async () => {
    const syncToken = await synced();
    for (const id of ['aaaaa', 'bbbbb', 'ccccc']) await write('POST', '', { id, ...on(7) });
    const first = (await list({ syncToken, maxResults: '2' })).body;
    expect([first.items.length, first.nextSyncToken]).toEqual([2, undefined]);
    const last = (await list({ syncToken, maxResults: '2', pageToken: first.nextPageToken ?? '' })).body;
    expect([last.items.length, last.nextPageToken]).toEqual([1, undefined]);
    expect((await told(last.nextSyncToken ?? '')).lines).toEqual([]);
  });

  it('does not lose what changes between two pages', async () => {
    for (const id of ['aaaaa', 'bbbbb', 'ccccc']) await write('POST', '', { id, ...on(7) });
    const first = (await list({ maxResults: '2' })).body;
    await write('PATCH', '/aaaaa', { summary: 'Meanwhile' });
    const last = (await list({ maxResults: '2', pageToken: first.nextPageToken ?? '' })).body;
    expect((await told(last.nextSyncToken ?? '')).lines).toEqual(['aaaaa confirmed']);
  });

  it.each<[string, Record<string, string>]>([
    ['q', { q: 'x' }],
    ['timeMin', { timeMin: '2030-01-07T00:00:00Z' }],
    ['timeMax', { timeMax: '2030-01-07T00:00:00Z' }],
    ['orderBy', { orderBy: 'updated' }],
    ['updatedMin', { updatedMin: '2030-01-07T00:00:00Z' }],
    ['iCalUID', { iCalUID: 'x' }],
    ['privateExtendedProperty', { privateExtendedProperty: 'a=b' }],
    ['sharedExtendedProperty', { sharedExtendedProperty: 'a=b' }],
    ['showDeleted', { showDeleted: 'false' }],
  ])('does not go with %s', async (location, query) => {
    const { status, body } = await list<GoogleErrorBody>({ syncToken: await synced(), ...query });
    expect([status, body.error.errors[0]]).toMatchObject([400, { reason: 'badRequest', location }]);
  });

  it('starts anew with a token that is none, another’s, too old, or struck by a fault', async () => {
    const own = await synced();
    const refused = async (syncToken: string) => {
      const { status, body } = await list<GoogleErrorBody>({ syncToken });
      expect([status, body.error.errors[0]]).toMatchObject([
        410,
        { domain: 'calendar', reason: 'fullSyncRequired', location: 'syncToken' },
      ]);
    };
    await refused('nothing');
    await refused(`${own}x`);
    token = (await google.connect({ scope: CALENDAR, login_hint: 'another@example.com' })).access_token;
    await refused(own);
    const mine = await synced();
    await google.fault('expire_sync_token');
    expect((await list({})).status).toBe(200);
    await refused(mine);
    expect((await list({ syncToken: mine })).status).toBe(200);
  });

  it('leads to the same as fetching everything, whatever has happened', async () => {
    const step = fc.record({
      verb: fc.constantFrom('POST', 'PATCH', 'DELETE', 'SYNC'),
      id: fc.constantFrom('aaaaa', 'bbbbb', 'se1e5'),
      day: fc.integer({ min: 7, max: 12 }),
    });
    const window = { timeMin: '2030-01-07T00:00:00Z', timeMax: '2030-01-11T00:00:00Z', singleEvents: 'true' };
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        run += 1;
        token = (await google.connect({ scope: CALENDAR, login_hint: `run${run}@example.com` })).access_token;
        const mirror = new Map<string, Item>();
        const apply = (items: readonly Item[]) => {
          for (const item of items) {
            if (item.status === 'cancelled') mirror.delete(item.id);
            else mirror.set(item.id, item);
          }
        };
        let syncToken = await synced(window);
        const catchUp = async () => {
          const { body } = await list({ syncToken, singleEvents: 'true' });
          apply(body.items);
          syncToken = body.nextSyncToken ?? '';
        };
        for (const { verb, id, day } of steps) {
          const recurrence = id === 'se1e5' ? { recurrence: [`RRULE:FREQ=DAILY;COUNT=${day - 5}`] } : {};
          if (verb === 'POST') await write('POST', '', { id, ...on(day), ...recurrence });
          else if (verb === 'PATCH') await write('PATCH', `/${id}`, { status: 'confirmed', ...on(day), ...recurrence });
          else if (verb === 'DELETE') await write('DELETE', `/${id}`);
          else await catchUp();
        }
        await catchUp();
        const { items } = (await list(window)).body;
        // What has moved out of the window is told as it is: the client sees that it lies elsewhere.
        const inWindow = [...mirror.values()].filter((item) => items.some(({ id }) => id === item.id) || isIn(item));
        expect(inWindow.sort(byId)).toEqual([...items].sort(byId));
      }),
      { numRuns: 25 },
    );
  });

  const byId = (a: Item, b: Item) => (a.id < b.id ? -1 : 1);
  const isIn = (item: Item) => {
    const { start } = item as Item & { start: { dateTime: string } };
    const moment = Date.parse(start.dateTime);
    return moment > Date.parse('2030-01-06T23:00:00Z') && moment < Date.parse('2030-01-11T00:00:00Z');
  };
});
