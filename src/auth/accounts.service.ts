import { Injectable } from '@nestjs/common';
import { QueryFailedError } from 'typeorm';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';
import { User } from '../users/user.entity';
import { AccessTokens } from './access-tokens';
import { EmailTaken, IncorrectCredentials } from './auth.errors';
import { Passwords } from './passwords';
import { IssuedRefreshToken, RefreshTokens } from './refresh-tokens.service';

export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  expiresInSeconds: number;
}

interface KnownUser {
  id: number;
  password_hash: string | null;
  is_active: boolean;
}

/** Signing up, in and out. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly db: Database,
    private readonly passwords: Passwords,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
  ) {}

  /** @throws EmailTaken, SignInBusy */
  async register(email: string, password: string, name: string | null = null): Promise<User> {
    const address = normalEmail(email);
    if ((await this.find(address)) !== undefined) throw new EmailTaken();
    const passwordHash = await this.passwords.hash(password);
    const owner = await this.newOwner();
    try {
      return await this.db.asNewOwner(owner, async (tx) => {
        await tx.insert(User, { id: owner.userId, email: address, passwordHash, name });
        return tx.findOneByOrFail(User, { id: owner.userId });
      });
    } catch (error) {
      // Two people, or one with a double click, registering the same address at the same moment.
      if (isUniqueViolation(error)) throw new EmailTaken();
      throw error;
    }
  }

  /** @throws IncorrectCredentials, whatever of the two was wrong, and SignInBusy */
  async signIn(email: string, password: string): Promise<TokenPair & { user: User }> {
    const known = await this.find(normalEmail(email));
    const isRight = await this.passwords.matches(known?.password_hash, password);
    if (known === undefined || !isRight || !known.is_active) throw new IncorrectCredentials();
    const owner: Owner = { userId: known.id };
    const { user, issued } = await this.db.asOwner(owner, async (tx) => ({
      issued: await this.refreshTokens.begin(tx, owner),
      user: await tx.findOneByOrFail(User, { id: owner.userId }),
    }));
    return { ...this.pair(owner, issued), user };
  }

  /** @throws RefreshTokenInvalid */
  async refresh(refreshToken: string): Promise<TokenPair> {
    const issued = await this.refreshTokens.rotate(refreshToken);
    return this.pair(issued.owner, issued);
  }

  async signOut(refreshToken: string): Promise<void> {
    await this.refreshTokens.revoke(refreshToken);
  }

  /** Makes sure that a user is there and can sign in with this password; for the demo user of a sandbox start. */
  async ensureUser(email: string, password: string, name: string): Promise<Owner> {
    const known = await this.find(normalEmail(email));
    if (known === undefined) {
      try {
        return { userId: (await this.register(email, password, name)).id };
      } catch (error) {
        if (error instanceof EmailTaken) return this.ensureUser(email, password, name);
        throw error;
      }
    }
    const owner: Owner = { userId: known.id };
    if (!(await this.passwords.matches(known.password_hash, password))) {
      const passwordHash = await this.passwords.hash(password);
      await this.db.asOwner(owner, (tx) => tx.update(User, { id: owner.userId }, { passwordHash }));
    }
    return owner;
  }

  private pair(owner: Owner, { refreshToken, issuedAt }: IssuedRefreshToken): TokenPair {
    return { ...this.accessTokens.issue(owner, issuedAt), refreshToken };
  }

  private async find(email: string): Promise<KnownUser | undefined> {
    const [row] = await this.db.lookup<KnownUser>('SELECT id, password_hash, is_active FROM lookup_user_by_email($1)', [
      email,
    ]);
    return row;
  }

  /** The id comes first: the transaction that inserts the row is already bound to it. */
  private async newOwner(): Promise<Owner> {
    const [row] = await this.db.lookup<{ id: number }>(`SELECT nextval('users_id_seq')::integer AS id`);
    if (row === undefined) throw new Error('The users sequence gave no id');
    return { userId: row.id };
  }
}

/** Two spellings of one address are one user. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const cause: unknown = error.driverError;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === '23505';
}
