import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

/** Twilio's form fields; the ones that are read stand in carrier-report.ts. More may come any day. */
export class CarrierFormDto extends createZodDto(
  z.record(z.string(), z.union([z.string(), z.array(z.string())])).meta({
    example: {
      CallSid: 'CA0123456789abcdef0123456789abcdef',
      CallStatus: 'ringing',
      SequenceNumber: '1',
      CallbackSource: 'call-progress-events',
    },
  }),
) {}

export class CallStatusQueryDto extends createZodDto(
  z.object({ attempt: z.string().max(100).optional().describe('The attempt that our callback address names') }),
) {}
