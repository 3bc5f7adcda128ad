import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import type { DataSource } from 'typeorm';
import { CalendarDeeds, BookingWish } from '../../src/calendar/calendar-deeds.service';
import { CalendarGrantRows } from '../../src/calendar/calendar-grants.repository';
import { CalendarGrants } from '../../src/calendar/calendar-grants.service';
import { CalendarRivals } from '../../src/calendar/calendar-rivals.service';
import { CalendarSettlement } from '../../src/calendar/calendar-settlement.service';
import { CallActions, NewAction } from '../../src/calls/call-actions.service';
import { CallEnded } from '../../src/calls/calls.events';
import { DomainEvents } from '../../src/common/domain-events';
import { readConfig } from '../../src/config/app-config';
import { Database } from '../../src/database/database';
import {
  BusyTime,
  CalendarError,
  CalendarEvent,
  CalendarProvider,
  CalendarTrouble,
  EventChanges,
  EventPage,
  NewEvent,
} from '../../src/integrations/calendar/calendar-provider';
import { BUILT_IN_SCENARIOS } from '../../src/scenarios/built-in-scenarios';
import { connectAsApp, freshDatabase, TestDatabase } from '../support/test-database';

/** A calendar in memory, for races alone: what Google really says is in test/e2e. */
class OneCalendar extends CalendarProvider {
  readonly isConfigured = true;
  readonly neededScopes = [];
  readonly events = new Map<string, CalendarEvent>();
  /** Thrown by the next write: before it, or after it was done. */
  trouble: { trouble: CalendarTrouble; isDone: boolean } | null = null;
  /** Thrown by each look at an event. */
  isBlind = false;
  inserts = 0;
  private revision = 0;

  authorizationUrl = (): never => fail();
  exchange = (): never => fail();
  refresh = (): never => fail();
  changesSince = (): never => fail();
  watch = (): never => fail();
  revoke = () => Promise.resolve();
  stopWatching = () => Promise.resolve();

  async listEvents(): Promise<EventPage> {
    const events = [...this.events.values()].filter(({ status }) => status !== 'cancelled');
    return { events, nextPageToken: undefined, timeZone: 'Europe/Berlin' };
  }

  async getEvent(_: string, id: string): Promise<CalendarEvent> {
    if (this.isBlind) throw new CalendarError('Away.', 'unreachable');
    const event = this.events.get(id);
    if (event === undefined) throw new CalendarError('Not there.', 'not-found');
    return event;
  }

  insertEvent(_: string, { id, summary, start, end }: NewEvent): Promise<CalendarEvent> {
    return this.write(() => {
      this.inserts += 1;
      if (this.events.has(id)) throw new CalendarError('There is one.', 'duplicate');
      return this.put({ ...BARE, id, summary, start, end });
    });
  }

  changeEvent(_: string, id: string, { start, end }: EventChanges, etag?: string): Promise<CalendarEvent> {
    return this.write(async () => {
      const event = await this.getEvent('', id);
      if (etag !== event.etag) throw new CalendarError('Changed.', 'changed');
      return this.put({ ...event, start: start ?? event.start, end: end ?? event.end });
    });
  }

  async deleteEvent(_: string, id: string): Promise<void> {
    await this.write(async () => this.put({ ...(await this.getEvent('', id)), status: 'cancelled' }));
  }

  async busyTimes(): Promise<BusyTime[]> {
    await new Promise((done) => setTimeout(done, 5));
    return [...this.events.values()].flatMap(({ status, start, end }) =>
      status !== 'cancelled' && start?.kind === 'moment' && end?.kind === 'moment'
        ? [{ start: start.at, end: end.at }]
        : [],
    );
  }

  /** Somebody else's event. */
  put(event: CalendarEvent): CalendarEvent {
    const stored = { ...event, etag: `"${++this.revision}"` };
    this.events.set(event.id, stored);
    return stored;
  }

