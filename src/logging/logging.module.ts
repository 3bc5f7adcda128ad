import { DynamicModule, Module } from '@nestjs/common';
import type { DestinationStream } from 'pino';
import type { AppConfig } from '../config/app-config';
import { AppLogger } from './app-logger';
import { LOG } from './log.token';
import { createLog } from './logging';

@Module({})
export class LoggingModule {
  static forRoot(config: AppConfig, destination?: DestinationStream): DynamicModule {
    return {
      module: LoggingModule,
      global: true,
      providers: [{ provide: LOG, useFactory: () => createLog(config, destination) }, AppLogger],
      exports: [AppLogger, LOG],
    };
  }
}
