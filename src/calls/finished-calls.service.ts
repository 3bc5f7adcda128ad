import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';
import { CallRef } from './call-lookups';
import { isOver } from './call-status';
import { Call } from './call.entity';
import { Turn } from './turn.entity';

/** The last words may be still to come, and whatever reads them costs. */
const READ_AFTER_SECONDS = 15;

/** A call with what was said on it. */
export interface FinishedCall {
  call: Call;
  /** In the order in which they were spoken. */
  turns: Turn[];
}

/**
 * What was said on calls that are over, for whoever makes something of it. A call's words have a version, which rises whenever
 * they have become final: when the carrier says that it is over, and when the conversation is written down, in whichever
 * order. What was made of a version is told to {@link transcribed}; until then the call is due.
 */
@Injectable()
export class FinishedCalls {
  constructor(private readonly db: Database) {}

  /** Null when the call is not over, or nothing of it is due. */
  async due(owner: Owner, callId: string): Promise<FinishedCall | null> {
    const finished = await this.find(owner, callId);
    if (finished === null) return null;
    const { status, wordsVersion, transcribedVersion } = finished.call;
    return isOver(status) && wordsVersion > transcribedVersion ? finished : null;
  }

  /** A call in whatever state; null when it is not there. */
  async find(owner: Owner, callId: string): Promise<FinishedCall | null> {
    return this.db.asOwner(owner, async (tx) => {
      const call = await tx.findOneBy(Call, { userId: owner.userId, id: callId });
      if (call === null) return null;
      const turns = await tx.find(Turn, { where: { userId: owner.userId, callId }, order: { sequence: 'ASC' } });
      return { call, turns };
    });
  }

  /**
   * Notes within the caller's transaction what is being made. False when it must not be: others have made it, or the words
   * have changed since they were read. Whoever comes second waits here until the first is through.
   * @param isToBeRead whether a summary and the like are to be made of its words; of other words they were made before
   */
  async transcribed(
    tx: EntityManager,
    { userId, id, wordsVersion }: Call,
    { isToBeRead }: { isToBeRead: boolean },
  ): Promise<boolean> {
    const [, affected] = await tx.query<[unknown[], number]>(
      `UPDATE calls SET transcribed_version = words_version, analysis_tries = 0, analysis_error = NULL,
         analysed_at = NULL,
         analysis_due_at = CASE WHEN $4 THEN clock_timestamp() + interval '${READ_AFTER_SECONDS} seconds' END
       WHERE user_id = $1 AND id = $2 AND words_version = $3 AND transcribed_version < words_version`,
      [userId, id, wordsVersion, isToBeRead],
    );
    return affected === 1;
  }

  /** Of all users: calls that were over before and are due, the newest first. */
  async allDue(before: Date): Promise<CallRef[]> {
    const rows = await this.db.lookup<{ user_id: number; id: string }>(
      'SELECT user_id, id FROM lookup_untranscribed_calls($1)',
      [before],
    );
    return rows.map(({ user_id: userId, id }) => ({ owner: { userId }, callId: id }));
  }
}
