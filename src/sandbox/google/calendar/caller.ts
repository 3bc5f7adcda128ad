import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GoogleContext } from '../google-context';
import type { AccessToken } from '../oauth/grants';
import { bearerOf } from '../oauth/openid-api';
import { calendarScope } from '../oauth/scopes';
import { CalendarError } from './calendar-error';

/** One of these has to be among the token's scopes; as each method's page lists them under "Authorization". */
const ALL = 'calendar';
const READ_EVENTS = [
  ALL,
  'calendar.readonly',
  'calendar.events',
  'calendar.events.readonly',
  'calendar.events.owned',
  'calendar.events.owned.readonly',
  'calendar.app.created',
];
const WRITE_EVENTS = [ALL, 'calendar.events', 'calendar.events.owned', 'calendar.app.created'];
const READ_LIST = [ALL, 'calendar.readonly', 'calendar.calendarlist', 'calendar.calendarlist.readonly'];
export const METHOD_SCOPES = {
  'CalendarList.List': READ_LIST,
  'CalendarList.Get': READ_LIST,
  'Calendars.Get': [
    ALL,
    'calendar.readonly',
    'calendar.calendars',
    'calendar.calendars.readonly',
    'calendar.app.created',
  ],
  'Events.List': READ_EVENTS,
  'Events.Get': READ_EVENTS,
  'Events.Instances': READ_EVENTS,
  'Events.Watch': READ_EVENTS,
  'Events.Insert': WRITE_EVENTS,
  'Events.Patch': WRITE_EVENTS,
  'Events.Update': WRITE_EVENTS,
  'Events.Delete': WRITE_EVENTS,
  'Freebusy.Query': [ALL, 'calendar.readonly', 'calendar.freebusy', 'calendar.events.freebusy'],
  'Channels.Stop': [...READ_EVENTS, 'calendar.settings.readonly'],
} as const satisfies Record<string, readonly string[]>;
export type CalendarMethod = keyof typeof METHOD_SCOPES;

const REALM = 'Bearer realm="https://accounts.google.com/"';

/**
 * Who is asking, if they may. The faults expire_token and revoke_grant strike here.
 * @throws CalendarError 401 403
 */
export function authorize(
  request: FastifyRequest,
  reply: FastifyReply,
  method: CalendarMethod,
  { grants, faults }: GoogleContext,
): AccessToken {
  const bearer = bearerOf(request);
  if (bearer === undefined) {
    reply.header('www-authenticate', REALM);
    throw new CalendarError(401, 'required', 'Login Required.', {
      location: 'Authorization',
      locationType: 'header',
      status: 'UNAUTHENTICATED',
      summary:
        'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    });
  }
  const token = grants.findAccessToken(bearer);
  const email = token?.grant.person.email;
  if (token && faults.take('google', 'expire_token', { email })) grants.expire(token);
  else if (token && faults.take('google', 'revoke_grant', { email })) grants.revoke(token.grant.person);
  if (!token || grants.findAccessToken(bearer) === undefined) {
    reply.header('www-authenticate', `${REALM}, error="invalid_token"`);
    throw new CalendarError(401, 'authError', 'Invalid Credentials', {
      location: 'Authorization',
      locationType: 'header',
      status: 'UNAUTHENTICATED',
      summary:
        'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    });
  }
  const scopes = METHOD_SCOPES[method].map(calendarScope);
  if (!scopes.some((scope) => token.scopes.includes(scope))) {
    reply.header('www-authenticate', `${REALM}, error="insufficient_scope", scope="${scopes.join(' ')}"`);
    throw new CalendarError(403, 'insufficientPermissions', 'Insufficient Permission', {
      status: 'PERMISSION_DENIED',
      summary: 'Request had insufficient authentication scopes.',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
          domain: 'googleapis.com',
          metadata: { service: 'calendar-json.googleapis.com', method: `calendar.v3.${method}` },
        },
      ],
    });
  }
  return token;
}
