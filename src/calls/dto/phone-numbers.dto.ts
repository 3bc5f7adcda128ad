import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { pagingQuery } from '../../common/paging';
import { trimmedText } from '../../common/text';
import { NUMBER_MODES, OwnedPhoneNumber } from '../phone-number.entity';
import type { NumberProblem } from '../../integrations/telephony/number-problems';
import type { NewNumber } from '../phone-numbers.service';

const dateTime = z.string().meta({ format: 'date-time' });
const scenario = z.string().min(1).max(100).describe('A name of GET /scenarios, or a scenario_id of yours');
const mode = z
  .enum(NUMBER_MODES)
  .describe('agent: it answers at once; demo: a welcome, any key to begin, and a conversation of limited length');
const label = trimmedText(0, 100).nullable();
const record = z.boolean().describe('Whether its calls are recorded');

export class ClaimNumberDto extends createZodDto(
  z
    .strictObject({
      phone_number: z.string().describe('One of the platform’s numbers, as a person writes it'),
      scenario,
      mode: mode.default('agent'),
      label: label.default(null),
      record: record.default(true),
    })
    .meta({
      example: { phone_number: '+1 202 555 0000', scenario: 'receptionist', mode: 'agent', label: 'Front desk' },
    }),
) {}

export class UpdateNumberDto extends createZodDto(
  z
    .strictObject({
      scenario: scenario.optional(),
      mode: mode.optional(),
      label: label.optional(),
      record: record.optional(),
    })
    .meta({ example: { scenario: 'support' } }),
) {}

export class ListNumbersQueryDto extends createZodDto(pagingQuery()) {}

export class VerifyNumberQueryDto extends createZodDto(
  z.strictObject({
    repair: z.enum(['true', 'false']).default('false').describe('true sets our addresses at Twilio first'),
  }),
) {}

const number = z.object({
  id: z.int(),
  phone_number: z.string().describe('E.164'),
  scenario: z.string(),
  mode,
  label: z.string().nullable(),
  record,
  capabilities: z.object({ voice: z.boolean(), sms: z.boolean() }),
  problem: z.string().nullable().describe('What keeps it from being answered, as far as it is known'),
  created_at: dateTime,
  updated_at: dateTime,
});
const EXAMPLE = {
  id: 1,
  phone_number: '+12025550000',
  scenario: 'receptionist',
  mode: 'agent',
  label: 'Front desk',
  record: true,
  capabilities: { voice: true, sms: true },
  problem: null,
  created_at: '2026-12-01T10:00:00.000Z',
  updated_at: '2026-12-01T10:00:00.000Z',
} as const;

export class PhoneNumberDto extends createZodDto(number.meta({ example: EXAMPLE })) {}

export class VerifiedNumberDto extends createZodDto(
  z.object({ ok: z.boolean(), problems: z.array(z.object({ code: z.string(), detail: z.string() })) }).meta({
    example: {
      ok: false,
      problems: [
        {
          code: 'wrong_voice_url',
          detail: 'When a call comes in Twilio asks none; it should ask https://voice.example.com/incoming-call.',
        },
      ],
    },
  }),
) {}

export function toPhoneNumberDto(row: OwnedPhoneNumber): PhoneNumberDto {
  return {
    id: row.id,
    phone_number: row.phoneNumber,
    scenario: row.scenario,
    mode: row.mode,
    label: row.label,
    record: row.record,
    capabilities: { voice: row.canTalk, sms: row.canText },
    problem: row.problem,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

export function toNewNumber({ phone_number: phoneNumber, ...rest }: ClaimNumberDto): NewNumber {
  return { phoneNumber, ...rest };
}

export function toVerifiedNumberDto(problems: readonly NumberProblem[]): VerifiedNumberDto {
  return { ok: problems.length === 0, problems: problems.map(({ code, detail }) => ({ code, detail })) };
}
