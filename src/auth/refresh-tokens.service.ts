import { createHmac, hkdfSync, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { RefreshTokenInvalid } from './auth.errors';
import { hashOfToken, newOpaqueToken } from '../common/opaque-token';

const REFRESH_TOKEN_DAYS = 30;

/** How long a client whose answer got lost may ask again with the token it spent. */
const GRACE_SECONDS = 10;

export interface IssuedRefreshToken {
  refreshToken: string;
  /** The moment of issue: the access token beside it is made for the same one. */
  issuedAt: Date;
}

interface TokenState {
  familyId: string;
  isUsable: boolean;
  isSpent: boolean;
  spentJustNow: boolean;
}

/**
 * Refresh tokens rotate: each is good for one successor. A spent one that comes back was copied, unless it is the parent
 * of the newest and comes back at once; then the first answer was lost, and the same successor is told again.
 */
@Injectable()
export class RefreshTokens {
  private readonly successorKey: Buffer;

  constructor(
    @Inject(APP_CONFIG) config: AppConfig,
    private readonly db: Database,
  ) {
    this.successorKey = Buffer.from(hkdfSync('sha256', config.secretKey, '', 'speech-assistant/refresh-successor', 32));
  }

  /** Begins a family, inside the transaction of the sign-in. Tokens of the user that ran out are cleared away. */
  async begin(tx: EntityManager, owner: Owner): Promise<IssuedRefreshToken> {
    await tx.query('DELETE FROM refresh_tokens WHERE user_id = $1 AND expires_at < now()', [owner.userId]);
    return this.insert(tx, owner, randomUUID(), newOpaqueToken());
  }

  /**
   * Spends a token for its successor.
   * @throws RefreshTokenInvalid when it is unknown, expired or revoked, or spent before: then the whole family ends
   */
  async rotate(refreshToken: string): Promise<IssuedRefreshToken & { owner: Owner }> {
    const owner = await this.ownerOf(refreshToken);
    if (owner === undefined) throw new RefreshTokenInvalid();
    // A refusal is a result and not an exception: the end of a family must be committed.
    const issued = await this.db.asOwner(owner, (tx) => this.rotateInTurn(tx, owner, refreshToken));
    if (issued === undefined) throw new RefreshTokenInvalid();
    return { ...issued, owner };
  }

  /** Ends the family of a token. Unknown tokens are no error: signed out is what the client wanted to be. */
  async revoke(refreshToken: string): Promise<void> {
    const owner = await this.ownerOf(refreshToken);
    if (owner === undefined) return;
    await this.db.asOwner(owner, async (tx) => {
      const state = await this.lockFamily(tx, refreshToken);
      if (state !== undefined) await this.endFamily(tx, state.familyId);
    });
  }

  /** Ends every family of a user, inside the transaction that switches them off. */
  async endAll(tx: EntityManager, owner: Owner): Promise<void> {
    await tx.query('UPDATE refresh_tokens SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL', [
      owner.userId,
    ]);
  }

  private async rotateInTurn(
    tx: EntityManager,
    owner: Owner,
    refreshToken: string,
  ): Promise<IssuedRefreshToken | undefined> {
    const state = await this.lockFamily(tx, refreshToken);
    if (state === undefined || !state.isUsable) return undefined;
    const successor = createHmac('sha256', this.successorKey).update(refreshToken).digest('base64url');
    if (!state.isSpent) {
      await tx.query('UPDATE refresh_tokens SET spent_at = clock_timestamp() WHERE token_hash = $1', [
        hashOfToken(refreshToken),
      ]);
      return this.insert(tx, owner, state.familyId, successor);
    }
    if (state.spentJustNow) {
      const [unspent] = await tx.query<{ created_at: Date }[]>(
        'SELECT created_at FROM refresh_tokens WHERE token_hash = $1 AND spent_at IS NULL AND revoked_at IS NULL',
        [hashOfToken(successor)],
      );
      if (unspent !== undefined) return { refreshToken: successor, issuedAt: unspent.created_at };
    }
    await this.endFamily(tx, state.familyId);
    return undefined;
  }

  /** One rotation of a family at a time: whoever comes second sees what the first has done. */
  private async lockFamily(tx: EntityManager, refreshToken: string): Promise<TokenState | undefined> {
    const tokenHash = hashOfToken(refreshToken);
    const [family] = await tx.query<{ family_id: string }[]>(
      'SELECT family_id FROM refresh_tokens WHERE token_hash = $1',
      [tokenHash],
    );
    if (family === undefined) return undefined;
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [family.family_id]);
    const [state] = await tx.query<TokenState[]>(
      `SELECT family_id AS "familyId",
              revoked_at IS NULL AND expires_at > clock_timestamp() AS "isUsable",
              spent_at IS NOT NULL AS "isSpent",
              spent_at IS NOT NULL AND spent_at > clock_timestamp() - make_interval(secs => $2) AS "spentJustNow"
         FROM refresh_tokens WHERE token_hash = $1`,
      [tokenHash, GRACE_SECONDS],
    );
    return state;
  }

  private async insert(
    tx: EntityManager,
    owner: Owner,
    familyId: string,
    refreshToken: string,
  ): Promise<IssuedRefreshToken> {
    const [row] = await tx.query<{ created_at: Date }[]>(
      `INSERT INTO refresh_tokens (user_id, family_id, token_hash, created_at, expires_at)
       VALUES ($1, $2, $3, clock_timestamp(), clock_timestamp() + make_interval(days => $4)) RETURNING created_at`,
      [owner.userId, familyId, hashOfToken(refreshToken), REFRESH_TOKEN_DAYS],
    );
    return { refreshToken, issuedAt: row?.created_at ?? new Date() };
  }

  private async endFamily(tx: EntityManager, familyId: string): Promise<void> {
    await tx.query('UPDATE refresh_tokens SET revoked_at = now() WHERE family_id = $1 AND revoked_at IS NULL', [
      familyId,
    ]);
  }

  private async ownerOf(refreshToken: string): Promise<Owner | undefined> {
    const [row] = await this.db.lookup<{ user_id: number | null }>('SELECT lookup_refresh_token_owner($1) AS user_id', [
      hashOfToken(refreshToken),
    ]);
    return row?.user_id == null ? undefined : { userId: row.user_id };
  }
}
