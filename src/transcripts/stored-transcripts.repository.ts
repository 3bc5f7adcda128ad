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
const MOST_PAGE_BYTES = 2_000_000;

const COLUMNS = `t.id, t.transcript_sid AS "transcriptSid", t.status, t.date_created AS "dateCreated",
  t.date_updated AS "dateUpdated", t.duration, t.language_code AS "languageCode", t.full_text AS "fullText",
  t.created_at AS "createdAt", `;
const WITH_SENTENCES = `${COLUMNS} t.sentences`;
const WITHOUT_SENTENCES = `${COLUMNS} '[]'::jsonb AS sentences`;

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
export function storedPage(owner: Owner, filter: StoredFilter): Statement<ToldStoredTranscript & { hasMore: boolean }> {
  const { conditions, values } = conditionsOf(owner, filter);
  if (filter.after !== undefined) {
    const { dateCreated, id } = filter.after;
    conditions.push(`(t.date_created, t.id) < ($${values.push(dateCreated.toISOString())}, $${values.push(id)})`);
  }
  const limit = `$${values.push(filter.limit)}::integer`;
  return {
    text: `WITH page AS MATERIALIZED (
        SELECT t.id, t.date_created, pg_column_size(t.sentences) + pg_column_size(t.full_text) AS bytes
        FROM stored_twilio_transcripts t WHERE ${conditions.join(' AND ')}
        ORDER BY t.date_created DESC, t.id DESC LIMIT ${limit} + 1
      ), told AS (
        SELECT id, row_number() OVER newest AS place, sum(bytes) OVER newest AS bytes, count(*) OVER () AS found
        FROM page WINDOW newest AS (ORDER BY date_created DESC, id DESC)
      ), chosen AS (
        SELECT id, max(place) OVER () < found AS more FROM told
        WHERE place = 1 OR (place <= ${limit} AND bytes <= ${MOST_PAGE_BYTES})
      )
      SELECT ${filter.hasSentences === false ? WITHOUT_SENTENCES : WITH_SENTENCES}, c.more AS "hasMore"
      FROM chosen c JOIN stored_twilio_transcripts t ON t.id = c.id AND t.user_id = $1
      ORDER BY t.date_created DESC, t.id DESC`,
    values,
  };
}

export function storedTotal(owner: Owner, filter: Pick<StoredFilter, 'status' | 'q'>): Statement<{ total: number }> {
  const { conditions, values } = conditionsOf(owner, filter);
  return {
    text: `SELECT count(*)::integer AS total FROM stored_twilio_transcripts t WHERE ${conditions.join(' AND ')}`,
    values,
  };
}

function conditionsOf({ userId }: Owner, { status, q }: Pick<StoredFilter, 'status' | 'q'>) {
  const values: (string | number)[] = [userId];
  const conditions = ['t.user_id = $1', IS_KNOWN];
  if (status !== undefined) conditions.push(`t.status = $${values.push(status)}`);
  if (q !== undefined) {
    // A call that Twilio has written down twice has one transcript that is searched.
    conditions.push(`t.id IN (
      WITH found AS (SELECT e.transcript_sid, e.call_id FROM lookup_own_words($${values.push(JSON.stringify(searchTerms(q)))}::jsonb) s
        JOIN enhanced_transcripts e ON e.id = s.id AND e.user_id = $1)
      SELECT o.id FROM found f JOIN stored_twilio_transcripts o ON o.user_id = $1 AND o.transcript_sid = f.transcript_sid
      UNION SELECT o.id FROM found f JOIN stored_twilio_transcripts o ON o.user_id = $1 AND o.call_id = f.call_id)`);
  }
  return { conditions, values };
}
