import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { FaultBox } from '../faults';
import type { WallClock } from '../wall-clock';

/** A mail as it was taken. */
export interface SentMail {
  id: string;
  from: string;
  to: readonly string[];
  subject: string;
  text: string | null;
  html: string | null;
  created_at: string;
}

/** Of all mails the newest are kept. */
const MAX_MAILS = 1000;
/** How long Resend remembers a key (https://resend.com/docs/dashboard/emails/idempotency-keys). */
const KEY_KEPT_MS = 24 * 3_600_000;
const SLOW_MS = 3000;
/** From which mails may come. */
const VERIFIED_DOMAINS = ['example.com'];
const ADDRESS = /^(?:[^<>@]+ )?<?[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+>?$/;

const address = z.string().regex(ADDRESS);
const body = z.object({
  from: address,
  to: z.union([address, z.array(address).min(1).max(50)]),
  subject: z.string(),
  text: z.string().optional(),
  html: z.string().optional(),
});

export interface MailContext {
  apiKey: string;
  faults: FaultBox;
  clock: WallClock;
}

/** The mail service, as far as mails are sent with it (https://resend.com/docs/api-reference/emails/send-email). */
export class MailService {
  private mails: SentMail[] = [];
  private readonly answers = new Map<string, { fingerprint: string; id: string; atMs: number }>();

  constructor(private readonly context: MailContext) {}

  /** Newest first. */
  list(): readonly SentMail[] {
    return [...this.mails].reverse();
  }

  clear(): void {
    this.mails = [];
  }

  register(app: FastifyInstance): void {
    app.post('/emails', (request, reply) => this.send(request, reply));
    app.get('/domains', (request, reply) => this.domains(request, reply));
  }

  /** https://resend.com/docs/api-reference/domains/list-domains */
  private domains(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (!this.isKnown(request)) return refuse(reply, 401, 'invalid_api_key', 'API key is invalid');
    const data = VERIFIED_DOMAINS.map((name) => ({
      id: `sandbox-${name}`,
      name,
      status: 'verified',
      region: 'us-east-1',
    }));
    return reply.send({ object: 'list', has_more: false, data });
  }

  private isKnown({ headers }: FastifyRequest): boolean {
    return headers.authorization === `Bearer ${this.context.apiKey}`;
  }

  private async send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { faults } = this.context;
    const take = (fault: string) => faults.take('mail', fault);
    if (take('http_429')) return refuse(reply, 429, 'rate_limit_exceeded', 'Too many requests.');
    if (take('http_500')) return refuse(reply, 500, 'internal_server_error', 'An unexpected error occurred.');
    if (take('http_403')) return refuse(reply, 403, 'validation_error', 'The domain of the sender is not verified.');
    const slow = take('slow');
    if (slow) await delay(slow.afterMs ?? SLOW_MS);
    if (take('timeout')) {
      reply.hijack();
      return reply;
    }
    if (take('drop_socket')) return dropped(request, reply);
    if (!this.isKnown(request)) {
      return refuse(reply, 401, 'invalid_api_key', 'API key is invalid');
    }
    const read = body.safeParse(request.body);
    if (!read.success) {
      const [issue] = read.error.issues;
      return refuse(reply, 422, 'validation_error', `Invalid \`${issue?.path.join('.') ?? 'body'}\` field.`);
    }
    if (read.data.text === undefined && read.data.html === undefined) {
      return refuse(reply, 422, 'missing_required_field', 'Missing `html` or `text` field.');
    }
    const key = request.headers['idempotency-key'];
    const id = this.keep(read.data, typeof key === 'string' ? key : undefined);
    if (id === null) {
      const message = 'This idempotency key has been used with another request body.';
      return refuse(reply, 409, 'invalid_idempotent_request', message);
    }
    return take('lose_answer') ? dropped(request, reply) : reply.send({ id });
  }

  /** The id of the mail; null where the key was used for another. */
  private keep(mail: z.infer<typeof body>, key: string | undefined): string | null {
    const nowMs = this.context.clock.nowMs();
    const fingerprint = createHash('sha256').update(JSON.stringify(mail)).digest('hex');
    const known = key === undefined ? undefined : this.answers.get(key);
    if (known !== undefined && nowMs - known.atMs < KEY_KEPT_MS) {
      return known.fingerprint === fingerprint ? known.id : null;
    }
    const { from, to, subject, text = null, html = null } = mail;
    const id = randomUUID();
    const sent = { id, from, to: [to].flat(), subject, text, html, created_at: new Date(nowMs).toISOString() };
    this.mails = [...this.mails, sent].slice(-MAX_MAILS);
    if (key !== undefined) this.answers.set(key, { fingerprint, id, atMs: nowMs });
    return id;
  }
}

function refuse(reply: FastifyReply, statusCode: number, name: string, message: string): FastifyReply {
  return reply.status(statusCode).send({ statusCode, name, message });
}

function dropped(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}
