import { randomUUID } from 'node:crypto';
import type { FaultBox, FaultSite } from '../faults';
import type { SandboxLog } from '../log';
import { signRequest, type FormFields } from './signature';

/** What Twilio waits for an answer. */
const TIMEOUT_MS = 15_000;
/** A webhook that was held back to swap places goes out by then, also when nothing follows. */
const HELD_FOR_MS = 5000;
const MAX_ANSWER_CHARACTERS = 64 * 1024;

export interface WebhookTarget {
  url: string;
  method: 'GET' | 'POST';
}

/** One webhook as `GET /sandbox/calls/{sid}` tells it. */
export interface WebhookView {
  url: string;
  event: string;
  /** The answer's HTTP status; `null` while under way, when lost, and when there was no answer. */
  status: number | null;
  attempts: number;
  error?: string;
}

export interface WebhookAnswer {
  status: number;
  contentType: string;
  body: string;
}

/** Which call a notice is about. */
export type CallSite = FaultSite & { callSid: string };

interface Delivery {
  target: WebhookTarget;
  fields: FormFields;
  view: WebhookView;
  times: number;
}

/** No answer, or none in time. The message is a sentence. */
export class WebhookFailed extends Error {}

/** Sends what Twilio tells the platform, signed as Twilio signs it (reference/twilio.md sections 3 and 7). */
export class Webhooks {
  private readonly closing = new AbortController();
  private readonly held = new Map<string, { delivery: Delivery; timer: NodeJS.Timeout }>();

  constructor(
    private readonly authToken: string,
    private readonly faults: FaultBox,
    private readonly log: SandboxLog,
  ) {}

  /**
   * A request whose answer matters.
   * @throws WebhookFailed
   */
  async request(target: WebhookTarget, fields: FormFields, view: WebhookView): Promise<WebhookAnswer> {
    return this.send({ target, fields, view, times: 1 });
  }

  /**
   * Tells something; one attempt, nobody waits. The faults lose_webhook, repeat_webhook and reorder_webhooks strike
   * here; only notices about the same call change places.
   */
  notify(call: CallSite, target: WebhookTarget, fields: FormFields, view: WebhookView): void {
    if (this.faults.take('twilio', 'lose_webhook', call)) {
      view.error = 'Lost on purpose (fault lose_webhook).';
      return;
    }
    const times = this.faults.take('twilio', 'repeat_webhook', call) ? 2 : 1;
    const delivery: Delivery = { target, fields, view, times };
    const { callSid } = call;
    const held = this.held.get(callSid);
    if (!held && this.faults.take('twilio', 'reorder_webhooks', call)) {
      const timer = setTimeout(() => {
        this.release(callSid);
      }, HELD_FOR_MS);
      timer.unref();
      this.held.set(callSid, { delivery, timer });
      return;
    }
    this.deliver(delivery)
      .then(() => {
        if (held) this.release(callSid);
      })
      .catch((error: unknown) => {
        this.log('webhook.trouble', { error: String(error) });
      });
  }

  /** Requests under way are given up. */
  close(): void {
    for (const { timer } of this.held.values()) clearTimeout(timer);
    this.held.clear();
    this.closing.abort();
  }

  private release(callSid: string): void {
    const held = this.held.get(callSid);
    if (!held) return;
    this.held.delete(callSid);
    clearTimeout(held.timer);
    this.deliver(held.delivery).catch((error: unknown) => {
      this.log('webhook.trouble', { error: String(error) });
    });
  }

  private async deliver(delivery: Delivery): Promise<void> {
    const idempotencyToken = randomUUID();
    for (let time = 0; time < delivery.times; time++) {
      try {
        await this.send(delivery, idempotencyToken);
      } catch (error) {
        if (!(error instanceof WebhookFailed)) throw error;
        this.log('webhook.failed', { event: delivery.view.event, error: error.message });
      }
    }
  }

  private async send({ target, fields, view }: Delivery, idempotencyToken = randomUUID()): Promise<WebhookAnswer> {
    view.attempts += 1;
    const form = new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value]));
    const isGet = target.method === 'GET';
    const url = isGet ? withQuery(target.url, form) : target.url;
    try {
      const response = await fetch(url, {
        method: target.method,
        redirect: 'manual',
        headers: {
          'x-twilio-signature': signRequest(this.authToken, url, isGet ? [] : fields),
          'user-agent': 'TwilioProxy/1.1',
          'i-twilio-idempotency-token': idempotencyToken,
          accept: '*/*',
          ...(isGet ? {} : { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }),
        },
        body: isGet ? undefined : form.toString(),
        signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.closing.signal]),
      });
      const body = await response.text();
      view.status = response.status;
      delete view.error;
      return {
        status: response.status,
        contentType: response.headers.get('content-type') ?? '',
        body: body.slice(0, MAX_ANSWER_CHARACTERS),
      };
    } catch (error) {
      view.error = reasonOf(error);
      throw new WebhookFailed(view.error, { cause: error });
    }
  }
}

function withQuery(url: string, form: URLSearchParams): string {
  const joined = new URL(url);
  for (const [name, value] of form) joined.searchParams.append(name, value);
  return joined.href;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'The request failed.';
  if (error.name === 'TimeoutError') return `There was no answer within ${TIMEOUT_MS / 1000} seconds.`;
  const cause = error.cause instanceof Error ? error.cause.message : error.message;
  return `The request failed: ${cause}`;
}
