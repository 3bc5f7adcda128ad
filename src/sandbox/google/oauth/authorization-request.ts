import { isKnownScope, readScopes } from './scopes';

/** What the client asks a person for, checked (https://developers.google.com/identity/protocols/oauth2/web-server). */
export interface AuthorizationRequest {
  redirectUri: string;
  state: string | undefined;
  /** By the names that Google answers with. */
  scopes: readonly string[];
  offline: boolean;
  prompts: ReadonlySet<Prompt>;
  includeGrantedScopes: boolean;
  loginHint: string | undefined;
  nonce: string | undefined;
  challenge: { value: string; method: 'S256' | 'plain' } | undefined;
}

export type Prompt = 'none' | 'consent' | 'select_account';

/** Nobody can be trusted with an answer: the person sees it on a page (HTTP 400). */
export class Untrusted extends Error {
  constructor(
    readonly error: 'invalid_request' | 'invalid_client' | 'redirect_uri_mismatch',
    message: string,
  ) {
    super(message);
  }
}

/** The client is told by a redirect: `?error=…&state=…`. */
export class SentBack extends Error {
  constructor(
    readonly error:
      'invalid_request' | 'invalid_scope' | 'unsupported_response_type' | 'interaction_required' | 'access_denied',
    message: string,
    readonly redirectUri: string,
    readonly state: string | undefined,
  ) {
    super(message);
  }
}

const MAX_URI_CHARACTERS = 2000;
const CHALLENGE = /^[A-Za-z0-9._~-]{43,128}$/;
const PROMPTS: readonly string[] = ['none', 'consent', 'select_account'] satisfies Prompt[];

/**
 * Reads the query of an authorization request. Every web address is taken as registered; the exchange is held to it.
 * @throws Untrusted SentBack
 */
export function readAuthorizationRequest(query: URLSearchParams, clientId: string): AuthorizationRequest {
  const client = once(query, 'client_id');
  if (!client) throw new Untrusted('invalid_request', 'Missing required parameter: client_id');
  if (client !== clientId) throw new Untrusted('invalid_client', 'The OAuth client was not found.');
  const redirectUri = once(query, 'redirect_uri');
  if (!redirectUri) throw new Untrusted('invalid_request', 'Missing required parameter: redirect_uri');
  if (!isRedirectUri(redirectUri)) {
    throw new Untrusted(
      'redirect_uri_mismatch',
      'The redirect_uri must be an absolute http or https address without a fragment.',
    );
  }
  const state = query.get('state') ?? undefined;
  const sendBack = (error: SentBack['error'], message: string) => new SentBack(error, message, redirectUri, state);
  const repeated = [...new Set(query.keys())].find((name) => query.getAll(name).length > 1);
  if (repeated !== undefined) throw sendBack('invalid_request', `Parameter given more than once: ${repeated}`);

  const responseType = query.get('response_type') ?? '';
  if (responseType === '') throw sendBack('invalid_request', 'Required parameter is missing: response_type');
  if (responseType !== 'code') throw sendBack('unsupported_response_type', `Invalid response_type: ${responseType}`);
  const scopes = readScopes(query.get('scope') ?? '');
  if (scopes.length === 0) throw sendBack('invalid_request', 'Missing required parameter: scope');
  const unknown = scopes.filter((scope) => !isKnownScope(scope));
  if (unknown.length > 0) {
    throw sendBack('invalid_scope', `Some requested scopes were invalid. {invalid=[${unknown.join(', ')}]}`);
  }
  const accessType = query.get('access_type') ?? 'online';
  if (!['online', 'offline'].includes(accessType)) {
    throw sendBack('invalid_request', `Invalid parameter value for access_type: Invalid access_type: ${accessType}`);
  }
  const prompts = (query.get('prompt') ?? '').split(' ').filter(Boolean);
  const wrong = prompts.find((prompt) => !PROMPTS.includes(prompt));
  if (wrong !== undefined)
    throw sendBack('invalid_request', `Invalid parameter value for prompt: Invalid prompt: ${wrong}`);
  if (prompts.includes('none') && prompts.length > 1) {
    throw sendBack('invalid_request', 'Invalid parameter value for prompt: "none" stands alone.');
  }
  const challenge = readChallenge(query);
  if (typeof challenge === 'string') throw sendBack('invalid_request', challenge);

  return {
    redirectUri,
    state,
    scopes,
    offline: accessType === 'offline',
    prompts: new Set(prompts as Prompt[]),
    includeGrantedScopes: query.get('include_granted_scopes') === 'true',
    loginHint: query.get('login_hint') || undefined,
    nonce: query.get('nonce') ?? undefined,
    challenge,
  };
}

/** A sentence when it is none. */
function readChallenge(query: URLSearchParams): AuthorizationRequest['challenge'] | string {
  const value = query.get('code_challenge');
  const method = query.get('code_challenge_method');
  if (value === null) {
    return method === null ? undefined : 'code_challenge_method needs a code_challenge.';
  }
  if (method !== null && method !== 'S256' && method !== 'plain') return `Invalid code_challenge_method: ${method}`;
  if (!CHALLENGE.test(value)) return 'Invalid code_challenge: it has 43 to 128 characters of A-Z a-z 0-9 - . _ ~';
  return { value, method: method ?? 'plain' };
}

/** What decides whom to trust is given once or not at all. */
function once(query: URLSearchParams, name: string): string | null {
  if (query.getAll(name).length > 1) throw new Untrusted('invalid_request', `Parameter given more than once: ${name}`);
  return query.get(name);
}

function isRedirectUri(written: string): boolean {
  if (written.length > MAX_URI_CHARACTERS || !/^https?:\/\//i.test(written) || !URL.canParse(written)) return false;
  const { hash, username, password } = new URL(written);
  return hash === '' && !written.includes('#') && username === '' && password === '';
}
