import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { calendar_v3 } from '@googleapis/calendar';
import type { Credentials, OAuth2Client } from 'google-auth-library';
import type { AppConfig } from '../../../config/app-config';
import { APP_CONFIG } from '../../../config/config.module';
import {
  AuthorizationQuestion,
  BusyTime,
  CalendarChanges,
  CalendarError,
  CalendarEvent,
  CalendarProvider,
  EventChanges,
  EventPage,
  EventQuery,
  GrantedTokens,
  NewEvent,
  Watch,
  WatchRequest,
} from '../calendar-provider';
import { inOurWords } from './google-errors';
import { fromChanges, fromNewEvent, toEvent } from './google-events';

/** Of one request. Somebody may be waiting on the phone. */
const TIMEOUT_MS = 8000;
/** Of a question about tokens, the library's own repetitions included. */
const TOKEN_LIMIT_MS = 10_000;
/** Reads alone: of a write nobody knows whether it was done. */
const READ_TRIES = 3;
const RETRY_AFTER_MS = 300;
/** Google's pages hold 250 by default and 2,500 at most. */
const SYNC_PAGE = 2500;
const MAX_SYNC_PAGES = 40;
/** Whether there are changes is asked, not which. */
const CHANGES_FIELDS = 'kind,nextPageToken,nextSyncToken,items(id)';
/** Google gives this long when it does not say. */
const TOKEN_LIFE_MS = 3_600_000;
const WATCH_LIFE_MS = 7 * 24 * 3_600_000;
/** The calendar that a person sees first. */
const PRIMARY = 'primary';

const EVENTS_SCOPE = 'https://www.googleapis.com/auth/calendar.events';
const FREE_BUSY_SCOPE = 'https://www.googleapis.com/auth/calendar.freebusy';

/** Google Calendar v3 and Google's OAuth 2.0. Its libraries are loaded when the first person connects a calendar. */
@Injectable()
export class GoogleCalendar extends CalendarProvider {
  readonly isConfigured: boolean;
  readonly neededScopes = [EVENTS_SCOPE, FREE_BUSY_SCOPE];
  private readonly google: AppConfig['google'];
  private loaded: Promise<{ calendar: calendar_v3.Calendar; newClient: () => OAuth2Client }> | undefined;

  constructor(@Inject(APP_CONFIG) { google }: AppConfig) {
    super();
    this.google = google;
    this.isConfigured = google.client !== undefined;
  }

  /** https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient */
  authorizationUrl({ state, codeChallenge, loginHint }: AuthorizationQuestion): string {
    const url = new URL(`${this.google.oauthBaseUrl ?? 'https://accounts.google.com'}/o/oauth2/v2/auth`);
    url.search = new URLSearchParams({
      client_id: this.google.client?.id ?? '',
      redirect_uri: this.google.calendarRedirectUri,
      response_type: 'code',
      // Who agrees is shown to the owner; nothing else is asked of them than the events and when they are taken.
      scope: ['openid', 'email', ...this.neededScopes].join(' '),
      state,
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
      access_type: 'offline',
      include_granted_scopes: 'true',
      // Without it only the first connection ever gets a refresh token.
      prompt: 'consent',
      ...(loginHint === undefined ? {} : { login_hint: loginHint }),
    }).toString();
    return url.href;
  }

  async exchange(code: string, codeVerifier: string): Promise<GrantedTokens> {
    const { newClient } = await this.load();
    return this.asked(async () => toTokens((await newClient().getToken({ code, codeVerifier })).tokens));
  }

  async refresh(refreshToken: string): Promise<GrantedTokens> {
    const { newClient } = await this.load();
    return this.asked(async () => {
      const client = newClient();
      client.setCredentials({ refresh_token: refreshToken });
      const { credentials } = await client.refreshAccessToken();
      const { refresh_token: newer, ...tokens } = credentials;
      // The library puts the old one back where none was sent.
      return toTokens(newer === refreshToken ? tokens : credentials);
    });
  }

  async revoke(token: string): Promise<void> {
    const { newClient } = await this.load();
    try {
      await newClient().revokeToken(token);
    } catch (error) {
      const { data } = (error as { response?: { data?: { error?: unknown } } }).response ?? {};
      if (data?.error !== 'invalid_token') throw inOurWords(error);
    }
  }

  async listEvents(accessToken: string, { from, to, limit, pageToken }: EventQuery): Promise<EventPage> {
    const { data } = await this.read(accessToken, (calendar, options) =>
      calendar.events.list(
        {
          calendarId: PRIMARY,
          timeMin: from.toISOString(),
          timeMax: to?.toISOString(),
          singleEvents: true,
          orderBy: 'startTime',
          maxResults: limit,
          pageToken,
          // Birthdays and where somebody works are no appointments.
          eventTypes: ['default', 'focusTime', 'outOfOffice', 'fromGmail'],
        },
        options,
      ),
    );
    return {
      events: itemsOf(data)
        .map(toEvent)
        .filter(({ status }) => status !== 'cancelled'),
      nextPageToken: data.nextPageToken ?? undefined,
      timeZone: data.timeZone ?? 'UTC',
    };
  }

