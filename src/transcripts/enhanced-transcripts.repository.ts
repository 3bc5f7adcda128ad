import type { Owner } from '../common/owner';
import type { CallDirection } from '../calls/call.entity';
import { actionsOf, ToldAction } from '../calls/calls.repository';
import type { Statement } from '../database/pipeline';
import { snakeCase } from '../database/snake-case-names';
import type { EnhancedTranscript } from './enhanced-transcript.entity';
import { markPattern, placePatterns, searchTerms } from './search-terms';
import { callOfOwnSid } from './transcript-sid';

const LISTED = [
  'id',
  'transcriptSid',
  'source',
  'callId',
  'callDate',
  'duration',
  'callDirection',
  'scenarioName',
  'languageCode',
  'participantCount',
  'conversationTurns',
  'totalWords',
  'participantInfo',
  'notes',
] as const satisfies readonly (keyof EnhancedTranscript)[];

const TOLD = [
  ...LISTED,
  'conversationFlow',
  'summaryData',
  'fullText',
  'talkRatio',
  'agentSpeakingMs',
  'customerSpeakingMs',
  'longestMonologueMs',
  'wordsPerMinute',
  'interruptions',
  'latenciesMs',
  'sentiment',
  'sentimentScore',
  'topics',
  'insightDueAt',
  'insightError',
  'createdAt',
  'updatedAt',
] as const satisfies readonly (keyof EnhancedTranscript)[];

/** A transcript as it stands in a list. */
export interface ListedTranscript extends Pick<EnhancedTranscript, (typeof LISTED)[number]> {
  /** What was found, between {@link FOUND_BEGIN} and {@link FOUND_END}; null where nothing was looked for. */
  snippet: string | null;
}

export interface ToldTranscript extends Pick<EnhancedTranscript, (typeof TOLD)[number]> {
  /** What the agent did on the call. */
  actions: ToldAction[];
}

export interface TranscriptFilter {
  callDirection?: CallDirection;
  scenarioName?: string;
  from?: Date;
  /** Called before. */
  before?: Date;
  /** Words, beginnings of words, and "phrases", all of which were said. */
  q?: string;
}

/** A filter that looks for nothing in what was said. */
export type TranscriptSieve = Omit<TranscriptFilter, 'q'>;

/** The place behind which a page begins. */
export interface TranscriptPlace {
  callDate: Date;
  id: number;
}

export interface TranscriptPage {
  limit: number;
  skip: number;
  after?: TranscriptPlace;
}

/** Characters that no text has: they are taken out of what was said. transcript_snippet puts them there. */
export const FOUND_BEGIN = '\u0002';
export const FOUND_END = '\u0003';

const columns = (names: readonly (keyof EnhancedTranscript)[]) =>
  names.map((name) => `e.${snakeCase(name)} AS "${name}"`).join(', ');

const told = () => `${columns(TOLD)}, ${actionsOf('e.user_id', 'e.call_id')} AS actions`;

/** By its sid; by the one that it had before Twilio's came, too. */
export function transcriptBySid({ userId }: Owner, sid: string): Statement<ToldTranscript> {
  const callId = callOfOwnSid(sid);
  return {
    name: callId === null ? 'transcript-by-sid' : 'transcript-by-call',
    text: `SELECT ${told()} FROM enhanced_transcripts e
      WHERE e.user_id = $1 AND ${callId === null ? 'e.transcript_sid = $2' : 'e.call_id = $2::uuid'} AND e.deleted_at IS NULL`,
    values: [userId, callId ?? sid],
  };
}

/** Newest first. The rows are found in an index alone, and only those of the page are read. */
export function transcriptsPage(
  { userId }: Owner,
  filter: TranscriptSieve,
  page: TranscriptPage,
): Statement<ListedTranscript> {
  const { values, bind } = binder(userId);
  return {
    text: `SELECT ${columns(LISTED)}, NULL AS snippet
      FROM (SELECT e.id FROM enhanced_transcripts e
        WHERE ${[OWN, ...sieved(filter, bind), ...behind(page.after, bind)].join(' AND ')}
        ORDER BY e.call_date DESC, e.id DESC LIMIT ${bind(page.limit)} OFFSET ${bind(page.skip)}) p
      JOIN enhanced_transcripts e ON e.id = p.id AND e.user_id = $1
      ORDER BY e.call_date DESC, e.id DESC`,
    values,
  };
}

