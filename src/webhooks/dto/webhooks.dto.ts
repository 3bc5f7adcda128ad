import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { pagingQuery } from '../../common/paging';
import { storableText, trimmedText } from '../../common/text';
import { EVERY_EVENT, TEST_EVENT, TOLD_EVENTS } from '../told-events';
import { DELIVERY_STATUSES, WebhookDelivery } from '../webhook-delivery.entity';
import type { Webhook } from '../webhook.entity';
import type { ListedDelivery } from '../webhook-deliveries.service';
import type { WebhookFields, WithSecret } from '../webhooks.service';

const MAX_URL = 2000;
const TYPES = TOLD_EVENTS.map(({ type }) => type);

const dateTime = z.string().meta({ format: 'date-time' });
const url = storableText(1, MAX_URL)
  .refine((text) => ['http:', 'https:'].includes(parsed(text)?.protocol ?? ''), {
    error: 'must be an address that begins with https://',
  })
  .refine((text) => (parsed(text)?.username ?? '') === '' && (parsed(text)?.password ?? '') === '', {
    error: 'must have no user name and no password in it',
  })
  .describe('Where events are sent by POST: https, or http outside production; nothing in a private network');
const events = z
  .array(z.enum([EVERY_EVENT, ...TYPES]))
  .min(1)
  .max(TYPES.length + 1)
  .transform((given) => [...new Set(given)])
  .describe('What is told; `*` is everything, also what is still to come');
const description = trimmedText(0, 200).nullable();
const isActive = z.boolean().describe('Whether anything is sent');

export class CreateWebhookDto extends createZodDto(
  z.strictObject({ url, events, description: description.default(null), is_active: isActive.default(true) }).meta({
    example: {
      url: 'https://crm.example.com/hooks/calls',
      events: ['call.ended', 'transcript.created'],
      description: 'Our CRM',
    },
  }),
) {}

export class UpdateWebhookDto extends createZodDto(
  z
    .strictObject({
      url: url.optional(),
      events: events.optional(),
      description: description.optional(),
      is_active: isActive.optional(),
    })
    .meta({ example: { events: ['*'], is_active: true } }),
) {}

export class RotateSecretDto extends createZodDto(
  z
    .strictObject({
      revoke_previous: z.boolean().default(false).describe('The secret of before signs nothing any more, at once'),
    })
    .prefault({})
    .meta({ example: {} }),
) {}

export class ListWebhooksQueryDto extends createZodDto(pagingQuery()) {}

export class ListDeliveriesQueryDto extends createZodDto(
  pagingQuery().extend({
    status: z.enum(DELIVERY_STATUSES).optional().describe('What has become of them'),
    event: z
      .enum([TEST_EVENT, ...TYPES])
      .optional()
      .describe('What they tell'),
  }),
) {}

const webhook = z.object({
  id: z.int(),
  url: z.string(),
  events: z.array(z.string()),
  description: z.string().nullable(),
  is_active: z.boolean(),
  problem: z.string().nullable().describe('Why it was switched off by itself, in a sentence'),
  failing_since: dateTime.nullable().describe('Since when nothing has arrived; null where the last attempt did'),
  previous_secret_until: dateTime.nullable().describe('Until when the secret of before a rotation signs as well'),
  created_at: dateTime,
  updated_at: dateTime,
});
const EXAMPLE = {
  id: 1,
  url: 'https://crm.example.com/hooks/calls',
  events: ['call.ended', 'transcript.created'],
  description: 'Our CRM',
  is_active: true,
  problem: null,
  failing_since: null,
  previous_secret_until: null,
  created_at: '2026-12-01T10:00:00.000Z',
  updated_at: '2026-12-01T10:00:00.000Z',
};

export class WebhookDto extends createZodDto(webhook.meta({ example: EXAMPLE })) {}

