/**
 * `GET /o/oauth2/v2/auth`: asks a person, and sends them back with a code
 * (https://developers.google.com/identity/protocols/oauth2/web-server#httprest).
 *
 * How a test goes through it without a browser:
 * - The short way: add `auto=1` to the authorization address. It is answered with the redirect at once, as whoever
 *   `login_hint` names (or the first person), with everything that was asked for.
 * - The whole way: GET the address, take `name="consent" value="…"` from the page, and POST it form-encoded to
 *   `/o/oauth2/v2/auth/consent` with `account=<e-mail>`, `decision=continue` (or `cancel`) and one `scope=…` for each box
 *   that stays ticked. What belongs to signing in is granted with or without its box. The answer is the redirect (302).
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { GoogleContext } from '../google-context';
import type { Person } from '../people';
import { SentBack, Untrusted, readAuthorizationRequest, type AuthorizationRequest } from './authorization-request';
import { PAGE_HEADERS, consentPage, errorPage } from './consent-page';
import { isOptional } from './scopes';
import { formOf, queryOf } from './token-api';

const PATH = '/o/oauth2/v2/auth';
/** A page that stays open longer has to be asked for again. */
const ANSWER_WITHIN_MS = 30 * 60_000;
const MAX_OPEN_PAGES = 1000;
/** The account chooser stays readable. */
const SHOWN_PEOPLE = 5;

interface OpenPage {
  request: AuthorizationRequest;
  untilMs: number;
}

export function registerAuthorization(scope: FastifyInstance, google: GoogleContext): void {
  const { clientId, people, grants, codes, clock } = google;
  const openPages = new Map<string, OpenPage>();

  scope.setErrorHandler((error, _request, reply) => {
    if (error instanceof SentBack) {
      const { redirectUri, state, message } = error;
      // That somebody said no needs no explanation.
      const description = error.error === 'access_denied' ? {} : { error_description: message };
      return goBack(reply, redirectUri, { error: error.error, ...description, state });
    }
    if (error instanceof Untrusted) {
      return reply.status(400).headers(PAGE_HEADERS).send(errorPage(error.error, error.message));
    }
    throw error;
  });

  scope.get(PATH, (request, reply) => {
    const query = queryOf(request);
    const asked = readAuthorizationRequest(query, clientId);
    const hinted = asked.loginHint === undefined ? undefined : personOf(asked.loginHint);
    if (asked.prompts.has('none')) return approveSilently(reply, asked, hinted);
    const chosen = hinted ?? people.first;
    if (query.get('auto') === '1') return approve(reply, asked, chosen, asked.scopes);
    return reply.headers(PAGE_HEADERS).send(
      consentPage({
        action: `${PATH}/consent`,
        consent: open(asked),
        people: [...new Set([chosen, ...people.all()])].slice(0, SHOWN_PEOPLE),
        chosen,
        scopes: asked.scopes,
        offline: asked.offline,
        client: new URL(asked.redirectUri).host,
      }),
    );
  });

  scope.post(`${PATH}/consent`, (request, reply) => {
    const form = formOf(request);
    const consent = form.get('consent') ?? '';
    const page = openPages.get(consent);
    if (!page || page.untilMs <= clock.nowMs()) {
      throw new Untrusted(
        'invalid_request',
        'This page was answered before or has been open for too long. Start again.',
      );
    }
    const { request: asked } = page;
    const decision = form.get('decision');
    if (decision !== 'continue' && decision !== 'cancel') {
      throw new Untrusted('invalid_request', 'The decision must be "continue" or "cancel".');
    }
    const person = decision === 'cancel' ? undefined : people.find(form.get('account') ?? '');
    if (decision === 'continue' && !person) throw new Untrusted('invalid_request', 'Choose an account that is there.');
    openPages.delete(consent);
    const ticked = new Set(form.getAll('scope'));
    const granted = asked.scopes.filter((each) => !isOptional(each) || ticked.has(each));
    if (!person || granted.length === 0) {
      throw new SentBack('access_denied', 'The person said no.', asked.redirectUri, asked.state);
    }
    return approve(reply, asked, person, granted);
  });

  function personOf(loginHint: string): Person | undefined {
    return people.find(loginHint) ?? people.add({ email: loginHint });
  }

  /** `prompt=none`: only where everything has been agreed to before. */
  function approveSilently(reply: FastifyReply, asked: AuthorizationRequest, hinted: Person | undefined): FastifyReply {
    const [only, second] = grants.all().map(({ person }) => person);
    const person = hinted ?? (second === undefined ? only : undefined);
    if (!person || !grants.covers(person, asked.scopes, asked.offline)) {
      throw new SentBack('interaction_required', 'The person has to be asked.', asked.redirectUri, asked.state);
    }
    return approve(reply, asked, person, asked.scopes);
  }

  function approve(
    reply: FastifyReply,
    asked: AuthorizationRequest,
    person: Person,
    agreed: readonly string[],
  ): FastifyReply {
    const before = asked.includeGrantedScopes ? (grants.of(person)?.scopes ?? []) : [];
    const scopes = [...new Set([...agreed, ...before])];
    const isShown = asked.prompts.has('consent') || !grants.covers(person, scopes, asked.offline);
    return goBack(reply, asked.redirectUri, {
      state: asked.state,
      code: codes.issue(asked, person, scopes),
      scope: scopes.join(' '),
      authuser: '0',
      ...(person.hostedDomain === undefined ? {} : { hd: person.hostedDomain }),
      prompt: isShown ? 'consent' : 'none',
    });
  }

  function open(request: AuthorizationRequest): string {
    const consent = randomBytes(24).toString('base64url');
    openPages.set(consent, { request, untilMs: clock.nowMs() + ANSWER_WITHIN_MS });
    for (const oldest of openPages.keys()) {
      if (openPages.size <= MAX_OPEN_PAGES) break;
      openPages.delete(oldest);
    }
    return consent;
  }
}

function goBack(reply: FastifyReply, redirectUri: string, fields: Record<string, string | undefined>): FastifyReply {
  const target = new URL(redirectUri);
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) target.searchParams.append(name, value);
  }
  return reply.header('cache-control', 'no-store').redirect(target.href, 302);
}
