import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { pagingQuery } from '../../common/paging';
import { trimmedText } from '../../common/text';
import type { DoNotCallEntry } from '../do-not-call.entity';

export class AddDoNotCallDto extends createZodDto(
  z
    .strictObject({ phone_number: z.string(), reason: trimmedText(1, 500).optional() })
    .meta({ example: { phone_number: '+1 202 555 0123', reason: 'Asked not to be called' } }),
) {}

export class DoNotCallEntryDto extends createZodDto(
  z
    .object({
      id: z.int(),
      masked_number: z.string(),
      reason: z.string().nullable(),
      created_at: z.string().meta({ format: 'date-time' }),
    })
    .meta({
      example: {
        id: 1,
        masked_number: '+1******0123',
        reason: 'Asked not to be called',
        created_at: '2026-11-21T09:30:00.000Z',
      },
    }),
) {}

export class ListDoNotCallQueryDto extends createZodDto(pagingQuery()) {}

export function toDoNotCallEntryDto(entry: DoNotCallEntry): DoNotCallEntryDto {
  return {
    id: entry.id,
    masked_number: entry.maskedNumber,
    reason: entry.reason,
    created_at: entry.createdAt.toISOString(),
  };
}
