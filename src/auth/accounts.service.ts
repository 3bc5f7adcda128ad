import { Injectable } from '@nestjs/common';
import { isUniqueViolation } from '../common/database-errors';
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

/** The user of a start without real providers, whose password is no secret. */
export interface DemoUser {
  email: string;
  password: string;
  name: string;
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

  /**
   * Makes sure that the demo user is there and can sign in, also after `retireDemoUser`. For a start in which every
   * provider is simulated.
   */
  async ensureDemoUser({ email, password, name }: DemoUser): Promise<Owner> {
    const known = await this.find(normalEmail(email));
    if (known === undefined) {
      try {
        return { userId: (await this.register(email, password, name)).id };
      } catch (error) {
        if (error instanceof EmailTaken) return this.ensureDemoUser({ email, password, name });
        throw error;
      }
    }
    const owner: Owner = { userId: known.id };
    const isRight = await this.passwords.matches(known.password_hash, password);
    if (isRight && known.is_active) return owner;
    const changes = isRight ? {} : { passwordHash: await this.passwords.hash(password) };
    // `asOwner` lets nobody in who is switched off.
    await this.db.asNewOwner(owner, (tx) => tx.update(User, { id: owner.userId }, { ...changes, isActive: true }));
    return owner;
  }

  /**
   * Switches the demo user off and ends their sessions: a password that everybody knows must not reach a provider that
   * costs money. A user of that address with a password of their own is somebody real and is left alone.
   * @returns whether there was somebody to switch off
   */
  async retireDemoUser({ email, password }: Pick<DemoUser, 'email' | 'password'>): Promise<boolean> {
    const known = await this.find(normalEmail(email));
    if (known === undefined || !known.is_active || known.password_hash === null) return false;
    if (!(await this.passwords.matches(known.password_hash, password))) return false;
    const owner: Owner = { userId: known.id };
    await this.db.asOwner(owner, async (tx) => {
      await this.refreshTokens.endAll(tx, owner);
      await tx.update(User, { id: owner.userId }, { isActive: false });
    });
    return true;
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
function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}
