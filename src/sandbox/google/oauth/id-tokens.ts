import { createHash, generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { WallClock } from '../../wall-clock';
import type { Person } from '../people';
import { EMAIL_SCOPE, PROFILE_SCOPE } from './scopes';

/** Kept although the sandbox is elsewhere: whoever checks an id_token checks this. */
export const ISSUER = 'https://accounts.google.com';
const ID_TOKEN_SECONDS = 3600;

interface SigningKey {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/**
 * Signs id_tokens (https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload). The key
 * is made when it is needed first.
 */
export class IdTokens {
  private key: Promise<SigningKey> | undefined;

  constructor(
    private readonly clientId: string,
    private readonly clock: WallClock,
  ) {}

  /** @param accessToken what comes with it, for `at_hash` */
  async issue(
    person: Person,
    scopes: readonly string[],
    { nonce, accessToken }: { nonce?: string | undefined; accessToken: string },
  ): Promise<string> {
    const { kid, privateKey } = await this.signingKey();
    const iat = Math.floor(this.clock.nowMs() / 1000);
    const payload = {
      iss: ISSUER,
      azp: this.clientId,
      aud: this.clientId,
      ...claimsOf(person, scopes),
      at_hash: createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url'),
      ...(nonce === undefined ? {} : { nonce }),
      iat,
      exp: iat + ID_TOKEN_SECONDS,
    };
    const signed = `${encode({ alg: 'RS256', kid, typ: 'JWT' })}.${encode(payload)}`;
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`;
  }

  /** `GET /oauth2/v3/certs`. */
  async jwks(): Promise<{ keys: object[] }> {
    const { kid, publicKey } = await this.signingKey();
    const { kty, n, e } = publicKey.export({ format: 'jwk' });
    return { keys: [{ kty, alg: 'RS256', use: 'sig', kid, n, e }] };
  }

  /** `GET /oauth2/v1/certs`: where Google has a certificate, here is the public key; the SDKs take both. */
  async pems(): Promise<Record<string, string>> {
    const { kid, publicKey } = await this.signingKey();
    return { [kid]: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
  }

  /** What was signed here and is not over; `undefined` for anything else. */
  async read(idToken: string): Promise<Record<string, unknown> | undefined> {
    const [header = '', payload = '', signature = ''] = idToken.split('.');
    const { privateKey } = await this.signingKey();
    const expected = sign('RSA-SHA256', Buffer.from(`${header}.${payload}`), privateKey).toString('base64url');
    if (signature !== expected) return undefined;
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number };
    return claims.exp * 1000 > this.clock.nowMs() ? { ...claims, alg: 'RS256', typ: 'JWT' } : undefined;
  }

  private signingKey(): Promise<SigningKey> {
    this.key ??= newSigningKey();
    return this.key;
  }
}

/** What the scopes let the client know of a person; in id_tokens and in the userinfo. */
export function claimsOf(person: Person, scopes: readonly string[]): Record<string, unknown> {
  return {
    sub: person.sub,
    ...(scopes.includes(EMAIL_SCOPE) ? { email: person.email, email_verified: true } : {}),
    ...(person.hostedDomain === undefined || !scopes.includes(EMAIL_SCOPE) ? {} : { hd: person.hostedDomain }),
    ...(scopes.includes(PROFILE_SCOPE)
      ? {
          name: person.name,
          given_name: person.givenName,
          ...(person.familyName === '' ? {} : { family_name: person.familyName }),
          picture: `https://lh3.googleusercontent.com/a/sandbox-${person.sub}=s96-c`,
        }
      : {}),
  };
}

async function newSigningKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const kid = createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return { kid, publicKey, privateKey };
}

function encode(json: object): string {
  return Buffer.from(JSON.stringify(json)).toString('base64url');
}
