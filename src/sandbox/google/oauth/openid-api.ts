import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GoogleContext } from '../google-context';
import { ISSUER, claimsOf } from './id-tokens';
import { OAuthError } from './oauth-error';
import { EMAIL_SCOPE, KNOWN_SCOPES } from './scopes';
import { formOf, queryOf } from './token-api';

/** How long the keys may be kept; Google says some hours. */
const KEYS_CACHED = 'public, max-age=19800, must-revalidate, no-transform';

/** Keys, discovery, tokeninfo and userinfo (https://developers.google.com/identity/openid-connect/openid-connect). */
export function registerOpenId(scope: FastifyInstance, google: GoogleContext): void {
  const { grants, idTokens, clientId, clock, baseUrl } = google;

  scope.get('/.well-known/openid-configuration', (_request, reply) => {
    return reply.header('cache-control', 'public, max-age=3600').send(discovery(baseUrl()));
  });
  scope.get('/oauth2/v3/certs', async (_request, reply) => {
    return reply.header('cache-control', KEYS_CACHED).send(await idTokens.jwks());
  });
  scope.get('/oauth2/v1/certs', async (_request, reply) => {
    return reply.header('cache-control', KEYS_CACHED).send(await idTokens.pems());
  });

  scope.route({ method: ['GET', 'POST'], url: '/tokeninfo', handler: (request, reply) => tellToken(request, reply) });
  scope.route({
    method: ['GET', 'POST'],
    url: '/v1/userinfo',
    handler: (request, reply) => {
      const token = grants.findAccessToken(bearerOf(request) ?? '');
      if (!token) {
        reply.header('www-authenticate', `Bearer realm="${ISSUER}/", error="invalid_token"`);
        throw new OAuthError('invalid_request', 'Invalid Credentials', 401);
      }
      if (!token.scopes.includes('openid')) {
        throw new OAuthError('invalid_scope', 'Request had insufficient authentication scopes.', 403);
      }
      return reply.send(claimsOf(token.grant.person, token.scopes));
    },
  });

  /** The SDK posts the access token as Bearer; people put either token into the query. */
  async function tellToken(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const given = (name: string) => queryOf(request).get(name) ?? formOf(request).get(name);
    const idToken = given('id_token');
    if (idToken) {
      const claims = await idTokens.read(idToken);
      if (!claims) throw new OAuthError('invalid_token', 'Invalid Value');
      return reply.send(Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, String(value)])));
    }
    const token = grants.findAccessToken(given('access_token') ?? bearerOf(request) ?? '');
    if (!token) throw new OAuthError('invalid_token', 'Invalid Value');
    const { person, isOffline } = token.grant;
    return reply.send({
      azp: clientId,
      aud: clientId,
      sub: person.sub,
      scope: token.scopes.join(' '),
      exp: String(Math.floor(token.expiresAtMs / 1000)),
      expires_in: String(Math.floor((token.expiresAtMs - clock.nowMs()) / 1000)),
      ...(token.scopes.includes(EMAIL_SCOPE) ? { email: person.email, email_verified: 'true' } : {}),
      access_type: isOffline ? 'offline' : 'online',
    });
  }
}

/** The token of `Authorization: Bearer …`; the scheme in any case. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** The sandbox's own addresses; the issuer is Google's, because that is what id_tokens are checked against. */
function discovery(base: string): object {
  return {
    issuer: ISSUER,
    authorization_endpoint: `${base}/o/oauth2/v2/auth`,
    token_endpoint: `${base}/token`,
    userinfo_endpoint: `${base}/v1/userinfo`,
    revocation_endpoint: `${base}/revoke`,
    jwks_uri: `${base}/oauth2/v3/certs`,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'email', 'profile', ...KNOWN_SCOPES.filter((scope) => scope.includes('/calendar'))],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    claims_supported: [
      'aud',
      'email',
      'email_verified',
      'exp',
      'family_name',
      'given_name',
      'iat',
      'iss',
      'name',
      'picture',
      'sub',
    ],
    code_challenge_methods_supported: ['plain', 'S256'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
  };
}
