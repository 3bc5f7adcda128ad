import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { dayOrTime, endOfDayOrTime, inUtc } from '../../common/day-or-time';
import { pagingQuery } from '../../common/paging';
import { storableText, timeZone } from '../../common/text';
import { uploadedAudio } from '../../common/uploaded-audio';
import type { WrittenSpan } from '../../database/time-span';
import { INTERACTION_SOURCES } from '../voice-interaction.entity';
import type { InteractionFigures, InteractionFilter, StoredInteraction } from '../voice-interactions.repository';
import type { InteractionAnalytics, NewInteraction } from '../voice-interactions.service';

export const MAX_INTERACTION_CHARS = 100_000;
/** Of a session, or the user's key of a customer. */
const key = storableText(1, 200);
const said = storableText(0, MAX_INTERACTION_CHARS);
const dateTime = z.string().meta({ format: 'date-time' });
const address = z
  .url({ protocol: /^https?$/, hostname: z.regexes.hostname, error: 'must be an http or https address' })
  .max(2048);

const EXAMPLE = {
  audio_file_url: 'https://storage.example.com/audio/recording.wav',
  transcript: 'When do you open on Sundays?',
  llm_response: 'We open at eleven on Sundays.',
};

const fields = {
  audio_file_url: address.describe('Where the audio is'),
  transcript: said.describe('What was said'),
  llm_response: said.describe('What was answered'),
};

const created = {
  ...fields,
  session_id: key.optional().describe('Of the conversation that it was part of'),
  customer_id: key.optional().describe('Your key of a customer'),
};

/** As JSON. */
export class CreateVoiceInteractionDto extends createZodDto(z.strictObject(created).meta({ example: EXAMPLE })) {}

/** As JSON, or as a form with the audio itself. */
export class NewVoiceInteractionDto extends createZodDto(
  z
    .strictObject({ ...created, audio_file_url: address.optional(), audio_file: uploadedAudio.optional() })
    .refine(({ audio_file_url: url, audio_file: file }) => url !== undefined || file !== undefined, {
      path: ['audio_file_url'],
      error: 'must be there, or the audio itself by the name of audio_file',
    })
    .refine(({ audio_file_url: url, audio_file: file }) => url === undefined || file === undefined, {
      path: ['audio_file_url'],
      error: 'must not be there beside the audio itself',
    }),
) {}

export class ReplaceVoiceInteractionDto extends createZodDto(
  z
    .strictObject({
      ...fields,
      audio_file_url: address.nullable().optional().describe('Left as it is where it is left out or read from here'),
    })
    .meta({ example: EXAMPLE }),
) {}

export class ChangeVoiceInteractionDto extends createZodDto(
  z
    .strictObject({ ...fields, audio_file_url: address.nullable() })
    .partial()
    .refine((changes) => Object.values(changes).some((value) => value !== undefined), 'must change something')
    .meta({ example: { transcript: EXAMPLE.transcript } }),
) {}

export class VoiceInteractionDto extends createZodDto(
  z
    .object({
      id: z.uuid(),
      audio_file_url: z
        .string()
        .nullable()
        .describe(
          'Where it can be heard: where it is kept here, an address that is good for some hours. Null: nowhere (any more)',
        ),
      transcript: z.string(),
      llm_response: z.string(),
      source: z.enum(INTERACTION_SOURCES),
      session_id: z.string().nullable(),
      customer_id: z.string().nullable(),
      audio_format: z.string().nullable().describe('Of the audio that is kept here'),
      audio_size_bytes: z.int().nullable(),
      audio_duration_seconds: z.number().nullable().describe('Null where the file does not say'),
      audio_erased_at: dateTime.nullable().describe('When it was removed because it was too old'),
      created_at: dateTime,
      updated_at: dateTime,
    })
    .meta({
      example: {
        id: '3f0b6a3e-7a34-4b44-9a0e-9f3f2c0f3a21',
        ...EXAMPLE,
        source: 'api' as const,
        session_id: null,
        customer_id: null,
        audio_format: null,
        audio_size_bytes: null,
        audio_duration_seconds: null,
        audio_erased_at: null,
        created_at: '2026-12-01T09:30:00.000Z',
        updated_at: '2026-12-01T09:30:00.000Z',
      },
    }),
) {}

export class ListVoiceInteractionsQueryDto extends createZodDto(
  pagingQuery().extend({
    session_id: key.optional().describe('Of one conversation'),
    customer_id: key.optional().describe('Of one customer, by your key'),
    from: dayOrTime.optional().describe('At or after; a date is a day in UTC'),
    to: dayOrTime.optional().describe('Up to; a date is all of that day'),
  }),
) {}

