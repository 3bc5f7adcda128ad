import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module';
import { StorageModule } from '../integrations/storage/storage.module';
import { TelephonyModule } from '../integrations/telephony/telephony.module';
import { FileRemovals } from './file-removals.service';
import { RecordingKeeper } from './recording-keeper.service';
import { RecordingTidying } from './recording-tidying.service';
import { RecordingWebhookController } from './recording-webhook.controller';
import { RecordingsController } from './recordings.controller';
import { Recordings } from './recordings.service';

@Module({
  imports: [CallsModule, StorageModule, TelephonyModule],
  controllers: [RecordingsController, RecordingWebhookController],
  providers: [FileRemovals, RecordingKeeper, Recordings, RecordingTidying],
})
export class RecordingsModule {}
