import type { Logger } from '@nestjs/common';
import type { CalendarAgenda } from '../calendar/agenda.service';
import type { BookingWish, CalendarDeeds, DeedAnswer, MovingWish } from '../calendar/calendar-deeds.service';
import { CalendarUnavailable } from '../calendar/calendar.errors';
import { DoesNotFit } from '../calendar/local-start';
import { ANSWER_LIMIT_MS, CallCalendar } from './call-calendar';
import { runTool, ToolOutcome } from './tools';

const NOW = new Date('2026-12-01T09:05:00Z');
const SLOT = { start: new Date('2026-12-02T14:00:00Z'), end: new Date('2026-12-02T15:00:00Z') };
const BOOKED: DeedAnswer = { ok: true, eventId: 'e1', summary: 'Meeting with Anna', times: SLOT };
const TOOLS = ['look_up_day', 'find_free_slots', 'book_event', 'move_event', 'cancel_event'] as const;

function setUp(parts: { agenda?: Partial<CalendarAgenda>; deeds?: Partial<CalendarDeeds> } = {}) {
  const warnings: unknown[] = [];
  const log = { warn: (warning: unknown) => void warnings.push(warning) } as unknown as Logger;
  const calendar = new CallCalendar(
    { agenda: parts.agenda as CalendarAgenda, deeds: parts.deeds as CalendarDeeds, log },
    { userId: 1 },
    'Europe/Berlin',
    (toolCallId) => ({ callId: 'c1', toolCallId, atMs: 1000 }),
  );
  const run = async (name: string, args: object): Promise<ToolOutcome['output']> => {
    const call = { name, argumentsJson: JSON.stringify(args), toolCallId: 'call_1' };
    const effects = { recordOrder: () => undefined, sendText: () => Promise.reject(new Error('unasked')), calendar };
    const { output, then } = await runTool({ tools: TOOLS }, call, effects);
    expect(then).toBe('respond');
    return output;
  };
  return { calendar, run, warnings };
}

/** Deeds that note what they are asked for. */
function scribe(answer: DeedAnswer = BOOKED) {
  const wishes: unknown[] = [];
  const note = (...[, use, wish]: [unknown, unknown, unknown, ...unknown[]]) => {
    wishes.push([use, wish]);
    return Promise.resolve(answer);
  };
  return { wishes, deeds: { book: note, move: note, cancel: note } as Partial<CalendarDeeds> };
}

beforeEach(() => jest.useFakeTimers({ now: NOW }));
afterEach(() => jest.useRealTimers());

