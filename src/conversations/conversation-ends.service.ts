import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';

const INTERVAL_MS = 30_000;
/** Whoever goes on after goodbye does so at once. */
const CLOSING_MS = 60_000;
const STOP_WITHIN_MS = 3000;

/** Ends conversations in which goodbye was said, or nothing for long; also of users who are switched off. */
@Injectable()
export class ConversationEnds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(ConversationEnds.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.endAll(),
    (error) => this.log.error({ msg: 'Conversations to be ended could not be looked for', err: error }),
  );

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await settledWithin(this.rounds.stop(), STOP_WITHIN_MS);
  }

  /** One round, until there is no more. @param now moves the clock in tests */
  async endAll(now = new Date()): Promise<void> {
    const idleBefore = new Date(now.getTime() - this.config.conversations.idleMinutes * 60_000);
    const closingBefore = new Date(now.getTime() - CLOSING_MS);
    for (;;) {
      const due = await this.db.lookup<{ user_id: number; ids: string[] }>(
        'SELECT user_id, ids FROM lookup_idle_conversations($1, $2)',
        [idleBefore, closingBefore],
      );
      if (due.length === 0) return;
      for (const { user_id: userId, ids } of due) {
        await this.db.asNewOwner({ userId }, (tx) =>
          // From every state there is a way to the end.
          tx.query(
            `UPDATE conversation_sessions SET state = 'ended', turn_id = NULL, turn_until = NULL, ended_at = clock_timestamp(),
               ended_reason = CASE state WHEN 'closing' THEN 'said_goodbye' ELSE 'idle' END
             WHERE user_id = $1 AND id = ANY ($2) AND ended_at IS NULL AND (turn_until IS NULL OR turn_until < clock_timestamp())
               AND (active_at < $3 OR (state = 'closing' AND active_at < $4))`,
            [userId, ids, idleBefore, closingBefore],
          ),
        );
      }
    }
  }
}
