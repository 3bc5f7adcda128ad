import http from 'node:http';
import twilio from 'twilio';

/** Long enough for a slow answer, short enough for a person who waits for one. */
const REQUEST_TIMEOUT_MS = 10_000;
const HALF_A_SECOND_MS = 500;

type Request = Parameters<InstanceType<typeof twilio.RequestClient>['request']>[0];

/**
 * Sends the SDK's requests to another base address: a simulator, a proxy; and notes what Twilio's clock says. Everything else
 * is the SDK's own code.
 */
class RebasedClient extends twilio.RequestClient {
  /** How far Twilio's clock is ahead of ours by its last answer, in milliseconds; null: no answer said. */
  clockAheadMs: number | null = null;

  constructor(
    private readonly base: string | undefined,
    options: ConstructorParameters<typeof twilio.RequestClient>[0],
  ) {
    super(options);
  }

  override request<T>(options: Request): ReturnType<typeof twilio.RequestClient.prototype.request<T>> {
    if (this.base === undefined) return this.noted<T>(super.request<T>(options as never));
    const uri = new URL(options.uri);
    const base = new URL(this.base);
    const originalHost = uri.hostname;
    uri.protocol = base.protocol;
    uri.host = base.host;
    const headers = { ...options.headers, 'X-Original-Host': originalHost };
    return this.noted<T>(super.request<T>({ ...options, uri: uri.href, headers } as never));
  }

  private async noted<T>(
    answer: ReturnType<typeof twilio.RequestClient.prototype.request<T>>,
  ): ReturnType<typeof twilio.RequestClient.prototype.request<T>> {
    const response = await answer;
    const date = Date.parse(String((response.headers as Record<string, unknown> | undefined)?.['date']));
    // The header has whole seconds.
    if (!Number.isNaN(date)) this.clockAheadMs = date + HALF_A_SECOND_MS - Date.now();
    return response;
  }
}

interface Account {
  accountSid: string;
  authToken: string;
  apiBaseUrl: string | undefined;
}

/**
 * For creates: no retry of any kind, and a connection of its own each time. A kept connection may have been closed by the
 * other side just now; the reset would leave us not knowing whether a call was dialled.
 */
export function clientForCreates(account: Account): twilio.Twilio {
  const httpClient = new RebasedClient(account.apiBaseUrl, {
    timeout: REQUEST_TIMEOUT_MS,
    autoRetry: false,
    keepAlive: false,
  });
  httpClient.axios.defaults.httpAgent = new http.Agent({ keepAlive: false });
  return twilio(account.accountSid, account.authToken, { httpClient });
}

export interface ReadingClient {
  api: twilio.Twilio;
  /** How far Twilio's clock is ahead of ours by its last answer, in milliseconds; null: no answer said. */
  clockAheadMs(): number | null;
}

/** For reads and for what may be asked twice without harm. */
export function clientForReads(account: Account): ReadingClient {
  const httpClient = new RebasedClient(account.apiBaseUrl, { timeout: REQUEST_TIMEOUT_MS, autoRetry: true });
  return {
    api: twilio(account.accountSid, account.authToken, { httpClient }),
    clockAheadMs: () => httpClient.clockAheadMs,
  };
}
