import { Injectable } from '@nestjs/common';
import type { Owner } from '../common/owner';
import type { CallDirection } from '../calls/call.entity';
import { Database } from '../database/database';
import type { Statement } from '../database/pipeline';

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
}

export interface Analytics {
  total: GroupFigures;
  byDay: ({ day: string } & GroupFigures)[];
  byScenario: ({ scenarioName: string | null } & GroupFigures)[];
  byDirection: ({ callDirection: CallDirection } & GroupFigures)[];
}

export interface AnalyticsFilter {
  from: Date;
  before: Date;
  callDirection?: CallDirection;
  scenarioName?: string;
  /** IANA: where a day begins and ends. */
  timeZone: string;
}

interface Row extends GroupFigures {
  /** Which of day, scenario and direction are not grouped by: bits 4, 2, 1 (PostgreSQL's GROUPING). */
  grouping: number;
  day: string | null;
  scenarioName: string | null;
  callDirection: CallDirection | null;
}

const EVERYTHING = 0b111;
const BY_DAY = 0b011;
const BY_SCENARIO = 0b101;
const BY_DIRECTION = 0b110;

/** Counts conversations; the database does. */
@Injectable()
export class TranscriptAnalytics {
  constructor(private readonly db: Database) {}

  async of(owner: Owner, filter: AnalyticsFilter): Promise<Analytics> {
    const [rows] = await this.db.readAsOwner(owner, figures(owner, filter));
    const grouped = (grouping: number) => rows.filter((row) => row.grouping === grouping);
    const [total = NOTHING] = grouped(EVERYTHING);
    return {
      total,
      byDay: grouped(BY_DAY).map((row) => ({ ...row, day: row.day ?? '' })),
      byScenario: grouped(BY_SCENARIO),
      byDirection: grouped(BY_DIRECTION).map((row) => ({ ...row, callDirection: row.callDirection ?? 'outbound' })),
    };
  }
}

const NOTHING: GroupFigures = {
  calls: 0,
  totalDuration: 0,
  totalWords: 0,
  agentSpeakingMs: 0,
  customerSpeakingMs: 0,
  longestMonologueMs: 0,
  interruptions: 0,
  answers: 0,
  latencyP50Ms: null,
  latencyP95Ms: null,
  latencyP99Ms: null,
};

/** Latencies are many to a conversation, so they are grouped beside it and not with it. */
function figures({ userId }: Owner, filter: AnalyticsFilter): Statement<Row> {
  const values: (string | number)[] = [userId, filter.timeZone, filter.from.toISOString(), filter.before.toISOString()];
  const conditions = ['e.user_id = $1', 'e.deleted_at IS NULL', 'e.call_date >= $3', 'e.call_date < $4'];
  if (filter.callDirection !== undefined) conditions.push(`e.call_direction = $${values.push(filter.callDirection)}`);
  if (filter.scenarioName !== undefined) conditions.push(`e.scenario_name = $${values.push(filter.scenarioName)}`);
  const sets = 'GROUPING SETS ((), (day), (scenario_name), (call_direction))';
  const grouping = 'grouping(day, scenario_name, call_direction)';
  const percentile = (share: number) => `percentile_disc(${share}) WITHIN GROUP (ORDER BY ms)`;
  return {
    text: `WITH chosen AS MATERIALIZED (
        SELECT to_char(e.call_date AT TIME ZONE $2, 'YYYY-MM-DD') AS day, e.scenario_name, e.call_direction, e.duration,
          e.total_words, e.agent_speaking_ms, e.customer_speaking_ms, e.longest_monologue_ms, e.interruptions, e.latencies_ms
        FROM enhanced_transcripts e WHERE ${conditions.join(' AND ')}
      ), counted AS (
        SELECT ${grouping} AS grouping, day, scenario_name, call_direction, count(*)::integer AS calls,
          coalesce(sum(duration), 0)::float8 AS duration, coalesce(sum(total_words), 0)::float8 AS words,
          coalesce(sum(agent_speaking_ms), 0)::float8 AS agent_ms, coalesce(sum(customer_speaking_ms), 0)::float8 AS customer_ms,
          coalesce(max(longest_monologue_ms), 0) AS monologue_ms, coalesce(sum(interruptions), 0)::integer AS interruptions
        FROM chosen GROUP BY ${sets}
      ), waited AS (
        SELECT ${grouping} AS grouping, day, scenario_name, call_direction, count(*)::integer AS answers,
          ${percentile(0.5)} AS p50, ${percentile(0.95)} AS p95, ${percentile(0.99)} AS p99
        FROM chosen, unnest(latencies_ms) AS ms GROUP BY ${sets}
      )
      SELECT c.grouping, c.day, c.scenario_name AS "scenarioName", c.call_direction AS "callDirection", c.calls,
        c.duration AS "totalDuration", c.words AS "totalWords", c.agent_ms AS "agentSpeakingMs",
        c.customer_ms AS "customerSpeakingMs", c.monologue_ms AS "longestMonologueMs", c.interruptions,
        coalesce(w.answers, 0) AS answers, w.p50 AS "latencyP50Ms", w.p95 AS "latencyP95Ms", w.p99 AS "latencyP99Ms"
      FROM counted c LEFT JOIN waited w ON w.grouping = c.grouping AND w.day IS NOT DISTINCT FROM c.day
        AND w.scenario_name IS NOT DISTINCT FROM c.scenario_name AND w.call_direction IS NOT DISTINCT FROM c.call_direction
      ORDER BY c.grouping, c.day, c.calls DESC, c.scenario_name`,
    values,
  };
}
