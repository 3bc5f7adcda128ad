import { createSecretKey, hash, KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { NotAuthenticated } from '../common/app-error';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { TokenExpired } from './auth.errors';

export const ACCESS_TOKEN_SECONDS = 30 * 60;

/** RFC 6750; the word may be written in any case (RFC 9110, section 11.1). */
const BEARER = /^Bearer +(\S+)$/i;

/** The access token in an `Authorization` header. @throws NotAuthenticated */
export function bearerOf(authorization: string | undefined): string {
  const accessToken = BEARER.exec(authorization ?? '')?.[1];
  if (accessToken === undefined) throw new NotAuthenticated();
  return accessToken;
}

/** What a token of ours must say, and how it must be signed. */
const TOKEN_RULES = {
  issuer: 'speech-assistant',
  audience: 'speech-assistant-api',
  algorithm: 'HS256',
} as const;

interface AccessTokenClaims {
  /** The user's id, as text (RFC 7519). */
  sub: string;
  iat: number;
  exp: number;
}

/** Tokens that need no second look, at about 200 bytes each. */
const MAX_VERIFIED = 20_000;

/** A key object: with a string, each verification first tries to read it as a public key, at 50 times the cost. */
function signingKey(config: AppConfig): KeyObject {
  return createSecretKey(Buffer.from(config.secretKey));
}

/** PostgreSQL's integer. */
const MAX_USER_ID = 2_147_483_647;

/** @throws NotAuthenticated when the claims name nobody */
function ownerOf(claims: Pick<AccessTokenClaims, 'sub'>): Owner {
  const userId = /^[1-9]\d{0,9}$/.test(claims.sub) ? Number(claims.sub) : 0;
  if (userId === 0 || userId > MAX_USER_ID) throw new NotAuthenticated();
  return { userId };
}

@Injectable()
export class AccessTokens {
  private readonly key: KeyObject;
  /** By the hash of the token, the oldest first. Its signature and claims cannot change, so only its end is looked at. */
  private readonly verified = new Map<string, { owner: Owner; expiresAtMs: number }>();

  constructor(
    @Inject(APP_CONFIG) config: AppConfig,
    private readonly jwt: JwtService,
  ) {
    this.key = signingKey(config);
  }

  /** @param issuedAt the same moment and user give the same token */
  issue(owner: Owner, issuedAt: Date): { accessToken: string; expiresInSeconds: number } {
    const iat = Math.floor(issuedAt.getTime() / 1000);
    const { issuer, audience, algorithm } = TOKEN_RULES;
    const accessToken = this.jwt.sign(
      { iat },
      {
        privateKey: this.key,
        algorithm,
        issuer,
        audience,
        subject: String(owner.userId),
        expiresIn: ACCESS_TOKEN_SECONDS,
      },
    );
    const ageSeconds = Math.max(0, Math.floor(Date.now() / 1000) - iat);
    return { accessToken, expiresInSeconds: ACCESS_TOKEN_SECONDS - ageSeconds };
  }

  /**
   * Who a token belongs to. Whether the user still exists is asked by the owner's transaction.
   * @throws NotAuthenticated, TokenExpired
   */
  verify(accessToken: string): Owner {
    const key = hash('sha256', accessToken, 'base64');
    const known = this.verified.get(key);
    if (known !== undefined && Date.now() < known.expiresAtMs) return known.owner;
    const claims = this.claimsOf(accessToken);
    const owner = ownerOf(claims);
    this.remember(key, { owner, expiresAtMs: claims.exp * 1000 });
    return owner;
  }

  private claimsOf(accessToken: string): AccessTokenClaims {
    const { issuer, audience, algorithm } = TOKEN_RULES;
    try {
      return this.jwt.verify<AccessTokenClaims>(accessToken, {
        // The typings know strings and buffers only.
        secret: this.key as unknown as Buffer,
        algorithms: [algorithm],
        issuer,
        audience,
      });
    } catch (error) {
      throw isExpiry(error) ? new TokenExpired() : new NotAuthenticated();
    }
  }

  private remember(key: string, token: { owner: Owner; expiresAtMs: number }): void {
    const [oldest] = this.verified.keys();
    if (this.verified.size >= MAX_VERIFIED && oldest !== undefined) this.verified.delete(oldest);
    this.verified.set(key, token);
  }
}

function isExpiry(error: unknown): boolean {
  return error instanceof Error && error.name === 'TokenExpiredError';
}
