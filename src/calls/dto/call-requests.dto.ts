import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { dayOrTime, endOfDayOrTime } from '../../common/day-or-time';
import { pagingQuery } from '../../common/paging';
import { storableText, trimmedText } from '../../common/text';
import { CALL_STATUSES } from '../call-status';
import { CALL_DIRECTIONS } from '../call.entity';
import type { CallPermission } from '../call-permission';
import type { CallFilter } from '../calls.repository';

const MAX_VARIABLES = 50;
const MAX_METADATA_BYTES = 8 * 1024;
const MAX_ORDER_BYTES = 32 * 1024;

/** Longer than any number a person writes; which characters it may have is the number's own rule, and a 400. */
const phoneNumber = z.string().describe('As a person writes it; E.164 in answers');
const scenario = z.string().min(1).max(100).describe('A name of GET /scenarios, or a scenario_id of yours');

const variables = z
  .record(
    z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
    storableText(0, 2000),
  )
  .refine((all) => Object.keys(all).length <= MAX_VARIABLES, `must have at most ${MAX_VARIABLES} entries`)
  .describe('Fills {{name}} in the scenario');

const metadata = z
  .record(z.string().max(100), z.unknown())
  .refine((all) => bytesOf(all) <= MAX_METADATA_BYTES, `must be at most ${MAX_METADATA_BYTES} bytes of JSON`)
  .describe('Your own data about the call; given back as it is');

/** What a call is asked for with, now or for a time to come. */
export const callFields = {
  phone_number: phoneNumber,
  scenario,
  variables: variables.optional(),
  max_duration_seconds: z.int().min(10).max(14_400).optional(),
  record: z.boolean().optional(),
  metadata: metadata.optional(),
};

export class PlaceCallDto extends createZodDto(
  z.strictObject(callFields).meta({
    example: { phone_number: '+1 202 555 0100', scenario: 'sales', variables: { customer_name: 'Sam' } },
  }),
) {}

export class CheckCallDto extends createZodDto(
  z
    .strictObject({
      phone_number: phoneNumber,
      scenario,
      at: z.iso
        .datetime({ offset: true, error: 'must be a time with Z or an offset, such as 2026-11-21T15:00:00-05:00' })
        .optional()
        .describe('When the call would start; now where it is left out'),
    })
    .meta({ example: { phone_number: '+1 202 555 0100', scenario: 'sales', at: '2026-11-21T15:00:00Z' } }),
) {}

export class CallPermissionDto extends createZodDto(
  z
    .object({
      allowed: z.boolean(),
      reasons: z.array(z.object({ code: z.string(), detail: z.string() })),
      earliest_at: z
        .string()
        .meta({ format: 'date-time' })
        .nullable()
        .describe('When it may start; null where waiting does not help or nobody knows how long'),
    })
    .meta({
      example: {
        allowed: false,
        reasons: [{ code: 'quiet_hours', detail: 'It is quiet hours where this number belongs.' }],
        earliest_at: '2026-11-21T13:00:00.000Z',
      },
    }),
) {}

export function toCallPermissionDto({ allowed, reasons, earliestAt }: CallPermission): CallPermissionDto {
  return {
    allowed,
    reasons: reasons.map(({ code, detail }) => ({ code, detail })),
    earliest_at: earliestAt === null ? null : earliestAt.toISOString(),
  };
}

export class ListCallsQueryDto extends createZodDto(
  pagingQuery().extend({
    status: z.enum(CALL_STATUSES).optional().describe('Where the call stands'),
    direction: z.enum(CALL_DIRECTIONS).optional().describe('Who placed it: outbound is us'),
    scenario_name: z.string().max(100).optional().describe('A name of GET /scenarios, or a scenario_id of yours'),
    language: z
      .string()
      .regex(/^[a-z]{2,3}$/, 'must be a language such as es')
      .optional()
      .describe('What was spoken, as in `spoken_language`'),
    from: dayOrTime.optional().describe('Placed at or after; a date is a day in UTC'),
    to: dayOrTime.optional().describe('Placed up to; a date is all of that day'),
    q: trimmedText(1, 200).optional().describe('Looks in number, name, address, notes, summary and what was said'),
  }),
) {}

export function toCallFilter(query: ListCallsQueryDto): CallFilter {
  const { status, direction, scenario_name: scenarioName, language, from, to, q, limit, offset } = query;
  return {
    status,
    direction,
    scenarioName,
    language,
    from: from === undefined ? undefined : new Date(from),
    before: to === undefined ? undefined : endOfDayOrTime(to),
    q,
    limit,
    offset,
  };
}

const note = (maxLength: number) => storableText(0, maxLength).nullable().optional();

export class UpdateCallDto extends createZodDto(
  z
    .strictObject({
      order_items: z
        .array(z.record(z.string().max(100), z.unknown()))
        .max(200)
        .refine((items) => bytesOf(items) <= MAX_ORDER_BYTES, `must be at most ${MAX_ORDER_BYTES} bytes of JSON`)
        .nullable()
        .optional(),
      customer_name: note(200),
      delivery_address: note(500),
      restaurant_id: note(100),
      notes: note(5000),
    })
    .meta({ example: { notes: 'Wants to be called back in spring', customer_name: 'Sam Doe' } }),
) {}

export class PlacedCallDto extends createZodDto(
  z
    .object({ status: z.string(), call_sid: z.string() })
    .meta({ example: { status: 'success', call_sid: 'CA0123456789abcdef0123456789abcdef' } }),
) {}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
