import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

export class AudioLinkQueryDto extends createZodDto(
  z.object({
    expires: z.string().max(20).default('').describe('Until when it may be used, in seconds since 1970'),
    signature: z.string().max(100).default('').describe('Of the recording and of the time'),
  }),
) {}

export class RecordingStatusQueryDto extends createZodDto(
  z.object({ attempt: z.string().max(100).optional().describe('The attempt that our callback address names') }),
) {}
