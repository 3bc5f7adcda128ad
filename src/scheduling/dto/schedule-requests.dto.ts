import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { callFields } from '../../calls/dto/call-requests.dto';
import { dayOrTime, endOfDayOrTime } from '../../common/day-or-time';
import { pagingQuery } from '../../common/paging';
import { timeZone, trimmedText } from '../../common/text';
import { RETRIED_OUTCOMES } from '../retry-policy';
import { SCHEDULED_CALL_STATUSES } from '../scheduled-call-status';
import type { ScheduledCallFilter } from '../scheduled-calls.repository';

export const MAX_BATCH = 1000;

const retry = z
  .strictObject({
    max_attempts: z.int().min(1).max(10).describe('In all, the first one included'),
    delay_minutes: z.int().min(1).max(1440).default(15),
    on: z
      .array(z.enum(RETRIED_OUTCOMES))
      .min(1)
      .max(RETRIED_OUTCOMES.length)
      .default(['busy', 'no_answer'])
      .describe('After what it is dialled again'),
  })
  .meta({ example: { max_attempts: 3, delay_minutes: 15, on: ['busy', 'no_answer'] } });

/** Read by local-time.ts, which knows what a time is. */
const scheduledTime = z
  .string()
  .max(64)
  .describe('ISO 8601. An offset is honoured; without one it is the clock of `timezone`, or of your own time zone');

const fields = {
  ...callFields,
  scheduled_time: scheduledTime,
  timezone: timeZone
    .optional()
    .meta({ type: 'string', description: 'IANA name; your own time zone where it is left out' }),
  recurrence: z
    .string()
    .max(500)
    .optional()
    .describe('RFC 5545, such as FREQ=WEEKLY;BYDAY=MO,WE. The time of the first occurrence is scheduled_time'),
  retry: retry.optional(),
  if_late: z
    .enum(['skip', 'run'])
    .optional()
    .describe('When no server was running at its time: skip it from 15 minutes on (default), or run it whenever'),
  quiet_hours: z
    .enum(['block', 'wait'])
    .optional()
    .describe('In quiet hours where the number belongs: do not call (default), or wait until they are over'),
};

const scheduleCallSchema = z.strictObject(fields);
export type ScheduleCallFields = z.infer<typeof scheduleCallSchema>;

const scheduleExample = { phone_number: '+1 202 555 0100', scenario: 'sales', scheduled_time: '2027-01-15T14:00:00Z' };

export class ScheduleCallDto extends createZodDto(scheduleCallSchema.meta({ example: scheduleExample })) {}

const changesSchema = z
  .strictObject({
    ...fields,
    max_duration_seconds: fields.max_duration_seconds.nullable(),
    recurrence: fields.recurrence.nullable().describe('null: not again after this one'),
    retry: fields.retry.nullable(),
  })
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'must change something');

export type ScheduledCallChanges = z.infer<typeof changesSchema>;

/** What is left out stays as it is. */
export class UpdateScheduledCallDto extends createZodDto(
  changesSchema.meta({ example: { scheduled_time: '2027-01-15T15:30:00Z' } }),
) {}

/** A row of a batch is read on its own, so that a bad one does not spoil the others. */
export const scheduleRow = scheduleCallSchema;

export class ScheduleBatchDto extends createZodDto(
  z
    .strictObject({
      calls: z
        .array(z.unknown())
        .min(1)
        .max(MAX_BATCH)
        .meta({ type: 'array', items: { $ref: '#/components/schemas/ScheduleCallDto' } })
        .describe('Each as in POST /schedule-call'),
    })
    .meta({ example: { calls: [scheduleExample] } }),
) {}

export class ListScheduledCallsQueryDto extends createZodDto(
  pagingQuery().extend({
    status: z.enum(SCHEDULED_CALL_STATUSES).optional().describe('Where the scheduled call stands'),
    scenario: z.string().max(100).optional().describe('A name of GET /scenarios, or a scenario_id of yours'),
    from: dayOrTime.optional().describe('Scheduled at or after; a date is a day in UTC'),
    to: dayOrTime.optional().describe('Scheduled up to; a date is all of that day'),
    series_id: z.uuid().optional().describe('The occurrences of one series'),
    q: trimmedText(1, 100).optional().describe('Looks in the number'),
    order: z.enum(['asc', 'desc']).default('asc').describe('By scheduled_time'),
  }),
) {}

export function toScheduledCallFilter(query: ListScheduledCallsQueryDto): ScheduledCallFilter {
  const { status, scenario, from, to, series_id: seriesId, q, order, limit, offset } = query;
  return {
    status,
    scenario,
    seriesId,
    from: from === undefined ? undefined : new Date(from),
    before: to === undefined ? undefined : endOfDayOrTime(to),
    q,
    isNewestFirst: order === 'desc',
    limit,
    offset,
  };
}

export class CancelScheduledCallQueryDto extends createZodDto(
  z.strictObject({
    scope: z
      .enum(['series', 'occurrence'])
      .default('series')
      .describe('Of a call that recurs: this one and all after it, or this one alone'),
  }),
) {}