  private async write(work: () => CalendarEvent | Promise<CalendarEvent>): Promise<CalendarEvent> {
    await new Promise((done) => setTimeout(done, 5));
    const { trouble } = this;
    this.trouble = null;
    if (trouble?.isDone === false) throw new CalendarError('Trouble.', trouble.trouble);
    const written = await work();
    if (trouble !== null) throw new CalendarError('Trouble.', trouble.trouble);
    return written;
  }
}

const BARE: CalendarEvent = {
  id: 'theirs',
  status: 'confirmed',
  summary: 'Theirs',
  description: undefined,
  location: undefined,
  start: undefined,
  end: undefined,
  recurringEventId: undefined,
  attendees: [],
  isOrganizedByOwner: true,
  isAppointment: true,
  isBusy: true,
  htmlLink: undefined,
  etag: undefined,
  ownProperties: {},
};

const config = readConfig({
  SECRET_KEY: 'only a spec',
  REDACT_TRANSCRIPTS: 'email,phone',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'none',
  TWILIO_PHONE_NUMBER: '+12025550000',
  OPENAI_API_KEY: 'none',
});

let database: TestDatabase;
let source: DataSource;
let db: Database;
let calendar: OneCalendar;
let actions: CallActions;
let deeds: CalendarDeeds;
let settlement: CalendarSettlement;
let owner: { userId: number };
let lastUserId = 0;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await freshDatabase();
  source = await connectAsApp(database.url, 10);
  db = new Database(source);
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});
beforeEach(async () => {
  owner = { userId: ++lastUserId };
  await db.asNewOwner(owner, (tx) =>
    tx.query(`INSERT INTO users (id, email) VALUES ($1, $2)`, [owner.userId, `u${owner.userId}@example.com`]),
  );
  calendar = new OneCalendar();
  ({ actions, deeds, settlement } = await aProcess());
});

/** The services as one process has them. */
async function aProcess() {
  const events = new DomainEvents(new EventEmitter2());
  const grants = new CalendarGrants(new CalendarGrantRows(config, db), calendar, events);
  await grants.store(owner, {
    accessToken: 'access',
    expiresAt: new Date(Date.now() + 3_600_000),
    refreshToken: 'refresh',
    scopes: [],
    email: undefined,
  });
  const journal = new CallActions(config, db, events);
  const rivals = new CalendarRivals(grants, calendar);
  const does = new CalendarDeeds(grants, calendar, rivals, journal);
  return { actions: journal, deeds: does, settlement: new CalendarSettlement(db, journal, does) };
}

async function aCall(): Promise<string> {
  const id = randomUUID();
  await db.asOwner(owner, (tx) =>
    tx.query(
      `INSERT INTO calls (id, user_id, dial_state, direction, status, phone_number, from_number, scenario_name, agent, max_duration_seconds)
       VALUES ($1, $2, 'placed', 'outbound', 'in-progress', '+12025550100', '+12025550000', 'calendar_assistant', $3, 600)`,
      [id, owner.userId, JSON.stringify(BUILT_IN_SCENARIOS.get('calendar_assistant')?.agent)],
    ),
  );
  return id;
}

let uses = 0;
const use = (callId: string, toolCallId = `call_${++uses}`) => ({ callId, toolCallId, atMs: 1500 });
const HOUR = 3_600_000;
const NOON = new Date('2030-12-04T12:00:00Z');
const wish = (more: Partial<BookingWish> = {}): BookingWish => ({
  summary: 'Meeting with Anna',
  start: NOON,
  end: new Date(NOON.getTime() + HOUR),
  timeZone: 'Europe/Berlin',
  ...more,
});
const moment = (at: Date) => ({ kind: 'moment', at, timeZone: undefined }) as const;
const live = () => [...calendar.events.values()].filter(({ status }) => status !== 'cancelled');
const told = async (callId: string) =>
  (await actions.of(owner, callId)).map(({ tool, state, outcome }) => `${tool} ${state}: ${outcome}`);
const BOOKED = 'book_event done: Booked “Meeting with Anna” on Wednesday, 4 December 2030, 13:00-14:00 (Europe/Berlin)';

