import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { ALIVE_SECONDS } from './scheduled-dialling.repository';

const BEAT_MS = 5_000;

/**
 * How fast scheduled calls are dialled, by all processes together. Twilio takes more than the account's calls per second and
 * queues them, and then a call that somebody places by hand would stand behind them.
 */
@Injectable()
export class DialPace {
  private beatMs = -Infinity;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
  ) {}

  /** Calls a second. */
  get perSecond(): number {
    return this.config.calls.dialsPerSecond;
  }

  /** Reserves the next place for one call. @returns for how long it has to wait, in milliseconds */
  async reserve(): Promise<number> {
    const [row] = await this.db.unowned<{ wait: number }>(
      `UPDATE dial_pace SET next_at = greatest(next_at, clock_timestamp()) + make_interval(secs => $1::double precision)
       RETURNING extract(epoch FROM next_at - clock_timestamp())::double precision - $1::double precision AS wait`,
      [1 / this.perSecond],
    );
    return Math.max(0, (row?.wait ?? 0) * 1000);
  }

  /**
   * Says now and then that somebody is there to dial. To be awaited before anything that is due is looked at: what was due
   * while nobody was there may be too late by now.
   */
  async beat(): Promise<void> {
    if (performance.now() - this.beatMs < BEAT_MS) return;
    await this.db.unowned(
      `UPDATE dial_pace SET alive_at = clock_timestamp(),
         gone_at = CASE WHEN alive_at < clock_timestamp() - interval '${ALIVE_SECONDS} seconds' THEN alive_at ELSE gone_at END,
         resumed_at = CASE WHEN alive_at < clock_timestamp() - interval '${ALIVE_SECONDS} seconds' THEN clock_timestamp() ELSE resumed_at END`,
    );
    this.beatMs = performance.now();
  }
}
