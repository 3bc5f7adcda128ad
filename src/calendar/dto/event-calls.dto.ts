import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { dayOrTime, endOfDayOrTime } from '../../common/day-or-time';
import { pagingQuery } from '../../common/paging';
import { SCHEDULED_CALL_STATUSES } from '../../scheduling/scheduled-call-status';
import { CALLS_FOR } from '../event-call-settings.entity';
import { DEFAULT_PREFERENCES, EventCallPreferences, MOST_MINUTES_BEFORE } from '../event-call-wish';
import type { EventCallFilter, ListedEventCall } from '../event-calls.repository';

const callsFor = z
  .enum(CALLS_FOR)
  .describe('none: no event; marked: events that ask for it; all: every event but all-day ones and declined ones');

const SETTINGS_EXAMPLE = {
  calls_for: 'marked',
  minutes_before: 10,
  phone_number: '+12025550100',
  scenario: 'appointment_reminder',
} as const;

export class SetCallSettingsDto extends createZodDto(
  z
    .strictObject({
      calls_for: callsFor.default('marked'),
      minutes_before: z.int().min(0).max(MOST_MINUTES_BEFORE).default(DEFAULT_PREFERENCES.minutesBefore),
      phone_number: z
        .string()
        .nullable()
        .default(null)
        .describe('Your own phone, as a person writes it; null: marks must say whom to call'),
      scenario: z
        .string()
        .min(1)
        .max(100)
        .default(DEFAULT_PREFERENCES.scenario)
        .describe('A name of GET /scenarios, or a scenario_id of yours'),
    })
    .meta({ example: SETTINGS_EXAMPLE }),
) {}

export class CallSettingsDto extends createZodDto(
  z
    .object({
      calls_for: callsFor,
      minutes_before: z.int(),
      phone_number: z.string().nullable(),
      scenario: z.string(),
    })
    .meta({ example: SETTINGS_EXAMPLE }),
) {}

export function toPreferences(settings: SetCallSettingsDto): EventCallPreferences {
  return {
    callsFor: settings.calls_for,
    minutesBefore: settings.minutes_before,
    phoneNumber: settings.phone_number,
    scenario: settings.scenario,
  };
}

export function toCallSettingsDto(preferences: EventCallPreferences): CallSettingsDto {
  return {
    calls_for: preferences.callsFor,
    minutes_before: preferences.minutesBefore,
    phone_number: preferences.phoneNumber,
    scenario: preferences.scenario,
  };
}

export class ListEventCallsQueryDto extends createZodDto(
  pagingQuery().extend({
    from: dayOrTime.optional().describe('Events that begin at or after; a date is a day in UTC'),
    to: dayOrTime.optional().describe('Events that begin up to; a date is all of that day'),
    order: z.enum(['asc', 'desc']).default('desc').describe('By the start of the event'),
  }),
) {}

export function toEventCallFilter({ from, to, order, limit, offset }: ListEventCallsQueryDto): EventCallFilter {
  return {
    ...(from === undefined ? {} : { from: new Date(from) }),
    ...(to === undefined ? {} : { before: endOfDayOrTime(to) }),
    isLatestFirst: order === 'desc',
    limit,
    offset,
  };
}

const time = z.string().meta({ format: 'date-time' });

export class EventCallDto extends createZodDto(
  z
    .object({
      event_id: z.string().describe('Of a series the id of the occurrence'),
      summary: z.string(),
      event_start: time,
      scheduled_call_id: z.int().nullable().describe('GET /scheduled-calls/{id}; null where none was planned'),
      scheduled_time: time.nullable(),
      status: z
        .enum([...SCHEDULED_CALL_STATUSES, 'not_planned'])
        .describe('Where the scheduled call stands; not_planned where there is none'),
      problem: z.string().nullable().describe('Why there is no call, or why it may not be right, in a sentence'),
    })
    .meta({
      example: {
        event_id: 'c2a1f3d4e5b60718',
        summary: 'Dentist',
        event_start: '2027-01-15T14:00:00.000Z',
        scheduled_call_id: 17,
        scheduled_time: '2027-01-15T13:50:00.000Z',
        status: 'scheduled',
        problem: null,
      },
    }),
) {}

export function toEventCallDto(call: ListedEventCall): EventCallDto {
  return {
    event_id: call.eventId,
    summary: call.summary,
    event_start: call.eventStart.toISOString(),
    scheduled_call_id: call.scheduledCallId,
    scheduled_time: call.scheduledTime?.toISOString() ?? null,
    status: call.callStatus ?? 'not_planned',
    problem: call.problem,
  };
}
