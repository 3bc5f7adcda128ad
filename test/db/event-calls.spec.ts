import { Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { CalendarAgenda } from '../../src/calendar/agenda.service';
import { CalendarGrantRows } from '../../src/calendar/calendar-grants.repository';
import { CalendarGrants } from '../../src/calendar/calendar-grants.service';
import { CalendarNotificationsController } from '../../src/calendar/calendar-notifications.controller';
import { CalendarSyncRows } from '../../src/calendar/calendar-syncs.repository';
import { CalendarSyncs } from '../../src/calendar/calendar-syncs.service';
import { CalendarChannelNotFound } from '../../src/calendar/calendar.errors';
import { CalendarDisconnecting } from '../../src/calendar/calendar.events';
import { EventCallPreferencesService } from '../../src/calendar/event-call-preferences.service';
import { EventCallPreferences } from '../../src/calendar/event-call-wish';
import { eventCallsPage, eventCallsTotal, knownEventCalls } from '../../src/calendar/event-calls.repository';
import { EventCalls } from '../../src/calendar/event-calls.service';
import { CallPermissionService } from '../../src/calls/call-permission.service';
import { DoNotCallService } from '../../src/calls/do-not-call.service';
import type { Capacity } from '../../src/common/capacity';
import { DomainEvents } from '../../src/common/domain-events';
import { AppConfig, readConfig } from '../../src/config/app-config';
import { Database } from '../../src/database/database';
import type { Statement } from '../../src/database/pipeline';
import { APP_ROLE } from '../../src/database/row-level-security';
import {
  BusyTime,
  CalendarChanges,
  CalendarError,
  CalendarEvent,
  CalendarProvider,
  CalendarTrouble,
  EventPage,
  EventQuery,
  Watch,
  WatchRequest,
} from '../../src/integrations/calendar/calendar-provider';
import { ScenariosService } from '../../src/scenarios/scenarios.service';
import type { ScheduledCallHandover } from '../../src/scheduling/scheduled-call-handover.service';
import { ScheduledCalls } from '../../src/scheduling/scheduled-calls.service';
import { dueCall } from '../../src/scheduling/scheduled-dialling.repository';
import { UsersService } from '../../src/users/users.service';
import { planOf, plansOfLookup } from '../support/query-plans';
import { connectAsApp, connectAsOwner, freshDatabase, TestDatabase } from '../support/test-database';

/** A calendar in memory that tells what has changed, as far as calls from events need it. */
class OneCalendar extends CalendarProvider {
  readonly isConfigured = true;
  readonly neededScopes = [];
  readonly events = new Map<string, CalendarEvent>();
  /** Events in the order in which they changed. */
  readonly changes: string[] = [];
  readonly channels = new Map<string, WatchRequest>();
  /** Thrown by every question of its name. */
  readonly trouble: Partial<Record<'changesSince' | 'listEvents' | 'watch', CalendarTrouble>> = {};
  /** What happens while the list is on its way. */
  meanwhile: () => Promise<void> = async () => undefined;
  lists = 0;

  authorizationUrl = (): never => fail();
  exchange = (): never => fail();
  refresh = (): never => fail();
  getEvent = (): never => fail();
  insertEvent = (): never => fail();
  changeEvent = (): never => fail();
  deleteEvent = (): never => fail();
  revoke = () => Promise.resolve();
  busyTimes = () => Promise.resolve<BusyTime[]>([]);

  async changesSince(_: string, syncToken: string | null): Promise<CalendarChanges> {
    const isOfToken = ['sync-over', 'refused', 'not-found'].includes(this.trouble.changesSince ?? '');
    if (syncToken !== null || !isOfToken) this.fail('changesSince');
    return {
      hasChanged: this.changes.length > Number(syncToken ?? 0),
      nextSyncToken: String(this.changes.length),
    };
  }

  /** One event a page. */
  async listEvents(_: string, { from, to, pageToken }: EventQuery): Promise<EventPage> {
    this.fail('listEvents');
    this.lists += 1;
    const events = [...this.events.values()].filter(
      ({ status, start, end }) =>
        status !== 'cancelled' && startOf(end) > from.getTime() && startOf(start) < (to?.getTime() ?? Infinity),
    );
    const at = Number(pageToken ?? 0);
    const nextPageToken = at + 1 < events.length ? String(at + 1) : undefined;
    const page = { events: events.slice(at, at + 1), nextPageToken, timeZone: 'Europe/Berlin' };
    await this.meanwhile();
    return page;
  }

  async watch(_: string, request: WatchRequest): Promise<Watch> {
    this.fail('watch');
    this.channels.set(request.channelId, request);
    return { resourceId: `resource of ${request.channelId}`, expiresAt: inMinutes(7 * 24 * 60) };
  }

  async stopWatching(_: string, channelId: string): Promise<void> {
    this.channels.delete(channelId);
  }

  put(id: string, minutes: number, more: Partial<CalendarEvent> = {}): void {
    const [start, end] = [moment(inMinutes(minutes)), moment(inMinutes(minutes + 30))];
    this.events.set(id, { ...BARE, id, start, end, ...more });
    this.changes.push(id);
  }

  change(id: string, changes: Partial<CalendarEvent>): void {
    const event = this.events.get(id);
    if (event === undefined) throw new Error(`There is no ${id}`);
    this.events.set(id, { ...event, ...changes });
    this.changes.push(id);
  }

  private fail(question: keyof OneCalendar['trouble']): void {
    const trouble = this.trouble[question];
    if (trouble !== undefined) throw new CalendarError('Trouble.', trouble);
  }
}

const MINUTE_MS = 60_000;
const DAY = 24 * 60;
/** Everything is told from here, in whole seconds: a few milliseconds do not matter to any of it. */
const inMinutes = (minutes: number) => new Date(Math.floor(Date.now() / 1000) * 1000 + minutes * MINUTE_MS);
const moment = (at: Date) => ({ kind: 'moment', at, timeZone: 'Europe/Berlin' }) as const;
const startOf = (time: CalendarEvent['start']) => (time?.kind === 'moment' ? time.at.getTime() : 0);

const BARE: CalendarEvent = {
  id: '',
  status: 'confirmed',
  summary: 'Dentist',
  description: 'call me 10 minutes before',
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

const MINE = '+12025550100';
const config = readConfig({
  SECRET_KEY: 'only a spec',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'none',
  TWILIO_PHONE_NUMBER: '+12025550000',
  OPENAI_API_KEY: 'none',
});
const ON_HTTPS: AppConfig = { ...config, publicUrl: 'https://calls.example.com' };

let database: TestDatabase;
let source: DataSource;
let admin: Client;
let db: Database;
let calendar: OneCalendar;
let owner: { userId: number };
let one: ReturnType<typeof aProcess>;
let lastUserId = 0;

/** The services as one process has them. */
function aProcess(settings: AppConfig = config) {
  const events = new DomainEvents(new EventEmitter2());
  const users = new UsersService(db, events);
  const scenarios = new ScenariosService(settings, db);
  const doNotCall = new DoNotCallService(settings, db);
  const permission = new CallPermissionService(settings, db, doNotCall, { isFull: false } as Capacity);
  const handover = { callForOne: () => undefined } as ScheduledCallHandover;
  const scheduledCalls = new ScheduledCalls(db, users, scenarios, permission, handover, events);
  const grants = new CalendarGrants(new CalendarGrantRows(settings, db), calendar, events);
  const rows = new CalendarSyncRows(db);
  const preferences = new EventCallPreferencesService(db, scenarios, permission, rows);
  const eventCalls = new EventCalls(db, scheduledCalls, rows);
  const agenda = new CalendarAgenda(grants, calendar, users);
  const syncs = new CalendarSyncs(settings, rows, grants, calendar, agenda, preferences, eventCalls);
  const notifications = new CalendarNotificationsController(rows);
  return { scheduledCalls, grants, rows, preferences, eventCalls, syncs, notifications, doNotCall };
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await freshDatabase();
  admin = await connectAsOwner(database.url);
  source = await connectAsApp(database.url, 10);
  db = new Database(source);
});
afterAll(async () => {
  await source?.destroy();
  await admin?.end();
  await database?.drop();
});
beforeEach(async () => {
  owner = { userId: ++lastUserId };
  await db.asNewOwner(owner, (tx) =>
    tx.query(`INSERT INTO users (id, email, timezone) VALUES ($1, $2, 'Europe/Berlin')`, [
      owner.userId,
      `u${owner.userId}@example.com`,
    ]),
  );
  calendar = new OneCalendar();
  one = aProcess();
  await connect();
});

async function connect(): Promise<void> {
  await one.grants.store(owner, {
    accessToken: 'access',
    expiresAt: inMinutes(60),
    refreshToken: 'refresh',
    scopes: [],
    email: undefined,
  });
  await one.rows.begin(owner);
}

const sql = (text: string, ...values: unknown[]) =>
  db.asOwner(owner, (tx) => tx.query(text, [owner.userId, ...values]));
/** As if its time had come. */
async function sync(by = one): Promise<void> {
  await sql('UPDATE calendar_syncs SET next_sync_at = now() WHERE user_id = $1 AND next_sync_at IS NOT NULL');
  await by.syncs.sync(owner);
}
const prefer = (more: Partial<EventCallPreferences> = {}) =>
  one.preferences.set(owner, {
    callsFor: 'marked',
    minutesBefore: 10,
    phoneNumber: MINE,
    scenario: 'appointment_reminder',
    ...more,
  });
const row = async () => {
  const found = await one.rows.find(owner);
  if (found === null) throw new Error('The calendar is not followed');
  return found;
};
const told = async () => {
  const { rows } = await one.eventCalls.list(owner, { isLatestFirst: false, limit: 200, offset: 0 });
  return rows.map(({ eventId, callStatus, problem, scheduledTime, eventStart }) => ({
    eventId,
    status: callStatus,
    problem,
    before: scheduledTime === null ? null : Math.round((eventStart.getTime() - scheduledTime.getTime()) / MINUTE_MS),
  }));
};
const calls = async () => (await one.scheduledCalls.list(owner, { isNewestFirst: false, limit: 200, offset: 0 })).rows;
const becomes = (status: string) =>
  sql(`UPDATE scheduled_calls SET status = $2, due_at = NULL WHERE user_id = $1`, status);

describe('an event that asks for a call', () => {
  beforeEach(() => prefer());

  it('has one planned, with what it is about in words', async () => {
    calendar.put('a', 60, { attendees: [{ email: 'a@b.c', displayName: 'Anna', response: undefined, isSelf: false }] });
    await sync();
    expect(await told()).toEqual([{ eventId: 'a', status: 'scheduled', problem: null, before: 10 }]);
    const [call] = await calls();
    expect(call).toMatchObject({
      phoneNumber: MINE,
      scenario: 'appointment_reminder',
      timezone: 'Europe/Berlin',
      status: 'scheduled',
      metadata: { calendar_event_id: 'a' },
      variables: { event: 'Dentist', guest: 'Anna' },
    });
    expect(call?.variables['event_time']).toMatch(/^\w+, \d+ \w+ \d{4}, \d\d:\d\d \(Europe\/Berlin\)$/);
    expect(call?.notAfter?.getTime()).toBe((call?.scheduledTime.getTime() ?? 0) + 5 * MINUTE_MS);
  });

  it('is asked about once: nothing is read or written where nothing has changed', async () => {
    calendar.put('a', 60);
    await sync();
    const [before] = await calls();
    const { lists } = calendar;
    await sync();
    await sync();
    expect(calendar.lists).toBe(lists);
    await sql('UPDATE calendar_syncs SET window_read_at = NULL WHERE user_id = $1');
    await sync();
    expect(calendar.lists).toBe(lists + 1);
    expect(await calls()).toEqual([before]);
  });

  it('takes its call along when it moves', async () => {
    calendar.put('a', 60);
    await sync();
    const [before] = await calls();
    calendar.put('a', 180);
    await sync();
    const [after, ...more] = await calls();
    expect(more).toEqual([]);
    expect(after).toMatchObject({ id: before?.id, status: 'scheduled' });
    // A second may have passed between the two.
    const movedMs = (after?.scheduledTime.getTime() ?? 0) - (before?.scheduledTime.getTime() ?? 0);
    expect(Math.round(movedMs / MINUTE_MS)).toBe(120);
  });

  it.each<[string, () => void, string]>([
    ['canceled', () => calendar.change('a', { status: 'cancelled' }), 'was canceled'],
    ['beyond the days that are looked at', () => calendar.put('a', 9 * DAY), 'within the next eight days'],
    ['over', () => calendar.put('a', -120), 'was canceled'],
    ['without its mark', () => calendar.change('a', { description: 'bring papers' }), 'does not ask for a call'],
    [
      'declined',
      () =>
        calendar.change('a', {
          attendees: [{ email: 'me@b.c', displayName: undefined, response: 'declined', isSelf: true }],
        }),
      'declined',
    ],
    ['too soon for it', () => calendar.put('a', 2), 'too late'],
  ])('loses its call when it is %s, and gets another when it is back', async (_, change, why) => {
    calendar.put('a', 60);
    await sync();
    change();
    await sync();
    expect(await told()).toMatchObject([{ status: 'canceled', problem: expect.stringContaining(why) as string }]);
    await sync();
    calendar.put('a', 90);
    await sync();
    expect(await told()).toMatchObject([{ status: 'scheduled', problem: null, before: 10 }]);
    expect((await calls()).map(({ status }) => status).sort()).toEqual(['canceled', 'scheduled']);
  });

  it('is an occurrence of a series for itself', async () => {
    for (const day of [0, 1, 2]) calendar.put(`s_${day}`, 60 + day * DAY, { recurringEventId: 's' });
    await sync();
    calendar.change('s_1', { status: 'cancelled' });
    calendar.put('s_2', 120 + 2 * DAY, { recurringEventId: 's' });
    await sync();
    expect(await told()).toMatchObject([
      { eventId: 's_0', status: 'scheduled', before: 10 },
      { eventId: 's_1', status: 'canceled' },
      { eventId: 's_2', status: 'scheduled', before: 10 },
    ]);
  });

  it('gets no call that is over by now, and at once one whose time has just passed', async () => {
    calendar.put('passed', 3);
    calendar.put('just', 7);
    calendar.put('begun', -5);
    await sync();
    expect(await told()).toEqual([
      { eventId: 'passed', status: null, problem: expect.stringContaining('too late') as string, before: null },
      { eventId: 'just', status: 'scheduled', problem: null, before: 7 },
    ]);
  });

  it('is not called after the moment at which that makes no sense any more, whatever kept the call', async () => {
    calendar.put('a', 60);
    await sync();
    const [call] = await calls();
    const isLate = async () => (await db.readAsOwner(owner, dueCall(owner, call?.id ?? 0)))[0][0]?.isLate;
    await sql(`UPDATE scheduled_calls SET due_at = now() WHERE user_id = $1`);
    expect(await isLate()).toBe(false);
    await sql(`UPDATE scheduled_calls SET not_after = now() WHERE user_id = $1`);
    expect(await isLate()).toBe(true);
    await sql(`UPDATE scheduled_calls SET not_after = NULL WHERE user_id = $1`);
    expect(await isLate()).toBe(false);
  });

  it('does not lose a call whose time has come', async () => {
    calendar.put('a', 10.5);
    await sync();
    await sql(
      `UPDATE scheduled_calls SET scheduled_time = now() - interval '1 minute', due_at = now() WHERE user_id = $1`,
    );
    calendar.put('other', 600);
    await sync();
    expect(await told()).toMatchObject([{ status: 'scheduled' }, { status: 'scheduled' }]);
  });

  it('that is being dialled when it changes is looked at again until it is known what became of the call', async () => {
    calendar.put('a', 60);
    await sync();
    await becomes('dialing');
    calendar.change('a', { status: 'cancelled' });
    await sync();
    const { nextSyncAt, updatedAt, windowReadAt } = await row();
    expect(windowReadAt).toBeNull();
    expect(nextSyncAt?.getTime()).toBeLessThan(updatedAt.getTime() + MINUTE_MS);
    // The carrier was away.
    await sql(`UPDATE scheduled_calls SET status = 'scheduled', due_at = now() WHERE user_id = $1`);
    await sync();
    expect(await told()).toMatchObject([{ status: 'canceled' }]);
  });

  it('is not called again under another id, as a series gets with another start', async () => {
    calendar.put('s_1', 20, { recurringEventId: 's' });
    await sync();
    await becomes('completed');
    calendar.change('s_1', { status: 'cancelled' });
    calendar.put('s_2', 17, { recurringEventId: 's' });
    await sync();
    expect(await calls()).toHaveLength(1);
    calendar.put('s_2', 60, { recurringEventId: 's' });
    await sync();
    expect((await calls()).map(({ status }) => status).sort()).toEqual(['completed', 'scheduled']);
  });

  it('stays planned by its owner after it is over', async () => {
    calendar.put('a', 60);
    await sync();
    const [call] = await calls();
    await one.scheduledCalls.update(owner, call?.id ?? 0, { scheduled_time: inMinutes(300).toISOString() });
    await sql(`UPDATE event_calls SET event_start = now() - interval '1 hour' WHERE user_id = $1`);
    calendar.put('a', -60);
    await sync();
    expect(await told()).toMatchObject([{ status: 'scheduled' }]);
  });

  it('leaves alone what its owner has made a series of', async () => {
    calendar.put('a', 60);
    await sync();
    const [call] = await calls();
    await one.scheduledCalls.update(owner, call?.id ?? 0, { recurrence: 'FREQ=DAILY;COUNT=3' });
    calendar.change('a', { status: 'cancelled' });
    await sync();
    expect((await calls()).map(({ status }) => status)).toEqual(['scheduled']);
  });

  it.each(['completed', 'failed', 'outcome_unknown'])(
    'is called again after a call that is %s where it moved beyond what was said',
    async (status) => {
      calendar.put('a', 60);
      await sync();
      await becomes(status);
      calendar.put('a', 68);
      await sync();
      expect(await calls()).toHaveLength(1);
      calendar.put('a', 75);
      await sync();
      expect((await calls()).map((call) => call.status).sort()).toEqual([status, 'scheduled'].sort());
    },
  );

  it('is not called for again when its owner has canceled the call, unless it asks for something else', async () => {
    calendar.put('a', 60);
    await sync();
    const [call] = await calls();
    await one.scheduledCalls.cancel(owner, call?.id ?? 0, 'occurrence');
    calendar.put('a', 300);
    await sync();
    expect(await calls()).toHaveLength(1);
    calendar.change('a', { description: 'call me 1 hour before' });
    await sync();
    expect(await told()).toMatchObject([{ status: 'scheduled', before: 60 }]);
  });

  it('leaves alone what its owner has moved by hand, until it changes', async () => {
    calendar.put('a', 60);
    await sync();
    const [call] = await calls();
    await one.scheduledCalls.update(owner, call?.id ?? 0, { scheduled_time: inMinutes(30).toISOString() });
    expect((await calls())[0]?.notAfter).toBeNull();
    calendar.put('b', 600);
    await sync();
    expect((await told())[0]).toMatchObject({ before: 30 });
    calendar.change('a', { summary: 'Dentist, moved' });
    await sync();
    expect((await told())[0]).toMatchObject({ before: 10 });
  });

  it('says what keeps it from being called', async () => {
    await prefer({ phoneNumber: null });
    await one.doNotCall.add(owner, '+12025550111', undefined);
    calendar.put('me', 60);
    calendar.put('guest', 61, { description: 'remind the guest' });
    calendar.put('abroad', 62, { description: 'call +49 30 901820 10 minutes before' });
    calendar.put('nothing', 63, { description: '[call +12025550100 10m nothing_such]' });
    calendar.put('unwanted', 63.5, { description: 'call 202 555 0111 10 minutes before' });
    calendar.put('early', 64, { description: 'call me 8 days before' });
    await sync();
    const problems = (await told()).map(({ status, problem }) => [status, problem]);
    expect(problems).toEqual([
      [null, expect.stringContaining('Whom to call is not said')],
      [null, expect.stringContaining('no phone number of the guest')],
      [null, expect.stringContaining('not allowed')],
      [null, expect.stringContaining('Invalid scenario')],
      [null, expect.stringContaining('do-not-call')],
      [null, expect.stringContaining('at most 7 days')],
    ]);
    calendar.change('guest', { location: 'Anna, 202 555 0123' });
    calendar.change('me', { status: 'cancelled' });
    await sync();
    expect((await told()).slice(0, 2)).toEqual([
      { eventId: 'me', status: null, problem: expect.stringContaining('was canceled') as string, before: null },
      { eventId: 'guest', status: 'scheduled', problem: null, before: 10 },
    ]);
  });

  it('by what was written on it when it was made is called for as that says', async () => {
    calendar.put('a', 120, {
      description: 'call me 5 minutes before',
      ownProperties: { call_minutes_before: '45', call_phone_number: '', call_scenario: 'survey' },
    });
    await sync();
    expect(await told()).toMatchObject([{ before: 45 }]);
    expect((await calls())[0]).toMatchObject({ scenario: 'survey', phoneNumber: MINE });
  });
});

describe('the settings', () => {
  it('call for every event, for those with a mark, or for none', async () => {
    calendar.put('plain', 60, { description: undefined });
    calendar.put('marked', 120);
    calendar.put('day', 180, { description: undefined, start: { kind: 'day', date: '2030-01-01' } });
    await prefer();
    await sync();
    expect((await told()).map(({ eventId }) => eventId)).toEqual(['marked']);
    await prefer({ callsFor: 'all', minutesBefore: 20 });
    await sync();
    expect(await told()).toMatchObject([
      { eventId: 'plain', before: 20, status: 'scheduled' },
      { eventId: 'marked', before: 10, status: 'scheduled' },
    ]);
    await prefer({ callsFor: 'none' });
    await sync();
    expect((await told()).map(({ status }) => status)).toEqual(['canceled', 'canceled']);
    expect((await row()).nextSyncAt).toBeNull();
    await prefer();
    await sync();
    expect((await told()).map(({ status }) => status)).toEqual(['canceled', 'scheduled']);
  });

  it('refuse what cannot be called', async () => {
    await expect(prefer({ phoneNumber: 'home' })).rejects.toThrow('Invalid phone number');
    await expect(prefer({ phoneNumber: '911' })).rejects.toThrow('Emergency');
    await expect(prefer({ scenario: 'none' })).rejects.toThrow('Invalid scenario');
    await expect(prefer({ scenario: 'custom_1_1' })).rejects.toThrow('Custom scenario not found');
    await expect(prefer({ callsFor: 'all', phoneNumber: null })).rejects.toThrow('phone_number');
    expect(await one.preferences.get(owner)).toMatchObject({ callsFor: 'none', phoneNumber: null });
  });
});

describe('a word of the owner', () => {
  beforeEach(async () => {
    await prefer();
    calendar.put('a', 60);
    await sync();
  });
  const isDueNow = async () => ((await row()).nextSyncAt?.getTime() ?? Infinity) <= Date.now();

  it('is heard while the calendar has to be connected again', async () => {
    calendar.trouble.changesSince = 'grant-over';
    await sync();
    expect(await told()).toMatchObject([{ status: 'scheduled' }]);
    await prefer({ phoneNumber: '+12025550111' });
    await sync();
    expect(await told()).toMatchObject([
      { status: 'canceled', problem: expect.stringContaining('connected again') as string },
    ]);
    await sync();
    delete calendar.trouble.changesSince;
    await connect();
    await sync();
    expect((await calls()).map(({ status, phoneNumber }) => [status, phoneNumber])).toEqual([
      ['canceled', MINE],
      ['scheduled', '+12025550111'],
    ]);
    calendar.trouble.changesSince = 'grant-over';
    await sync();
    await prefer({ callsFor: 'none' });
    await sync();
    expect((await calls()).map(({ status }) => status)).toEqual(['canceled', 'canceled']);
  });

  it('does not wait where Google is in trouble', async () => {
    calendar.trouble.listEvents = 'unreachable';
    calendar.change('a', { summary: 'Other' });
    for (let at = 0; at < 6; at += 1) await sync();
    expect(await isDueNow()).toBe(false);
    await prefer({ callsFor: 'none' });
    expect(await isDueNow()).toBe(true);
    await one.syncs.sync(owner);
    expect((await calls()).map(({ status }) => status)).toEqual(['canceled']);
  });

  it('that comes while the calendar is being read is not lost in its trouble', async () => {
    calendar.meanwhile = async () => {
      await prefer({ callsFor: 'none' });
      throw new CalendarError('Trouble.', 'unreachable');
    };
    calendar.change('a', { summary: 'Other' });
    await sync();
    expect(await isDueNow()).toBe(true);
    await one.syncs.sync(owner);
    expect((await calls()).map(({ status }) => status)).toEqual(['canceled']);
  });

  it('that disconnects the calendar while it is being read is not lost', async () => {
    calendar.meanwhile = async () => {
      await one.grants.disconnect(owner);
      throw new CalendarError('Trouble.', 'grant-over');
    };
    calendar.change('a', { summary: 'Other' });
    await sync();
    expect(await isDueNow()).toBe(true);
    await one.syncs.sync(owner);
    expect(await told()).toMatchObject([{ status: 'canceled', problem: 'The calendar was disconnected.' }]);
    expect(await one.rows.find(owner)).toBeNull();
  });
});

describe('two who follow the same calendar at once', () => {
  beforeEach(() => prefer());

  it('plan each call once', async () => {
    for (let at = 0; at < 5; at += 1) calendar.put(`e${at}`, 60 + at);
    await sql('UPDATE calendar_syncs SET next_sync_at = now() WHERE user_id = $1');
    await Promise.all([one, aProcess(), one, aProcess()].map(({ syncs }) => syncs.sync(owner)));
    expect(await calls()).toHaveLength(5);
  });

  it('plan each call once even where the first has stood still for longer than its lease', async () => {
    calendar.put('a', 60);
    calendar.meanwhile = async () => {
      calendar.meanwhile = async () => undefined;
      await sql(`UPDATE calendar_syncs SET claimed_until = now() - interval '1 second' WHERE user_id = $1`);
      await sync(aProcess());
      calendar.change('a', { status: 'cancelled' });
    };
    await sync();
    expect(await told()).toMatchObject([{ status: 'scheduled' }]);
    expect(await calls()).toHaveLength(1);
    await sync();
    expect(await told()).toMatchObject([{ status: 'canceled' }]);
  });

  it('begin again where somebody died between Google and the database', async () => {
    calendar.put('a', 60);
    calendar.meanwhile = () => Promise.reject(new Error('killed'));
    await sync();
    expect(await calls()).toEqual([]);
    expect(await row()).toMatchObject({ syncToken: null, failures: 1 });
    calendar.meanwhile = async () => undefined;
    await sync();
    expect(await calls()).toHaveLength(1);
    expect(await row()).toMatchObject({ failures: 0, trouble: null });
  });
});

describe('trouble', () => {
  beforeEach(async () => {
    await prefer();
    calendar.put('a', 60);
    await sync();
  });

  it.each(['rate-limited', 'unreachable', 'not-allowed'] as const)('of %s waits longer each time', async (trouble) => {
    calendar.trouble.changesSince = trouble;
    const pauses: number[] = [];
    for (let at = 0; at < 4; at += 1) {
      await sync();
      const { nextSyncAt, updatedAt } = await row();
      pauses.push((nextSyncAt?.getTime() ?? 0) - updatedAt.getTime());
    }
    expect(pauses[3]).toBeGreaterThan(2 * (pauses[0] ?? 0));
    expect(await row()).toMatchObject({ failures: 4, trouble: 'Trouble.' });
    expect((await calls()).map(({ status }) => status)).toEqual(['scheduled']);
    await one.rows.callFor(owner);
    expect((await row()).nextSyncAt?.getTime()).toBeGreaterThan(Date.now() + 10_000);
  });

  it('of a grant that is over stops it until the calendar is connected anew', async () => {
    calendar.trouble.changesSince = 'grant-over';
    await sync();
    expect(await row()).toMatchObject({ nextSyncAt: null });
    expect(await told()).toMatchObject([
      { status: 'scheduled', problem: expect.stringContaining('connect it again') as string },
    ]);
    delete calendar.trouble.changesSince;
    expect(await one.rows.unfollowed(100)).not.toContainEqual(owner);
    await connect();
    calendar.put('a', 90);
    await sync();
    expect(await told()).toMatchObject([{ status: 'scheduled', problem: null }]);
    expect(await calls()).toHaveLength(1);
  });

  it('of a sync token that is too old begins anew', async () => {
    calendar.put('b', 90);
    calendar.trouble.changesSince = 'sync-over';
    await sync();
    expect((await told()).map(({ status }) => status)).toEqual(['scheduled', 'scheduled']);
  });

  it.each(['refused', 'not-found'] as const)('of a sync token that is %s begins anew as well', async (trouble) => {
    calendar.put('b', 90);
    calendar.trouble.changesSince = trouble;
    await sync();
    expect((await told()).map(({ status }) => status)).toEqual(['scheduled', 'scheduled']);
  });

  it('of a lost word that a calendar was connected is found', async () => {
    await sql('DELETE FROM calendar_syncs WHERE user_id = $1');
    expect(await one.rows.unfollowed(100)).toContainEqual(owner);
    await one.rows.begin(owner);
    expect(await one.rows.unfollowed(100)).not.toContainEqual(owner);
    await one.rows.begin(owner);
    await sync();
    expect((await calls()).map(({ status }) => status)).toEqual(['scheduled']);
  });
});

describe('a calendar that is disconnected', () => {
  it('takes its calls along', async () => {
    await prefer();
    calendar.put('a', 60);
    await sync();
    await one.grants.disconnect(owner);
    await sync();
    expect(await one.rows.find(owner)).toBeNull();
    expect(await told()).toMatchObject([{ status: 'canceled', problem: 'The calendar was disconnected.' }]);
  });
});

describe('Google’s notifications', () => {
  const notify = (channelId?: string, token?: string, state = 'exists') =>
    one.notifications.changed(channelId, token, state);

  beforeEach(async () => {
    one = aProcess(ON_HTTPS);
    await prefer();
    await sync();
  });

  it('are asked for, and call for a sync', async () => {
    const [[channelId, request] = []] = [...calendar.channels];
    expect(request?.address).toBe('https://calls.example.com/google-calendar/notifications');
    expect((await row()).nextSyncAt?.getTime()).toBeGreaterThan(Date.now() + 5 * MINUTE_MS);
    await notify(channelId, request?.token, 'sync');
    expect(await row()).toMatchObject({ isCalledFor: false });
    await Promise.all(Array.from({ length: 20 }, () => notify(channelId, request?.token)));
    expect(await row()).toMatchObject({ isCalledFor: true });
    expect((await row()).nextSyncAt?.getTime()).toBeLessThan(Date.now() + 5000);
  });

  it('that come while the calendar is being read have it read again', async () => {
    const [[channelId, request] = []] = [...calendar.channels];
    calendar.put('a', 60);
    calendar.meanwhile = () => notify(channelId, request?.token);
    await sync();
    const { nextSyncAt, windowReadAt, updatedAt } = await row();
    expect(nextSyncAt?.getTime()).toBeLessThanOrEqual(updatedAt.getTime());
    expect(windowReadAt).toBeNull();
  });

  it('of an unknown channel or with another token are not taken', async () => {
    const [[channelId, request] = []] = [...calendar.channels];
    for (const [id, token] of [
      [undefined, undefined],
      [channelId, undefined],
      [channelId, 'another'],
      [channelId, ''],
      ['another', request?.token],
      ['same', 'same'],
      [channelId, 'x'.repeat(100_000)],
    ] as const) {
      await expect(notify(id, token)).rejects.toThrow(CalendarChannelNotFound);
    }
    expect(await row()).toMatchObject({ isCalledFor: false });
    expect((await row()).channelTokenHash).not.toBe(request?.token);
  });

  it('are asked for anew before they end, and the former channel is stopped', async () => {
    const former = [...calendar.channels.keys()];
    await sync();
    expect([...calendar.channels.keys()]).toEqual(former);
    await sql('UPDATE calendar_syncs SET watch_again_at = now() WHERE user_id = $1');
    await sync();
    expect(calendar.channels.size).toBe(1);
    expect([...calendar.channels.keys()]).not.toEqual(former);
    await one.syncs.onDisconnecting(new CalendarDisconnecting(owner));
    expect(calendar.channels.size).toBe(0);
  });

  it('that Google refuses to send are not missed: it is asked', async () => {
    calendar.channels.clear();
    await sql(
      'UPDATE calendar_syncs SET channel_id = NULL, channel_expires_at = NULL, watch_again_at = NULL WHERE user_id = $1',
    );
    calendar.trouble.watch = 'refused';
    await sync();
    const { nextSyncAt, updatedAt, watchAgainAt, trouble } = await row();
    expect(trouble).toBeNull();
    expect(nextSyncAt?.getTime()).toBeLessThan(updatedAt.getTime() + 2 * MINUTE_MS);
    expect(watchAgainAt?.getTime()).toBeGreaterThan(Date.now() + 60 * MINUTE_MS);
  });
});

describe('what is asked of the database', () => {
  const filter = { isLatestFirst: true, limit: 50, offset: 0 };
  const MANY = { userId: 1_000_007 };

  beforeAll(async () => {
    for (let n = 1; n <= 40; n += 1) {
      const userId = 1_000_000 + n;
      await admin.query(`BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${userId}', true);
        INSERT INTO users (id, email) VALUES (${userId}, 'many-${n}@example.com');
        INSERT INTO scheduled_calls (user_id, phone_number, scenario, scheduled_time, timezone, local_time, if_late, quiet_hours, status)
        SELECT ${userId}, '+12025550100', 'sales', now(), 'UTC', '2027-01-15T09:00:00', 'skip', 'block',
          CASE WHEN n < 5 THEN 'scheduled' ELSE 'completed' END FROM generate_series(1, 300) n;
        INSERT INTO event_calls (user_id, event_id, series_id, summary, event_start, scheduled_call_id)
        SELECT user_id, 'e' || id, 'e', 'Event', now() - id * interval '1 minute', id FROM scheduled_calls;
        INSERT INTO calendar_syncs (user_id, connected_at, next_sync_at, channel_id)
        VALUES (${userId}, now(), now() + ${n - 1} * interval '1 hour', 'channel ${n}'); COMMIT`);
    }
    await admin.query('ANALYZE users, scheduled_calls, event_calls, calendar_syncs');
  });

  it.each<[string, Statement<unknown>]>([
    ['a page', eventCallsPage(MANY, filter)],
    ['a page of a time', eventCallsPage(MANY, { ...filter, from: new Date(), before: new Date() })],
    ['how many there are', eventCallsTotal(MANY, filter)],
    ['what may have to be done', knownEventCalls(MANY, ['e1', 'e2'])],
  ])('%s reads indexes', async (_, statement) => {
    const plan = await planOf(db, MANY.userId, statement);
    const scans = plan.filter(
      (node) => node['Relation Name'] !== undefined && node['Relation Name'] !== 'calendar_syncs',
    );
    expect(scans.length).toBeGreaterThan(0);
    expect(scans.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
  });

  it.each([
    ['lookup_due_calendar_syncs', ['10'], 'calendar_syncs_next_idx'],
    ['lookup_calendar_channel', [`'channel 1'`], 'calendar_syncs_channel_id_key'],
  ])('%s finds it in an index', async (name, values, index) => {
    await admin.query('SET enable_seqscan = off');
    const plans = await plansOfLookup(admin, name, values);
    expect(plans.map((node) => node['Index Name'])).toContain(index);
  });
});
