import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GoogleContext } from '../google-context';
import { strikeConnection } from '../google-faults';
import type { Person } from '../people';
import { OAuthError, refreshTokenIsOver } from './oauth-error';
import type { AccessToken } from './grants';
import { readScopes } from './scopes';

const NEVER_CACHED = 'no-cache, no-store, max-age=0, must-revalidate';

/**
 * `POST /token` and `POST /revoke` (https://developers.google.com/identity/protocols/oauth2/web-server): a form; the
 * client says who it is in the form or by HTTP Basic.
 */
export function registerTokens(scope: FastifyInstance, google: GoogleContext): void {
  const { codes, grants, idTokens, faults, counts } = google;
  const answersToLose = new WeakSet<FastifyRequest>();
  scope.addHook('onSend', (request, reply, _payload, next) => {
    if (answersToLose.has(request)) {
      reply.hijack();
      request.raw.socket.destroy();
      return;
    }
    reply.header('cache-control', NEVER_CACHED).header('pragma', 'no-cache');
    next();
  });

  scope.post('/token', async (request, reply) => {
    const form = formOf(request);
    const kind = form.get('grant_type');
    if (await strike(form, request, reply)) answersToLose.add(request);
    if (reply.sent) return reply;
    try {
      const answer = await (kind === 'refresh_token' ? refresh(request, form) : exchange(request, form));
      counts.note(kind, 'granted');
      return await reply.send(answer);
    } catch (error) {
      if (error instanceof OAuthError) counts.note(kind, 'refused');
      throw error;
    }
  });

  scope.post('/revoke', async (request, reply) => {
    // The SDK has the token in the query and an empty body; both places are read, and the address is logged nowhere.
    const token = formOf(request).get('token') ?? queryOf(request).get('token');
    if (!token) throw new OAuthError('invalid_request', 'Missing required parameter: token');
    if (await strike(new URLSearchParams({ refresh_token: token }), request, reply)) answersToLose.add(request);
    if (reply.sent) return reply;
    const person = grants.revokeByToken(token);
    counts.note('revoke', person ? 'granted' : 'refused');
    if (!person) throw new OAuthError('invalid_token', 'Token expired or revoked');
    return reply.send({});
  });

  /** Whose request it is, as far as its code or token tells; says whether the answer is to be lost. */
  async function strike(form: URLSearchParams, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const { email } = personOf(form) ?? {};
    if (faults.take('google', 'token_http_500', { email }))
      throw new OAuthError('internal_failure', 'Internal Error', 500);
    if (faults.take('google', 'token_http_503', { email })) {
      throw new OAuthError('temporarily_unavailable', 'The service is currently unavailable.', 503);
    }
    return strikeConnection(faults, 'token_', email, request, reply);
  }

  function personOf(form: URLSearchParams): Person | undefined {
    const refreshToken = grants.findRefreshToken(form.get('refresh_token') ?? '');
    return refreshToken?.grant.person ?? codes.peek(form.get('code') ?? '')?.person;
  }

  async function exchange(request: FastifyRequest, form: URLSearchParams): Promise<object> {
    const kind = required(form, 'grant_type');
    if (kind !== 'authorization_code') {
      throw new OAuthError('unsupported_grant_type', `Invalid grant_type: ${kind}`);
    }
    authenticateClient(request, form, google);
    const {
      request: asked,
      person,
      scopes,
    } = codes.exchange(required(form, 'code'), required(form, 'redirect_uri'), form.get('code_verifier'));
    const { access, refresh: refreshToken } = grants.give({
      person,
      scopes,
      offline: asked.offline,
      wantsNewRefreshToken: asked.prompts.has('consent'),
    });
    return {
      ...(await answerOf(access, asked.nonce)),
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken.value }),
    };
  }

  async function refresh(request: FastifyRequest, form: URLSearchParams): Promise<object> {
    authenticateClient(request, form, google);
    const token = grants.findRefreshToken(required(form, 'refresh_token'));
    if (!token) throw refreshTokenIsOver();
    const { person } = token.grant;
    if (faults.take('google', 'refuse_refresh', { email: person.email })) throw refreshTokenIsOver();
    if (faults.take('google', 'revoke_grant', { email: person.email })) {
      grants.revoke(person);
      throw refreshTokenIsOver();
    }
    const narrower = form.get('scope');
    const scopes = narrower ? readScopes(narrower) : token.scopes;
    if (scopes.some((each) => !token.scopes.includes(each))) throw new OAuthError('invalid_scope', 'Bad Request');
    return answerOf(grants.refresh(token, scopes));
  }

  async function answerOf(access: AccessToken, nonce?: string): Promise<object> {
    const { grant, scopes, value } = access;
    return {
      access_token: value,
      expires_in: grants.accessTokenSeconds,
      scope: scopes.join(' '),
      token_type: 'Bearer',
      ...(scopes.includes('openid')
        ? { id_token: await idTokens.issue(grant.person, scopes, { nonce, accessToken: value }) }
        : {}),
    };
  }
}

/** `client_secret_post` or `client_secret_basic`. @throws OAuthError */
function authenticateClient(
  { headers }: FastifyRequest,
  form: URLSearchParams,
  { clientId, clientSecret }: GoogleContext,
): void {
  const basic = /^basic (.+)$/i.exec(headers.authorization ?? '')?.[1];
  const [basicId, ...basicSecret] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString().split(':');
  const id = basicId === undefined ? form.get('client_id') : decoded(basicId);
  const secret = basicId === undefined ? form.get('client_secret') : decoded(basicSecret.join(':'));
  if (!id) throw new OAuthError('invalid_request', 'Could not determine client ID from request.');
  if (id !== clientId) throw new OAuthError('invalid_client', 'The OAuth client was not found.', 401);
  if (!secret) throw new OAuthError('invalid_request', 'client_secret is missing.');
  if (!isSame(secret, clientSecret)) throw new OAuthError('invalid_client', 'Unauthorized', 401);
}

/** Both halves of Basic are form-encoded (RFC 6749 section 2.3.1); what is no such encoding is taken as it is. */
function decoded(written: string): string {
  return new URLSearchParams(`v=${written.replace(/&/g, '%26')}`).get('v') ?? written;
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

/** @throws OAuthError */
function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (!value) throw new OAuthError('invalid_request', `Missing required parameter: ${name}`);
  return value;
}

/** An empty form when there is no body. */
export function formOf(request: FastifyRequest): URLSearchParams {
  return request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
}

/** Repeated parameters stay repeated. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  const [, query = ''] = /\?([^#]*)/.exec(request.url) ?? [];
  return new URLSearchParams(query);
}
