import type { Owner } from '../common/owner';
import type { CallDirection } from '../calls/call.entity';
import type { Statement } from '../database/pipeline';
import { spanSql, WrittenSpan } from '../database/time-span';
import { SENTIMENTS } from './enhanced-transcript.entity';

/** Figures of a group of conversations. */
export interface GroupFigures {
  calls: number;
  totalDuration: number;
  totalWords: number;
  agentSpeakingMs: number;
  customerSpeakingMs: number;
  longestMonologueMs: number;
  interruptions: number;
  /** Answers of agents whose latency was measured. */
  answers: number;
  latencyP50Ms: number | null;
  latencyP95Ms: number | null;
  latencyP99Ms: number | null;
  /** Of those that a language model has read. */
  positive: number;
  neutral: number;
  negative: number;
  /** -1 to 1. */
  sentimentScore: number | null;
}

/** How often something was talked about, and how customers felt then (-1 to 1). */
export interface TopicFigures {
  topic: string;
  calls: number;
  sentimentScore: number | null;
}

export interface AnalyticsFilter extends WrittenSpan {
  callDirection?: CallDirection;
  scenarioName?: string;
}

/** What `figures` answers. */
export interface FiguresRow extends GroupFigures {
  /** Which of day, scenario and direction are not grouped by: bits 4, 2, 1 (PostgreSQL's GROUPING). */
  grouping: number;
  day: string | null;
  scenarioName: string | null;
  callDirection: CallDirection | null;
}

const MOST_TOPICS = 20;

type Values = (string | number | null)[];

/** What is counted, as a table \`chosen\` with these columns. */
function chosen(owner: Owner, filter: AnalyticsFilter, columns: string): { sql: string; values: Values } {
  const { sql, values } = spanSql(owner, filter);
  const conditions = [
    'e.user_id = $1',
    'e.deleted_at IS NULL',
    'e.call_date >= (SELECT since FROM span)',
    'e.call_date < (SELECT before FROM span)',
  ];
  if (filter.callDirection !== undefined) conditions.push(`e.call_direction = $${values.push(filter.callDirection)}`);
  if (filter.scenarioName !== undefined) conditions.push(`e.scenario_name = $${values.push(filter.scenarioName)}`);
  return {
    sql: `WITH span AS MATERIALIZED (${sql}), chosen AS MATERIALIZED (
      SELECT ${columns} FROM enhanced_transcripts e WHERE ${conditions.join(' AND ')})`,
    values,
  };
}

export function topicFigures(owner: Owner, filter: AnalyticsFilter): Statement<TopicFigures> {
  const { sql, values } = chosen(owner, filter, 'e.topics, e.sentiment_score');
  return {
    text: `${sql} SELECT topic, count(*)::integer AS calls, avg(sentiment_score)::float8 AS "sentimentScore"
      FROM chosen, unnest(topics) AS topic GROUP BY topic ORDER BY calls DESC, topic LIMIT ${MOST_TOPICS}`,
    values,
  };
}

/** Latencies are many to a conversation, so they are grouped beside it and not with it. */
export function groupFigures(owner: Owner, filter: AnalyticsFilter): Statement<FiguresRow> {
  const { sql, values } = chosen(
    owner,
    filter,
    `to_char(e.call_date AT TIME ZONE (SELECT name FROM span), 'YYYY-MM-DD') AS day, e.scenario_name, e.call_direction, e.duration,
      e.total_words, e.agent_speaking_ms, e.customer_speaking_ms, e.longest_monologue_ms, e.interruptions, e.latencies_ms,
      e.sentiment, e.sentiment_score`,
  );
  const sets = 'GROUPING SETS ((), (day), (scenario_name), (call_direction))';
  const grouping = 'grouping(day, scenario_name, call_direction)';
  const percentile = (share: number) => `percentile_disc(${share}) WITHIN GROUP (ORDER BY ms)`;
  const felt = (sentiment: string) => `count(*) FILTER (WHERE sentiment = '${sentiment}')::integer AS ${sentiment}`;
  return {
    text: `${sql}, counted AS (
        SELECT ${grouping} AS grouping, day, scenario_name, call_direction, count(*)::integer AS calls,
          coalesce(sum(duration), 0)::float8 AS duration, coalesce(sum(total_words), 0)::float8 AS words,
          coalesce(sum(agent_speaking_ms), 0)::float8 AS agent_ms, coalesce(sum(customer_speaking_ms), 0)::float8 AS customer_ms,
          coalesce(max(longest_monologue_ms), 0) AS monologue_ms, coalesce(sum(interruptions), 0)::integer AS interruptions,
          ${SENTIMENTS.map(felt).join(', ')}, avg(sentiment_score)::float8 AS score
        FROM chosen GROUP BY ${sets}
      ), waited AS (
        SELECT ${grouping} AS grouping, day, scenario_name, call_direction, count(*)::integer AS answers,
          ${percentile(0.5)} AS p50, ${percentile(0.95)} AS p95, ${percentile(0.99)} AS p99
        FROM chosen, unnest(latencies_ms) AS ms GROUP BY ${sets}
      )
      SELECT c.grouping, c.day, c.scenario_name AS "scenarioName", c.call_direction AS "callDirection", c.calls,
        c.duration AS "totalDuration", c.words AS "totalWords", c.agent_ms AS "agentSpeakingMs",
        c.customer_ms AS "customerSpeakingMs", c.monologue_ms AS "longestMonologueMs", c.interruptions,
        coalesce(w.answers, 0) AS answers, w.p50 AS "latencyP50Ms", w.p95 AS "latencyP95Ms", w.p99 AS "latencyP99Ms",
        c.positive, c.neutral, c.negative, c.score AS "sentimentScore"
      FROM counted c LEFT JOIN waited w ON w.grouping = c.grouping AND w.day IS NOT DISTINCT FROM c.day
        AND w.scenario_name IS NOT DISTINCT FROM c.scenario_name AND w.call_direction IS NOT DISTINCT FROM c.call_direction
      ORDER BY c.grouping, c.day, c.calls DESC, c.scenario_name`,
    values,
  };
}
