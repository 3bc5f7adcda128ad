import { Module } from '@nestjs/common';
import type { AppConfig } from '../../config/app-config';
import { APP_CONFIG } from '../../config/config.module';
import { FileStorage } from './file-storage';
import { newFileStorage } from './new-file-storage';

@Module({
  providers: [
    { provide: FileStorage, useFactory: (config: AppConfig) => newFileStorage(config), inject: [APP_CONFIG] },
  ],
  exports: [FileStorage],
})
export class StorageModule {}
