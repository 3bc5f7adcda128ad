import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { isUuid } from '../calls/call-lookups';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import { Database } from '../database/database';
import { DeliveryAttempts } from './delivery-attempts.service';
import { DeliveryRounds } from './delivery-rounds.service';
import { TEST_EVENT } from './told-events';
import { DeliveryStatus, WebhookDelivery } from './webhook-delivery.entity';
import { DeliveryErased, DeliveryNotFound, WebhookInactive } from './webhooks.errors';
import { foundWebhook } from './webhooks.service';

export interface DeliveryFilter {
  status?: DeliveryStatus | undefined;
  event?: string | undefined;
  limit: number;
  offset: number;
}

/** What was sent may be long. */
export type ListedDelivery = Omit<WebhookDelivery, 'payload'>;

const LISTED = {
  id: true,
  event: true,
  status: true,
  dueAt: true,
  attempts: true,
  attemptedAt: true,
  deliveredAt: true,
  responseStatus: true,
  responseBody: true,
  error: true,
  durationMs: true,
  createdAt: true,
} as const;

/** What was sent, for its owner: the log, and sending again. */
@Injectable()
export class WebhookDeliveries {
  constructor(
    private readonly db: Database,
    private readonly attempts: DeliveryAttempts,
    private readonly rounds: DeliveryRounds,
  ) {}

  /** The newest first. @throws WebhookNotFound */
  async list(owner: Owner, webhookId: number, filter: DeliveryFilter): Promise<Page<ListedDelivery>> {
    const { status, event, limit, offset } = filter;
    return this.db.asOwner(owner, async (tx) => {
      await foundWebhook(tx, owner, webhookId);
      const [rows, total] = await tx.findAndCount(WebhookDelivery, {
        where: {
          userId: owner.userId,
          webhookId,
          ...(status === undefined ? {} : { status }),
          ...(event === undefined ? {} : { event }),
        },
        select: LISTED,
        order: { createdAt: 'DESC', id: 'DESC' },
        take: limit,
        skip: offset,
      });
      return { rows, total };
    });
  }

  /** @throws WebhookNotFound, DeliveryNotFound */
  async get(owner: Owner, webhookId: number, id: string): Promise<WebhookDelivery> {
    return this.db.asOwner(owner, async (tx) => {
      await foundWebhook(tx, owner, webhookId);
      return foundDelivery(tx, owner, webhookId, id);
    });
  }

  /** The same once more, under the same id, however often it takes. @throws WebhookNotFound, DeliveryNotFound, DeliveryErased, WebhookInactive */
  async redeliver(owner: Owner, webhookId: number, id: string): Promise<WebhookDelivery> {
    const delivery = await this.db.asOwner(owner, async (tx) => {
      const { isActive } = await foundWebhook(tx, owner, webhookId);
      const { payload } = await foundDelivery(tx, owner, webhookId, id);
      if (payload === '') throw new DeliveryErased();
      if (!isActive) throw new WebhookInactive();
      await tx.update(
        WebhookDelivery,
        { userId: owner.userId, id },
        {
          status: 'pending',
          dueAt: () => 'clock_timestamp()',
          attempts: 0,
          deliveredAt: null,
          updatedAt: () => 'clock_timestamp()',
        },
      );
      return foundDelivery(tx, owner, webhookId, id);
    });
    this.rounds.callForOne();
    return delivery;
  }

  /** Sends something at once, also where the webhook is switched off. @throws WebhookNotFound, WebhookBusy */
  async test(owner: Owner, webhookId: number): Promise<WebhookDelivery> {
    const webhook = await this.db.asOwner(owner, (tx) => foundWebhook(tx, owner, webhookId));
    const id = randomUUID();
    const payload = JSON.stringify({
      type: TEST_EVENT,
      timestamp: new Date().toISOString(),
      data: { webhook_id: webhookId, message: 'This is a test. Nothing has happened.' },
    });
    await this.rounds.sendNow(owner, webhookId, () => this.attempts.claimNew(owner, webhook, id, TEST_EVENT, payload));
    return this.get(owner, webhookId, id);
  }
}

async function foundDelivery(tx: EntityManager, owner: Owner, webhookId: number, id: string): Promise<WebhookDelivery> {
  const row = isUuid(id) ? await tx.findOneBy(WebhookDelivery, { userId: owner.userId, webhookId, id }) : null;
  if (row === null) throw new DeliveryNotFound();
  return row;
}
