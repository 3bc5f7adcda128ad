import { Injectable } from '@nestjs/common';
import type { Owner } from '../common/owner';

/** How a user's connection stands. */
export interface GrantStatus {
  isConnected: boolean;
  email: string | null;
  /** It was connected, and Google does not take it any more. */
  needsReconnect: boolean;
  /** IANA; that of the calendar, as far as it is known. */
  timeZone: string | null;
}

/** The tokens of each user's calendar: kept encrypted, renewed before they run out, one renewal at a time. */
@Injectable()
export class CalendarGrants {
  /** Asks no provider. */
  status(owner: Owner): Promise<GrantStatus> {
    throw new Error(`not yet ${owner.userId}`);
  }

  /**
   * Asks the provider with an access token that is good; when it is refused all the same, once more with a new one.
   * @throws CalendarNotConnected, CalendarReconnectRequired, CalendarUnavailable, CalendarRefused; what `ask` throws with
   * trouble not-found, duplicate, changed, sync-over comes through as it is (CalendarError)
   */
  withAccess<Answer>(owner: Owner, ask: (accessToken: string) => Promise<Answer>): Promise<Answer> {
    return ask(`not yet ${owner.userId}`);
  }
}
