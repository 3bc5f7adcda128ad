import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Owner } from '../common/owner';
import { CannotOpen } from '../common/secret-box';
import { storedText } from '../common/stored-text';
import { Database } from '../database/database';
import { pauseSeconds } from './retry-policy';
import { signedHeaders } from './signature';
import { TEST_EVENT } from './told-events';
import { isReceived, SendAnswer, WebhookSender } from './webhook-sender';
import { WebhookSecrets } from './webhook-secrets';
import { Webhook } from './webhook.entity';

/** Longer than an attempt takes. Who takes longer has died, and somebody else sends it again, under the same id. */
const LEASE = `clock_timestamp() + interval '60 seconds'`;
/** Where nothing has arrived for so long nobody is there any more. */
const FAILING_DAYS = 5;
/** Longer than the longest pause between two attempts: who failed before that and not since may have been well in between. */
const GAP_DAYS = 2;

const GONE = 410;

/** The right to make one attempt. */
export interface Claim {
  owner: Owner;
  webhook: Webhook;
  /** Whether the former secret signs too. */
  previousSigns: boolean;
  id: string;
  event: string;
  payload: string;
  /** With this one. */
  attempts: number;
  /** When the lease is over, as PostgreSQL writes it. */
  lease: string;
}

type ClaimedRow = Pick<Claim, 'id' | 'event' | 'payload' | 'attempts' | 'lease'>;

/** One attempt at a delivery: claimed, committed, sent, written down. */
@Injectable()
export class DeliveryAttempts {
  private readonly log = new Logger(DeliveryAttempts.name);

  constructor(
    private readonly db: Database,
    private readonly secrets: WebhookSecrets,
    private readonly sender: WebhookSender,
  ) {}

  /** Of one webhook, the oldest first; what others have claimed is left alone. @param now null: by the database's clock */
  async claimDue(owner: Owner, webhookId: number, most: number, now: Date | null): Promise<Claim[]> {
    return this.db.asOwner(owner, async (tx) => {
      const webhook = await tx.findOneBy(Webhook, { userId: owner.userId, id: webhookId, isActive: true });
      if (webhook === null) return [];
      const [rows] = await tx.query<[ClaimedRow[], number]>(
        // Materialized: a join may ask for it again, and would be given more than the limit.
        `WITH due AS MATERIALIZED (
           SELECT id FROM webhook_deliveries WHERE user_id = $1 AND webhook_id = $2 AND due_at <= coalesce($3, clock_timestamp())
           ORDER BY due_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
         UPDATE webhook_deliveries d SET ${CLAIMED} FROM due
         WHERE d.user_id = $1 AND d.id = due.id RETURNING ${CLAIM}`,
        [owner.userId, webhookId, now, most],
      );
      return toClaims(tx, owner, webhook, rows);
    });
  }

  /** A delivery that is made at this moment. */
  async claimNew(owner: Owner, webhook: Webhook, id: string, event: string, payload: string): Promise<Claim> {
    return this.db.asOwner(owner, async (tx) => {
      await tx.query(
        `INSERT INTO webhook_deliveries (id, user_id, webhook_id, event, subject, payload, status)
         VALUES ($1::uuid, $2, $3, $4, $1::uuid::text, $5, 'pending')`,
        [id, owner.userId, webhook.id, event, payload],
      );
      const [rows] = await tx.query<[ClaimedRow[], number]>(
        `UPDATE webhook_deliveries d SET ${CLAIMED} WHERE d.user_id = $1 AND d.id = $2 RETURNING ${CLAIM}`,
        [owner.userId, id],
      );
      const [claim] = await toClaims(tx, owner, webhook, rows);
      if (claim === undefined) throw new Error('A delivery is gone that was just written.');
      return claim;
    });
  }

  async make(claim: Claim): Promise<void> {
    const { owner, webhook, id, event, attempts } = claim;
    const answer = await this.send(claim);
    await this.write(claim, answer);
    if (answer.error === null) return;
    this.log.debug({
      msg: 'A webhook did not receive an event',
      delivery_id: id,
      webhook_id: webhook.id,
      user_id: owner.userId,
      host: new URL(webhook.url).host,
      event,
      attempts,
      status: answer.status,
    });
  }

