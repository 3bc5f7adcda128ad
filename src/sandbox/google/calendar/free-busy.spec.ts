import fc from 'fast-check';
import { ALEX, CALENDAR, GoogleFixture, LENA, type GoogleErrorBody } from '../spec-support/google-fixture';
import { mergeSpans } from './free-busy';

interface FreeBusy {
  kind: string;
  timeMin: string;
  timeMax: string;
  calendars: Record<string, { busy: { start: string; end: string }[]; errors?: { reason: string }[] }>;
}

const WEEK = { timeMin: '2030-01-07T00:00:00+01:00', timeMax: '2030-01-12T00:00:00+01:00' };

describe('free/busy', () => {
  let google: GoogleFixture;
  let token: string;
  beforeAll(async () => {
    google = await GoogleFixture.start();
    token = (await google.connect({ scope: CALENDAR, login_hint: LENA })).access_token;
    const at = (day: number, time: string) => ({
      dateTime: `2030-01-${String(day).padStart(2, '0')}T${time}:00`,
      timeZone: 'Europe/Berlin',
    });
    const events = [
      { start: at(7, '10:00'), end: at(7, '11:00') },
      { start: at(7, '10:30'), end: at(7, '11:30') },
      { start: at(7, '11:30'), end: at(7, '12:00') },
      { start: at(7, '13:00'), end: at(7, '14:00'), transparency: 'transparent' },
      {
        start: at(7, '14:00'),
        end: at(7, '15:00'),
        attendees: [{ email: LENA, responseStatus: 'declined' }, { email: ALEX }],
      },
      {
        start: at(7, '15:00'),
        end: at(7, '16:00'),
        attendees: [{ email: LENA, responseStatus: 'needsAction' }],
        status: 'tentative',
      },
      { start: { date: '2030-01-08' }, end: { date: '2030-01-09' } },
      { start: at(9, '09:00'), end: at(9, '09:30'), recurrence: ['RRULE:FREQ=DAILY;COUNT=5'] },
      { start: at(7, '17:00'), end: at(7, '18:00'), status: 'cancelled' },
    ];
    for (const event of events) {
      expect((await google.calendar(token, 'POST', '/calendars/primary/events', event)).status).toBe(200);
    }
  });
  afterAll(() => google.close());

  const ask = (body: unknown) => google.calendar<FreeBusy>(token, 'POST', '/freeBusy', body);

  it('tells when somebody is busy, merged, in UTC, with what is wrong beside it', async () => {
    const { status, body } = await ask({ ...WEEK, items: [{ id: 'primary' }, { id: ALEX }] });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      kind: 'calendar#freeBusy',
      timeMin: '2030-01-06T23:00:00.000Z',
      timeMax: '2030-01-11T23:00:00.000Z',
    });
    expect(body.calendars['primary']).toEqual({
      busy: [
        { start: '2030-01-07T09:00:00Z', end: '2030-01-07T11:00:00Z' },
        { start: '2030-01-07T14:00:00Z', end: '2030-01-07T15:00:00Z' },
        { start: '2030-01-07T23:00:00Z', end: '2030-01-08T23:00:00Z' },
        { start: '2030-01-09T08:00:00Z', end: '2030-01-09T08:30:00Z' },
        { start: '2030-01-10T08:00:00Z', end: '2030-01-10T08:30:00Z' },
        { start: '2030-01-11T08:00:00Z', end: '2030-01-11T08:30:00Z' },
      ],
    });
    expect(body.calendars[ALEX]).toEqual({ busy: [], errors: [{ domain: 'global', reason: 'notFound' }] });
  });

  it('ends where the question does, and speaks the clock that was asked for', async () => {
    const { body } = await ask({
      timeMin: '2030-01-07T10:15:00+01:00',
      timeMax: '2030-01-07T10:45:00+01:00',
      timeZone: 'Europe/Berlin',
      items: [{ id: LENA }],
    });
    expect(body.calendars[LENA]?.busy).toEqual([
      { start: '2030-01-07T10:15:00+01:00', end: '2030-01-07T10:45:00+01:00' },
    ]);
    expect((await ask({ ...WEEK })).body.calendars).toEqual({});
  });

  it('tells fifty calendars at most', async () => {
    const { body } = await ask({ ...WEEK, calendarExpansionMax: 1, items: [{ id: 'primary' }, { id: LENA }] });
    expect(body.calendars[LENA]?.errors).toEqual([{ domain: 'global', reason: 'tooManyCalendarsRequested' }]);
  });

  it.each([
    [{ timeMax: WEEK.timeMax }, 'required'],
    [{ timeMin: WEEK.timeMin }, 'required'],
    [{ timeMin: WEEK.timeMax, timeMax: WEEK.timeMin }, 'timeRangeEmpty'],
    [{ ...WEEK, timeMin: '2030-01-07T00:00:00' }, 'badRequest'],
    [{ ...WEEK, timeZone: 'Mars' }, 'invalid'],
    [{ ...WEEK, items: 'primary' }, 'invalid'],
  ])('refuses %j', async (body, reason) => {
    const { status, body: refusal } = await ask(body);
    expect([status, (refusal as unknown as GoogleErrorBody).error.errors[0]?.reason]).toEqual([400, reason]);
  });

  it('merges so that every moment is in one span at most, and in one exactly when it was in some', () => {
    const span = fc
      .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 20 }))
      .map(([startMs, length]) => ({ startMs, endMs: startMs + length }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 12 }), (spans) => {
        const merged = mergeSpans(spans);
        merged.reduce((last, { startMs, endMs }) => {
          expect(startMs).toBeGreaterThan(last);
          expect(endMs).toBeGreaterThan(startMs);
          return endMs;
        }, -1);
        for (let moment = 0; moment < 80; moment++) {
          const isIn = ({ startMs, endMs }: { startMs: number; endMs: number }) => startMs <= moment && moment < endMs;
          expect(merged.filter(isIn).length).toBe(spans.some(isIn) ? 1 : 0);
        }
        expect(mergeSpans([...spans].reverse())).toEqual(merged);
      }),
    );
  });
});
