import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CALL_DIRECTIONS } from '../../calls/call.entity';
import { callAction, toCallAction } from '../../calls/dto/call.dto';
import { MAX_OFFSET, wholeNumber } from '../../common/paging';
import { storedText } from '../../common/stored-text';
import { storableText, trimmedText } from '../../common/text';
import { dayOrTime, endOfDayOrTime } from '../../common/day-or-time';
import {
  FOUND_BEGIN,
  FOUND_END,
  ListedTranscript,
  ToldTranscript,
  TranscriptFilter,
  TranscriptPage,
} from '../enhanced-transcripts.repository';
import { SENTIMENTS } from '../enhanced-transcript.entity';
import { pageToken, placeOf } from '../page-token';
import { EXPORT_FORMATS } from '../transcript-export';

const dateTime = z.string().meta({ format: 'date-time' });
const direction = z.enum(CALL_DIRECTIONS);
const role = z.enum(['customer', 'agent', 'operator']);
const seconds = z.number().describe('Seconds since the answer');

const common = {
  transcript_sid: z.string().describe('Twilio’s, or CT… where the transcript is made of the call’s own turns'),
  call_id: z.uuid().nullable().describe('The call; null where Twilio’s transcript belongs to none of yours'),
  source: z.enum(['twilio', 'turns']).describe('What it is made of'),
  call_date: dateTime,
  duration: z.int().describe('Seconds'),
  call_direction: direction,
  scenario_name: z.string().nullable(),
  language_code: z.string(),
  notes: z.string().nullable(),
};

const listed = z.object({
  id: z.int(),
  ...common,
  participant_count: z.int(),
  conversation_turns: z.int(),
  total_words: z.int(),
  summary: z.object({
    duration_formatted: z.string().describe('Minutes and seconds, from an hour on with hours'),
    participant_info: z.record(z.string(), z.object({ role, name: z.string() })).describe('By channel'),
  }),
  snippet: z
    .string()
    .nullable()
    .describe('What `q` found, as HTML with <mark> around the words; null where nothing was looked for'),
});

const speaker = z.object({ channel: z.int(), role, name: z.string() });

const detail = z.object({
  ...common,
  full_text: z.string(),
  participant_info: z
    .record(
      z.string(),
      speaker.extend({
        total_speaking_time: z.number().describe('Seconds'),
        word_count: z.int(),
        sentence_count: z.int(),
      }),
    )
    .describe('By channel'),
  conversation_flow: z.array(
    z.object({
      sequence: z.int(),
      speaker,
      text: z.string(),
      start_time: seconds,
      end_time: seconds,
      duration: z.number(),
      confidence: z.number().nullable().describe('0 to 1; null where the transcription did not say'),
      word_count: z.int(),
      interrupted: z.boolean(),
      latency_ms: z.int().nullable(),
    }),
  ),
  actions: z.array(callAction).describe('What the agent did to the world while it talked, in order'),
  summary_data: z.object({
    total_duration_seconds: z.number(),
    total_sentences: z.int(),
    total_words: z.int(),
    participant_count: z.int(),
    average_confidence: z.number().nullable(),
  }),
  analytics: z.object({
    talk_ratio: z.number().nullable().describe('The agent’s share of the speaking time, 0 to 1'),
    agent_speaking_seconds: z.number(),
    customer_speaking_seconds: z.number(),
    longest_monologue_seconds: z.number(),
    words_per_minute: z.number().nullable(),
    interruptions: z.int(),
    latency: z.object({ turns: z.int(), p50_ms: z.int().nullable(), p95_ms: z.int().nullable() }),
    sentiment: z.enum(SENTIMENTS).nullable().describe('Of the customer; null where no language model has read it'),
    sentiment_score: z.number().nullable().describe('-1 to 1'),
    topics: z.array(z.string()).describe('What it was about, the main topic first'),
    reading: z
      .enum(['none', 'pending', 'done', 'failed'])
      .describe('Whether a language model has read it for sentiment and topics; none: it is not asked'),
    reading_error: z.string().nullable().describe('Why the last try failed'),
  }),
});