export class VoiceAnalyticsQueryDto extends createZodDto(
  z.strictObject({
    from: dayOrTime
      .optional()
      .describe('At or after; a date is a day of the time zone. 30 days before `to` if left out'),
    to: dayOrTime.optional().describe('Up to; a date is all of that day. Now if left out'),
    timezone: timeZone.optional().describe('IANA: where a day begins and ends. Yours if left out'),
  }),
) {}

const figures = {
  total_interactions: z.int(),
  avg_transcript_length: z.number().describe('In characters'),
  avg_response_length: z.number().describe('In characters'),
  avg_audio_duration_seconds: z.number().nullable().describe('Of the audio that says how long it is'),
};
const FIGURES_EXAMPLE = {
  total_interactions: 42,
  avg_transcript_length: 31.5,
  avg_response_length: 84.2,
  avg_audio_duration_seconds: 4.1,
};

export class VoiceAnalyticsDto extends createZodDto(
  z
    .object({
      ...figures,
      from: dateTime,
      to: dateTime.describe('Up to, not including'),
      timezone: z.string(),
      by_day: z.array(z.object({ day: z.string(), ...figures })),
    })
    .meta({
      example: {
        ...FIGURES_EXAMPLE,
        from: '2026-11-01T00:00:00.000Z',
        to: '2026-12-01T00:00:00.000Z',
        timezone: 'UTC',
        by_day: [{ day: '2026-11-21', ...FIGURES_EXAMPLE }],
      },
    }),
) {}

export function toNewInteraction(body: NewVoiceInteractionDto): NewInteraction {
  return {
    source: body.audio_file === undefined ? 'api' : 'upload',
    audioFileUrl: body.audio_file_url ?? null,
    transcript: body.transcript,
    llmResponse: body.llm_response,
    sessionId: body.session_id ?? null,
    customerId: body.customer_id ?? null,
  };
}

export function toInteractionChanges({
  audio_file_url: audioFileUrl,
  transcript,
  llm_response: llmResponse,
}: ChangeVoiceInteractionDto) {
  return {
    ...(audioFileUrl === undefined ? {} : { audioFileUrl }),
    ...(transcript === undefined ? {} : { transcript }),
    ...(llmResponse === undefined ? {} : { llmResponse }),
  };
}

export function toInteractionFilter(query: ListVoiceInteractionsQueryDto): InteractionFilter {
  const { session_id: sessionId, customer_id: customerId, from, to, limit, offset } = query;
  return {
    sessionId,
    customerId,
    from: from === undefined ? undefined : new Date(from),
    before: to === undefined ? undefined : endOfDayOrTime(to),
    limit,
    offset,
  };
}

export function toWrittenSpan({ from, to, timezone }: VoiceAnalyticsQueryDto): WrittenSpan {
  return { from: inUtc(from), to: inUtc(to), timeZone: timezone };
}

export function toVoiceInteractionDto(row: StoredInteraction, linkTo: (id: string) => string): VoiceInteractionDto {
  return {
    id: row.id,
    audio_file_url: row.storageKey === null ? row.audioFileUrl : linkTo(row.id),
    transcript: row.transcript,
    llm_response: row.llmResponse,
    source: row.source,
    session_id: row.sessionId,
    customer_id: row.customerId,
    audio_format: row.audioFormat,
    audio_size_bytes: row.sizeBytes === null ? null : Number(row.sizeBytes),
    audio_duration_seconds: row.durationMs === null ? null : row.durationMs / 1000,
    audio_erased_at: row.audioErasedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

export function toVoiceAnalyticsDto(analytics: InteractionAnalytics): VoiceAnalyticsDto {
  return {
    ...toFigures(analytics.total),
    from: analytics.from.toISOString(),
    to: analytics.before.toISOString(),
    timezone: analytics.timeZone,
    by_day: analytics.byDay.map((day) => ({ day: day.day, ...toFigures(day) })),
  };
}

function toFigures({ interactions, transcriptLength, responseLength, durationMs }: InteractionFigures) {
  return {
    total_interactions: interactions,
    avg_transcript_length: tenths(transcriptLength ?? 0),
    avg_response_length: tenths(responseLength ?? 0),
    avg_audio_duration_seconds: durationMs === null ? null : Math.round(durationMs / 10) / 100,
  };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
