import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { In, IsNull, Not } from 'typeorm';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { VoiceInteraction } from './voice-interaction.entity';

const INTERVAL_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
const STOP_WITHIN_MS = 3000;

/** Lets go of audio that is too old, of users who are switched off as well; what was said stays. */
@Injectable()
export class AudioRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(AudioRetention.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.outdateAll(),
    (error) => this.log.error({ msg: 'Audio that is too old could not be looked for', err: error }),
  );

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.recordings.retentionDays !== null) this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await settledWithin(this.rounds.stop(), STOP_WITHIN_MS);
  }

  /** One round, until there is no more. @param now moves the clock in tests */
  async outdateAll(now = new Date()): Promise<void> {
    const { retentionDays } = this.config.recordings;
    if (retentionDays === null) return;
    const before = new Date(now.getTime() - retentionDays * DAY_MS);
    for (;;) {
      const due = await this.db.lookup<{ user_id: number; ids: string[] }>(
        'SELECT user_id, ids FROM lookup_outdated_voice_interactions($1)',
        [before],
      );
      if (due.length === 0) return;
      for (const { user_id: userId, ids } of due) {
        await this.db.asNewOwner({ userId }, (tx) =>
          tx.update(
            VoiceInteraction,
            { userId, id: In(ids), storageKey: Not(IsNull()) },
            { storageKey: null, audioErasedAt: () => 'clock_timestamp()' },
          ),
        );
      }
    }
  }
}
