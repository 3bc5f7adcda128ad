import { Injectable } from '@nestjs/common';
import { NotAuthenticated } from '../common/app-error';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';
import { hashOfToken, newOpaqueToken } from '../common/opaque-token';

export const WS_TICKET_SECONDS = 60;

/** Tickets are kept in the database, so any instance can redeem what another has issued. */
@Injectable()
export class WsTickets {
  constructor(private readonly db: Database) {}

  /** Good for one socket within the next minute. */
  async issue(owner: Owner): Promise<string> {
    const ticket = newOpaqueToken();
    await this.db.asOwner(owner, async (tx) => {
      await tx.query('DELETE FROM ws_tickets WHERE user_id = $1 AND expires_at < now()', [owner.userId]);
      await tx.query(
        `INSERT INTO ws_tickets (user_id, ticket_hash, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))`,
        [owner.userId, hashOfToken(ticket), WS_TICKET_SECONDS],
      );
    });
    return ticket;
  }

  /** @returns whose ticket it was, once; undefined when it is unknown, used or too old, or its user is gone */
  async redeem(ticket: string): Promise<Owner | undefined> {
    const ticketHash = hashOfToken(ticket);
    const [row] = await this.db.lookup<{ user_id: number | null }>('SELECT lookup_ws_ticket_owner($1) AS user_id', [
      ticketHash,
    ]);
    if (row?.user_id == null) return undefined;
    const owner: Owner = { userId: row.user_id };
    try {
      return await this.db.asOwner(owner, async (tx) => {
        const deleted = await tx.query<[{ is_current: boolean }[], number]>(
          'DELETE FROM ws_tickets WHERE ticket_hash = $1 RETURNING expires_at > clock_timestamp() AS is_current',
          [ticketHash],
        );
        return deleted[0][0]?.is_current === true ? owner : undefined;
      });
    } catch (error) {
      if (error instanceof NotAuthenticated) return undefined;
      throw error;
    }
  }
}
