import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CALL_STATUSES } from '../../calls/call-status';
import { mapSoftly } from '../../common/softly';
import { RETRIED_OUTCOMES } from '../retry-policy';
import { SCHEDULED_CALL_STATUSES } from '../scheduled-call-status';
import type { ListedAttempt, ListedScheduledCall } from '../scheduled-calls.repository';
import type { BatchAnswer } from '../scheduled-calls.service';

const time = z.string().meta({ format: 'date-time' });
const callSid = z.string().nullable().describe('Of the latest attempt; null until Twilio has told it');
const callStatus = z.enum(CALL_STATUSES).nullable().describe('Where its call stands at this moment');

const scheduledCall = z
  .object({
    id: z.int(),
    user_id: z.int(),
    phone_number: z.string(),
    scenario: z.string(),
    scheduled_time: time,
    timezone: z.string().describe('IANA name'),
    local_time: z.string().describe('What the clock there shows then'),
    note: z.string().nullable().describe('What a change of the clocks has made of the time'),
    status: z.enum(SCHEDULED_CALL_STATUSES),
    next_attempt_at: time.nullable().describe('When it is dialled next; null when it is not'),
    waiting_for: z
      .object({ code: z.string(), detail: z.string() })
      .nullable()
      .describe('Why it is dialled later than scheduled_time: a cap, quiet hours, a full server'),
    queue_position: z
      .int()
      .nullable()
      .optional()
      .describe('Of one that is due: its place among yours. Only where one scheduled call is asked for'),
    attempts: z.int(),
    call_id: z.uuid().nullable().describe('Of the latest attempt; GET /calls/{call_id}'),
    call_sid: callSid,
    call_status: callStatus,
    last_error: z.string().nullable(),
    recurrence: z.string().nullable().describe('RFC 5545'),
    series_id: z.uuid().nullable().describe('The same for all occurrences of a series'),
    retry: z
      .object({ max_attempts: z.int(), delay_minutes: z.int(), on: z.array(z.enum(RETRIED_OUTCOMES)) })
      .nullable(),
    if_late: z.enum(['skip', 'run']),
    quiet_hours: z.enum(['block', 'wait']),
    variables: z.record(z.string(), z.string()),
    max_duration_seconds: z.int().nullable(),
    record: z.boolean(),
    metadata: z.record(z.string(), z.unknown()),
    created_at: time,
    updated_at: time,
    finished_at: time.nullable(),
  })
  .meta({
    example: {
      id: 17,
      user_id: 1,
      phone_number: '+12025550100',
      scenario: 'sales',
      scheduled_time: '2027-01-15T14:00:00.000Z',
      timezone: 'America/New_York',
      local_time: '2027-01-15T09:00:00',
      note: null,
      status: 'scheduled',
      next_attempt_at: '2027-01-15T14:00:00.000Z',
      waiting_for: null,
      attempts: 0,
      call_id: null,
      call_sid: null,
      call_status: null,
      last_error: null,
      recurrence: null,
      series_id: null,
      retry: { max_attempts: 3, delay_minutes: 15, on: ['busy', 'no_answer'] },
      if_late: 'skip',
      quiet_hours: 'block',
      variables: {},
      max_duration_seconds: null,
      record: false,
      metadata: {},
      created_at: '2026-12-01T10:30:00.000Z',
      updated_at: '2026-12-01T10:30:00.000Z',
      finished_at: null,
    },
  });

export class ScheduledCallDto extends createZodDto(scheduledCall) {}

export function toScheduledCallDto(call: ListedScheduledCall & { ahead?: number | null }): ScheduledCallDto {
  return {
    id: call.id,
    user_id: call.userId,
    phone_number: call.phoneNumber,
    scenario: call.scenario,
    scheduled_time: call.scheduledTime.toISOString(),
    timezone: call.timezone,
    local_time: call.localTime,
    note: call.note,
    status: call.status,
    next_attempt_at: call.dueAt !== null && call.status === 'scheduled' ? call.dueAt.toISOString() : null,
    waiting_for: call.waitingCode === null ? null : { code: call.waitingCode, detail: call.waitingDetail ?? '' },
    ...(call.ahead === undefined ? {} : { queue_position: call.ahead === null ? null : call.ahead + 1 }),
    attempts: call.attempts,
    call_id: call.callId,
    call_sid: call.callSid,
    call_status: call.callStatus,
    last_error: call.lastError,
    recurrence: call.recurrence,
    series_id: call.seriesId,
    retry: call.retry,
    if_late: call.ifLate,
    quiet_hours: call.quietHours,
    variables: call.variables,
    max_duration_seconds: call.maxDurationSeconds,
    record: call.record,
    metadata: call.metadata,
    created_at: call.createdAt.toISOString(),
    updated_at: call.updatedAt.toISOString(),
    finished_at: call.finishedAt?.toISOString() ?? null,
  };
}

export class ScheduledCallAttemptDto extends createZodDto(
  z
    .object({
      number: z.int(),
      due_at: time,
      started_at: time,
      ended_at: time.nullable(),
      outcome: z
        .enum(['completed', 'busy', 'no_answer', 'voicemail', 'failed', 'canceled', 'not_dialled', 'unknown'])
        .nullable()
        .describe('not_dialled: certainly no phone rang; unknown: it could not be found out; null: not over'),
      error: z.string().nullable(),
      call_id: z.uuid(),
      call_sid: z.string().nullable(),
      call_status: callStatus,
      call_duration: z.int().nullable(),
    })
    .meta({
      example: {
        number: 1,
        due_at: '2027-01-15T14:00:00.000Z',
        started_at: '2027-01-15T14:00:00.213Z',
        ended_at: '2027-01-15T14:00:21.400Z',
        outcome: 'busy',
        error: 'The line was busy.',
        call_id: '6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1',
        call_sid: 'CA0123456789abcdef0123456789abcdef',
        call_status: 'busy',
        call_duration: null,
      },
    }),
) {}

export function toScheduledCallAttemptDto(attempt: ListedAttempt): ScheduledCallAttemptDto {
  return {
    number: attempt.number,
    due_at: attempt.dueAt.toISOString(),
    started_at: attempt.startedAt.toISOString(),
    ended_at: attempt.endedAt?.toISOString() ?? null,
    outcome: attempt.outcome,
    error: attempt.error,
    call_id: attempt.callId,
    call_sid: attempt.callSid,
    call_status: attempt.callStatus,
    call_duration: attempt.callDuration,
  };
}

export class ScheduledBatchDto extends createZodDto(
  z
    .object({
      scheduled: z.array(scheduledCall),
      rejected: z.array(
        z.object({ row: z.int().describe('Its place in the list, or its line in the file'), detail: z.string() }),
      ),
    })
    .meta({
      example: {
        scheduled: [scheduledCall.meta()?.['example']],
        rejected: [{ row: 3, detail: 'Invalid phone number' }],
      },
    }),
) {}

export async function toScheduledBatchDto({ scheduled, rejected }: BatchAnswer): Promise<ScheduledBatchDto> {
  return { scheduled: await mapSoftly(scheduled, toScheduledCallDto), rejected: [...rejected] };
}
