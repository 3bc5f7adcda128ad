import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { trimmedText } from '../../common/text';
import { CALL_STATUSES } from '../call-status';
import type { Call } from '../call.entity';
import type { DemoSession } from '../demo-sessions.service';
import type { Feedback } from '../feedback.entity';

const dateTime = z.string().meta({ format: 'date-time' });
const sessionId = z.string().describe('Of GET /call-status');
const EXAMPLE_ID = '6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1';

export class PublicCallStatusQueryDto extends createZodDto(
  z.object({ callSid: z.string().max(64).describe('The carrier’s id of the call, which cannot be guessed') }),
) {}

export class PublicCallStatusDto extends createZodDto(
  z
    .object({
      call_sid: z.string(),
      status: z.enum(CALL_STATUSES),
      call_duration: z.int().nullable().describe('Seconds; null until it is over'),
      session_id: z.string().nullable().describe('Of a demo; null of any other call'),
    })
    .meta({
      example: {
        call_sid: 'CA0123456789abcdef0123456789abcdef',
        status: 'in-progress',
        call_duration: null,
        session_id: EXAMPLE_ID,
      },
    }),
) {}

export function toPublicCallStatusDto(call: Call): PublicCallStatusDto {
  return {
    call_sid: call.callSid ?? '',
    status: call.status,
    call_duration: call.callDuration,
    session_id: call.isDemo ? call.id : null,
  };
}

export class DemoSessionDto extends createZodDto(
  z
    .object({
      valid: z.boolean().describe('The conversation goes on, or can begin'),
      session_id: z.string(),
      status: z.enum(CALL_STATUSES),
      expires_at: dateTime.nullable().describe('When it is ended politely; null until a key was pressed'),
      seconds_remaining: z.int(),
    })
    .meta({
      example: {
        valid: true,
        session_id: EXAMPLE_ID,
        status: 'in-progress',
        expires_at: '2026-12-01T10:01:00.000Z',
        seconds_remaining: 42,
      },
    }),
) {}

export function toDemoSessionDto(session: DemoSession): DemoSessionDto {
  return {
    valid: session.isValid,
    session_id: session.sessionId,
    status: session.status,
    expires_at: session.expiresAt?.toISOString() ?? null,
    seconds_remaining: session.secondsRemaining,
  };
}

export class GiveFeedbackDto extends createZodDto(
  z
    .strictObject({
      session_id: sessionId.max(100),
      rating: z.int().min(1).max(5),
      message: trimmedText(0, 5000).default(''),
    })
    .meta({ example: { session_id: EXAMPLE_ID, rating: 5, message: 'It understood me at once.' } }),
) {}

export class FeedbackDto extends createZodDto(
  z.object({ id: z.int(), session_id: z.string(), rating: z.int(), message: z.string(), created_at: dateTime }).meta({
    example: {
      id: 1,
      session_id: EXAMPLE_ID,
      rating: 5,
      message: 'It understood me at once.',
      created_at: '2026-12-01T10:02:00.000Z',
    },
  }),
) {}

export function toFeedbackDto({ id, callId, rating, message, createdAt }: Feedback): FeedbackDto {
  return { id, session_id: callId, rating, message, created_at: createdAt.toISOString() };
}
