import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { wholeNumber } from '../../common/paging';
import { storableText, trimmedText } from '../../common/text';
import type { StoredPlace, ToldStoredTranscript } from '../stored-transcripts.repository';
import type { StoredRows } from '../stored-transcripts.service';
import { pageToken, placeOf } from '../page-token';

const STATUSES = ['queued', 'in-progress', 'completed', 'failed', 'canceled', 'new', 'error'] as const;

const dateTime = z.string().meta({ format: 'date-time' });
const seconds = z.number().describe('Seconds since the recording began');
const confidence = z.number().nullable().describe('0 to 1; null where Twilio did not say');
const speaker = z.int().describe('The media channel of the recording');

const storedTranscript = z.object({
  sid: z.string(),
  status: z.string().describe('Twilio’s word; sentences are there when it is completed'),
  date_created: dateTime,
  date_updated: dateTime,
  duration: z.int().describe('Seconds'),
  language_code: z.string(),
  sentences: z.array(z.object({ text: z.string(), speaker, start_time: seconds, end_time: seconds, confidence })),
});

const EXAMPLE = {
  sid: 'GT0123456789abcdef0123456789abcdef',
  status: 'completed',
  date_created: '2026-11-21T10:30:00.000Z',
  date_updated: '2026-11-21T10:35:00.000Z',
  duration: 120,
  language_code: 'en-US',
  sentences: [{ text: 'Hello, this is Mike Thompson.', speaker: 1, start_time: 0.5, end_time: 4.2, confidence: 0.95 }],
};

export class StoredTranscriptDto extends createZodDto(storedTranscript.meta({ example: EXAMPLE })) {}

export class StoredTranscriptListDto extends createZodDto(
  z
    .object({
      transcripts: z.array(storedTranscript),
      meta: z.object({
        page_size: z.int(),
        total: z.int().describe('How many there are in all'),
        next_page_token: z.string().nullable().describe('Asks for the next page; null on the last'),
      }),
    })
    .meta({ example: { transcripts: [EXAMPLE], meta: { page_size: 50, total: 1, next_page_token: null } } }),
) {}

export class ListStoredQueryDto extends createZodDto(
  z.strictObject({
    page_size: wholeNumber(1, 200).default(50).describe('How many at most, 1 to 200'),
    page_token: z.string().max(200).optional().describe('The next_page_token of the page before'),
    status: z.enum(STATUSES).optional().describe('Where the transcript stands'),
    q: trimmedText(1, 200).optional().describe('Looks in what was said'),
  }),
) {}

export class StoreTranscriptDto extends createZodDto(
  z
    .strictObject({
      scenario_name: trimmedText(1, 100).nullable().optional(),
      call_direction: z.enum(['inbound', 'outbound']).nullable().optional(),
      notes: storableText(0, 5000).nullable().optional(),
    })
    .default({})
    .meta({ example: { scenario_name: 'Sales Call', call_direction: 'outbound', notes: 'Asked for a quote' } }),
) {}

const legacyTranscript = z.object({
  id: z.int(),
  transcript_sid: z.string(),
  status: z.string(),
  full_text: z.string(),
  date_created: dateTime,
  date_updated: dateTime,
  duration: z.int(),
  language_code: z.string(),
  created_at: dateTime.describe('When it was stored'),
});

const LEGACY_EXAMPLE = {
  id: 1,
  transcript_sid: EXAMPLE.sid,
  status: 'completed',
  full_text: 'Hello, this is Mike Thompson.',
  date_created: EXAMPLE.date_created,
  date_updated: EXAMPLE.date_updated,
  duration: 120,
  language_code: 'en-US',
  created_at: '2026-11-21T10:36:00.000Z',
};

export class LegacyTranscriptDto extends createZodDto(legacyTranscript.meta({ example: LEGACY_EXAMPLE })) {}

export class LegacyTranscriptDetailDto extends createZodDto(
  legacyTranscript
    .extend({
      sentences: z.array(
        z.object({ transcript: z.string(), speaker, start_time: seconds, end_time: seconds, confidence }),
      ),
    })
    .meta({
      example: {
        ...LEGACY_EXAMPLE,
        sentences: EXAMPLE.sentences.map(({ text, ...sentence }) => ({ transcript: text, ...sentence })),
      },
    }),
) {}

export class LegacyListQueryDto extends createZodDto(
  z.strictObject({
    limit: wholeNumber(1, 200).default(50).describe('How many at most, 1 to 200'),
    page_token: z.string().max(200).optional().describe('The X-Next-Page-Token of the page before'),
  }),
) {}

export function toStoredTranscriptDto(row: ToldStoredTranscript): StoredTranscriptDto {
  return {
    sid: row.transcriptSid,
    status: row.status,
    date_created: row.dateCreated.toISOString(),
    date_updated: row.dateUpdated.toISOString(),
    duration: row.duration,
    language_code: row.languageCode,
    sentences: row.sentences,
  };
}

export function toLegacyTranscriptDto(row: ToldStoredTranscript): LegacyTranscriptDto {
  return {
    id: row.id,
    transcript_sid: row.transcriptSid,
    status: row.status,
    full_text: row.fullText,
    date_created: row.dateCreated.toISOString(),
    date_updated: row.dateUpdated.toISOString(),
    duration: row.duration,
    language_code: row.languageCode,
    created_at: row.createdAt.toISOString(),
  };
}

export function toLegacyTranscriptDetailDto(row: ToldStoredTranscript): LegacyTranscriptDetailDto {
  return {
    ...toLegacyTranscriptDto(row),
    sentences: row.sentences.map(({ text, ...sentence }) => ({ transcript: text, ...sentence })),
  };
}

/** The token of the page behind these rows; null when they are the last. */
export function nextStoredToken({ rows, hasMore }: StoredRows): string | null {
  const last = rows.at(-1);
  return last === undefined || !hasMore ? null : pageToken({ at: last.dateCreated, id: last.id });
}

/** @throws PageTokenNotOurs */
export function storedPlace(token: string | undefined): StoredPlace | undefined {
  if (token === undefined) return undefined;
  const { at, id } = placeOf(token);
  return { dateCreated: at, id };
}
