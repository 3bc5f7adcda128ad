import { Global, Module } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ThrottlerStorage } from '@nestjs/throttler';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Capacity } from './capacity';
import { DomainEvents } from './domain-events';
import { Drain } from './drain';
import { Instances, LoneInstance, SharedInstances } from './instances';
import { OwnRateLimitStorage } from './own-rate-limit-storage';
import { SharedRateLimitStorage } from './rate-limit-storage';

/** What every room may ask for without importing it. */
@Global()
@Module({
  imports: [EventEmitterModule.forRoot()],
  providers: [
    Capacity,
    DomainEvents,
    Drain,
    {
      provide: Instances,
      inject: [APP_CONFIG],
      useFactory: ({ redisUrl }: AppConfig) =>
        redisUrl === undefined ? new LoneInstance() : new SharedInstances(redisUrl),
    },
    {
      provide: ThrottlerStorage,
      inject: [APP_CONFIG],
      useFactory: ({ redisUrl }: AppConfig) =>
        redisUrl === undefined ? new OwnRateLimitStorage() : new SharedRateLimitStorage(redisUrl),
    },
  ],
  exports: [Capacity, DomainEvents, Drain, Instances, ThrottlerStorage],
})
export class CommonModule {}
