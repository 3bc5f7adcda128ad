import { CalendarError, CalendarTrouble } from '../calendar-provider';

/** https://developers.google.com/workspace/calendar/api/guides/errors */
const RATE_REASONS = new Set([
  'rateLimitExceeded',
  'userRateLimitExceeded',
  'quotaExceeded',
  'calendarUsageLimitsExceeded',
  'dailyLimitExceeded',
]);
const SYNC_REASONS = new Set(['fullSyncRequired', 'updatedMinTooLongAgo']);
/** RFC 6749 section 5.2. */
const CLIENT_ERRORS = new Set(['invalid_client', 'unauthorized_client']);

const SENTENCES: Readonly<Record<CalendarTrouble, string>> = {
  'grant-over': 'Google no longer accepts the permission that was given.',
  'token-refused': 'Google did not accept the access token.',
  'not-allowed': 'Google says that the permission that was given is not enough for this.',
  'not-found': 'Google Calendar does not know this event.',
  duplicate: 'Google Calendar has an event with this id already.',
  changed: 'The event was changed meanwhile.',
  'sync-over': 'Google Calendar wants to be read from the beginning.',
  'rate-limited': 'Google Calendar is asked too often at the moment.',
  unreachable: 'Google cannot be reached at the moment.',
  refused: 'Google did not take the request.',
  misconfigured: 'Google does not accept this server’s client id and secret.',
};

interface GoogleAnswer {
  status: number | undefined;
  /** OAuth's word, such as `invalid_grant`. */
  oauthError: string | undefined;
  reason: string | undefined;
  said: string | undefined;
}

/**
 * What Google's library throws for a request, in our words; anything else as it is. Its own error holds the request with its
 * tokens: it is not carried on.
 */
export function inOurWords(error: unknown): unknown {
  // The library's HTTP client exists twice among the packages: its class tells nothing.
  if (error instanceof CalendarError || objectOf(error)['config'] === undefined) return error;
  const answer = answerOf(error);
  const trouble = troubleOf(answer);
  const cause = new Error(`${answer.status ?? codeOf(error)} ${answer.oauthError ?? answer.reason ?? ''}`.trim());
  const said =
    trouble === 'refused' && answer.said !== undefined ? `Google did not take the request: ${answer.said}` : null;
  return new CalendarError(said ?? SENTENCES[trouble], trouble, { cause });
}

function troubleOf({ status, oauthError, reason }: GoogleAnswer): CalendarTrouble {
  if (oauthError === 'invalid_grant') return 'grant-over';
  if (oauthError !== undefined && CLIENT_ERRORS.has(oauthError)) return 'misconfigured';
  if (status === undefined || status >= 500 || status === 408) return 'unreachable';
  // A channel's address that nobody has verified comes as 401, 403 or 400, and says nothing about the token.
  if (reason?.startsWith('push.') === true) return 'refused';
  if (status === 429 || (status === 403 && RATE_REASONS.has(reason ?? ''))) return 'rate-limited';
  if (reason === 'accessNotConfigured') return 'misconfigured';
  switch (status) {
    case 401:
      return 'token-refused';
    case 403:
      return 'not-allowed';
    case 404:
      return 'not-found';
    case 409:
      return 'duplicate';
    case 410:
      return SYNC_REASONS.has(reason ?? '') ? 'sync-over' : 'not-found';
    case 412:
      return 'changed';
    default:
      return 'refused';
  }
}

function answerOf(error: unknown): GoogleAnswer {
  const { status, data } = objectOf(objectOf(error)['response']) as { status?: number; data?: unknown };
  const body = objectOf(data);
  const inner = body['error'];
  if (typeof inner === 'string') {
    return { status, oauthError: inner, reason: undefined, said: textOf(body['error_description']) };
  }
  const details = objectOf(inner);
  const [first] = Array.isArray(details['errors']) ? (details['errors'] as unknown[]) : [];
  return {
    status,
    oauthError: undefined,
    reason: textOf(objectOf(first)['reason']),
    said: textOf(details['message']),
  };
}

/** Of a failure below HTTP: ECONNREFUSED, a time limit. */
function codeOf(error: unknown): string {
  return textOf(objectOf(error)['code']) ?? (error instanceof Error ? error.name : 'no answer');
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, 500) : undefined;
}
