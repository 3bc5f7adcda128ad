import { DataSource } from 'typeorm';
import { loadDotEnv } from './bootstrap-environment';
import { CalendarGrantRows } from './calendar/calendar-grants.repository';
import { rotateCalendarKeys } from './calendar/calendar-key-rotation';
import { ConfigError, readVaultConfig } from './config/app-config';
import { dataSourceOptions } from './database/data-source';
import { Database } from './database/database';
import { rotateWebhookKeys } from './webhooks/webhook-key-rotation';
import { WebhookSecrets } from './webhooks/webhook-secrets';

/** Writes everything that is encrypted anew with ENCRYPTION_KEY; what is there is read with ENCRYPTION_KEY_PREVIOUS. */
async function main(): Promise<void> {
  loadDotEnv();
  const config = readVaultConfig(process.env);
  const dataSource = await new DataSource(dataSourceOptions(config.databaseUrl, 2)).initialize();
  try {
    const db = new Database(dataSource);
    const { resealed, unreadable } = await rotateCalendarKeys(db, new CalendarGrantRows(config, db));
    console.log(`The tokens of ${resealed} calendars were encrypted anew with the key of now.`);
    if (unreadable.length > 0) {
      console.error(
        `Those of users ${unreadable.join(', ')} cannot be read with any of the keys: they have to connect again.`,
      );
      process.exitCode = 1;
    }
    const webhooks = await rotateWebhookKeys(db, new WebhookSecrets(config));
    console.log(`The secrets of ${webhooks.resealed} webhooks were encrypted anew with the key of now.`);
    if (webhooks.unreadable.length > 0) {
      console.error(
        `Those of the webhooks ${webhooks.unreadable.join(', ')} cannot be read with any of the keys: their owners have to rotate them.`,
      );
      process.exitCode = 1;
    }
  } finally {
    await dataSource.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
});