export function transcriptsTotal({ userId }: Owner, filter: TranscriptSieve): Statement<{ total: number }> {
  const { values, bind } = binder(userId);
  return {
    text: `SELECT count(*)::integer AS total FROM enhanced_transcripts e WHERE ${[OWN, ...sieved(filter, bind)].join(' AND ')}`,
    values,
  };
}

/**
 * Both of those that have the words, looked for once: each row tells the total, and a page without rows is a row without a
 * transcript.
 */
export function foundTranscripts(
  { userId }: Owner,
  q: string,
  filter: TranscriptSieve,
  page: TranscriptPage,
): Statement<{ total: number } & (ListedTranscript | { id: null })> {
  const { values, bind } = binder(userId);
  const terms = searchTerms(q);
  return {
    text: `WITH found AS MATERIALIZED (
        SELECT e.id, e.call_date, e.found, e.rules FROM lookup_own_words(${bind(JSON.stringify(terms))}::jsonb) e
        WHERE ${['true', ...sieved(filter, bind)].join(' AND ')}
      ), page AS (
        SELECT e.* FROM found e WHERE ${['true', ...behind(page.after, bind)].join(' AND ')}
        ORDER BY e.call_date DESC, e.id DESC LIMIT ${bind(page.limit)} OFFSET ${bind(page.skip)}
      )
      SELECT t.total, ${columns(LISTED)},
        transcript_snippet(
          e.full_text, ${bind(textArray(placePatterns(terms)))}::text[], ${bind(markPattern(terms))}, p.found, p.rules
        ) AS snippet
      FROM (SELECT count(*)::integer AS total FROM found) t
      LEFT JOIN (page p JOIN enhanced_transcripts e ON e.id = p.id AND e.user_id = $1) ON true
      ORDER BY p.call_date DESC, p.id DESC`,
    values,
  };
}

/** Everything that is told of each, newest first. */
export function wholeTranscriptsPage(
  { userId }: Owner,
  { q, ...filter }: TranscriptFilter,
  { after, limit }: { after: TranscriptPlace | undefined; limit: number },
): Statement<ToldTranscript & { id: number }> {
  const { values, bind } = binder(userId);
  const words = q === undefined ? '' : `lookup_own_words(${bind(JSON.stringify(searchTerms(q)))}::jsonb) s JOIN`;
  return {
    text: `SELECT ${told()} FROM ${words} enhanced_transcripts e ${q === undefined ? '' : 'ON e.id = s.id'}
      WHERE ${[OWN, ...sieved(filter, bind), ...behind(after, bind)].join(' AND ')}
      ORDER BY e.call_date DESC, e.id DESC LIMIT ${bind(limit)}`,
    values,
  };
}

const OWN = 'e.user_id = $1 AND e.deleted_at IS NULL';

type Bind = (value: string | number) => string;

/** The values of a statement, of which the first is the owner; `bind` adds one and gives its place. */
function binder(userId: number): { values: (string | number)[]; bind: Bind } {
  const values: (string | number)[] = [userId];
  return { values, bind: (value) => `$${values.push(value)}` };
}

function sieved({ callDirection, scenarioName, from, before }: TranscriptSieve, bind: Bind): string[] {
  const conditions: string[] = [];
  if (callDirection !== undefined) conditions.push(`e.call_direction = ${bind(callDirection)}`);
  if (scenarioName !== undefined) conditions.push(`e.scenario_name = ${bind(scenarioName)}`);
  if (from !== undefined) conditions.push(`e.call_date >= ${bind(from.toISOString())}`);
  if (before !== undefined) conditions.push(`e.call_date < ${bind(before.toISOString())}`);
  return conditions;
}

function behind(place: TranscriptPlace | undefined, bind: Bind): string[] {
  if (place === undefined) return [];
  return [`(e.call_date, e.id) < (${bind(place.callDate.toISOString())}, ${bind(place.id)})`];
}

/** PostgreSQL's array of arrays of these. */
function textArray(rows: readonly (readonly string[])[]): string {
  const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`;
  return `{${rows.map((row) => `{${row.map(quoted).join(',')}}`).join(',')}}`;
}