const HEAD_EXAMPLE = {
  transcript_sid: 'GT0123456789abcdef0123456789abcdef',
  call_id: '6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1',
  source: 'twilio' as const,
  call_date: '2026-11-21T10:30:00.000Z',
  duration: 180,
  call_direction: 'outbound' as const,
  scenario_name: 'sales',
  language_code: 'en-US',
  notes: null,
};

export class ListedTranscriptDto extends createZodDto(
  listed.meta({
    example: {
      id: 1,
      ...HEAD_EXAMPLE,
      participant_count: 2,
      conversation_turns: 27,
      total_words: 350,
      summary: {
        duration_formatted: '3:00',
        participant_info: { 0: { role: 'customer', name: 'Customer' }, 1: { role: 'agent', name: 'AI Agent' } },
      },
      snippet: null,
    },
  }),
) {}

export class EnhancedTranscriptDto extends createZodDto(
  detail.meta({
    example: {
      ...HEAD_EXAMPLE,
      full_text: 'Hello, this is Mike Thompson calling about your account.',
      participant_info: {
        1: { channel: 1, role: 'agent', name: 'AI Agent', total_speaking_time: 2.7, word_count: 9, sentence_count: 1 },
      },
      conversation_flow: [
        {
          sequence: 1,
          speaker: { channel: 1, role: 'agent', name: 'AI Agent' },
          text: 'Hello, this is Mike Thompson calling about your account.',
          start_time: 0.5,
          end_time: 3.2,
          duration: 2.7,
          confidence: 0.95,
          word_count: 9,
          interrupted: false,
          latency_ms: null,
        },
      ],
      actions: [],
      summary_data: {
        total_duration_seconds: 180,
        total_sentences: 1,
        total_words: 9,
        participant_count: 1,
        average_confidence: 0.95,
      },
      analytics: {
        talk_ratio: 1,
        agent_speaking_seconds: 2.7,
        customer_speaking_seconds: 0,
        longest_monologue_seconds: 2.7,
        words_per_minute: 200,
        interruptions: 0,
        latency: { turns: 0, p50_ms: null, p95_ms: null },
        sentiment: 'neutral' as const,
        sentiment_score: 0,
        topics: ['account'],
        reading: 'done' as const,
        reading_error: null,
      },
    },
  }),
) {}

const filters = {
  call_direction: direction.optional().describe('Who placed the call: outbound is us'),
  scenario_name: z.string().max(100).optional().describe('A name of GET /scenarios, or a scenario_id of yours'),
  q: trimmedText(1, 200).optional().describe('Words that were said, or their beginnings, and "phrases in quotes"'),
  from: dayOrTime.optional().describe('Called at or after; a date is a day in UTC'),
  to: dayOrTime.optional().describe('Called up to; a date is all of that day'),
};

export class ListTranscriptsQueryDto extends createZodDto(
  z.strictObject({
    skip: wholeNumber(0, MAX_OFFSET).default(0).describe('How many to leave out first'),
    limit: wholeNumber(1, 200).default(50).describe('How many at most, 1 to 200'),
    page_token: z.string().max(200).optional().describe('The X-Next-Page-Token of the page before; quicker than skip'),
    ...filters,
  }),
) {}

export class UpdateTranscriptDto extends createZodDto(
  z
    .strictObject({
      notes: storableText(0, 5000).nullable().optional(),
      names: z
        .record(
          z.string().regex(/^[0-2]$/, 'must be the channel of a participant'),
          trimmedText(1, 100).transform(storedText).nullable(),
        )
        .optional()
        .describe('What participants are called, by channel; null takes a name back'),
    })
    .meta({ example: { notes: 'Wants to be called back in spring', names: { 0: 'Sam Doe' } } }),
) {}

export class ExportTranscriptQueryDto extends createZodDto(
  z.strictObject({ format: z.enum(EXPORT_FORMATS).default('txt').describe('Of the file') }),
) {}

