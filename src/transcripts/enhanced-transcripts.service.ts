import { Injectable } from '@nestjs/common';
import { EntityManager, IsNull } from 'typeorm';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';
import { renamed } from './enhance';
import { EnhancedTranscript } from './enhanced-transcript.entity';
import {
  foundTranscripts,
  ListedTranscript,
  ToldTranscript,
  transcriptBySid,
  TranscriptFilter,
  TranscriptPage,
  transcriptsPage,
  TranscriptPlace,
  transcriptsTotal,
  wholeTranscriptsPage,
} from './enhanced-transcripts.repository';
import { TranscriptNotFound } from './transcripts.errors';

/** Of a long list: transcripts of an hour have some hundred kilobytes each, and are read in one piece. */
const AT_ONCE = 5;

/** What an owner may write on a transcript. */
export interface TranscriptNotes {
  notes?: string | null;
  /** What participants are called, by channel; null: by their role again. */
  names?: Record<string, string | null>;
}

/** Transcripts with roles, times and figures, for their owners; they are made by transcript-writer.service.ts. */
@Injectable()
export class EnhancedTranscripts {
  constructor(private readonly db: Database) {}

  async list(
    owner: Owner,
    filter: TranscriptFilter,
    page: TranscriptPage,
  ): Promise<{ rows: ListedTranscript[]; total: number; hasMore: boolean }> {
    // One more than is asked for tells whether there are more.
    const { rows, total } = await this.read(owner, filter, { ...page, limit: page.limit + 1 });
    return { rows: rows.slice(0, page.limit), total, hasMore: rows.length > page.limit };
  }

  /** @throws TranscriptNotFound */
  async get(owner: Owner, sid: string): Promise<ToldTranscript> {
    const [[row]] = await this.db.readAsOwner(owner, transcriptBySid(owner, sid));
    if (row === undefined) throw new TranscriptNotFound();
    return row;
  }

  /** Every one, newest first; few at a time, each few in a transaction of their own. */
  async *all(owner: Owner, filter: TranscriptFilter): AsyncGenerator<ToldTranscript> {
    let after: TranscriptPlace | undefined;
    for (;;) {
      const [rows] = await this.db.readAsOwner(owner, wholeTranscriptsPage(owner, filter, { after, limit: AT_ONCE }));
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < AT_ONCE) return;
      after = { callDate: last.callDate, id: last.id };
    }
  }

  /** @throws TranscriptNotFound */
  async update(owner: Owner, sid: string, { notes, names }: TranscriptNotes): Promise<ToldTranscript> {
    const { id } = await this.get(owner, sid);
    await this.db.asOwner(owner, async (tx) => {
      const row = await tx.findOne(EnhancedTranscript, {
        where: { userId: owner.userId, id, deletedAt: IsNull() },
        lock: { mode: 'pessimistic_write' },
      });
      if (row === null) throw new TranscriptNotFound();
      if (notes !== undefined) await tx.update(EnhancedTranscript, { userId: owner.userId, id }, { notes });
      if (names !== undefined) await this.rename(tx, row, names);
    });
    return this.get(owner, sid);
  }

  /** Nothing of what was said is left, and it is not made again. @throws TranscriptNotFound */
  async delete(owner: Owner, sid: string): Promise<void> {
    const { id, callId, transcriptSid } = await this.get(owner, sid);
    await this.db.asOwner(owner, async (tx) => {
      // In the order in which they are written.
      await tx.query(
        `UPDATE stored_twilio_transcripts SET deleted_at = now(), full_text = '', sentences = '[]', notes = NULL
         WHERE user_id = $1 AND (transcript_sid = $2 OR call_id = $3)`,
        [owner.userId, transcriptSid, callId],
      );
      await tx.query(
        `UPDATE enhanced_transcripts SET deleted_at = now(), full_text = '', search = '', notes = NULL,
           participant_info = '{}', conversation_flow = '[]', summary_data = '{}', names = '{}',
           sentiment = NULL, sentiment_score = NULL, topics = '{}', insight_due_at = NULL
         WHERE user_id = $1 AND id = $2`,
        [owner.userId, id],
      );
    });
  }

  private async read(
    owner: Owner,
    { q, ...filter }: TranscriptFilter,
    page: TranscriptPage,
  ): Promise<{ rows: ListedTranscript[]; total: number }> {
    if (q === undefined) {
      const [rows, [count]] = await this.db.readAsOwner(
        owner,
        transcriptsPage(owner, filter, page),
        transcriptsTotal(owner, filter),
      );
      return { rows, total: count?.total ?? 0 };
    }
    const [found] = await this.db.readAsOwner(owner, foundTranscripts(owner, q, filter, page));
    return { rows: found.filter((row) => row.id !== null), total: found[0]?.total ?? 0 };
  }

  private async rename(
    tx: EntityManager,
    row: EnhancedTranscript,
    given: Record<string, string | null>,
  ): Promise<void> {
    const names = Object.fromEntries(
      Object.entries({ ...row.names, ...given }).flatMap(([channel, name]) => (name === null ? [] : [[channel, name]])),
    );
    const { participantInfo, conversationFlow } = renamed(row, names);
    await tx.update(
      EnhancedTranscript,
      { userId: row.userId, id: row.id },
      { names, participantInfo, conversationFlow },
    );
  }
}
