import { Injectable } from '@nestjs/common';
import { isUuid } from '../calls/call-lookups';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';

/** Which text, and whose. */
export interface SmsRef {
  owner: Owner;
  smsId: string;
}

interface Row {
  user_id: number;
  id: string;
}

/** The questions that come before an owner is known. Each takes an exact key and tells no more. */
@Injectable()
export class SmsLookups {
  constructor(private readonly db: Database) {}

  async bySid(sid: string): Promise<SmsRef | null> {
    return this.one('SELECT user_id, id FROM lookup_sms_by_sid($1)', sid);
  }

  async byAttempt(attemptId: string): Promise<SmsRef | null> {
    return isUuid(attemptId) ? this.one('SELECT user_id, id FROM lookup_sms_by_attempt($1)', attemptId) : null;
  }

  /** Of all users: what has to be seen to, the longest due first. */
  async due(now: Date): Promise<SmsRef[]> {
    return (await this.db.lookup<Row>('SELECT user_id, id FROM lookup_due_sms($1)', [now])).map(toRef);
  }

  /** How many attempts without a known outcome the carrier's list cannot tell from this one; itself included. */
  async rivals(smsId: string): Promise<number> {
    const [row] = await this.db.lookup<{ count: number }>('SELECT lookup_sms_rivals($1) AS count', [smsId]);
    return row?.count ?? 0;
  }

  /** Who has texted this person last from that number. */
  async lastTexter(phoneNumber: string, ownNumber: string): Promise<Owner | null> {
    const [row] = await this.db.lookup<{ user_id: number }>('SELECT user_id FROM lookup_last_texter($1, $2)', [
      phoneNumber,
      ownNumber,
    ]);
    return row === undefined ? null : { userId: row.user_id };
  }

  /** Everybody who has texted or called this person from that number, or was by them. */
  async contactsOf(phoneNumber: string, ownNumber: string): Promise<Owner[]> {
    const rows = await this.db.lookup<{ user_id: number }>('SELECT user_id FROM lookup_contacts_of($1, $2)', [
      phoneNumber,
      ownNumber,
    ]);
    return rows.map(({ user_id: userId }) => ({ userId }));
  }

  /** Of all users: calls that are over and are to be followed by a text. */
  async callsToFollowUp(now: Date): Promise<{ owner: Owner; callId: string }[]> {
    const rows = await this.db.lookup<Row>('SELECT user_id, id FROM lookup_calls_to_follow_up($1)', [now]);
    return rows.map(({ user_id: userId, id: callId }) => ({ owner: { userId }, callId }));
  }

  private async one(sql: string, key: string): Promise<SmsRef | null> {
    const [row] = await this.db.lookup<Row>(sql, [key]);
    return row === undefined ? null : toRef(row);
  }
}

function toRef({ user_id: userId, id: smsId }: Row): SmsRef {
  return { owner: { userId }, smsId };
}
