/**
 * An error of the token endpoint and its neighbours: `{"error", "error_description"}`
 * (https://developers.google.com/identity/protocols/oauth2/web-server#exchange-errors).
 */
export class OAuthError extends Error {
  constructor(
    readonly error:
      | 'invalid_request'
      | 'invalid_client'
      | 'invalid_grant'
      | 'invalid_scope'
      | 'invalid_token'
      | 'redirect_uri_mismatch'
      | 'unsupported_grant_type'
      | 'internal_failure'
      | 'temporarily_unavailable',
    description: string,
    readonly status: 400 | 401 | 403 | 500 | 503 = 400,
  ) {
    super(description);
  }

  body(): { error: string; error_description: string } {
    return { error: this.error, error_description: this.message };
  }
}

/** What Google answers for a refresh token that is not alive, whatever ended it. */
export function refreshTokenIsOver(): OAuthError {
  return new OAuthError('invalid_grant', 'Token has been expired or revoked.');
}
