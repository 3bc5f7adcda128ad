import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { FaultBox } from '../../faults';
import type { SandboxLog } from '../../log';
import type { WallClock } from '../../wall-clock';
import type { Calendar } from './calendar';
import { CalendarError, invalid, required } from './calendar-error';

/** How long a channel lives that does not say it, and the longest; the page names neither for events. */
const DEFAULT_TTL_SECONDS = 7 * 86_400;
const MAX_TTL_SECONDS = 30 * 86_400;
const TIMEOUT_MS = 10_000;
/** Google tries again after 500, 502, 503 and 504, with growing pauses. */
const RETRY_AFTER_MS = [500, 2000];
const TRIED_AGAIN = new Set([500, 502, 503, 504]);
const MAX_NOTIFICATIONS = 1000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** One notification as `GET /sandbox/google` tells it. */
export interface NotificationView {
  channel_id: string;
  state: 'sync' | 'exists';
  message_number: number;
  /** The answer's HTTP status; `null` while under way, when lost, and when there was no answer. */
  status: number | null;
  attempts: number;
  error?: string;
}

/** Somebody waits for news of a calendar. */
interface Channel {
  id: string;
  resourceId: string;
  resourceUri: string;
  address: string;
  token: string | undefined;
  expirationMs: number;
  calendar: Calendar;
  messages: number;
  /** One message after the other, as they are numbered. */
  queue: Promise<void>;
}

const body = z.object({
  id: z.string().nullish(),
  type: z.string().nullish(),
  address: z.string().nullish(),
  token: z.string().max(256).nullish(),
  expiration: z.union([z.string(), z.number()]).nullish(),
  params: z.object({ ttl: z.union([z.string(), z.number()]).nullish() }).nullish(),
});

/** Push notifications (https://developers.google.com/workspace/calendar/api/guides/push). */
export class Channels {
  private channels: Channel[] = [];
  private notifications: NotificationView[] = [];
  private readonly closing = new AbortController();

  constructor(
    private readonly clock: WallClock,
    private readonly faults: FaultBox,
    private readonly log: SandboxLog,
    private readonly baseUrl: () => string,
  ) {}

  /** Opens a channel, and says so to its address. @throws CalendarError */
  open(calendar: Calendar, given: unknown): object {
    const parsed = body.safeParse(given ?? {});
    if (!parsed.success) throw invalid(`Invalid value for: ${parsed.error.issues[0]?.path.join('.') ?? 'body'}`);
    const { id, type, address, token } = parsed.data;
    if (!id) throw required('Required', 'id');
    if (!/^[A-Za-z0-9\-_+/=]{1,64}$/.test(id)) throw new CalendarError(400, 'channelIdInvalid', 'Channel id invalid');
    if (!type) throw required('Required', 'type');
    if (type !== 'web_hook' && type !== 'webhook')
      throw new CalendarError(400, 'channelTypeUnknown', 'Channel type unknown');
    if (!address) throw required('Required', 'address');
    checkAddress(address);
    if (this.live().some((channel) => channel.id === id)) {
      throw new CalendarError(400, 'channelIdNotUnique', `Channel id ${id} not unique`);
    }
    const channel: Channel = {
      id,
      resourceId: createHash('sha256').update(calendar.id).digest('base64url').slice(0, 27),
      resourceUri: `${this.baseUrl()}/calendar/v3/calendars/${encodeURIComponent(calendar.id)}/events?alt=json`,
      address,
      token: token ?? undefined,
      expirationMs: this.expirationOf(parsed.data),
      calendar,
      messages: 0,
      queue: Promise.resolve(),
    };
    this.channels.push(channel);
    this.send(channel, 'sync');
    const { resourceId, resourceUri, expirationMs } = channel;
    return {
      kind: 'api#channel',
      id,
      resourceId,
      resourceUri,
      ...(channel.token === undefined ? {} : { token: channel.token }),
      expiration: String(expirationMs),
    };
  }

  /** @throws CalendarError 404 when there is no such channel of this person */
  stop(given: unknown, ownerEmail: string): void {
    const { id, resourceId } = z.object({ id: z.string(), resourceId: z.string() }).partial().catch({}).parse(given);
    if (!id) throw required('Required', 'id');
    if (!resourceId) throw required('Required', 'resourceId');
    const found = this.live().find((channel) => channel.id === id && channel.resourceId === resourceId);
    if (!found || found.calendar.ownerEmail !== ownerEmail) {
      throw new CalendarError(404, 'notFound', `Channel '${id}' not found for project 'sandbox'`);
    }
    this.channels = this.channels.filter((channel) => channel !== found);
  }