export class ExportTranscriptsQueryDto extends createZodDto(z.strictObject({ ...filters })) {}

export function toTranscriptFilter(query: ExportTranscriptsQueryDto): TranscriptFilter {
  const { call_direction: callDirection, scenario_name: scenarioName, q, from, to } = query;
  return {
    callDirection,
    scenarioName,
    q,
    from: from === undefined ? undefined : new Date(from),
    before: to === undefined ? undefined : endOfDayOrTime(to),
  };
}

/** @throws PageTokenNotOurs */
export function toTranscriptPage({ skip, limit, page_token: token }: ListTranscriptsQueryDto): TranscriptPage {
  if (token === undefined) return { skip, limit };
  const { at, id } = placeOf(token);
  return { skip, limit, after: { callDate: at, id } };
}

/** The token of the page behind these rows; null when they are the last. */
export function nextTranscriptsToken(page: { rows: readonly ListedTranscript[]; hasMore: boolean }): string | null {
  const last = page.rows.at(-1);
  return last === undefined || !page.hasMore ? null : pageToken({ at: last.callDate, id: last.id });
}

export function toListedTranscriptDto(row: ListedTranscript): ListedTranscriptDto {
  return {
    id: row.id,
    ...headOf(row),
    participant_count: row.participantCount,
    conversation_turns: row.conversationTurns,
    total_words: row.totalWords,
    summary: {
      duration_formatted: formatDuration(row.duration),
      participant_info: Object.fromEntries(
        Object.entries(row.participantInfo).map(([channel, one]) => [channel, { role: one.role, name: one.name }]),
      ),
    },
    snippet: row.snippet === null ? null : toHtml(row.snippet),
  };
}

export function toEnhancedTranscriptDto(row: ToldTranscript): EnhancedTranscriptDto {
  const latencies = row.latenciesMs.toSorted((a, b) => a - b);
  const rank = (share: number) => latencies[Math.max(0, Math.ceil(latencies.length * share) - 1)] ?? null;
  return {
    ...headOf(row),
    full_text: row.fullText,
    participant_info: row.participantInfo,
    conversation_flow: row.conversationFlow,
    actions: row.actions.map(toCallAction),
    summary_data: row.summaryData,
    analytics: {
      talk_ratio: row.talkRatio,
      agent_speaking_seconds: row.agentSpeakingMs / 1000,
      customer_speaking_seconds: row.customerSpeakingMs / 1000,
      longest_monologue_seconds: row.longestMonologueMs / 1000,
      words_per_minute: row.wordsPerMinute,
      interruptions: row.interruptions,
      latency: { turns: latencies.length, p50_ms: rank(0.5), p95_ms: rank(0.95) },
      sentiment: row.sentiment,
      sentiment_score: row.sentimentScore,
      topics: row.topics,
      reading: readingOf(row),
      reading_error: row.insightError,
    },
  };
}

function readingOf({ sentiment, insightDueAt, insightError }: ToldTranscript) {
  if (sentiment !== null) return 'done';
  if (insightDueAt !== null) return 'pending';
  return insightError === null ? 'none' : 'failed';
}

function headOf(row: Omit<ListedTranscript, 'snippet' | 'participantInfo'> | ToldTranscript) {
  return {
    transcript_sid: row.transcriptSid,
    call_id: row.callId,
    source: row.source,
    call_date: row.callDate.toISOString(),
    duration: row.duration,
    call_direction: row.callDirection,
    scenario_name: row.scenarioName,
    language_code: row.languageCode,
    notes: row.notes,
  };
}

/** 3:00, 1:02:05. */
function formatDuration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const padded = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  [FOUND_BEGIN]: '<mark>',
  [FOUND_END]: '</mark>',
};

/** What was said may look like HTML; the marks alone are. */
function toHtml(snippet: string): string {
  return snippet.replace(/[&<>"\u0002\u0003]/g, (character) => ESCAPES[character] ?? character);
}
