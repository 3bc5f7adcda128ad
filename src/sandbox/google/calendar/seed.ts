import { Temporal } from 'temporal-polyfill';
import type { WallClock } from '../../wall-clock';
import type { Calendar } from './calendar';
import { wallMsAt } from './zone-clock';

/**
 * Fills a calendar with what somebody's week looks like, from the sandbox's today on: meetings with gaps between them, a
 * weekly one, a day off for everybody, lunch that blocks nothing, an invitation that was declined, and a whole day away.
 */
export function seedCalendar(calendar: Calendar, clock: WallClock): void {
  const { timeZone, ownerEmail } = calendar;
  const today = Temporal.PlainDate.from(new Date(wallMsAt(clock.nowMs(), timeZone)).toISOString().slice(0, 10));
  const days = workingDays(today);
  const at = (day: Temporal.PlainDate, time: string) => ({ dateTime: `${day.toString()}T${time}:00`, timeZone });
  const from = (day: Temporal.PlainDate, start: string, end: string) => ({ start: at(day, start), end: at(day, end) });
  const [first, second, third, fourth, fifth] = days;
  const monday = today.subtract({ days: today.dayOfWeek - 1 });
  const others = (...emails: string[]) => [
    { email: ownerEmail, responseStatus: 'accepted' },
    ...emails.map((email) => ({ email })),
  ];

  const events: object[] = [
    {
      summary: 'Team stand-up',
      ...from(monday, '09:30', '10:00'),
      recurrence: ['RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR'],
      attendees: others('priya.nair@example.com', 'tom.reyes@example.com'),
    },
    {
      summary: 'Call with Northwind Traders',
      ...from(first, '11:00', '11:45'),
      location: 'Phone',
      attendees: others('buyer@northwind.example'),
    },
    { summary: 'Dentist', ...from(first, '15:30', '16:30'), visibility: 'private' },
    { summary: 'Lunch with Sam', ...from(second, '12:00', '13:00'), transparency: 'transparent' },
    {
      summary: 'Product demo for Contoso',
      ...from(second, '14:00', '15:00'),
      attendees: others('it@contoso.example'),
      colorId: '9',
    },
    { summary: 'Interview', ...from(third, '10:30', '11:30'), status: 'tentative' },
    {
      summary: 'Quarterly numbers',
      ...from(third, '16:00', '17:00'),
      attendees: [
        { email: ownerEmail, responseStatus: 'declined' },
        { email: 'finance@example.com', responseStatus: 'accepted' },
      ],
    },
    {
      summary: 'Company anniversary',
      start: { date: fourth.toString() },
      end: { date: fourth.add({ days: 1 }).toString() },
      transparency: 'transparent',
    },
    { summary: 'Contract review', ...from(fourth, '13:00', '14:30') },
    {
      summary: 'Trade fair',
      start: { date: fifth.toString() },
      end: { date: fifth.add({ days: 1 }).toString() },
      location: 'Exhibition centre',
    },
  ];
  for (const event of events) calendar.insert(event);
}

/** Today, when it is one, and the next ones. */
function workingDays(
  today: Temporal.PlainDate,
): [Temporal.PlainDate, Temporal.PlainDate, Temporal.PlainDate, Temporal.PlainDate, Temporal.PlainDate] {
  const isWorkingDay = (day: Temporal.PlainDate) => day.dayOfWeek <= 5;
  const next = (day: Temporal.PlainDate): Temporal.PlainDate => (isWorkingDay(day) ? day : next(day.add({ days: 1 })));
  const following = (day: Temporal.PlainDate) => next(day.add({ days: 1 }));
  const first = next(today);
  const second = following(first);
  const third = following(second);
  const fourth = following(third);
  return [first, second, third, fourth, following(fourth)];
}
