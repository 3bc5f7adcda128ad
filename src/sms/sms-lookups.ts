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

  /** A few of each user that are to be sent, the longest due first. */
  async toSend(now: Date): Promise<SmsRef[]> {
    return (await this.db.lookup<Row>('SELECT user_id, id FROM lookup_sms_to_send($1)', [now])).map(toRef);
  }

  /** A few of each user that the carrier is to be asked about, the longest due first. */
  async toLookAt(now: Date): Promise<SmsRef[]> {
    return (await this.db.lookup<Row>('SELECT user_id, id FROM lookup_sms_to_look_at($1)', [now])).map(toRef);
  }

  /** How many attempts without a known outcome the carrier's list cannot tell from this one; itself included. */
  async rivals(smsId: string): Promise<number> {
    const [row] = await this.db.lookup<{ count: number }>('SELECT lookup_sms_rivals($1) AS count', [smsId]);
    return row?.count ?? 0;
  }

  /** Who was in touch with this person last, from that number: by a text, or by a call of either side. */
  async lastContact(phoneNumber: string, ownNumber: string): Promise<Owner | null> {
    const [row] = await this.db.lookup<{ user_id: number }>('SELECT user_id FROM lookup_last_contact($1, $2)', [
      phoneNumber,
      ownNumber,
    ]);
    return row === undefined ? null : { userId: row.user_id };
  }

  /** Whether a word of STOP or START came from this person after that time. */
  async hasLaterWord(phoneNumber: string, ownNumber: string, after: Date): Promise<boolean> {
    const [row] = await this.db.lookup<{ has: boolean }>('SELECT lookup_later_word($1, $2, $3) AS has', [
      phoneNumber,
      ownNumber,
      after,
    ]);
    return row?.has === true;
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
