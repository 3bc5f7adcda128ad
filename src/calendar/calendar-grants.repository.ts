import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { EntityManager, Raw } from 'typeorm';
import type { Owner } from '../common/owner';
import { SecretBox } from '../common/secret-box';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import type { GrantedTokens } from '../integrations/calendar/calendar-provider';
import { CalendarGrant } from './calendar-grant.entity';
import { lookAgain } from './calendar-syncs.repository';

/** A grant as it is used: with its tokens in clear, for as long as somebody needs them. */
export interface OpenGrant {
  id: number;
  revision: number;
  accessToken: string;
  accessExpiresAt: Date;
  refreshToken: string;
}

export type GrantRead = { state: 'none' } | { state: 'over' } | { state: 'open'; grant: OpenGrant };

type LeaseKind = 'renewal' | 'writing';

/** The rows of grants. Tokens are sealed on their way in, each for its column, row and user. */
@Injectable()
export class CalendarGrantRows {
  private readonly box: SecretBox;

  constructor(
    @Inject(APP_CONFIG) config: Pick<AppConfig, 'encryptionKeys'>,
    private readonly db: Database,
  ) {
    this.box = new SecretBox(config.encryptionKeys, 'calendar-tokens');
  }

  /** The key that tokens are sealed with now. */
  get keyId(): string {
    return this.box.keyId;
  }

  async find(owner: Owner): Promise<CalendarGrant | null> {
    return this.db.asOwner(owner, (tx) => tx.findOneBy(CalendarGrant, { userId: owner.userId }));
  }

  /** @throws CannotOpen */
  async read(owner: Owner): Promise<GrantRead> {
    const row = await this.find(owner);
    if (row === null) return { state: 'none' };
    const { id, revision, accessToken, accessExpiresAt, refreshToken } = row;
    if (row.needsReconnect || accessToken === null || accessExpiresAt === null || refreshToken === null) {
      return { state: 'over' };
    }
    return {
      state: 'open',
      grant: {
        id,
        revision,
        accessToken: this.box.open(accessToken, placeOf('access_token', row)),
        accessExpiresAt,
        refreshToken: this.box.open(refreshToken, placeOf('refresh_token', row)),
      },
    };
  }

  /** Keeps what was granted, in place of what was there. Whoever is renewing the former tokens comes too late. */
  async store(owner: Owner, tokens: GrantedTokens & { refreshToken: string }): Promise<void> {
    await this.db.asOwner(owner, async (tx) => {
      await tx.query(
        `INSERT INTO calendar_grants (user_id, scopes, key_id, connected_at) VALUES ($1, '{}', $2, now())
         ON CONFLICT (user_id) DO NOTHING`,
        [owner.userId, this.box.keyId],
      );
      const row = await this.locked(tx, owner);
      if (row === null) throw new Error('A calendar grant is gone that was just written.');
      await tx.update(CalendarGrant, key(owner), {
        ...this.sealed(row, tokens),
        email: tokens.email ?? null,
        scopes: [...tokens.scopes],
        needsReconnect: false,
        revision: row.revision + 1,
        renewalClaim: null,
        renewalUntil: null,
        // Another account may live elsewhere.
        timeZone: null,
        connectedAt: () => 'now()',
      });
    });
  }

  /** Keeps renewed tokens; false where the claim is not the one (any more). */
  async storeRenewed(owner: Owner, claim: string, tokens: GrantedTokens): Promise<boolean> {
    return this.db.asOwner(owner, async (tx) => {
      const row = await this.locked(tx, owner);
      if (row?.renewalClaim !== claim) return false;
      await tx.update(CalendarGrant, key(owner), {
        ...this.sealed(row, tokens),
        revision: row.revision + 1,
        renewalClaim: null,
        renewalUntil: null,
      });
      return true;
    });
  }

  /** The grant is over: nothing of it is kept that opens anything. False where it is another one by now. */
  async markOver(owner: Owner, revision: number): Promise<boolean> {
    return this.db.asOwner(owner, async (tx) => {
      const { affected } = await tx.update(
        CalendarGrant,
        { ...key(owner), revision },
        {
          needsReconnect: true,
          accessToken: null,
          refreshToken: null,
          accessExpiresAt: null,
          renewalClaim: null,
          renewalUntil: null,
          revision: revision + 1,
        },
      );
      return affected === 1;
    });
  }

