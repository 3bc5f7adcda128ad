import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { WallClock } from '../../wall-clock';
import type { Person } from '../people';
import type { AuthorizationRequest } from './authorization-request';
import { OAuthError } from './oauth-error';

/** About ten minutes, says the field; the page does not. */
const CODE_LIFETIME_MS = 10 * 60_000;
const MAX_CODES = 10_000;

/** What a person has agreed to, waiting for its exchange. */
export interface AuthorizationCode {
  readonly request: AuthorizationRequest;
  readonly person: Person;
  /** Without what was unticked. */
  readonly scopes: readonly string[];
  readonly expiresAtMs: number;
  isSpent: boolean;
}

/** Codes that were handed out; each can be exchanged once, for its redirect_uri and with its PKCE verifier. */
export class AuthorizationCodes {
  private readonly codes = new Map<string, AuthorizationCode>();

  constructor(private readonly clock: WallClock) {}

  issue(request: AuthorizationRequest, person: Person, scopes: readonly string[]): string {
    const code = `4/0${randomBytes(40).toString('base64url')}`;
    this.codes.set(code, {
      request,
      person,
      scopes,
      expiresAtMs: this.clock.nowMs() + CODE_LIFETIME_MS,
      isSpent: false,
    });
    for (const oldest of this.codes.keys()) {
      if (this.codes.size <= MAX_CODES) break;
      this.codes.delete(oldest);
    }
    return code;
  }

  /** Without using it up. */
  peek(code: string): AuthorizationCode | undefined {
    return this.codes.get(code);
  }

  /** @throws OAuthError */
  exchange(code: string, redirectUri: string, verifier: string | null): AuthorizationCode {
    const found = this.codes.get(code);
    if (!found) throw new OAuthError('invalid_grant', 'Malformed auth code.');
    if (found.isSpent || found.expiresAtMs <= this.clock.nowMs()) throw new OAuthError('invalid_grant', 'Bad Request');
    if (found.request.redirectUri !== redirectUri) throw new OAuthError('redirect_uri_mismatch', 'Bad Request');
    checkVerifier(found.request.challenge, verifier);
    found.isSpent = true;
    return found;
  }
}

/** RFC 7636 section 4.6. @throws OAuthError */
function checkVerifier(challenge: AuthorizationRequest['challenge'], verifier: string | null): void {
  if (!challenge) {
    if (verifier) throw new OAuthError('invalid_grant', 'code_verifier or verifier is not needed.');
    return;
  }
  if (!verifier) throw new OAuthError('invalid_grant', 'Missing code verifier.');
  const answer = challenge.method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url');
  const [given, expected] = [Buffer.from(answer), Buffer.from(challenge.value)];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new OAuthError('invalid_grant', 'Invalid code verifier.');
  }
}
