import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { pagingQuery } from '../../common/paging';
import { storableText, trimmedText } from '../../common/text';
import { MAX_TEXT_CHARS } from '../../scenarios/fill-in';
import { KEYWORDS } from '../keywords';
import { SEND_STATES } from '../send-ledger';
import { SMS_DIRECTIONS, SMS_SOURCES } from '../sms-message.entity';
import { SMS_STATUSES } from '../sms-status';
import type { SmsFilter, ToldSms } from '../sms.repository';

const dateTime = z.string().meta({ format: 'date-time' });

export class SendSmsDto extends createZodDto(
  z
    .strictObject({
      to: z.string().describe('As a person writes it; E.164 in answers'),
      body: storableText(1, MAX_TEXT_CHARS)
        .refine((body) => body.trim() !== '', 'must have something to read in it')
        .refine((body) => body.length <= MAX_TEXT_CHARS, `must have at most ${MAX_TEXT_CHARS} characters`),
      from: z
        .string()
        .optional()
        .describe('A number of yours, or the platform’s while nobody else has it. That one, where it is left out'),
    })
    .meta({ example: { to: '+1 202 555 0100', body: 'Your table for two is booked for seven.' } }),
) {}

export class SmsDto extends createZodDto(
  z
    .object({
      id: z.uuid(),
      sid: z.string().nullable().describe('Twilio’s id; null until it is known'),
      direction: z.enum(SMS_DIRECTIONS),
      from: z.string(),
      to: z.string(),
      body: z.string(),
      status: z.enum(SMS_STATUSES),
      send_state: z.enum(SEND_STATES).describe('unknown: it could not be found out (yet) whether it was sent'),
      source: z
        .enum(SMS_SOURCES)
        .nullable()
        .describe('Who had it sent: a request, the agent of a call, or the setting of its scenario'),
      keyword: z.enum(KEYWORDS).nullable().describe('What a text that came in asked for by a word'),
      call_id: z.uuid().nullable(),
      segments: z.int().nullable().describe('In how many parts it travels'),
      media_count: z.int().describe('Pictures and the like that came with it; they are not kept here'),
      error: z.object({ code: z.string(), detail: z.string() }).nullable(),
      created_at: dateTime,
      sent_at: dateTime.nullable(),
      delivered_at: dateTime.nullable(),
    })
    .meta({
      example: {
        id: '0b0f6a3e-7a34-4b44-9a0e-9f3f2c0f3a11',
        sid: 'SM0123456789abcdef0123456789abcdef',
        direction: 'outbound',
        from: '+12025550000',
        to: '+12025550100',
        body: 'Your table for two is booked for seven.',
        status: 'delivered',
        send_state: 'placed',
        source: 'request',
        keyword: null,
        call_id: null,
        segments: 1,
        media_count: 0,
        error: null,
        created_at: '2026-11-21T09:30:00.000Z',
        sent_at: '2026-11-21T09:30:01.000Z',
        delivered_at: '2026-11-21T09:30:03.000Z',
      },
    }),
) {}

export class ListSmsQueryDto extends createZodDto(
  pagingQuery().extend({
    direction: z.enum(SMS_DIRECTIONS).optional().describe('Who sent it: outbound is us'),
    status: z.enum(SMS_STATUSES).optional().describe('Where the text stands'),
    phone_number: z.string().optional().describe('Of the other party, as a person writes it'),
    q: trimmedText(1, 200).optional().describe('Looks in what was written'),
  }),
) {}

/** Twilio's form fields; more may come any day. */
export class SmsFormDto extends createZodDto(
  z.record(z.string(), z.union([z.string(), z.array(z.string())])).meta({
    example: {
      MessageSid: 'SM0123456789abcdef0123456789abcdef',
      From: '+12025550100',
      To: '+12025550000',
      Body: 'STOP',
      NumSegments: '1',
    },
  }),
) {}

export class SmsStatusFormDto extends createZodDto(
  z.record(z.string(), z.union([z.string(), z.array(z.string())])).meta({
    example: {
      MessageSid: 'SM0123456789abcdef0123456789abcdef',
      MessageStatus: 'delivered',
      From: '+12025550000',
      To: '+12025550100',
    },
  }),
) {}

export function toSmsFilter(query: ListSmsQueryDto): SmsFilter {
  const { direction, status, phone_number: phoneNumber, q, limit, offset } = query;
  return { direction, status, phoneNumber, q, limit, offset };
}

export function toSmsDto(sms: ToldSms): SmsDto {
  const isInbound = sms.direction === 'inbound';
  return {
    id: sms.id,
    sid: sms.sid,
    direction: sms.direction,
    from: isInbound ? sms.phoneNumber : sms.ownNumber,
    to: isInbound ? sms.ownNumber : sms.phoneNumber,
    body: sms.body,
    status: sms.status,
    send_state: sms.sendState,
    source: sms.source,
    keyword: sms.keyword,
    call_id: sms.callId,
    segments: sms.segments,
    media_count: sms.mediaCount,
    error: sms.errorCode === null ? null : { code: sms.errorCode, detail: sms.errorDetail ?? '' },
    created_at: sms.createdAt.toISOString(),
    sent_at: sms.sentAt?.toISOString() ?? null,
    delivered_at: sms.deliveredAt?.toISOString() ?? null,
  };
}