  async noteTimeZone(owner: Owner, timeZone: string): Promise<void> {
    await this.db.asOwner(owner, (tx) =>
      tx.update(
        CalendarGrant,
        { ...key(owner), timeZone: Raw((column) => `${column} IS DISTINCT FROM :zone`, { zone: timeZone }) },
        { timeZone },
      ),
    );
  }

  /** Not where it was connected anew meanwhile. */
  async remove(owner: Owner, { id, connectedAt }: CalendarGrant): Promise<void> {
    const isOfThen = Raw((column) => `date_trunc('milliseconds', ${column}) = :connectedAt`, { connectedAt });
    await this.db.asOwner(owner, async (tx) => {
      await tx.delete(CalendarGrant, { ...key(owner), id, connectedAt: isOfThen });
      // Whoever follows it hears of this, or will, whatever dies after the commit.
      await lookAgain(tx, owner);
    });
  }

  /**
   * A lease for one at a time, of all processes; null where somebody has it, there is no grant, or it is not of this revision.
   */
  async claim(owner: Owner, kind: LeaseKind, seconds: number, revision?: number): Promise<string | null> {
    const claim = randomUUID();
    const until = () => `clock_timestamp() + interval '${seconds} seconds'`;
    return this.db.asOwner(owner, async (tx) => {
      const { affected } = await tx
        .createQueryBuilder()
        .update(CalendarGrant)
        .set(
          kind === 'renewal'
            ? { renewalClaim: claim, renewalUntil: until }
            : { writingClaim: claim, writingUntil: until },
        )
        .where(`user_id = :userId AND (${kind}_until IS NULL OR ${kind}_until < clock_timestamp())`, key(owner))
        .andWhere(revision === undefined ? 'true' : 'revision = :revision', { revision })
        .execute();
      return affected === 1 ? claim : null;
    });
  }

  /** Whoever works longer holds it longer; nothing happens where it is somebody else's by now. */
  async extendWriting(owner: Owner, claim: string, seconds: number): Promise<void> {
    await this.db.asOwner(owner, (tx) =>
      tx.update(
        CalendarGrant,
        { ...key(owner), writingClaim: claim },
        { writingUntil: () => `clock_timestamp() + interval '${seconds} seconds'` },
      ),
    );
  }

  async release(owner: Owner, kind: LeaseKind, claim: string): Promise<void> {
    const changes =
      kind === 'renewal' ? { renewalClaim: null, renewalUntil: null } : { writingClaim: null, writingUntil: null };
    const held = kind === 'renewal' ? { renewalClaim: claim } : { writingClaim: claim };
    await this.db.asOwner(owner, (tx) => tx.update(CalendarGrant, { ...key(owner), ...held }, changes));
  }

  /** Seals the owner's tokens with the key of now; false where they were. @throws CannotOpen */
  async reseal(owner: Owner): Promise<boolean> {
    // Those of users who are switched off too: they may come back.
    return this.db.asNewOwner(owner, async (tx) => {
      const row = await this.locked(tx, owner);
      if (row === null || row.keyId === this.box.keyId) return false;
      const again = (column: TokenColumn, sealed: string | null) =>
        sealed === null ? null : this.box.seal(this.box.open(sealed, placeOf(column, row)), placeOf(column, row));
      await tx.update(CalendarGrant, key(owner), {
        accessToken: again('access_token', row.accessToken),
        refreshToken: again('refresh_token', row.refreshToken),
        keyId: this.box.keyId,
      });
      return true;
    });
  }

  private locked(tx: EntityManager, owner: Owner): Promise<CalendarGrant | null> {
    return tx.findOne(CalendarGrant, { where: key(owner), lock: { mode: 'pessimistic_write' } });
  }

  /** All of a row's tokens are of one key. */
  private sealed(row: CalendarGrant, tokens: GrantedTokens) {
    const refreshToken =
      tokens.refreshToken ??
      (row.refreshToken === null ? undefined : this.box.open(row.refreshToken, placeOf('refresh_token', row)));
    return {
      accessToken: this.box.seal(tokens.accessToken, placeOf('access_token', row)),
      accessExpiresAt: tokens.expiresAt,
      refreshToken: refreshToken === undefined ? null : this.box.seal(refreshToken, placeOf('refresh_token', row)),
      keyId: this.box.keyId,
    };
  }
}

type TokenColumn = 'access_token' | 'refresh_token';

const key = ({ userId }: Owner) => ({ userId });

function placeOf(column: TokenColumn, { id, userId }: CalendarGrant): string {
  return `calendar_grants.${column}:${id}:${userId}`;
}
