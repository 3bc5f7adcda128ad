import { Inject, Injectable } from '@nestjs/common';
import { Drain } from '../common/drain';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import type { HealthDto } from './dto/health.dto';
import { PRODUCT_VERSION } from './product-version';

/** A database that takes longer is as good as down for those who ask. */
const CHECK_LIMIT_MS = 2_000;

@Injectable()
export class HealthService {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly drain: Drain,
  ) {}

  async report(): Promise<HealthDto> {
    const { sandbox } = this.config;
    const database = (await this.isDatabaseUp()) ? 'up' : 'down';
    return {
      status: this.drain.isDraining ? 'draining' : database === 'up' ? 'ok' : 'degraded',
      version: PRODUCT_VERSION,
      sandbox: {
        enabled: sandbox.enabled,
        providers: [...sandbox.providers],
        control_url: sandbox.controlUrl ?? null,
      },
      checks: { database },
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