describe('booking', () => {
  it('the same twenty times at once makes one event, and everybody is told of it', async () => {
    const callId = await aCall();
    const other = await aProcess();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        (at % 2 === 0 ? deeds : other.deeds).book(owner, use(callId), wish({ summary: `Meeting ${at}` })),
      ),
    );
    expect(live()).toHaveLength(1);
    expect(calendar.inserts).toBe(1);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ ok: true, eventId: live()[0]?.id });
    expect(await actions.of(owner, callId)).toHaveLength(1);
  }, 60_000);

  it('one time by twenty calls makes one event, and the others are told what else is free', async () => {
    const calls = await Promise.all(Array.from({ length: 20 }, aCall));
    const answers = await Promise.all(calls.map((callId) => deeds.book(owner, use(callId), wish())));
    expect(live()).toHaveLength(1);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    for (const answer of answers.filter(({ ok }) => !ok)) {
      expect(answer).toMatchObject({ ok: false, error: 'That time is taken.' });
      expect((answer as { freeSlots: unknown[] }).freeSlots).toHaveLength(4);
    }
  }, 60_000);

  it('is written down with what may be kept', async () => {
    const callId = await aCall();
    await deeds.book(
      owner,
      use(callId),
      wish({ summary: 'Call anna@example.com', attendeeEmail: 'anna@example.com', location: 'Room +1 202 555 0199' }),
    );
    const [action] = await actions.of(owner, callId);
    expect(action).toMatchObject({
      sequence: 0,
      tool: 'book_event',
      state: 'done',
      atMs: 1500,
      eventId: live()[0]?.id,
      arguments: {
        summary: 'Call [email]',
        attendee_email: '[email]',
        location: 'Room [phone]',
        start: '2030-12-04T13:00:00+01:00',
        end: '2030-12-04T14:00:00+01:00',
      },
      outcome: 'Booked “Call [email]” on Wednesday, 4 December 2030, 13:00-14:00 (Europe/Berlin)',
    });
    expect(action?.finishedAt).toBeInstanceOf(Date);
    // What is booked is what was said.
    expect(live()[0]?.summary).toBe('Call anna@example.com');
  });

  it('is in the journal before anybody is asked, and found out by whoever comes after a process that died', async () => {
    const callId = await aCall();
    calendar.trouble = { trouble: 'unreachable', isDone: true };
    calendar.isBlind = true;
    const answer = await deeds.book(owner, use(callId), wish());
    expect(answer).toMatchObject({ ok: false, error: expect.stringMatching(/may have been done/) as string });
    expect(await told(callId)).toEqual([expect.stringMatching(/^book_event unknown: Perhaps booked: /)]);
    await db.asOwner(owner, (tx) => tx.query(`UPDATE call_actions SET state = 'asked', finished_at = NULL`));
    calendar.isBlind = false;
    const { deeds: successor } = await aProcess();
    const again = await successor.book(owner, use(callId), wish({ summary: 'In other words' }));
    expect(again).toMatchObject({ ok: true, summary: 'Meeting with Anna' });
    expect(calendar.inserts).toBe(1);
    expect(await told(callId)).toEqual([BOOKED]);
  });

  it('whose answer was lost is found at once', async () => {
    const callId = await aCall();
    calendar.trouble = { trouble: 'unreachable', isDone: true };
    expect(await deeds.book(owner, use(callId), wish())).toMatchObject({ ok: true });
    expect(await told(callId)).toEqual([BOOKED]);
  });

  it('that never arrived is tried again under the same id', async () => {
    const callId = await aCall();
    calendar.trouble = { trouble: 'unreachable', isDone: false };
    expect(await deeds.book(owner, use(callId), wish())).toMatchObject({ ok: false });
    expect(await deeds.book(owner, use(callId), wish())).toMatchObject({ ok: true });
    const [first, second] = await actions.of(owner, callId);
    expect(first?.eventId).toBe(second?.eventId);
    expect([first?.state, second?.state]).toEqual(['refused', 'done']);
  });

  it('that was refused is not taken for done', async () => {
    const callId = await aCall();
    calendar.trouble = { trouble: 'rate-limited', isDone: false };
    expect(await deeds.book(owner, use(callId), wish())).toEqual({ ok: false, error: 'Trouble.' });
    expect(await told(callId)).toEqual([expect.stringMatching(/^book_event refused: Not booked: /)]);
  });

  it('works again after a cancel in the same call, and after somebody moved it away', async () => {
    const callId = await aCall();
    const first = await deeds.book(owner, use(callId), wish());
    if (!first.ok) throw new Error(first.error);
    await deeds.cancel(owner, use(callId), first.eventId, 'Europe/Berlin');
    const second = await deeds.book(owner, use(callId), wish());
    if (!second.ok) throw new Error(second.error);
    expect(second.eventId).not.toBe(first.eventId);
    const later = new Date(NOON.getTime() + 2 * HOUR);
    await deeds.move(owner, use(callId), { eventId: second.eventId, start: later, timeZone: 'Europe/Berlin' });
    const third = await deeds.book(owner, use(callId), wish());
    expect(third).toMatchObject({ ok: true });
    expect(live()).toHaveLength(2);
    expect(await deeds.book(owner, use(callId), wish())).toEqual(third);
  });

  it('with another length is told that it was booked before', async () => {
    const callId = await aCall();
    await deeds.book(owner, use(callId), wish());
    const answer = await deeds.book(owner, use(callId), wish({ end: new Date(NOON.getTime() + HOUR / 2) }));
    expect(answer).toMatchObject({ ok: true, note: expect.stringMatching(/booked in this call before/) as string });
    expect(live()).toHaveLength(1);
  });
});