  private async send({ webhook, previousSigns, id, payload }: Claim): Promise<SendAnswer> {
    try {
      const secrets = this.secrets.open(webhook, previousSigns);
      return await this.sender.send(webhook.url, signedHeaders(id, new Date(), payload, secrets), payload);
    } catch (error) {
      if (!(error instanceof CannotOpen)) throw error;
      const sentence = 'Its secret cannot be read any more, so nothing can be signed. Rotate the secret.';
      return { status: null, body: null, error: sentence, durationMs: 0 };
    }
  }

  /** Nothing where somebody else has it by now, or its owner has asked for it again. */
  private async write(claim: Claim, { status, body, error, durationMs }: SendAnswer): Promise<void> {
    const { owner, webhook, id, event, attempts, lease } = claim;
    const isDelivered = status !== null && isReceived(status);
    const isGone = status === GONE;
    const pause = isDelivered || isGone || event === TEST_EVENT ? null : pauseSeconds(attempts, Math.random());
    await this.db.asOwner(owner, async (tx) => {
      const [, affected] = await tx.query<[unknown[], number]>(
        `UPDATE webhook_deliveries SET status = $4, due_at = clock_timestamp() + make_interval(secs => $5),
           delivered_at = CASE WHEN $4 = 'delivered' THEN clock_timestamp() END,
           response_status = $6, response_body = $7, error = $8, duration_ms = $9, updated_at = clock_timestamp()
         WHERE user_id = $1 AND id = $2 AND due_at = $3::timestamptz`,
        [
          owner.userId,
          id,
          lease,
          isDelivered ? 'delivered' : pause === null ? 'failed' : 'pending',
          pause,
          status,
          body === null ? null : storedText(body),
          error,
          durationMs,
        ],
      );
      if (affected !== 1) return;
      if (isDelivered) await noteArrived(tx, webhook);
      else if (event !== TEST_EVENT || isGone) await noteFailed(tx, webhook, { isGone, isGivenUp: pause === null });
    });
  }
}

const CLAIMED = `due_at = ${LEASE}, attempts = d.attempts + 1, attempted_at = clock_timestamp(), updated_at = clock_timestamp()`;
const CLAIM = 'd.id, d.event, d.payload, d.attempts, d.due_at::text AS lease';

async function toClaims(tx: EntityManager, owner: Owner, webhook: Webhook, rows: ClaimedRow[]): Promise<Claim[]> {
  // By the one clock that counts.
  const [clock] = await tx.query<{ signs: boolean | null }[]>('SELECT clock_timestamp() < $1::timestamptz AS signs', [
    webhook.previousUntil,
  ]);
  return rows.map((row) => ({ ...row, owner, webhook, previousSigns: clock?.signs === true }));
}

async function noteArrived(tx: EntityManager, { userId, id }: Webhook): Promise<void> {
  await tx.query(
    'UPDATE webhooks SET failing_since = NULL WHERE user_id = $1 AND id = $2 AND failing_since IS NOT NULL',
    [userId, id],
  );
}

/** Not where it was pointed elsewhere meanwhile. */
async function noteFailed(
  tx: EntityManager,
  { userId, id, url }: Webhook,
  { isGone, isGivenUp }: { isGone: boolean; isGivenUp: boolean },
): Promise<void> {
  await tx.query(
    `UPDATE webhooks SET last_failed_at = clock_timestamp(), failing_since =
       CASE WHEN last_failed_at > clock_timestamp() - interval '${GAP_DAYS} days' THEN coalesce(failing_since, clock_timestamp())
         ELSE clock_timestamp() END
     WHERE user_id = $1 AND id = $2 AND url = $3`,
    [userId, id, url],
  );
  if (!isGone && !isGivenUp) return;
  await tx.query(
    `UPDATE webhooks SET is_active = false, problem = $4, updated_at = clock_timestamp()
     WHERE user_id = $1 AND id = $2 AND url = $3 AND is_active
       AND ($5 OR failing_since < clock_timestamp() - interval '${FAILING_DAYS} days')`,
    [
      userId,
      id,
      url,
      isGone
        ? 'Switched off: it answered that it is gone (410).'
        : `Switched off: nothing that was sent has arrived for ${FAILING_DAYS} days.`,
      isGone,
    ],
  );
}
