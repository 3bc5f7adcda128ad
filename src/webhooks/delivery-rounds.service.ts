import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import { Database } from '../database/database';
import { Claim, DeliveryAttempts } from './delivery-attempts.service';
import { Places } from './places';
import { WebhookBusy } from './webhooks.errors';

const INTERVAL_MS = 1000;
/** What is under way longer than that when the server stops is sent again by somebody else. */
const STOP_WITHIN_MS = 3000;

/**
 * Sends what is due. What is due stands in the rows: a round claims a few for each webhook, and lets go of them; it waits for
 * no answer, so that a slow target holds up nothing but itself.
 */
@Injectable()
export class DeliveryRounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(DeliveryRounds.name);
  private readonly places = new Places();
  private readonly underWay = new Set<Promise<void>>();
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.sendDue(),
    (error) => this.log.error({ msg: 'Webhooks that are due could not be looked for', err: error }),
  );

  constructor(
    private readonly db: Database,
    private readonly attempts: DeliveryAttempts,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
    await settledWithin(Promise.all(this.underWay), STOP_WITHIN_MS);
  }

  callForOne(): void {
    this.rounds.callForOne();
  }

  /** One round: begins what there is room for. @param now moves the clock in tests */
  async sendDue(now: Date | null = null): Promise<void> {
    const due = await this.db.lookup<{ user_id: number; webhook_id: number }>(
      'SELECT user_id, webhook_id FROM lookup_due_webhooks($1, $2, $3)',
      [now, this.places.fullWebhooks, this.places.fullUsers],
    );
    for (const { user_id: userId, webhook_id: webhookId } of due) {
      const room = this.places.room(userId, webhookId);
      if (room === 0) continue;
      try {
        for (const claim of await this.attempts.claimDue({ userId }, webhookId, room, now)) this.begin(claim);
      } catch (error) {
        this.log.warn({ msg: 'Deliveries could not be claimed', webhook_id: webhookId, user_id: userId, err: error });
      }
    }
  }

  /** At once, for somebody who waits for it. @throws WebhookBusy */
  async sendNow(owner: Owner, webhookId: number, claim: () => Promise<Claim>): Promise<void> {
    if (this.places.room(owner.userId, webhookId) === 0) throw new WebhookBusy();
    await this.inPlace(owner, webhookId, async () => this.attempts.make(await claim()));
  }

  private begin(claim: Claim): void {
    const { id, owner, webhook } = claim;
    const sending = this.inPlace(owner, webhook.id, () => this.attempts.make(claim))
      .catch((error: unknown) =>
        this.log.warn({ msg: 'A delivery was not noted; it is made again', delivery_id: id, err: error }),
      )
      .finally(() => {
        this.underWay.delete(sending);
        this.callForOne();
      });
    this.underWay.add(sending);
  }

  private async inPlace(owner: Owner, webhookId: number, work: () => Promise<void>): Promise<void> {
    this.places.take(owner.userId, webhookId);
    try {
      await work();
    } finally {
      this.places.release(owner.userId, webhookId);
    }
  }
}
