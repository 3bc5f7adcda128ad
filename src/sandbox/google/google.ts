import type { FastifyInstance } from 'fastify';
import type { FaultBox } from '../faults';
import type { SandboxLog } from '../log';
import type { WallClock } from '../wall-clock';
import { registerCalendar } from './calendar/calendar-api';
import { Calendars } from './calendar/calendars';
import { Channels } from './calendar/channels';
import type { GoogleContext } from './google-context';
import { AuthorizationCodes } from './oauth/authorization-codes';
import { Grants } from './oauth/grants';
import { IdTokens } from './oauth/id-tokens';
import { registerOAuth } from './oauth/oauth-api';
import { TokenCounts } from './oauth/token-counts';
import { People } from './people';

export interface GoogleOptions {
  clientId: string;
  clientSecret: string;
  clock: WallClock;
  faults: FaultBox;
  log: SandboxLog;
  baseUrl: () => string;
}

/** Google as an application knows it: sign-in, consent, tokens and calendars of a few made-up people. */
export function createGoogle(options: GoogleOptions): GoogleContext {
  const { clientId, clock, faults, log, baseUrl } = options;
  const people = new People();
  const calendars = new Calendars(clock);
  const channels = new Channels(clock, faults, log, baseUrl);
  const { first } = people;
  people.whenArrived((person) => {
    calendars.open(person, person === first);
  });
  calendars.whenChanged((calendar) => {
    channels.tell(calendar);
  });
  return {
    ...options,
    people,
    grants: new Grants(clock),
    codes: new AuthorizationCodes(clock),
    idTokens: new IdTokens(clientId, clock),
    counts: new TokenCounts(),
    calendars,
    channels,
  };
}

/** Adds /o/oauth2/v2/auth, /token, /revoke, /tokeninfo, the keys, /v1/userinfo, discovery and /calendar/v3. */
export function registerGoogle(app: FastifyInstance, google: GoogleContext): void {
  registerOAuth(app, google);
  registerCalendar(app, google);
}
