import { createHash, randomUUID } from 'node:crypto';
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

/** What a notice is about. Only notices about the same thing change places. */
export type NoticeSite = FaultSite & { about: string };

/** What a webhook carries: a form, or an object as JSON. */
export type WebhookContent = { fields: FormFields } | { json: Record<string, string | null> };

interface Delivery {
  target: WebhookTarget;
  content: WebhookContent;
  view: WebhookView;
  times: number;
}

/** A webhook as it goes over the wire. */
interface SignedRequest {
  url: string;
  signature: string;
  contentType?: string;
  body?: string;
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
    return this.send({ target, content: { fields }, view, times: 1 });
  }

  /**
   * Tells something; one attempt, nobody waits. The faults lose_webhook, repeat_webhook and reorder_webhooks strike here.
   */
  notify(site: NoticeSite, target: WebhookTarget, content: WebhookContent, view: WebhookView): void {
    if (this.faults.take('twilio', 'lose_webhook', site)) {
      view.error = 'Lost on purpose (fault lose_webhook).';
      return;
    }
    const times = this.faults.take('twilio', 'repeat_webhook', site) ? 2 : 1;
    const delivery: Delivery = { target, content, view, times };
    const { about } = site;
    const held = this.held.get(about);
    if (!held && this.faults.take('twilio', 'reorder_webhooks', site)) {
      const timer = setTimeout(() => {
        this.release(about);
      }, HELD_FOR_MS);
      timer.unref();
      this.held.set(about, { delivery, timer });
      return;
    }
    this.deliver(delivery)
      .then(() => {
        if (held) this.release(about);
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

  private release(about: string): void {
    const held = this.held.get(about);
    if (!held) return;
    this.held.delete(about);
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

  private async send({ target, content, view }: Delivery, idempotencyToken = randomUUID()): Promise<WebhookAnswer> {
    view.attempts += 1;
    const { url, signature, contentType, body: sent } = this.sign(target, content);
    try {
      const response = await fetch(url, {
        method: target.method,
        redirect: 'manual',
        headers: {
          'x-twilio-signature': signature,
          'user-agent': 'TwilioProxy/1.1',
          'i-twilio-idempotency-token': idempotencyToken,
          accept: '*/*',
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
        },
        body: sent,
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

  /** A form is signed field by field; of a body that is none the hash is in the address, and the address is signed. */
  private sign({ url: address, method }: WebhookTarget, content: WebhookContent): SignedRequest {
    if (method === 'POST' && 'json' in content) {
      const body = JSON.stringify(content.json);
      const url = withBodyHash(address, body);
      return { url, signature: signRequest(this.authToken, url), contentType: 'application/json', body };
    }
    const fields = 'json' in content ? fieldsOf(content.json) : content.fields;
    const form = new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value]));
    if (method === 'GET') {
      const url = withQuery(address, form);
      return { url, signature: signRequest(this.authToken, url) };
    }
    return {
      url: address,
      signature: signRequest(this.authToken, address, fields),
      contentType: 'application/x-www-form-urlencoded; charset=utf-8',
      body: form.toString(),
    };
  }
}

/** The members that have a value, for a request without a body. */
function fieldsOf(json: Record<string, string | null>): FormFields {
  return Object.entries(json).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

function withBodyHash(url: string, body: string): string {
  const hash = createHash('sha256').update(body, 'utf8').digest('hex');
  return `${url}${url.includes('?') ? '&' : '?'}bodySHA256=${hash}`;
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
