import type { FaultBox } from '../faults';
import type { SandboxLog } from '../log';
import type { WallClock } from '../wall-clock';
import type { Calendars } from './calendar/calendars';
import type { Channels } from './calendar/channels';
import type { AuthorizationCodes } from './oauth/authorization-codes';
import type { Grants } from './oauth/grants';
import type { IdTokens } from './oauth/id-tokens';
import type { TokenCounts } from './oauth/token-counts';
import type { People } from './people';

/** What the simulated Google's endpoints work on. */
export interface GoogleContext {
  /** The one client that is registered. */
  clientId: string;
  clientSecret: string;
  people: People;
  grants: Grants;
  codes: AuthorizationCodes;
  idTokens: IdTokens;
  counts: TokenCounts;
  calendars: Calendars;
  channels: Channels;
  clock: WallClock;
  faults: FaultBox;
  log: SandboxLog;
  baseUrl: () => string;
}
