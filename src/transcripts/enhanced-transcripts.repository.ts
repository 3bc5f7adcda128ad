import type { Owner } from '../common/owner';
import type { CallDirection } from '../calls/call.entity';
import type { Statement } from '../database/pipeline';
import { snakeCase } from '../database/snake-case-names';
import type { EnhancedTranscript } from './enhanced-transcript.entity';
import { PLAIN_CONFIG, SEARCH_CONFIGS } from './search-config';
import { searchTerms } from './search-terms';

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

/** Characters that no text has (they cannot be typed, and are taken out of what was said). */
export const FOUND_BEGIN = '\u0002';
export const FOUND_END = '\u0003';
const HEADLINE = `StartSel=${FOUND_BEGIN}, StopSel=${FOUND_END}, MaxFragments=2, MaxWords=18, MinWords=6, FragmentDelimiter=" … "`;

/** Made once: it has the rules of many languages in it. */
const QUERY = '(SELECT query FROM asked)';

const columns = (names: readonly (keyof EnhancedTranscript)[]) =>
  names.map((name) => `e.${snakeCase(name)} AS "${name}"`).join(', ');

/** Ours are made from the id of their call: 32 hexadecimal digits. */
const OWN_SID = /^CT([0-9a-f]{32})$/;

/** The sid of a transcript that Twilio has no part in. */
export function ownSid(callId: string): string {
  return `CT${callId.replaceAll('-', '')}`;
}

/** By its sid; by the one that it had before Twilio's came, too. */
export function transcriptBySid({ userId }: Owner, sid: string): Statement<ToldTranscript> {
  const [, callId = null] = OWN_SID.exec(sid) ?? [];
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
  const { conditions, values, query, before } = conditionsOf(owner, filter);
  if (page.after !== undefined) {
    const { callDate, id } = page.after;
    conditions.push(`(e.call_date, e.id) < ($${values.push(callDate.toISOString())}, $${values.push(id)})`);
  }
  const snippet = query === null ? 'NULL' : `ts_headline('${PLAIN_CONFIG}', e.full_text, ${query}, '${HEADLINE}')`;
  return {
    text: `${before}SELECT ${columns(LISTED)}, ${snippet} AS snippet FROM enhanced_transcripts e
      WHERE e.id IN (SELECT e.id FROM enhanced_transcripts e WHERE ${conditions.join(' AND ')}
        ORDER BY e.call_date DESC, e.id DESC LIMIT $${values.push(page.limit)} OFFSET $${values.push(page.skip)})
        AND e.user_id = $1
      ORDER BY e.call_date DESC, e.id DESC`,
    values,
  };
}

/** The same with everything that is told of each, oldest last. */
export function wholeTranscriptsPage(
  owner: Owner,
  filter: TranscriptFilter,
  { after, limit }: { after: TranscriptPlace | undefined; limit: number },
): Statement<ToldTranscript & { id: number }> {
  const { conditions, values, before } = conditionsOf(owner, filter);
  if (after !== undefined) {
    conditions.push(`(e.call_date, e.id) < ($${values.push(after.callDate.toISOString())}, $${values.push(after.id)})`);
  }
  return {
    text: `${before}SELECT ${columns(TOLD)} FROM enhanced_transcripts e WHERE ${conditions.join(' AND ')}
      ORDER BY e.call_date DESC, e.id DESC LIMIT $${values.push(limit)}`,
    values,
  };
}

export function transcriptsTotal(owner: Owner, filter: TranscriptFilter): Statement<{ total: number }> {
  const { conditions, values, before } = conditionsOf(owner, filter);
  return {
    text: `${before}SELECT count(*)::integer AS total FROM enhanced_transcripts e WHERE ${conditions.join(' AND ')}`,
    values,
  };
}

function conditionsOf({ userId }: Owner, filter: TranscriptFilter) {
  const values: (string | number)[] = [userId];
  const place = (value: string | number) => `$${values.push(value)}`;
  const conditions = ['e.user_id = $1', 'e.deleted_at IS NULL'];
  const { callDirection, scenarioName, from, before, q } = filter;
  if (callDirection !== undefined) conditions.push(`e.call_direction = ${place(callDirection)}`);
  if (scenarioName !== undefined) conditions.push(`e.scenario_name = ${place(scenarioName)}`);
  if (from !== undefined) conditions.push(`e.call_date >= ${place(from.toISOString())}`);
  if (before !== undefined) conditions.push(`e.call_date < ${place(before.toISOString())}`);
  let query: string | null = null;
  if (q !== undefined) {
    const terms = searchTerms(q).map(({ kind, text }) => {
      const at = kind === 'phrase' ? `${place(text)}::text` : `${place(`'${text.replaceAll(/['\\]/g, ' ')}':*`)}::text`;
      return kind === 'phrase' ? phrase(at) : prefix(at);
    });
    // Nothing that could be a word: nothing has it.
    query = terms.length === 0 ? `''::tsquery` : terms.join(' && ');
    conditions.push(`e.search @@ ${QUERY}`);
  }
  return {
    conditions,
    values,
    query,
    before: query === null ? '' : `WITH asked AS MATERIALIZED (SELECT ${query} AS query) `,
  };
}

/** Who searches does not say in which language: a word counts by the rules of any of them, and as it is. */
function prefix(at: string): string {
  return `(${[PLAIN_CONFIG, ...SEARCH_CONFIGS].map((config) => `to_tsquery('${config}', ${at})`).join(' || ')})`;
}

function phrase(at: string): string {
  return `phraseto_tsquery('${PLAIN_CONFIG}', ${at})`;
}
