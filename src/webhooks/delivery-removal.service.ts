import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Rounds } from '../common/rounds';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';

const INTERVAL_MS = 3600_000;
const DAY_MS = 24 * 3600_000;
const AT_ONCE = 1000;

/** Removes what was sent long ago from the log, and what could not be sent for as long, since its webhook is switched off. */
@Injectable()
export class DeliveryRemoval implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(DeliveryRemoval.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.removeOld(),
    (error) => this.log.error({ msg: 'Old deliveries could not be removed', err: error }),
  );

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.begin();
    this.rounds.callForOne();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** One round. @param now moves the clock in tests */
  async removeOld(now = new Date()): Promise<void> {
    const before = new Date(now.getTime() - this.config.webhooks.logDays * DAY_MS);
    for (;;) {
      const owners = await this.db.lookup<{ user_id: number }>(
        'SELECT user_id FROM lookup_old_webhook_deliveries($1)',
        [before],
      );
      if (owners.length === 0) return;
      // Those of users who are switched off too.
      for (const { user_id: userId } of owners) {
        await this.db.asNewOwner({ userId }, (tx) =>
          tx.query(
            `DELETE FROM webhook_deliveries WHERE user_id = $1 AND id IN (
               SELECT id FROM webhook_deliveries WHERE user_id = $1 AND created_at < $2 LIMIT ${AT_ONCE})`,
            [userId, before],
          ),
        );
      }
    }
  }
}
