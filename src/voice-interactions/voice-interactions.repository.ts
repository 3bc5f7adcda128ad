import type { Owner } from '../common/owner';
import { snakeCase } from '../database/snake-case-names';
import type { Statement } from '../database/pipeline';
import { spanSql, WrittenSpan } from '../database/time-span';
import type { VoiceInteraction } from './voice-interaction.entity';

const PROPERTIES = [
  'id',
  'userId',
  'source',
  'sessionId',
  'customerId',
  'audioFileUrl',
  'storageKey',
  'audioFormat',
  'sizeBytes',
  'sha256',
  'durationMs',
  'transcript',
  'llmResponse',
  'audioErasedAt',
  'createdAt',
  'updatedAt',
] as const satisfies readonly (keyof VoiceInteraction)[];

/** Of an interaction, everything. */
export type StoredInteraction = Pick<VoiceInteraction, (typeof PROPERTIES)[number]>;

export interface InteractionFilter {
  sessionId: string | undefined;
  customerId: string | undefined;
  from: Date | undefined;
  before: Date | undefined;
  limit: number;
  offset: number;
}

export interface InteractionFigures {
  /** Null: of all days. */
  day: string | null;
  interactions: number;
  transcriptLength: number | null;
  responseLength: number | null;
  durationMs: number | null;
}

const SELECT = `SELECT ${PROPERTIES.map((name) => `v.${snakeCase(name)} AS "${name}"`).join(', ')} FROM voice_interactions v`;

/** Newest first. */
export function interactionPage(owner: Owner, filter: InteractionFilter): Statement<StoredInteraction> {
  const { where, values } = conditionsOf(owner, filter);
  const [limit, offset] = [`$${values.length + 1}`, `$${values.length + 2}`];
  return {
    text: `${SELECT} WHERE ${where} ORDER BY v.created_at DESC, v.id DESC LIMIT ${limit} OFFSET ${offset}`,
    values: [...values, filter.limit, filter.offset],
  };
}

/** How many there are in all, whatever the page. */
export function interactionTotal(owner: Owner, filter: InteractionFilter): Statement<{ total: number }> {
  const { where, values } = conditionsOf(owner, filter);
  return { text: `SELECT count(*)::integer AS total FROM voice_interactions v WHERE ${where}`, values };
}

export function interactionBy({ userId }: Owner, id: string): Statement<StoredInteraction> {
  return {
    name: 'voice-interaction-by-id',
    text: `${SELECT} WHERE v.user_id = $1 AND v.id = $2`,
    values: [userId, id],
  };
}

/** Of all days together and of each; lengths are in characters. */
export function interactionFigures(owner: Owner, span: WrittenSpan): Statement<InteractionFigures> {
  const { sql, values } = spanSql(owner, span);
  return {
    text: `WITH span AS MATERIALIZED (${sql}), chosen AS (
        SELECT to_char(v.created_at AT TIME ZONE (SELECT name FROM span), 'YYYY-MM-DD') AS day, v.transcript, v.llm_response, v.duration_ms
        FROM voice_interactions v
        WHERE v.user_id = $1 AND v.created_at >= (SELECT since FROM span) AND v.created_at < (SELECT before FROM span))
      SELECT day, count(*)::integer AS interactions, avg(length(transcript))::float8 AS "transcriptLength",
        avg(length(llm_response))::float8 AS "responseLength", avg(duration_ms)::float8 AS "durationMs"
      FROM chosen GROUP BY GROUPING SETS ((), (day)) ORDER BY grouping(day) DESC, day`,
    values,
  };
}

function conditionsOf({ userId }: Owner, filter: InteractionFilter): { where: string; values: (string | number)[] } {
  const values: (string | number)[] = [];
  const place = (value: string | number) => `$${values.push(value)}`;
  const conditions = [`v.user_id = ${place(userId)}`];
  const { sessionId, customerId, from, before } = filter;
  if (sessionId !== undefined) conditions.push(`v.session_id = ${place(sessionId)}`);
  if (customerId !== undefined) conditions.push(`v.customer_id = ${place(customerId)}`);
  if (from !== undefined) conditions.push(`v.created_at >= ${place(from.toISOString())}`);
  if (before !== undefined) conditions.push(`v.created_at < ${place(before.toISOString())}`);
  return { where: conditions.join(' AND '), values };
}
