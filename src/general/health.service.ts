import { Inject, Injectable } from '@nestjs/common';
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
    private readonly sandboxStatus: SandboxStatus,
  ) {}

  async report(): Promise<HealthDto> {
    const { sandbox } = this.config;
    const checks: HealthDto['checks'] = {
      database: upOrDown(await this.isDatabaseUp()),
      ...(sandbox.enabled ? { sandbox: upOrDown(this.sandboxStatus.isUp) } : {}),
    };
    const isWhole = Object.values(checks).every((check) => check === 'up');
    return {
      status: this.drain.isDraining ? 'draining' : isWhole ? 'ok' : 'degraded',
      version: PRODUCT_VERSION,
      sandbox: {
        enabled: sandbox.enabled,
        providers: [...sandbox.providers],
        control_url: sandbox.controlUrl ?? null,
      },
      checks,
    };
  }

  /** Whether requests can be served; without simulated providers all but calls can. */
  isReady({ status, checks }: HealthDto): boolean {
    return status !== 'draining' && checks.database === 'up';
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