  async getEvent(accessToken: string, eventId: string): Promise<CalendarEvent> {
    const { data } = await this.read(accessToken, (calendar, options) =>
      calendar.events.get({ calendarId: PRIMARY, eventId }, options),
    );
    return eventOf(data);
  }

  async insertEvent(accessToken: string, event: NewEvent): Promise<CalendarEvent> {
    const { data } = await this.ask(accessToken, (calendar, options) =>
      calendar.events.insert({ calendarId: PRIMARY, sendUpdates: 'all', requestBody: fromNewEvent(event) }, options),
    );
    return eventOf(data);
  }

  async changeEvent(
    accessToken: string,
    eventId: string,
    changes: EventChanges,
    etag: string | undefined,
  ): Promise<CalendarEvent> {
    const { data } = await this.ask(accessToken, (calendar, options) =>
      calendar.events.patch(
        { calendarId: PRIMARY, eventId, sendUpdates: 'all', requestBody: fromChanges(changes) },
        ifStill(etag, options),
      ),
    );
    return eventOf(data);
  }

  async deleteEvent(accessToken: string, eventId: string, etag: string | undefined): Promise<void> {
    try {
      await this.ask(accessToken, (calendar, options) =>
        calendar.events.delete({ calendarId: PRIMARY, eventId, sendUpdates: 'all' }, ifStill(etag, options)),
      );
    } catch (error) {
      if (!(error instanceof CalendarError && error.trouble === 'not-found')) throw error;
    }
  }

  async busyTimes(accessToken: string, from: Date, to: Date): Promise<BusyTime[]> {
    const { data } = await this.read(accessToken, (calendar, options) =>
      calendar.freebusy.query(
        { requestBody: { timeMin: from.toISOString(), timeMax: to.toISOString(), items: [{ id: PRIMARY }] } },
        options,
      ),
    );
    const answer = data.calendars?.[PRIMARY];
    // Trouble with a calendar stands inside an answer that is otherwise fine.
    const [problem] = answer?.errors ?? [];
    if (answer === undefined || problem !== undefined) {
      throw new CalendarError('Google did not say when this calendar is taken.', 'unreachable', {
        cause: new Error(problem?.reason ?? 'no answer for the calendar'),
      });
    }
    return (answer.busy ?? []).map(({ start, end }) => ({ start: new Date(start ?? ''), end: new Date(end ?? '') }));
  }

  /** https://developers.google.com/workspace/calendar/api/guides/sync */
  async changesSince(accessToken: string, syncToken: string | null): Promise<CalendarChanges> {
    // A token keeps what it began with: years that are over are not read through to get one.
    const beginning = syncToken === null ? { timeMin: new Date().toISOString() } : { syncToken };
    let pageToken: string | undefined;
    let hasChanged = false;
    for (let page = 0; page < MAX_SYNC_PAGES; page++) {
      const { data } = await this.read(accessToken, (calendar, options) =>
        calendar.events.list(
          { calendarId: PRIMARY, maxResults: SYNC_PAGE, pageToken, fields: CHANGES_FIELDS, ...beginning },
          options,
        ),
      );
      hasChanged ||= itemsOf(data).length > 0;
      if (data.nextSyncToken != null) return { hasChanged, nextSyncToken: data.nextSyncToken };
      pageToken = data.nextPageToken ?? undefined;
      if (pageToken === undefined) break;
    }
    throw new CalendarError('Google Calendar did not come to an end of its events.', 'refused');
  }

  /** https://developers.google.com/workspace/calendar/api/guides/push */
  async watch(accessToken: string, { channelId, token, address }: WatchRequest): Promise<Watch> {
    const params = { ttl: String(WATCH_LIFE_MS / 1000) };
    const requestBody = { id: channelId, token, type: 'web_hook', address, params };
    const { data } = await this.ask(accessToken, (calendar, options) =>
      calendar.events.watch({ calendarId: PRIMARY, requestBody }, options),
    ).catch((error: unknown) => {
      // Whether it is the token that is not taken, or the address, other questions will tell: a grant never ends by this one.
      if (!(error instanceof CalendarError) || error.trouble !== 'token-refused') throw error;
      throw new CalendarError(error.message, 'unreachable', { cause: error });
    });
    const expiresAt = Number(data.expiration);
    return {
      resourceId: data.resourceId ?? '',
      expiresAt: new Date(Number.isFinite(expiresAt) && expiresAt > 0 ? expiresAt : Date.now() + WATCH_LIFE_MS),
    };
  }