describe('moving', () => {
  const theirs = () => calendar.put({ ...BARE, start: moment(NOON), end: moment(new Date(NOON.getTime() + HOUR)) });
  const half = new Date(NOON.getTime() + HOUR / 2);
  const move = (callId: string, start = half) =>
    deeds.move(owner, use(callId), { eventId: 'theirs', start, timeZone: 'Europe/Berlin' });

  it('into its own time is no conflict, and doing it again does nothing', async () => {
    const callId = await aCall();
    theirs();
    const answer = await move(callId);
    expect(answer).toMatchObject({ ok: true, times: { start: half } });
    const { etag } = await calendar.getEvent('', 'theirs');
    expect(await move(callId)).toEqual(answer);
    expect((await calendar.getEvent('', 'theirs')).etag).toBe(etag);
    expect(await told(callId)).toEqual([
      'move_event done: Moved “Theirs” to Wednesday, 4 December 2030, 13:30-14:30 (Europe/Berlin)',
    ]);
  });

  it('leaves it in its own time zone, whatever the caller’s is', async () => {
    const inTokyo = (at: Date) => ({ kind: 'moment', at, timeZone: 'Asia/Tokyo' }) as const;
    calendar.put({ ...BARE, start: inTokyo(NOON), end: inTokyo(new Date(NOON.getTime() + HOUR)) });
    await move(await aCall());
    expect((await calendar.getEvent('', 'theirs')).start).toEqual(inTokyo(half));
  });

  it('onto another is refused, even where that one lies within the time of the moved one', async () => {
    const callId = await aCall();
    theirs();
    const [from, to] = [new Date(half.getTime() + 600_000), new Date(half.getTime() + 1_200_000)];
    calendar.put({ ...BARE, id: 'within', start: moment(from), end: moment(to) });
    expect(await move(callId)).toMatchObject({ ok: false, error: 'That time is taken.' });
    expect(await told(callId)).toEqual([expect.stringMatching(/^move_event refused: .*that time is taken$/)]);
  });

  it('looks again at what somebody else has changed meanwhile', async () => {
    const callId = await aCall();
    theirs();
    calendar.trouble = { trouble: 'changed', isDone: false };
    expect(await move(callId)).toMatchObject({ ok: true, times: { start: half } });
    expect(await actions.of(owner, callId)).toHaveLength(1);
  });

  it('is not done to what is gone', async () => {
    const callId = await aCall();
    expect(await move(callId)).toMatchObject({ ok: false });
    expect(await told(callId)).toEqual([]);
  });
});

