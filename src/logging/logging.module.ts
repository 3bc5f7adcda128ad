import { DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { DestinationStream } from 'pino';
import type { AppConfig } from '../config/app-config';
import { AppLogger } from './app-logger';
import { loggingParams } from './logging';

@Module({})
export class LoggingModule {
  static forRoot(config: AppConfig, destination?: DestinationStream): DynamicModule {
    return {
      module: LoggingModule,
      global: true,
      imports: [LoggerModule.forRoot(loggingParams(config, destination))],
      providers: [AppLogger],
      exports: [AppLogger, LoggerModule],
    };
  }
}
