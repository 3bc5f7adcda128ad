import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

export class PlacedCalendarCallDto extends createZodDto(
  z
    .object({
      status: z.literal('success'),
      call_sid: z.string(),
      message: z.literal('Calendar call initiated'),
      phone_number: z.string().describe('E.164'),
    })
    .meta({
      example: {
        status: 'success',
        call_sid: 'CA0123456789abcdef0123456789abcdef',
        message: 'Calendar call initiated',
        phone_number: '+12025550100',
      },
    }),
) {}
