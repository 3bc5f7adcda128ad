import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import { CannotOpen } from '../common/secret-box';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { Webhook } from './webhook.entity';
import { isPrivateHost } from './webhook-sender';
import { WebhookSecrets } from './webhook-secrets';
import { InsecureTarget, PrivateTarget, RotatedLately, TooManyWebhooks, WebhookNotFound } from './webhooks.errors';

export const MAX_WEBHOOKS = 20;
/** For which a former secret signs too: whoever checks signatures has this long to change to the new one. */
const PREVIOUS_SIGNS = `interval '24 hours'`;

export type WebhookFields = Pick<Webhook, 'url' | 'description' | 'events' | 'isActive'>;

/** The only time at which the secret is told. */
export interface WithSecret {
  webhook: Webhook;
  secret: string;
}

/** Where a user wants to be told what happens. */
@Injectable()
export class Webhooks {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly secrets: WebhookSecrets,
  ) {}

  async list(owner: Owner, { limit, offset }: { limit: number; offset: number }): Promise<Page<Webhook>> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows, total] = await tx.findAndCount(Webhook, {
        where: { userId: owner.userId },
        order: { id: 'ASC' },
        take: limit,
        skip: offset,
      });
      return { rows, total };
    });
  }

  /** @throws WebhookNotFound */
  async get(owner: Owner, id: number): Promise<Webhook> {
    return this.db.asOwner(owner, (tx) => foundWebhook(tx, owner, id));
  }

  /** @throws InsecureTarget, PrivateTarget, TooManyWebhooks */
  async create(owner: Owner, fields: WebhookFields): Promise<WithSecret> {
    this.requireTarget(fields.url);
    return this.db.asOwner(owner, async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtext('webhooks'), $1)`, [owner.userId]);
      if ((await tx.countBy(Webhook, { userId: owner.userId })) >= MAX_WEBHOOKS)
        throw new TooManyWebhooks(MAX_WEBHOOKS);
      const { identifiers } = await tx.insert(Webhook, {
        ...fields,
        userId: owner.userId,
        // Sealed for the row, which has an id from here on.
        secret: '',
        keyId: this.secrets.keyId,
        listeningSince: () => 'clock_timestamp()',
      });
      const id = identifiers[0]?.['id'] as number;
      const { secret, columns } = this.secrets.make({ id, userId: owner.userId });
      await tx.update(Webhook, { userId: owner.userId, id }, columns);
      return { webhook: await foundWebhook(tx, owner, id), secret };
    });
  }

  /** @throws InsecureTarget, PrivateTarget, WebhookNotFound */
  async update(owner: Owner, id: number, changes: Partial<WebhookFields>): Promise<Webhook> {
    if (changes.url !== undefined) this.requireTarget(changes.url);
    return this.db.asOwner(owner, async (tx) => {
      const before = await foundWebhook(tx, owner, id, true);
      const after = { ...before, ...changes };
      const listensAnew = after.isActive && (!before.isActive || String(after.events) !== String(before.events));
      const beginsAnew = after.url !== before.url || (after.isActive && !before.isActive);
      await tx.update(
        Webhook,
        { userId: owner.userId, id },
        {
          ...changes,
          ...(listensAnew ? { listeningSince: () => 'clock_timestamp()' } : {}),
          ...(beginsAnew ? { failingSince: null, lastFailedAt: null, problem: null } : {}),
          updatedAt: () => 'clock_timestamp()',
        },
      );
      return foundWebhook(tx, owner, id);
    });
  }

  /** What was not sent yet goes with it. @throws WebhookNotFound */
  async delete(owner: Owner, id: number): Promise<void> {
    await this.db.asOwner(owner, async (tx) => {
      const { affected } = await tx.delete(Webhook, { userId: owner.userId, id });
      if (affected !== 1) throw new WebhookNotFound();
    });
  }

  /**
   * A new secret signs; the one of before signs beside it for a day, or not at all where it is known to others.
   * @throws WebhookNotFound, RotatedLately
   */
  async rotateSecret(owner: Owner, id: number, { isRevoked }: { isRevoked: boolean }): Promise<WithSecret> {
    return this.db.asOwner(owner, async (tx) => {
      const row = await foundWebhook(tx, owner, id, true);
      // Its place is still taken, by one that was promised to sign.
      if (!isRevoked && row.previousUntil !== null && row.previousUntil > new Date())
        throw new RotatedLately(row.previousUntil);
      const { secret, columns } = this.newSecret(row, isRevoked);
      await tx.update(Webhook, { userId: owner.userId, id }, { ...columns, updatedAt: () => 'clock_timestamp()' });
      return { webhook: await foundWebhook(tx, owner, id), secret };
    });
  }

  private newSecret(row: Webhook, isRevoked: boolean) {
    try {
      if (isRevoked) return this.alone(row);
      const { secret, columns } = this.secrets.rotate(row);
      return { secret, columns: { ...columns, previousUntil: () => `clock_timestamp() + ${PREVIOUS_SIGNS}` } };
    } catch (error) {
      if (!(error instanceof CannotOpen)) throw error;
      // Sealed with a key that is lost: a new one is all that helps.
      return this.alone(row);
    }
  }

  private alone(row: Webhook) {
    const { secret, columns } = this.secrets.make(row);
    return { secret, columns: { ...columns, previousSecret: null, previousUntil: null } };
  }

  private requireTarget(url: string): void {
    const { protocol, hostname } = new URL(url);
    if (protocol !== 'https:' && this.config.isProduction) throw new InsecureTarget();
    if (!this.config.webhooks.allowsPrivateTargets && isPrivateHost(hostname)) throw new PrivateTarget();
  }
}

/** @throws WebhookNotFound */
export async function foundWebhook(tx: EntityManager, owner: Owner, id: number, isLocked = false): Promise<Webhook> {
  const row = await tx.findOne(Webhook, {
    where: { userId: owner.userId, id },
    ...(isLocked ? { lock: { mode: 'pessimistic_write' } } : {}),
  });
  if (row === null) throw new WebhookNotFound();
  return row;
}
