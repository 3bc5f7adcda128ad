import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

export class RecordingStatusQueryDto extends createZodDto(
  z.object({ attempt: z.string().max(100).optional().describe('The attempt that our callback address names') }),
) {}
