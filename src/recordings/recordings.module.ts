import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module';
import { FilesModule } from '../files/files.module';
import { StorageModule } from '../integrations/storage/storage.module';
import { TelephonyModule } from '../integrations/telephony/telephony.module';
import { RecordingKeeper } from './recording-keeper.service';
import { RecordingTidying } from './recording-tidying.service';
import { RecordingWebhookController } from './recording-webhook.controller';
import { RecordingsController } from './recordings.controller';
import { Recordings } from './recordings.service';

@Module({
  imports: [CallsModule, FilesModule, StorageModule, TelephonyModule],
  controllers: [RecordingsController, RecordingWebhookController],
  providers: [RecordingKeeper, Recordings, RecordingTidying],
  exports: [Recordings],
})
export class RecordingsModule {}