  /** Something has changed: every live channel of the calendar hears that, and not what. */
  tell(calendar: Calendar): void {
    for (const channel of this.live()) if (channel.calendar === calendar) this.send(channel, 'exists');
  }

  view(): { channels: object[]; notifications: NotificationView[] } {
    const channels = this.live().map(({ id, resourceId, calendar, address, expirationMs, messages }) => ({
      id,
      resource_id: resourceId,
      calendar_id: calendar.id,
      address,
      expiration: new Date(expirationMs).toISOString(),
      messages,
    }));
    return { channels, notifications: structuredClone(this.notifications) };
  }

  /** Notifications under way are given up. */
  close(): void {
    this.channels = [];
    this.closing.abort();
  }

  /** What has expired is gone. */
  private live(): Channel[] {
    this.channels = this.channels.filter(({ expirationMs }) => expirationMs > this.clock.nowMs());
    return this.channels;
  }

  private expirationOf({ expiration, params }: z.infer<typeof body>): number {
    const now = this.clock.nowMs();
    const ttlSeconds = params?.ttl == null ? DEFAULT_TTL_SECONDS : Number(params.ttl);
    const wished = expiration == null ? now + ttlSeconds * 1000 : Number(expiration);
    if (!Number.isFinite(wished) || wished <= now)
      throw invalid('Invalid expiration: it has to be in the future.', 'expiration');
    return Math.floor(Math.min(wished, now + MAX_TTL_SECONDS * 1000));
  }

  private send(channel: Channel, state: NotificationView['state']): void {
    channel.messages += 1;
    const view: NotificationView = {
      channel_id: channel.id,
      state,
      message_number: channel.messages,
      status: null,
      attempts: 0,
    };
    this.notifications = [...this.notifications, view].slice(-MAX_NOTIFICATIONS);
    if (this.faults.take('google', 'lose_webhook', { email: channel.calendar.ownerEmail })) {
      view.error = 'Lost on purpose (fault lose_webhook).';
      return;
    }
    channel.queue = channel.queue.then(() => this.deliver(channel, view));
    channel.queue.catch((error: unknown) => {
      this.log('google.notification.trouble', { error: String(error) });
    });
  }

  private async deliver(channel: Channel, view: NotificationView): Promise<void> {
    for (const pauseMs of [...RETRY_AFTER_MS, undefined]) {
      view.attempts += 1;
      await this.post(channel, view);
      if (view.status === null || !TRIED_AGAIN.has(view.status) || pauseMs === undefined || this.closing.signal.aborted)
        return;
      await delay(pauseMs, undefined, { ref: false });
    }
  }

  private async post(channel: Channel, view: NotificationView): Promise<void> {
    const { id, resourceId, resourceUri, token, expirationMs, address } = channel;
    try {
      const answer = await fetch(address, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'user-agent': 'APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)',
          'content-type': 'application/json; charset=UTF-8',
          'x-goog-channel-id': id,
          'x-goog-channel-expiration': new Date(expirationMs).toUTCString(),
          'x-goog-resource-id': resourceId,
          'x-goog-resource-uri': resourceUri,
          'x-goog-resource-state': view.state,
          'x-goog-message-number': String(view.message_number),
          ...(token === undefined ? {} : { 'x-goog-channel-token': token }),
        },
        signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.closing.signal]),
      });
      await answer.arrayBuffer();
      view.status = answer.status;
      delete view.error;
    } catch (error) {
      view.status = null;
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      view.error = `The request failed: ${cause instanceof Error ? cause.message : 'nobody knows why'}`;
      this.log('google.notification.failed', { error: view.error });
    }
  }
}

/** Google takes https alone. The sandbox also takes http to this machine, because that is where the product is. */
function checkAddress(address: string): void {
  if (!URL.canParse(address))
    throw new CalendarError(400, 'push.webhookUrlInvalid', `Invalid WebHook callback: ${address}`);
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))) return;
  throw new CalendarError(400, 'push.webhookUrlNotHttps', `WebHook callback must be HTTPS: ${address}`);
}