  async stopWatching(accessToken: string, channelId: string, resourceId: string): Promise<void> {
    try {
      await this.ask(accessToken, (calendar, options) =>
        calendar.channels.stop({ requestBody: { id: channelId, resourceId } }, options),
      );
    } catch (error) {
      if (!(error instanceof CalendarError && error.trouble === 'not-found')) throw error;
    }
  }

  /** Asked again, after a moment, where Google was busy or away. */
  private async read<Answer>(accessToken: string, question: CalendarQuestion<Answer>): Promise<Answer> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.ask(accessToken, question);
      } catch (error) {
        const isOfTheMoment = error instanceof CalendarError && ['rate-limited', 'unreachable'].includes(error.trouble);
        if (!isOfTheMoment || tried === READ_TRIES) throw error;
        await sleep(RETRY_AFTER_MS * 2 ** (tried - 1) * (0.5 + Math.random()));
      }
    }
  }

  private async ask<Answer>(accessToken: string, question: CalendarQuestion<Answer>): Promise<Answer> {
    const { calendar } = await this.load();
    const headers = { Authorization: `Bearer ${accessToken}` };
    return this.asked(() =>
      question(calendar, {
        headers,
        timeout: TIMEOUT_MS,
        fetchImplementation: fetch,
        retry: false,
        retryConfig: { retry: 0 },
      }),
    );
  }

  private async asked<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    if (!this.isConfigured) throw new CalendarError('This server has no Google client.', 'misconfigured');
    try {
      return await question();
    } catch (error) {
      throw inOurWords(error);
    }
  }

  private load(): Promise<{ calendar: calendar_v3.Calendar; newClient: () => OAuth2Client }> {
    this.loaded ??= this.loadNow().catch((error: unknown) => {
      this.loaded = undefined;
      throw error;
    });
    return this.loaded;
  }

  private async loadNow(): Promise<{ calendar: calendar_v3.Calendar; newClient: () => OAuth2Client }> {
    const [{ calendar }, { OAuth2Client }] = await Promise.all([
      import('@googleapis/calendar'),
      import('google-auth-library'),
    ]);
    const { client, calendarRedirectUri, oauthBaseUrl, apiBaseUrl } = this.google;
    return {
      calendar: calendar({ version: 'v3', ...(apiBaseUrl === undefined ? {} : { rootUrl: `${apiBaseUrl}/` }) }),
      newClient: () =>
        new OAuth2Client({
          clientId: client?.id,
          clientSecret: client?.secret,
          redirectUri: calendarRedirectUri,
          transporterOptions: {
            timeout: TIMEOUT_MS,
            signal: AbortSignal.timeout(TOKEN_LIMIT_MS),
            fetchImplementation: fetch,
          },
          ...(oauthBaseUrl === undefined
            ? {}
            : { endpoints: { oauth2TokenUrl: `${oauthBaseUrl}/token`, oauth2RevokeUrl: `${oauthBaseUrl}/revoke` } }),
        }),
    };
  }
}

/** Something in between may answer 200 with a page of its own. */
function eventOf(data: calendar_v3.Schema$Event): CalendarEvent {
  if (typeof data.id !== 'string' || data.id === '') throw notAnAnswer();
  return toEvent(data);
}

function itemsOf(data: calendar_v3.Schema$Events): calendar_v3.Schema$Event[] {
  if (data.kind !== 'calendar#events') throw notAnAnswer();
  return data.items ?? [];
}

function notAnAnswer(): CalendarError {
  return new CalendarError('What answered was not Google Calendar.', 'unreachable');
}

interface RequestOptions {
  headers: Record<string, string>;
  timeout: number;
  /** Node's own; the library would load another one. */
  fetchImplementation: typeof fetch;
  retry: boolean;
  retryConfig: { retry: number };
}

type CalendarQuestion<Answer> = (calendar: calendar_v3.Calendar, options: RequestOptions) => Promise<Answer>;

/** RFC 9110 section 13.1.1. */
function ifStill(etag: string | undefined, options: RequestOptions): RequestOptions {
  return etag === undefined ? options : { ...options, headers: { ...options.headers, 'If-Match': etag } };
}

function toTokens(credentials: Credentials): GrantedTokens {
  if (credentials.access_token == null) throw new CalendarError('Google gave no access token.', 'refused');
  return {
    accessToken: credentials.access_token,
    expiresAt: new Date(credentials.expiry_date ?? Date.now() + TOKEN_LIFE_MS),
    refreshToken: credentials.refresh_token ?? undefined,
    scopes: credentials.scope?.split(' ') ?? [],
    email: emailIn(credentials.id_token),
  };
}

/**
 * Who agreed. The token comes from Google itself over TLS, in answer to our secret, so that its signature tells nothing more
 * (OpenID Connect Core 3.1.3.7); and it is only shown.
 */
function emailIn(idToken: string | null | undefined): string | undefined {
  const [, payload = ''] = idToken?.split('.') ?? [];
  try {
    const { email } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { email?: unknown };
    return typeof email === 'string' ? email : undefined;
  } catch {
    return undefined;
  }
}
