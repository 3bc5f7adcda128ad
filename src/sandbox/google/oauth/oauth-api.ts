import type { FastifyInstance } from 'fastify';
import type { GoogleContext } from '../google-context';
import { registerAuthorization } from './authorization-api';
import { OAuthError } from './oauth-error';
import { registerOpenId } from './openid-api';
import { registerTokens } from './token-api';

/** Sign-in, consent and tokens: what accounts.google.com, oauth2.googleapis.com and their neighbours serve. */
export function registerOAuth(app: FastifyInstance, google: GoogleContext): void {
  app.register((scope, _options, done) => {
    readForms(scope);
    scope.setErrorHandler((error, _request, reply) => {
      const refusal = refusalOf(error, google);
      return reply.status(refusal.status).send(refusal.body());
    });
    // Each has hooks of its own.
    for (const register of [registerAuthorization, registerTokens, registerOpenId]) {
      scope.register((own, _ownOptions, ownDone) => {
        register(own, google);
        ownDone();
      });
    }
    done();
  });
}

function readForms(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, parsed) => {
    parsed(null, new URLSearchParams(String(body)));
  });
  // An SDK that has nothing to say says so in any type.
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => {
    if (String(body) === '') parsed(null, undefined);
    else parsed(new OAuthError('invalid_request', 'The body must be application/x-www-form-urlencoded.'));
  });
}

function refusalOf(error: unknown, { log }: GoogleContext): OAuthError {
  if (error instanceof OAuthError) return error;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  if (typeof status === 'number' && status >= 400 && status < 500 && error instanceof Error) {
    return new OAuthError('invalid_request', error.message);
  }
  log('google.trouble', { error: String(error) });
  return new OAuthError('internal_failure', 'Internal Error', 500);
}
