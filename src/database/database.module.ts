import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyStore } from '../common/idempotency';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { dataSourceOptions } from './data-source';
import { Database } from './database';
import { PostgresIdempotencyStore } from './idempotency-store';
import { JobQueue } from './job-queue';

/** Expects a migrated database: main.ts has started the embedded one, if asked to, and run the migrations. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [APP_CONFIG],
      useFactory: ({ databaseUrl, databasePoolSize }: AppConfig) => {
        if (databaseUrl === undefined)
          throw new Error('The embedded PostgreSQL must be started before the application.');
        return { ...dataSourceOptions(databaseUrl, databasePoolSize), retryAttempts: 0 };
      },
    }),
  ],
  providers: [Database, JobQueue, { provide: IdempotencyStore, useClass: PostgresIdempotencyStore }],
  exports: [Database, JobQueue, IdempotencyStore],
})
export class DatabaseModule {}
