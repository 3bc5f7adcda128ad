import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { timeZone, trimmedText } from '../../common/text';
import type { User } from '../user.entity';

/** Also stands in the answer to a sign-in. */
export const userExample = {
  id: 1,
  email: 'user@example.com',
  name: 'Ada',
  timezone: 'Europe/Berlin',
  is_active: true,
  is_admin: false,
  created_at: '2026-11-20T10:30:00.000Z',
};

const userSchema = z
  .object({
    id: z.int(),
    email: z.string(),
    name: z.string().nullable(),
    timezone: z.string().describe('IANA name'),
    is_active: z.boolean(),
    is_admin: z.boolean(),
    created_at: z.string().meta({ format: 'date-time' }),
  })
  .meta({ example: userExample });

export class UserDto extends createZodDto(userSchema) {}

const updateUserSchema = z
  .strictObject({
    name: trimmedText(1, 200).nullable().optional(),
    timezone: timeZone.optional().meta({ type: 'string', description: 'IANA name' }),
  })
  .meta({ example: { name: 'Ada', timezone: 'Europe/Berlin' } });

export class UpdateUserDto extends createZodDto(updateUserSchema) {}

export function toUserDto(user: User): UserDto {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    timezone: user.timezone,
    is_active: user.isActive,
    is_admin: user.isAdmin,
    created_at: user.createdAt.toISOString(),
  };
}
