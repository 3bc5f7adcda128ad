import { Inject, Injectable } from '@nestjs/common';
import { Capacity } from '../common/capacity';
import { Drain } from '../common/drain';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import type { HealthDto } from './dto/health.dto';
import { PRODUCT_VERSION } from './product-version';
import { SandboxStatus } from './sandbox-status';

/** A database that takes longer is as good as down for those who ask. */
const CHECK_LIMIT_MS = 2_000;

@Injectable()
export class HealthService {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly drain: Drain,
    private readonly capacity: Capacity,
    private readonly sandboxStatus: SandboxStatus,
  ) {}

  async report(): Promise<HealthDto> {
    const { sandbox } = this.config;
    const parts = {
      database: upOrDown(await this.isDatabaseUp()),
      ...(sandbox.enabled ? { sandbox: upOrDown(this.sandboxStatus.isUp) } : {}),
    };
    const isWhole = Object.values(parts).every((part) => part === 'up');
    return {
      status: this.drain.isDraining ? 'draining' : isWhole ? 'ok' : 'degraded',
      version: PRODUCT_VERSION,
      sandbox: {
        enabled: sandbox.enabled,
        providers: [...sandbox.providers],
        control_url: sandbox.controlUrl ?? null,
      },
      checks: { ...parts, capacity: this.capacityCheck() },
    };
  }

  /**
   * Whether requests can be served; without simulated providers all but calls can. A server that is full of calls stays in
   * rotation: the webhooks of those calls have to reach it, and new ones get their refusal in words. Only a loop that has
   * been too slow for a minute, although no call was begun, is spared what it can be spared.
   */
  isReady({ status, checks }: HealthDto): boolean {
    return status !== 'draining' && checks.database === 'up' && !this.capacity.isOverwhelmed;
  }

  private capacityCheck(): HealthDto['checks']['capacity'] {
    const { isFull, liveCalls, maxLiveCalls, loopWaitMs } = this.capacity.figures;
    return {
      status: isFull ? 'full' : 'open',
      live_calls: liveCalls,
      max_live_calls: maxLiveCalls,
      event_loop_delay_ms: loopWaitMs === null ? null : Math.round(loopWaitMs * 10) / 10,
    };
  }

  private async isDatabaseUp(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), CHECK_LIMIT_MS);
    });
    const answer = this.db.lookup('SELECT 1').then(
      () => true,
      () => false,
    );
    try {
      return await Promise.race([answer, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function upOrDown(isUp: boolean): 'up' | 'down' {
  return isUp ? 'up' : 'down';
}
