import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

const healthSchema = z
  .object({
    status: z.enum(['ok', 'degraded', 'draining']),
    version: z.string(),
    sandbox: z.object({
      enabled: z.boolean().describe('Whether some providers are simulated'),
      providers: z.array(z.string()),
      control_url: z.string().nullable(),
    }),
    checks: z.object({
      database: z.enum(['up', 'down']),
      sandbox: z.enum(['up', 'down']).optional().describe('Of the simulated providers, where there are any'),
      capacity: z.object({
        status: z.enum(['open', 'full']).describe('Full: new calls are refused in words; that is no fault'),
        live_calls: z.int().describe('Carried by this process, of all users, from the ringing on'),
        max_live_calls: z.int().nullable().describe('MAX_LIVE_CALLS; null where there is no fixed limit'),
        event_loop_delay_ms: z
          .number()
          .nullable()
          .describe('What a frame waited for its turn in the last second, on average; null where it is not watched'),
      }),
    }),
  })
  .meta({
    example: {
      status: 'ok',
      version: '0.1.0',
      sandbox: {
        enabled: true,
        providers: ['twilio', 'openai', 'google', 'mail'],
        control_url: 'http://127.0.0.1:5051',
      },
      checks: {
        database: 'up',
        sandbox: 'up',
        capacity: { status: 'open', live_calls: 12, max_live_calls: null, event_loop_delay_ms: 0.4 },
      },
    },
  });

export class HealthDto extends createZodDto(healthSchema) {}

export class LivenessDto extends createZodDto(
  z.object({ status: z.literal('ok') }).meta({ example: { status: 'ok' } }),
) {}

const aboutSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    version: z.string(),
    documentation: z.string(),
    reference: z.string(),
    openapi: z.string(),
    health: z.string(),
  })
  .meta({
    example: {
      name: 'Speech Assistant',
      description: 'AI voice agents on the phone and in the browser, each owned by its user.',
      version: '0.1.0',
      documentation: '/docs',
      reference: '/redoc',
      openapi: '/openapi.json',
      health: '/health',
    },
  });

export class AboutDto extends createZodDto(aboutSchema) {}
