import { Injectable } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';

/** Which call, and whose. */
export interface CallRef {
  owner: Owner;
  callId: string;
}

/** An outbound call whose dialling has no known outcome yet. */
export interface OpenAttempt extends CallRef {
  /** Equal for attempts between the same two numbers. */
  routeHash: string;
  /** When the carrier was asked, or the row made. */
  since: Date;
}

/** How long is too long, in seconds. */
export interface OverdueLimits {
  /** From the dialling to the answer. */
  unanswered: number;
  /** Live although it is known why it has ended. */
  ended: number;
  /** Beyond the maximum duration. */
  grace: number;
}

interface Row {
  user_id: number;
  id: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The questions that come before an owner is known: whose call is this? Each takes an exact key and tells no more. */
@Injectable()
export class CallLookups {
  constructor(private readonly db: Database) {}

  async byAttempt(attemptId: string): Promise<CallRef | null> {
    if (!isUuid(attemptId)) return null;
    return this.one('SELECT user_id, id FROM lookup_call_by_attempt($1)', attemptId);
  }

  async bySid(callSid: string): Promise<CallRef | null> {
    return this.one('SELECT user_id, id FROM lookup_call_by_sid($1)', callSid);
  }

  /** With the attempt that its stream token is made from. */
  async byId(callId: string): Promise<(CallRef & { attemptId: string | null }) | null> {
    if (!isUuid(callId)) return null;
    const [row] = await this.db.lookup<Row & { attempt_id: string | null }>(
      'SELECT user_id, id, attempt_id FROM lookup_call_by_id($1)',
      [callId],
    );
    return row === undefined ? null : { ...toRef(row), attemptId: row.attempt_id };
  }

  /** The clock that rows are written by. */
  async databaseNow(): Promise<Date> {
    const [row] = await this.db.lookup<{ now: Date }>('SELECT clock_timestamp() AS now');
    if (row === undefined) throw new Error('The database does not say how late it is.');
    return row.now;
  }

  /** Of all users, oldest first. */
  async openAttempts(): Promise<OpenAttempt[]> {
    const rows = await this.db.lookup<Row & { route_hash: string; since: Date }>(
      'SELECT user_id, id, route_hash, since FROM lookup_open_attempts()',
    );
    return rows.map((row) => ({ ...toRef(row), routeHash: row.route_hash, since: row.since }));
  }

  /** Of all users: calls that should be over by now although nobody has said so. */
  async overdue(now: Date, { unanswered, ended, grace }: OverdueLimits): Promise<CallRef[]> {
    const rows = await this.db.lookup<Row>('SELECT user_id, id FROM lookup_overdue_calls($1, $2, $3, $4)', [
      now,
      unanswered,
      ended,
      grace,
    ]);
    return rows.map(toRef);
  }

  private async one(sql: string, key: string): Promise<CallRef | null> {
    const [row] = await this.db.lookup<Row>(sql, [key]);
    return row === undefined ? null : toRef(row);
  }
}

function toRef(row: Row): CallRef {
  return { owner: { userId: row.user_id }, callId: row.id };
}
