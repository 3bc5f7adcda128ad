import { randomBytes } from 'node:crypto';
import type { WallClock } from '../../wall-clock';
import type { Person } from '../people';

/** What Google says; it is a second less than the hour that the token lives. */
export const ACCESS_TOKEN_SECONDS = 3599;
/** More live refresh tokens of one person for one client: the oldest stops working without a word. */
const MAX_REFRESH_TOKENS = 100;
/** Ended and expired access tokens are forgotten beyond this many, and are as unknown as they were dead. */
const MAX_ACCESS_TOKENS = 50_000;

/** What one person has allowed the client. Signing in and the calendar are one grant. */
export interface Grant {
  readonly person: Person;
  /** Everything that was ever agreed to and not revoked. */
  readonly scopes: Set<string>;
  /** Whether "while you are not there" was agreed to. */
  isOffline: boolean;
  readonly grantedAtMs: number;
}

export interface RefreshToken {
  readonly value: string;
  readonly grant: Grant;
  readonly scopes: readonly string[];
}

export interface AccessToken {
  readonly value: string;
  readonly grant: Grant;
  readonly scopes: readonly string[];
  expiresAtMs: number;
}

/** What an authorization code was given for; what the exchange is held to. */
export interface Consent {
  person: Person;
  scopes: readonly string[];
  offline: boolean;
  /** `prompt=consent`: a refresh token although there has been one. */
  wantsNewRefreshToken: boolean;
}

/** The grants of the one client, and the tokens that live on them. */
export class Grants {
  accessTokenSeconds = ACCESS_TOKEN_SECONDS;
  private readonly grants = new Map<Person, Grant>();
  private readonly refreshTokens = new Map<string, RefreshToken>();
  private readonly accessTokens = new Map<string, AccessToken>();

  constructor(private readonly clock: WallClock) {}

  all(): Grant[] {
    return [...this.grants.values()];
  }

  of(person: Person): Grant | undefined {
    return this.grants.get(person);
  }

  /** Whether the person has agreed to all of it before. */
  covers(person: Person, scopes: readonly string[], offline = false): boolean {
    const grant = this.grants.get(person);
    if (!grant || (offline && !grant.isOffline)) return false;
    return scopes.every((scope) => grant.scopes.has(scope));
  }

  /**
   * What an exchanged code is worth. A refresh token comes with the first consent to something new, or when the
   * consent was asked for anew, and only for offline access.
   */
  give(consent: Consent): { access: AccessToken; refresh?: RefreshToken } {
    const { person, scopes, offline, wantsNewRefreshToken } = consent;
    const isNew = !this.covers(person, scopes, offline);
    const grant = this.grants.get(person) ?? {
      person,
      scopes: new Set<string>(),
      isOffline: false,
      grantedAtMs: this.clock.nowMs(),
    };
    this.grants.set(person, grant);
    for (const scope of scopes) grant.scopes.add(scope);
    grant.isOffline ||= offline;
    const access = this.newAccessToken(grant, scopes);
    if (!offline || !(isNew || wantsNewRefreshToken)) return { access };
    return { access, refresh: this.newRefreshToken(grant, scopes) };
  }

  findRefreshToken(value: string): RefreshToken | undefined {
    return this.refreshTokens.get(value);
  }

  /** A new access token for a refresh token that is alive. */
  refresh(token: RefreshToken, scopes: readonly string[] = token.scopes): AccessToken {
    return this.newAccessToken(token.grant, scopes);
  }

  /** One that is alive now. */
  findAccessToken(value: string): AccessToken | undefined {
    const token = this.accessTokens.get(value);
    return token && token.expiresAtMs > this.clock.nowMs() ? token : undefined;
  }

  /**
   * Ends the whole grant that a token, of either kind, lives on.
   * @returns the person; `undefined` when there is no such token any more
   */
  revokeByToken(value: string): Person | undefined {
    const grant = this.refreshTokens.get(value)?.grant ?? this.findAccessToken(value)?.grant;
    if (grant) this.revoke(grant.person);
    return grant?.person;
  }

  /** @returns whether there was one */
  revoke(person: Person): boolean {
    const grant = this.grants.get(person);
    if (!grant) return false;
    this.grants.delete(person);
    for (const [value, token] of this.refreshTokens) if (token.grant === grant) this.refreshTokens.delete(value);
    for (const [value, token] of this.accessTokens) if (token.grant === grant) this.accessTokens.delete(value);
    return true;
  }

  /** The access token is over before its time. */
  expire(token: AccessToken): void {
    token.expiresAtMs = this.clock.nowMs();
  }

  /** Of one person or of everybody; says how many were alive. */
  expireAll(person?: Person): number {
    const alive = this.liveAccessTokens().filter(({ grant }) => person === undefined || grant.person === person);
    for (const token of alive) this.expire(token);
    return alive.length;
  }

  counts(grant: Grant): { refreshTokens: number; accessTokens: number } {
    return {
      refreshTokens: [...this.refreshTokens.values()].filter((token) => token.grant === grant).length,
      accessTokens: this.liveAccessTokens().filter((token) => token.grant === grant).length,
    };
  }

  private liveAccessTokens(): AccessToken[] {
    const now = this.clock.nowMs();
    return [...this.accessTokens.values()].filter(({ expiresAtMs }) => expiresAtMs > now);
  }

  private newAccessToken(grant: Grant, scopes: readonly string[]): AccessToken {
    const token: AccessToken = {
      value: `ya29.${randomBytes(64).toString('base64url')}`,
      grant,
      scopes,
      expiresAtMs: this.clock.nowMs() + this.accessTokenSeconds * 1000,
    };
    this.accessTokens.set(token.value, token);
    dropOldest(this.accessTokens, MAX_ACCESS_TOKENS);
    return token;
  }

  private newRefreshToken(grant: Grant, scopes: readonly string[]): RefreshToken {
    const token: RefreshToken = { value: `1//0${randomBytes(48).toString('base64url')}`, grant, scopes };
    this.refreshTokens.set(token.value, token);
    const ofGrant = [...this.refreshTokens.values()].filter((each) => each.grant === grant);
    for (const oldest of ofGrant.slice(0, Math.max(0, ofGrant.length - MAX_REFRESH_TOKENS))) {
      this.refreshTokens.delete(oldest.value);
    }
    return token;
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