export class WebhookWithSecretDto extends createZodDto(
  webhook
    .extend({ secret: z.string().describe('Signs what is sent (Standard Webhooks). It is told here, and never again') })
    .meta({ example: { ...EXAMPLE, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=' } }),
) {}

const delivery = z.object({
  id: z.uuid().describe('The `webhook-id` of every attempt'),
  event: z.string(),
  status: z.enum(DELIVERY_STATUSES).describe('pending: not yet, or to be tried again; failed: given up'),
  attempts: z.int().describe('Since it happened, or was asked for again'),
  last_attempt_at: dateTime.nullable(),
  next_attempt_at: dateTime.nullable().describe('Null where it is not sent again by itself'),
  delivered_at: dateTime.nullable(),
  response_status: z.int().nullable().describe('Of the last attempt; null where no answer came'),
  response_body: z.string().nullable().describe('How the last answer began: 2 KB at most'),
  error: z.string().nullable().describe('What went wrong with the last attempt, in a sentence'),
  duration_ms: z.int().nullable().describe('How long the last attempt took'),
  created_at: dateTime,
});
const DELIVERY_EXAMPLE = {
  id: '0b6f3c1e-7a52-4f57-9c0e-2f6f0f0f6a11',
  event: 'call.ended',
  status: 'pending',
  attempts: 1,
  last_attempt_at: '2026-12-01T10:00:00.000Z',
  next_attempt_at: '2026-12-01T10:00:05.000Z',
  delivered_at: null,
  response_status: 500,
  response_body: 'Oh no.',
  error: 'It answered with status 500.',
  duration_ms: 120,
  created_at: '2026-12-01T10:00:00.000Z',
} as const;

export class DeliveryDto extends createZodDto(delivery.meta({ example: DELIVERY_EXAMPLE })) {}

export class WholeDeliveryDto extends createZodDto(
  delivery
    .extend({
      payload: z
        .object({ type: z.string(), timestamp: dateTime, data: z.record(z.string(), z.unknown()) })
        .nullable()
        .describe('What was sent; null where that was deleted since'),
    })
    .meta({
      example: {
        ...DELIVERY_EXAMPLE,
        payload: {
          type: 'call.ended',
          timestamp: '2026-12-01T10:00:00.000Z',
          data: { id: '6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1', status: 'completed' },
        },
      },
    }),
) {}

export function toWebhookFields({ is_active: isActive, ...rest }: CreateWebhookDto): WebhookFields {
  return { ...rest, isActive };
}

export function toWebhookChanges({ is_active: isActive, ...rest }: UpdateWebhookDto): Partial<WebhookFields> {
  return { ...rest, ...(isActive === undefined ? {} : { isActive }) };
}

export function toWebhookDto(row: Webhook): WebhookDto {
  return {
    id: row.id,
    url: row.url,
    events: row.events,
    description: row.description,
    is_active: row.isActive,
    problem: row.problem,
    failing_since: iso(row.failingSince),
    previous_secret_until: iso(row.previousUntil),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

export function toWebhookWithSecretDto({ webhook: row, secret }: WithSecret): WebhookWithSecretDto {
  return { ...toWebhookDto(row), secret };
}

export function toDeliveryDto(row: ListedDelivery): DeliveryDto {
  return {
    id: row.id,
    event: row.event,
    status: row.status,
    attempts: row.attempts,
    last_attempt_at: iso(row.attemptedAt),
    next_attempt_at: row.status === 'pending' ? iso(row.dueAt) : null,
    delivered_at: iso(row.deliveredAt),
    response_status: row.responseStatus,
    response_body: row.responseBody,
    error: row.error,
    duration_ms: row.durationMs,
    created_at: row.createdAt.toISOString(),
  };
}

export function toWholeDeliveryDto(row: WebhookDelivery): WholeDeliveryDto {
  return {
    ...toDeliveryDto(row),
    payload: row.payload === '' ? null : (JSON.parse(row.payload) as WholeDeliveryDto['payload']),
  };
}

function parsed(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

function iso(instant: Date | null): string | null {
  return instant === null ? null : instant.toISOString();
}