describe('the calendar of a call', () => {
  it('tells a day', async () => {
    const agenda: Partial<CalendarAgenda> = {
      lookUpDay: () =>
        Promise.resolve([
          { kind: 'moments', id: 'e1', summary: 'Dentist', ...SLOT },
          { kind: 'days', id: 'e2', summary: 'Fair', from: '2026-12-01', to: '2026-12-03' },
        ]),
    };
    expect(await setUp({ agenda }).run('look_up_day', { date: '2026-12-02' })).toEqual({
      ok: true,
      date: '2026-12-02',
      weekday: 'Wednesday',
      time_zone: 'Europe/Berlin',
      events: [
        {
          event_id: 'e1',
          summary: 'Dentist',
          start: '2026-12-02T15:00:00+01:00',
          end: '2026-12-02T16:00:00+01:00',
          all_day: false,
        },
        { event_id: 'e2', summary: 'Fair', start: '2026-12-01', end: '2026-12-03', all_day: true },
      ],
    });
  });

  it('tells free times, of one day where no other is named', async () => {
    const asked: unknown[] = [];
    const agenda: Partial<CalendarAgenda> = {
      freeSlots: (_, question) => {
        asked.push(question);
        return Promise.resolve([SLOT]);
      },
    };
    const answer = await setUp({ agenda }).run('find_free_slots', { from_date: '2026-12-02', duration_minutes: 60 });
    expect(answer).toEqual({
      ok: true,
      time_zone: 'Europe/Berlin',
      slots: [{ start: '2026-12-02T15:00:00+01:00', end: '2026-12-02T16:00:00+01:00' }],
    });
    expect(asked).toEqual([{ from: '2026-12-02', to: '2026-12-02', durationMinutes: 60 }]);
  });

  it('books in the zone that was said, and leaves out what is empty', async () => {
    const { deeds, wishes } = scribe();
    const answer = await setUp({ deeds }).run('book_event', {
      summary: ' Meeting with Anna ',
      start: '2026-12-02T09:00',
      duration_minutes: 60,
      time_zone: 'America/New_York',
      attendee_email: '',
    });
    const wish: BookingWish = { summary: 'Meeting with Anna', ...SLOT, timeZone: 'America/New_York' };
    expect(wishes).toEqual([[{ callId: 'c1', toolCallId: 'call_1', atMs: 1000 }, wish]]);
    expect(answer).toEqual({
      ok: true,
      event_id: 'e1',
      summary: 'Meeting with Anna',
      start: '2026-12-02T09:00:00-05:00',
      end: '2026-12-02T10:00:00-05:00',
      time_zone: 'America/New_York',
    });
  });

  it('moves for as long as it was, and cancels', async () => {
    const { deeds, wishes } = scribe();
    const { run } = setUp({ deeds });
    await run('move_event', { event_id: 'e1', start: '2026-12-02T15:00' });
    await run('cancel_event', { event_id: 'e1' });
    const wish: MovingWish = { eventId: 'e1', start: SLOT.start, timeZone: 'Europe/Berlin' };
    expect(wishes.map((one) => (one as unknown[])[1])).toEqual([wish, 'e1']);
  });

  it('tells what else is free', async () => {
    const { deeds } = scribe({ ok: false, error: 'That time is taken.', freeSlots: [SLOT] });
    const args = { summary: 'Lunch', start: '2026-12-02T12:00', duration_minutes: 60 };
    expect(await setUp({ deeds }).run('book_event', args)).toEqual({
      ok: false,
      error: 'That time is taken.',
      time_zone: 'Europe/Berlin',
      free_slots: [{ start: '2026-12-02T15:00:00+01:00', end: '2026-12-02T16:00:00+01:00' }],
    });
  });

  it.each([
    ['look_up_day', { date: 'tomorrow' }, /is no day/],
    ['look_up_day', {}, /do not fit/],
    ['find_free_slots', { from_date: '2026-12-02', duration_minutes: 0 }, /do not fit/],
    [
      'book_event',
      { summary: 'x', start: '2026-12-01T10:00', duration_minutes: 30 },
      /That time is over: it is 2026-12/,
    ],
    ['book_event', { summary: 'x', start: '2027-03-28T02:30', duration_minutes: 30 }, /does not exist on that day/],
    ['book_event', { summary: 'x', start: '2026-12-02T10:00', duration_minutes: 30, time_zone: 'CET+1' }, /IANA/],
    [
      'book_event',
      { summary: 'x', start: '2026-12-02T10:00', duration_minutes: 30, attendee_email: 'Anna' },
      /not fit/,
    ],
    ['move_event', { event_id: '', start: '2026-12-02T10:00' }, /do not fit/],
  ])('answers %s %j in words, and asks nobody', async (name, args, expected) => {
    const { run, warnings } = setUp();
    expect(await run(name, args)).toMatchObject({ ok: false, error: expect.stringMatching(expected) as string });
    expect(warnings).toEqual([]);
  });

  it.each([
    [new CalendarUnavailable(), 'Google Calendar cannot be reached at the moment. Please try again.', 1],
    [new Error('of the database'), 'The calendar cannot be used at the moment.', 1],
    [new DoesNotFit('Those days are over.'), 'Those days are over.', 0],
  ])('tells the model what went wrong, and the log more: %s', async (error, sentence, count) => {
    const { run, warnings } = setUp({ agenda: { lookUpDay: () => Promise.reject(error) } });
    expect(await run('look_up_day', { date: '2026-12-02' })).toEqual({ ok: false, error: sentence });
    expect(warnings).toHaveLength(count);
  });

  it('does not keep anybody waiting for longer than a while; what was begun is finished', async () => {
    let finish: (answer: DeedAnswer) => void = () => undefined;
    const book = () => new Promise<DeedAnswer>((resolve) => (finish = resolve));
    const { run, calendar } = setUp({ deeds: { book } });
    const answer = run('book_event', { summary: 'Lunch', start: '2026-12-02T12:00', duration_minutes: 60 });
    await jest.advanceTimersByTimeAsync(ANSWER_LIMIT_MS);
    expect(await answer).toMatchObject({ ok: false, error: expect.stringMatching(/may have been done/) as string });
    let isSettled = false;
    const settled = calendar.settled().then(() => (isSettled = true));
    await jest.advanceTimersByTimeAsync(1000);
    expect(isSettled).toBe(false);
    finish(BOOKED);
    await settled;
    expect(jest.getTimerCount()).toBe(0);
  });
});