describe('cancelling', () => {
  it('twice is no error, and is written down once', async () => {
    const callId = await aCall();
    const booked = await deeds.book(owner, use(callId), wish());
    if (!booked.ok) throw new Error(booked.error);
    const answers = await Promise.all(
      [1, 2, 3].map(() => deeds.cancel(owner, use(callId), booked.eventId, 'Europe/Berlin')),
    );
    for (const answer of answers) expect(answer).toMatchObject({ ok: true, summary: 'Meeting with Anna' });
    expect((await told(callId)).slice(1)).toEqual([
      'cancel_event done: Cancelled “Meeting with Anna” on Wednesday, 4 December 2030, 13:00-14:00 (Europe/Berlin)',
    ]);
    // Google forgets them after a while.
    calendar.events.clear();
    expect(await deeds.cancel(owner, use(callId), booked.eventId, 'UTC')).toMatchObject({ ok: true });
  });

  it('what never was is told as that', async () => {
    expect(await deeds.cancel(owner, use(await aCall()), 'nothing', 'UTC')).toMatchObject({ ok: false });
  });
});

describe('the end of a call', () => {
  it.each([
    [true, /^book_event done: Booked /],
    [false, /^book_event refused: Not booked: /],
  ])('settles what nobody knows (done: %s)', async (isDone, expected) => {
    const callId = await aCall();
    calendar.trouble = { trouble: 'unreachable', isDone };
    calendar.isBlind = true;
    await deeds.book(owner, use(callId), wish());
    calendar.isBlind = false;
    await settlement.onEnded(new CallEnded(owner, callId, null, 'completed', 'customer_hung_up'));
    expect(await told(callId)).toEqual([expect.stringMatching(expected)]);
  });

  it('settles it later where Google cannot be asked then, of calls that are over alone', async () => {
    const [over, live] = [await aCall(), await aCall()];
    calendar.isBlind = true;
    for (const [callId, start] of [
      [over, '2030-12-04T12:00:00Z'],
      [live, '2030-12-05T12:00:00Z'],
    ] as const) {
      calendar.trouble = { trouble: 'unreachable', isDone: true };
      const at = new Date(start);
      await deeds.book(owner, use(callId), { ...wish(), start: at, end: new Date(at.getTime() + 3_600_000) });
    }
    await settlement.onEnded(new CallEnded(owner, over, null, 'completed', 'customer_hung_up'));
    expect(await told(over)).toEqual([expect.stringMatching(/^book_event unknown: /)]);
    await db.asOwner(owner, (tx) =>
      tx.query(`UPDATE calls SET ended_at = now() - interval '2 minutes' WHERE id = $1`, [over]),
    );
    await settlement.settleAll();
    expect(await told(over)).toEqual([expect.stringMatching(/^book_event unknown: /)]);
    calendar.isBlind = false;
    await settlement.settleAll();
    expect(await told(over)).toEqual([expect.stringMatching(/^book_event done: /)]);
    expect(await told(live)).toEqual([expect.stringMatching(/^book_event unknown: /)]);
  });
});

it('an action belongs to a call of the same user', async () => {
  const callId = await aCall();
  const stranger = { userId: ++lastUserId };
  await db.asNewOwner(stranger, (tx) =>
    tx.query(`INSERT INTO users (id, email) VALUES ($1, $2)`, [stranger.userId, `u${stranger.userId}@example.com`]),
  );
  await deeds.book(owner, use(callId), wish());
  expect(await actions.of(stranger, callId)).toEqual([]);
  const action: NewAction = {
    tool: 'book_event',
    fingerprint: 'f',
    arguments: {},
    state: 'asked',
    eventId: null,
    outcome: 'o',
  };
  await expect(actions.begin(stranger, use(callId), action)).rejects.toThrow();
});
