/** What somebody gave us when they agreed. Tokens are secrets: never logged, kept encrypted. */
export interface GrantedTokens {
  accessToken: string;
  expiresAt: Date;
  /** Absent where the provider keeps the one it gave before. */
  refreshToken: string | undefined;
  /** What was agreed to, which may be less than was asked for. */
  scopes: readonly string[];
  /** Who agreed; absent where the provider does not say. */
  email: string | undefined;
}

export interface AuthorizationQuestion {
  /** Comes back with the answer. */
  state: string;
  /** SHA-256 of the PKCE verifier, base64url (RFC 7636). */
  codeChallenge: string;
  /** Whom to propose on the consent page. */
  loginHint: string | undefined;
}

/** A day without a time (`2026-12-24`, in the calendar's time zone), or a moment. */
export type EventTime = { kind: 'day'; date: string } | { kind: 'moment'; at: Date; timeZone: string | undefined };

export interface CalendarEvent {
  id: string;
  status: 'confirmed' | 'tentative' | 'cancelled';
  summary: string;
  description: string | undefined;
  location: string | undefined;
  /** Both absent on some cancelled ones. The end is not part of it any more, of days too. */
  start: EventTime | undefined;
  end: EventTime | undefined;
  /** The series that it is an occurrence of. */
  recurringEventId: string | undefined;
  attendees: readonly EventAttendee[];
  /** Whoever has the calendar has made it as well; not so of invitations, and of what was read out of mails. */
  isOrganizedByOwner: boolean;
  /** Something that takes place; not so of time that is only kept free. */
  isAppointment: boolean;
  /** False for what leaves its owner free: marked so, or declined. */
  isBusy: boolean;
  htmlLink: string | undefined;
  /** Changes with each change of the event. */
  etag: string | undefined;
  /** What we have written on it, which nobody sees in the calendar. */
  ownProperties: Readonly<Record<string, string>>;
}

export interface EventAttendee {
  email: string;
  displayName: string | undefined;
  response: string | undefined;
  /** The owner of the calendar. */
  isSelf: boolean;
}

export interface EventQuery {
  /** Events that are not over by then. */
  from: Date;
  /** Events that begin before; absent: any. */
  to?: Date;
  /** 1 to 2500. */
  limit: number;
  pageToken?: string;
}

export interface EventPage {
  /** By their start; occurrences of a series each for itself, cancelled ones left out. */
  events: CalendarEvent[];
  nextPageToken: string | undefined;
  /** IANA; that of the calendar. */
  timeZone: string;
}

export interface NewEvent {
  /** Chosen by whoever makes it: a second one with the same id is refused as `duplicate`. 5 to 1024 of a-v and 0-9. */
  id: string;
  summary: string;
  start: EventTime;
  end: EventTime;
  description?: string;
  location?: string;
  attendees?: readonly string[];
  ownProperties?: Readonly<Record<string, string>>;
}

export interface EventChanges {
  start?: EventTime;
  end?: EventTime;
  summary?: string;
  description?: string;
  location?: string;
  ownProperties?: Readonly<Record<string, string>>;
}

export interface BusyTime {
  start: Date;
  end: Date;
}

export interface CalendarChanges {
  /** Since the sync token was given; of a beginning: whether there is anything. */
  hasChanged: boolean;
  nextSyncToken: string;
}

export interface WatchRequest {
  /** Chosen by us, new for each channel. */
  channelId: string;
  /** Comes back with each notification. */
  token: string;
  /** Told of each change, without what has changed. */
  address: string;
}

export interface Watch {
  resourceId: string;
  expiresAt: Date;
}

/** Which of the product's tasks an access token is missing the scope for. */
export type CalendarTrouble =
  /** The grant is over: revoked, expired, too old. Asking again does not help. */
  | 'grant-over'
  /** The access token is not taken (any more). */
  | 'token-refused'
  /** The grant does not allow this. */
  | 'not-allowed'
  /** No such event or calendar (any more). */
  | 'not-found'
  /** An event with this id is there, or was. */
  | 'duplicate'
  /** It was changed by somebody else meanwhile. */
  | 'changed'
  /** The sync token is too old: begin anew. */
  | 'sync-over'
  /** Asked too often; later it works. */
  | 'rate-limited'
  /** Down, slow, out of reach. What was to be written may have been. */
  | 'unreachable'
  /** The question is wrong. */
  | 'refused'
  /** Who we are is not accepted: the client's id or secret. */
  | 'misconfigured';

export class CalendarError extends Error {
  /** @param message a sentence for a person, without secrets */
  constructor(
    message: string,
    readonly trouble: CalendarTrouble,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = 'CalendarError';
  }
}

/**
 * A calendar elsewhere (Google's), in our words. Each question takes one access token and is asked once; who has the tokens,
 * renews them and asks again is `CalendarGrants`. Everything that is thrown is a {@link CalendarError}.
 */
export abstract class CalendarProvider {
  /** Whether this installation has an account with the provider at all. */
  abstract readonly isConfigured: boolean;

  /** Scopes without which nothing works. */
  abstract readonly neededScopes: readonly string[];

  /** Where the person is sent to agree. */
  abstract authorizationUrl(question: AuthorizationQuestion): string;

  /** @throws grant-over when the code was used, is too old, or the verifier is not the one */
  abstract exchange(code: string, codeVerifier: string): Promise<GrantedTokens>;

  /** @throws grant-over when the grant was revoked */
  abstract refresh(refreshToken: string): Promise<GrantedTokens>;

  /** Ends the whole grant. One that is over already is no error. */
  abstract revoke(token: string): Promise<void>;

  abstract listEvents(accessToken: string, query: EventQuery): Promise<EventPage>;

  /** @throws not-found; a cancelled event is answered as it is */
  abstract getEvent(accessToken: string, eventId: string): Promise<CalendarEvent>;

  /** Guests are told. @throws duplicate */
  abstract insertEvent(accessToken: string, event: NewEvent): Promise<CalendarEvent>;

  /** Guests are told. @param etag @throws changed when the event is not as it was then; not-found */
  abstract changeEvent(
    accessToken: string,
    eventId: string,
    changes: EventChanges,
    etag: string | undefined,
  ): Promise<CalendarEvent>;

  /** Guests are told. One that is gone already is no error. @param etag as `changeEvent` */
  abstract deleteEvent(accessToken: string, eventId: string, etag: string | undefined): Promise<void>;

  /** When the owner is taken, in order. At most about three months at once. */
  abstract busyTimes(accessToken: string, from: Date, to: Date): Promise<BusyTime[]>;

  /** @param syncToken of the last answer; null begins anew, with what is not over. @throws sync-over */
  abstract changesSince(accessToken: string, syncToken: string | null): Promise<CalendarChanges>;

  /** Asks to be told of changes, for a time. @throws refused when the address is none that the provider reaches */
  abstract watch(accessToken: string, request: WatchRequest): Promise<Watch>;

  /** A channel that is over already is no error. */
  abstract stopWatching(accessToken: string, channelId: string, resourceId: string): Promise<void>;
}
