import type { Owner } from '../common/owner';
import type { CallDirection } from '../calls/call.entity';
import type { Statement } from '../database/pipeline';
import { snakeCase } from '../database/snake-case-names';
import type { EnhancedTranscript } from './enhanced-transcript.entity';
import { searchTerms } from './search-terms';
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
] as const satisfies readonly (keyof EnhancedTranscript)[];

/** A transcript as it stands in a list. */
export interface ListedTranscript extends Pick<EnhancedTranscript, (typeof LISTED)[number]> {
  /** What was found, between {@link FOUND_BEGIN} and {@link FOUND_END}; null where nothing was looked for. */
  snippet: string | null;
}

export type ToldTranscript = Pick<EnhancedTranscript, (typeof TOLD)[number]>;

export interface TranscriptFilter {
  callDirection?: CallDirection;
  scenarioName?: string;
  from?: Date;
  /** Called before. */
  before?: Date;
  /** Words, beginnings of words, and "phrases", all of which were said. */
  q?: string;
}

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

/** Characters that no text has: they are taken out of what was said. */
export const FOUND_BEGIN = '\u0002';
export const FOUND_END = '\u0003';
const HEADLINE = `StartSel=${FOUND_BEGIN}, StopSel=${FOUND_END}, MaxFragments=2, MaxWords=18, MinWords=6, FragmentDelimiter=" … "`;

const columns = (names: readonly (keyof EnhancedTranscript)[]) =>
  names.map((name) => `e.${snakeCase(name)} AS "${name}"`).join(', ');

/** By its sid; by the one that it had before Twilio's came, too. */
export function transcriptBySid({ userId }: Owner, sid: string): Statement<ToldTranscript> {
  const callId = callOfOwnSid(sid);
  return {
    name: callId === null ? 'transcript-by-sid' : 'transcript-by-call',
    text: `SELECT ${columns(TOLD)} FROM enhanced_transcripts e
      WHERE e.user_id = $1 AND ${callId === null ? 'e.transcript_sid = $2' : 'e.call_id = $2::uuid'} AND e.deleted_at IS NULL`,
    values: [userId, callId ?? sid],
  };
}

/** Newest first. The rows are found in an index alone, and only those of the page are read. */
export function transcriptsPage(
  owner: Owner,
  filter: TranscriptFilter,
  page: TranscriptPage,
): Statement<ListedTranscript> {
  const { conditions, values, from } = conditionsOf(owner, filter);
  if (page.after !== undefined) {
    const { callDate, id } = page.after;
    conditions.push(`(e.call_date, e.id) < ($${values.push(callDate.toISOString())}, $${values.push(id)})`);
  }
  const isSearch = filter.q !== undefined;
  const snippet = isSearch
    ? `coalesce(${headline('e.search_config::regconfig')}, ${headline(`'simple'`)}, e.full_text)`
    : 'NULL';
  return {
    text: `SELECT ${columns(LISTED)}, ${snippet} AS snippet
      FROM (SELECT e.id${isSearch ? ', s.found' : ''} FROM ${from} WHERE ${conditions.join(' AND ')}
        ORDER BY e.call_date DESC, e.id DESC LIMIT $${values.push(page.limit)} OFFSET $${values.push(page.skip)}) p
      JOIN enhanced_transcripts e ON e.id = p.id AND e.user_id = $1
      ORDER BY e.call_date DESC, e.id DESC`,
    values,
  };
}

/** Null when nothing is marked: the rules of a language pass over words like "do". */
function headline(config: string): string {
  return `substring(ts_headline(${config}, e.full_text, p.found, '${HEADLINE}') FROM '.*${FOUND_BEGIN}.*')`;
}

/** The same with everything that is told of each, oldest last. */
export function wholeTranscriptsPage(
  owner: Owner,
  filter: TranscriptFilter,
  { after, limit }: { after: TranscriptPlace | undefined; limit: number },
): Statement<ToldTranscript & { id: number }> {
  const { conditions, values, from } = conditionsOf(owner, filter);
  if (after !== undefined) {
    conditions.push(`(e.call_date, e.id) < ($${values.push(after.callDate.toISOString())}, $${values.push(after.id)})`);
  }
  return {
    text: `SELECT ${columns(TOLD)} FROM ${from} WHERE ${conditions.join(' AND ')}
      ORDER BY e.call_date DESC, e.id DESC LIMIT $${values.push(limit)}`,
    values,
  };
}

export function transcriptsTotal(owner: Owner, filter: TranscriptFilter): Statement<{ total: number }> {
  const { conditions, values, from } = conditionsOf(owner, filter);
  return {
    text: `SELECT count(*)::integer AS total FROM ${from} WHERE ${conditions.join(' AND ')}`,
    values,
  };
}

function conditionsOf({ userId }: Owner, filter: TranscriptFilter) {
  const values: (string | number)[] = [userId];
  const place = (value: string | number) => `$${values.push(value)}`;
  const conditions = ['e.user_id = $1', 'e.deleted_at IS NULL'];
  const { callDirection, scenarioName, from: since, before, q } = filter;
  if (callDirection !== undefined) conditions.push(`e.call_direction = ${place(callDirection)}`);
  if (scenarioName !== undefined) conditions.push(`e.scenario_name = ${place(scenarioName)}`);
  if (since !== undefined) conditions.push(`e.call_date >= ${place(since.toISOString())}`);
  if (before !== undefined) conditions.push(`e.call_date < ${place(before.toISOString())}`);
  let from = 'enhanced_transcripts e';
  if (q !== undefined)
    from = `lookup_own_words(${place(JSON.stringify(searchTerms(q)))}::jsonb) s JOIN ${from} ON e.id = s.id`;
  return { conditions, values, from };
}
