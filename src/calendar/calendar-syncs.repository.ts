import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';
import { CalendarSync } from './calendar-sync.entity';

/** Longer than one question to Google takes, its repetitions included: whoever is at it holds on before each. */
const LEASE_SECONDS = 60;
/** Many changes in a row are one. */
const SOON_SECONDS = 1;

const UNTIL = `clock_timestamp() + interval '${LEASE_SECONDS} seconds'`;

/** The right to follow an owner's calendar, and to write what comes of it, until somebody else has it. */
export interface SyncClaim {
  owner: Owner;
  token: string;
  /** As it was when the right was given. */
  wantedVersion: number;
}

/** Somebody else has it by now, or the calendar was connected anew: nothing is written any more. */
export class SyncClaimLost extends Error {}

export interface SyncEnd {
  syncToken: string | null;
  /** When all events of the next days were looked at last; null: they have to be. */
  windowReadAt: Date | null;
  /** Null: not before something happens. */
  nextInSeconds: number | null;
  trouble: string | null;
  /** The calls are as the owner wants them, as of the claim. */
  isInLine: boolean;
}

export interface Channel {
  id: string;
  tokenHash: string;
  resourceId: string;
  expiresAt: Date;
}

/** How far each calendar was followed: rows, and the leases on them. */
@Injectable()
export class CalendarSyncRows {
  constructor(private readonly db: Database) {}

  async find(owner: Owner): Promise<CalendarSync | null> {
    return this.db.asOwner(owner, (tx) => tx.findOneBy(CalendarSync, { userId: owner.userId }));
  }

  /** A calendar that was connected, or connected anew, is followed from the beginning. The former channel is replaced. */
  async begin(owner: Owner): Promise<void> {
    await this.db.asOwner(owner, (tx) =>
      tx.query(
        `INSERT INTO calendar_syncs AS s (user_id, connected_at, next_sync_at)
         SELECT user_id, connected_at, clock_timestamp() FROM calendar_grants WHERE user_id = $1 AND NOT needs_reconnect
         ON CONFLICT (user_id) DO UPDATE SET connected_at = EXCLUDED.connected_at, next_sync_at = EXCLUDED.next_sync_at,
           sync_token = NULL, window_read_at = NULL, channel_expires_at = NULL, watch_again_at = NULL, trouble = NULL,
           failures = 0, claim = NULL, claimed_until = NULL, updated_at = clock_timestamp()
         WHERE s.connected_at <> EXCLUDED.connected_at`,
        [owner.userId],
      ),
    );
  }

  /** Something has changed there. What is in trouble, or has stopped, is not woken up by that. */
  async callFor(owner: Owner): Promise<void> {
    await this.db.asOwner(owner, (tx) =>
      tx.query(
        `UPDATE calendar_syncs SET is_called_for = true, next_sync_at = CASE WHEN failures = 0
           THEN least(next_sync_at, clock_timestamp() + interval '${SOON_SECONDS} seconds') ELSE next_sync_at END
         WHERE user_id = $1 AND next_sync_at IS NOT NULL`,
        [owner.userId],
      ),
    );
  }

  /** Its owner has said something new. */
  async lookAgain(owner: Owner): Promise<void> {
    await this.db.asOwner(owner, (tx) => lookAgain(tx, owner));
  }

  /** Null where it is not due, or somebody is at it. */
  async claim(owner: Owner): Promise<{ claim: SyncClaim; row: CalendarSync } | null> {
    return this.db.asOwner(owner, async (tx) => {
      const [claimed] = await tx.query<[{ claim: string }[], number]>(
        `UPDATE calendar_syncs SET claim = gen_random_uuid(), claimed_until = ${UNTIL}, is_called_for = false
         WHERE user_id = $1 AND next_sync_at <= clock_timestamp()
           AND (claimed_until IS NULL OR claimed_until < clock_timestamp()) RETURNING claim`,
        [owner.userId],
      );
      const [first] = claimed;
      if (first === undefined) return null;
      const row = await tx.findOneByOrFail(CalendarSync, { userId: owner.userId });
      return { claim: { owner, token: first.claim, wantedVersion: row.wantedVersion }, row };
    });
  }

  /** Before each question to Google. @throws SyncClaimLost */
  async holdOn(claim: SyncClaim): Promise<void> {
    await this.db.asOwner(claim.owner, (tx) => this.confirm(tx, claim));
  }

