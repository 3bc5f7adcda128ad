import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CALL_DIRECTIONS } from '../../calls/call.entity';
import { dayOrTime, inUtc } from '../../common/day-or-time';
import { timeZone } from '../../common/text';
import type { AnalyticsFilter, GroupFigures } from '../transcript-analytics.repository';
import type { Analytics } from '../transcript-analytics.service';

const group = {
  calls: z.int(),
  total_duration_seconds: z.number(),
  total_words: z.number(),
  talk_ratio: z.number().nullable().describe('The agents’ share of the speaking time, 0 to 1; null where nobody spoke'),
  words_per_minute: z.number().nullable().describe('Over the time in which somebody spoke'),
  longest_monologue_seconds: z.number(),
  interruptions: z.int(),
  interruptions_per_call: z.number().nullable(),
  response_latency: z.object({
    answers: z.int().describe('Answers whose latency was measured'),
    p50_ms: z.int().nullable(),
    p95_ms: z.int().nullable(),
    p99_ms: z.int().nullable(),
  }),
  sentiment: z
    .object({
      positive: z.int(),
      neutral: z.int(),
      negative: z.int(),
      average_score: z.number().nullable().describe('-1 to 1'),
    })
    .describe('How customers felt, in the conversations that a language model has read'),
};

const GROUP_EXAMPLE = {
  calls: 12,
  total_duration_seconds: 1480,
  total_words: 3120,
  talk_ratio: 0.58,
  words_per_minute: 148.2,
  longest_monologue_seconds: 21.4,
  interruptions: 9,
  interruptions_per_call: 0.75,
  response_latency: { answers: 96, p50_ms: 690, p95_ms: 940, p99_ms: 1210 },
  sentiment: { positive: 7, neutral: 3, negative: 2, average_score: 0.31 },
};

export class TranscriptAnalyticsDto extends createZodDto(
  z
    .object({
      from: z.string().meta({ format: 'date-time' }),
      to: z.string().meta({ format: 'date-time' }).describe('Up to, not including'),
      timezone: z.string(),
      total: z.object(group),
      by_day: z.array(z.object({ day: z.string(), ...group })),
      by_scenario: z.array(z.object({ scenario_name: z.string().nullable(), ...group })),
      by_direction: z.array(z.object({ call_direction: z.enum(CALL_DIRECTIONS), ...group })),
      topics: z
        .array(z.object({ topic: z.string(), calls: z.int(), average_score: z.number().nullable() }))
        .describe('What was talked about most, 20 at most, and how customers felt then'),
    })
    .meta({
      example: {
        from: '2026-11-01T00:00:00.000Z',
        to: '2026-12-01T00:00:00.000Z',
        timezone: 'UTC',
        total: GROUP_EXAMPLE,
        by_day: [{ day: '2026-11-21', ...GROUP_EXAMPLE }],
        by_scenario: [{ scenario_name: 'sales', ...GROUP_EXAMPLE }],
        by_direction: [{ call_direction: 'outbound' as const, ...GROUP_EXAMPLE }],
        topics: [{ topic: 'late delivery', calls: 4, average_score: -0.4 }],
      },
    }),
) {}

export class TranscriptAnalyticsQueryDto extends createZodDto(
  z.strictObject({
    from: dayOrTime
      .optional()
      .describe('Called at or after; a date is a day of the time zone. 30 days before `to` if left out'),
    to: dayOrTime.optional().describe('Called up to; a date is all of that day. Now if left out'),
    call_direction: z.enum(CALL_DIRECTIONS).optional().describe('Who placed the call: outbound is us'),
    scenario_name: z.string().max(100).optional().describe('A name of GET /scenarios, or a scenario_id of yours'),
    timezone: timeZone.optional().describe('IANA: where a day begins and ends. Yours if left out'),
  }),
) {}

export function toAnalyticsFilter(query: TranscriptAnalyticsQueryDto): AnalyticsFilter {
  return {
    from: inUtc(query.from),
    to: inUtc(query.to),
    callDirection: query.call_direction,
    scenarioName: query.scenario_name,
    timeZone: query.timezone,
  };
}

export function toAnalyticsDto(analytics: Analytics): TranscriptAnalyticsDto {
  return {
    from: analytics.from.toISOString(),
    to: analytics.before.toISOString(),
    timezone: analytics.timeZone,
    total: toGroup(analytics.total),
    by_day: analytics.byDay.map((row) => ({ day: row.day, ...toGroup(row) })),
    by_scenario: analytics.byScenario.map((row) => ({ scenario_name: row.scenarioName, ...toGroup(row) })),
    by_direction: analytics.byDirection.map((row) => ({ call_direction: row.callDirection, ...toGroup(row) })),
    topics: analytics.topics.map(({ topic, calls, sentimentScore }) => ({
      topic,
      calls,
      average_score: rounded(sentimentScore, 2),
    })),
  };
}

function toGroup(figures: GroupFigures) {
  const speakingMs = figures.agentSpeakingMs + figures.customerSpeakingMs;
  return {
    calls: figures.calls,
    total_duration_seconds: figures.totalDuration,
    total_words: figures.totalWords,
    talk_ratio: ratio(figures.agentSpeakingMs, speakingMs, 3),
    words_per_minute: ratio(figures.totalWords * 60_000, speakingMs, 1),
    longest_monologue_seconds: figures.longestMonologueMs / 1000,
    interruptions: figures.interruptions,
    interruptions_per_call: ratio(figures.interruptions, figures.calls, 2),
    response_latency: {
      answers: figures.answers,
      p50_ms: figures.latencyP50Ms,
      p95_ms: figures.latencyP95Ms,
      p99_ms: figures.latencyP99Ms,
    },
    sentiment: {
      positive: figures.positive,
      neutral: figures.neutral,
      negative: figures.negative,
      average_score: rounded(figures.sentimentScore, 2),
    },
  };
}

function ratio(part: number, whole: number, digits: number): number | null {
  return whole === 0 ? null : rounded(part / whole, digits);
}

function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits));
}
