import { Global, Module } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ThrottlerStorage, ThrottlerStorageService } from '@nestjs/throttler';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { DomainEvents } from './domain-events';
import { Drain } from './drain';
import { SharedRateLimitStorage } from './rate-limit-storage';

/** What every room may ask for without importing it. */
@Global()
@Module({
  imports: [EventEmitterModule.forRoot()],
  providers: [
    DomainEvents,
    Drain,
    {
      provide: ThrottlerStorage,
      inject: [APP_CONFIG],
      useFactory: ({ redisUrl }: AppConfig) =>
        redisUrl === undefined ? new ThrottlerStorageService() : new SharedRateLimitStorage(redisUrl),
    },
  ],
  exports: [DomainEvents, Drain, ThrottlerStorage],
})
export class CommonModule {}
