import type { Owner } from '../common/owner';
import type { Statement } from '../database/pipeline';
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
  /** Text that is in what was said. */
  q?: string;
  after?: StoredPlace;
  limit: number;
}

const SELECT = `SELECT t.id, t.transcript_sid AS "transcriptSid", t.status, t.date_created AS "dateCreated",
  t.date_updated AS "dateUpdated", t.duration, t.language_code AS "languageCode", t.sentences, t.full_text AS "fullText",
  t.created_at AS "createdAt"
FROM stored_twilio_transcripts t`;

/** Not what somebody only asked for, of which nobody knows yet whether it is there; and not what was deleted. */
const IS_KNOWN = `t.state <> 'asked' AND t.deleted_at IS NULL`;

export function storedBySid({ userId }: Owner, transcriptSid: string): Statement<ToldStoredTranscript> {
  return {
    name: 'stored-transcript-by-sid',
    text: `${SELECT} WHERE t.user_id = $1 AND t.transcript_sid = $2 AND ${IS_KNOWN}`,
    values: [userId, transcriptSid],
  };
}

/** Newest first. */
export function storedPage(owner: Owner, filter: StoredFilter): Statement<ToldStoredTranscript> {
  const { conditions, values } = conditionsOf(owner, filter);
  if (filter.after !== undefined) {
    const { dateCreated, id } = filter.after;
    conditions.push(`(t.date_created, t.id) < ($${values.push(dateCreated.toISOString())}, $${values.push(id)})`);
  }
  return {
    text: `${SELECT} WHERE ${conditions.join(' AND ')} ORDER BY t.date_created DESC, t.id DESC LIMIT $${values.push(filter.limit)}`,
    values,
  };
}

export function storedTotal(owner: Owner, filter: Omit<StoredFilter, 'limit'>): Statement<{ total: number }> {
  const { conditions, values } = conditionsOf(owner, filter);
  return {
    text: `SELECT count(*)::integer AS total FROM stored_twilio_transcripts t WHERE ${conditions.join(' AND ')}`,
    values,
  };
}

function conditionsOf({ userId }: Owner, { status, q }: Omit<StoredFilter, 'limit'>) {
  const values: (string | number)[] = [userId];
  const conditions = ['t.user_id = $1', IS_KNOWN];
  if (status !== undefined) conditions.push(`t.status = $${values.push(status)}`);
  if (q !== undefined) conditions.push(`t.full_text ILIKE $${values.push(`%${q.replace(/[\\%_]/g, '\\$&')}%`)}`);
  return { conditions, values };
}
