import type { Owner } from '../common/owner';
import type { Statement } from '../database/pipeline';
import { searchTerms } from './search-terms';
import type { StoredSentence } from './stored-transcript.entity';

/** A stored transcript as it is told. */
export interface ToldStoredTranscript {
  id: number;
  transcriptSid: string;
  status: string;
  dateCreated: Date;
  dateUpdated: Date;
  duration: number;
  languageCode: string;
  sentences: StoredSentence[];
  fullText: string;
  createdAt: Date;
}

/** The place behind which a page begins. */
export interface StoredPlace {
  dateCreated: Date;
  id: number;
}

export interface StoredFilter {
  status?: string;
  /** Words that were said, as `TranscriptFilter` has them. */
  q?: string;
  after?: StoredPlace;
  /** Without them `sentences` is empty. */
  hasSentences?: boolean;
  limit: number;
}

/** A page is shorter than was asked for rather than larger than this, as PostgreSQL has it on disk (about a third). */
const MOST_PAGE_BYTES = 300_000;

const COLUMNS = `t.id, t.transcript_sid AS "transcriptSid", t.status, t.date_created AS "dateCreated",
  t.date_updated AS "dateUpdated", t.duration, t.language_code AS "languageCode", t.full_text AS "fullText",
  t.created_at AS "createdAt", `;
const WITH_SENTENCES = `${COLUMNS} t.sentences`;
const WITHOUT_SENTENCES = `${COLUMNS} '[]'::json AS sentences`;

/** Not what somebody only asked for, of which nobody knows yet whether it is there; and not what was deleted. */
const IS_KNOWN = `t.state <> 'asked' AND t.deleted_at IS NULL`;

export function storedBySid({ userId }: Owner, transcriptSid: string): Statement<ToldStoredTranscript> {
  return {
    name: 'stored-transcript-by-sid',
    text: `SELECT ${WITH_SENTENCES} FROM stored_twilio_transcripts t
      WHERE t.user_id = $1 AND t.transcript_sid = $2 AND ${IS_KNOWN}`,
    values: [userId, transcriptSid],
  };
}

/** Newest first, and whether there are more behind. */
export function storedPage(
  owner: Owner,
  filter: Omit<StoredFilter, 'q'>,
): Statement<ToldStoredTranscript & { hasMore: boolean }> {
  const { conditions, values } = conditionsOf(owner, filter);
  conditions.push(...behind(filter.after, values));
  const limit = `$${values.push(filter.limit)}::integer`;
  return {
    text: `WITH page AS MATERIALIZED (
        SELECT t.id, t.date_created, ${BYTES} AS bytes FROM stored_twilio_transcripts t WHERE ${conditions.join(' AND ')}
        ORDER BY t.date_created DESC, t.id DESC LIMIT ${limit} + 1
      ), ${chosen(limit)}
      SELECT ${columns(filter)}, c.more AS "hasMore"
      FROM chosen c JOIN stored_twilio_transcripts t ON t.id = c.id AND t.user_id = $1
      ORDER BY t.date_created DESC, t.id DESC`,
    values,
  };
}

export function storedTotal(owner: Owner, filter: Pick<StoredFilter, 'status'>): Statement<{ total: number }> {
  const { conditions, values } = conditionsOf(owner, filter);
  return {
    text: `SELECT count(*)::integer AS total FROM stored_twilio_transcripts t WHERE ${conditions.join(' AND ')}`,
    values,
  };
}

/**
 * Both of those that have the words, looked for once: each row tells the total, and a page without rows is a row without a
 * transcript.
 */
export function foundStored(
  owner: Owner,
  q: string,
  filter: Omit<StoredFilter, 'q'>,
): Statement<{ total: number } & ((ToldStoredTranscript & { hasMore: boolean }) | { id: null })> {
  const { conditions, values } = conditionsOf(owner, { status: filter.status });
  const terms = `$${values.push(JSON.stringify(searchTerms(q)))}::jsonb`;
  const place = ['true', ...behind(filter.after, values)].join(' AND ');
  const limit = `$${values.push(filter.limit)}::integer`;
  // A call that Twilio has written down twice has one transcript that is searched. Each is looked up: nobody knows how many
  // there are before, and to read all of the owner's for a rare word costs more than this for a common one.
  const told = (by: string) =>
    `SELECT t.id, t.date_created FROM stored_twilio_transcripts t
      WHERE t.${by} = ANY (ARRAY(SELECT w.${by} FROM words w WHERE w.${by} IS NOT NULL)) AND ${conditions.join(' AND ')}`;
  return {
    text: `WITH words AS MATERIALIZED (SELECT s.transcript_sid, s.call_id FROM lookup_own_words(${terms}) s),
      found AS MATERIALIZED (${told('transcript_sid')} UNION ${told('call_id')}),
      newest AS MATERIALIZED (
        SELECT t.* FROM found t WHERE ${place} ORDER BY t.date_created DESC, t.id DESC LIMIT ${limit} + 1
      ),
      page AS MATERIALIZED (
        SELECT t.id, t.date_created, ${BYTES} AS bytes
        FROM newest p JOIN stored_twilio_transcripts t ON t.id = p.id AND t.user_id = $1
      ), ${chosen(limit)}
      SELECT n.total, ${columns(filter)}, c.more AS "hasMore"
      FROM (SELECT count(*)::integer AS total FROM found) n
      LEFT JOIN (chosen c JOIN stored_twilio_transcripts t ON t.id = c.id AND t.user_id = $1) ON true
      ORDER BY t.date_created DESC, t.id DESC`,
    values,
  };
}

/** As PostgreSQL has it on disk: nothing is read for it. */
const BYTES = 'pg_column_size(t.sentences) + pg_column_size(t.full_text)';

/** Those of `page` that are not too long together. It has one more than is asked for, which tells that there are more. */
function chosen(limit: string): string {
  return `sized AS (
        SELECT id, row_number() OVER newest AS place, sum(bytes) OVER newest AS bytes, count(*) OVER () AS found
        FROM page WINDOW newest AS (ORDER BY date_created DESC, id DESC)
      ), chosen AS (
        SELECT id, max(place) OVER () < found AS more FROM sized
        WHERE place = 1 OR (place <= ${limit} AND bytes <= ${MOST_PAGE_BYTES})
      )`;
}

function columns({ hasSentences }: Pick<StoredFilter, 'hasSentences'>): string {
  return hasSentences === false ? WITHOUT_SENTENCES : WITH_SENTENCES;
}

function behind(place: StoredPlace | undefined, values: (string | number)[]): string[] {
  if (place === undefined) return [];
  return [`(t.date_created, t.id) < ($${values.push(place.dateCreated.toISOString())}, $${values.push(place.id)})`];
}

function conditionsOf({ userId }: Owner, { status }: Pick<StoredFilter, 'status'>) {
  const values: (string | number)[] = [userId];
  const conditions = ['t.user_id = $1', IS_KNOWN];
  if (status !== undefined) conditions.push(`t.status = $${values.push(status)}`);
  return { conditions, values };
}