  /** Nobody else has it, or gets it until the end of the transaction. @throws SyncClaimLost */
  async confirm(tx: EntityManager, { owner, token }: SyncClaim): Promise<void> {
    const [, count] = await tx.query<[unknown[], number]>(
      `UPDATE calendar_syncs SET claimed_until = ${UNTIL}
       WHERE user_id = $1 AND claim = $2 AND claimed_until > clock_timestamp()`,
      [owner.userId, token],
    );
    if (count !== 1) throw new SyncClaimLost();
  }

  /** @throws SyncClaimLost */
  async finish(claim: SyncClaim, end: SyncEnd): Promise<void> {
    await this.db.asOwner(claim.owner, async (tx) => {
      await this.confirm(tx, claim);
      const next = `clock_timestamp() + make_interval(secs => $4::double precision)`;
      await tx.query(
        `UPDATE calendar_syncs SET sync_token = $2, trouble = $5, failures = CASE WHEN $5::text IS NULL THEN 0 ELSE failures + 1 END,
           synced_at = CASE WHEN $5::text IS NULL THEN clock_timestamp() ELSE synced_at END,
           window_read_at = CASE WHEN is_called_for THEN NULL ELSE $3::timestamptz END,
           next_sync_at = CASE WHEN wanted_version > $6 OR (is_called_for AND $5::text IS NULL) THEN clock_timestamp() ELSE ${next} END,
           followed_version = CASE WHEN $7 THEN $6 ELSE followed_version END,
           claim = NULL, claimed_until = NULL, updated_at = clock_timestamp()
         WHERE user_id = $1`,
        [
          claim.owner.userId,
          end.syncToken,
          end.windowReadAt,
          end.nextInSeconds,
          end.trouble,
          claim.wantedVersion,
          String(end.isInLine),
        ],
      );
    });
  }

  /** Not to be tried again before a time; with a channel that was opened, or without. @throws SyncClaimLost */
  async noteWatch(claim: SyncClaim, channel: Channel | null, againAt: Date | null): Promise<void> {
    await this.db.asOwner(claim.owner, async (tx) => {
      await this.confirm(tx, claim);
      await tx.update(
        CalendarSync,
        { userId: claim.owner.userId },
        {
          watchAgainAt: againAt,
          ...(channel === null
            ? {}
            : {
                channelId: channel.id,
                channelTokenHash: channel.tokenHash,
                resourceId: channel.resourceId,
                channelExpiresAt: channel.expiresAt,
              }),
        },
      );
    });
  }

  /** There is no channel any more. @throws SyncClaimLost */
  async forgetChannel(claim: SyncClaim): Promise<void> {
    await this.db.asOwner(claim.owner, async (tx) => {
      await this.confirm(tx, claim);
      await tx.update(
        CalendarSync,
        { userId: claim.owner.userId },
        { channelId: null, channelTokenHash: null, resourceId: null, channelExpiresAt: null, watchAgainAt: null },
      );
    });
  }

  /** The calendar is not connected any more. @throws SyncClaimLost */
  async remove(claim: SyncClaim): Promise<void> {
    await this.db.asOwner(claim.owner, async (tx) => {
      await this.confirm(tx, claim);
      await tx.delete(CalendarSync, { userId: claim.owner.userId });
    });
  }

  /** The owners of calendars that are due, the longest first. */
  async due(limit: number): Promise<Owner[]> {
    return this.owners('SELECT user_id FROM lookup_due_calendar_syncs($1)', limit);
  }

  /** Of calendars that are connected and nobody follows. */
  async unfollowed(limit: number): Promise<Owner[]> {
    return this.owners('SELECT user_id FROM lookup_unfollowed_calendars($1)', limit);
  }

  async ofChannel(channelId: string): Promise<{ owner: Owner; tokenHash: string } | null> {
    const [row] = await this.db.lookup<{ user_id: number; token_hash: string }>(
      'SELECT user_id, token_hash FROM lookup_calendar_channel($1)',
      [channelId],
    );
    return row === undefined ? null : { owner: { userId: row.user_id }, tokenHash: row.token_hash };
  }

  private async owners(sql: string, limit: number): Promise<Owner[]> {
    const rows = await this.db.lookup<{ user_id: number }>(sql, [limit]);
    return rows.map(({ user_id: userId }) => ({ userId }));
  }
}

/**
 * Its owner has said something new: all of it is looked at anew, whatever was before, and even where it had stopped. Within a
 * transaction of the owner.
 */
export async function lookAgain(tx: EntityManager, { userId }: Owner): Promise<void> {
  await tx.query(
    `UPDATE calendar_syncs SET wanted_version = wanted_version + 1, next_sync_at = clock_timestamp() WHERE user_id = $1`,
    [userId],
  );
}
