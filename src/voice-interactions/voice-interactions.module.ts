import { Module } from '@nestjs/common';
import { FilesModule } from '../files/files.module';
import { StorageModule } from '../integrations/storage/storage.module';
import { AudioRetention } from './audio-retention.service';
import { VoiceInteractionsController } from './voice-interactions.controller';
import { VoiceInteractions } from './voice-interactions.service';

@Module({
  imports: [FilesModule, StorageModule],
  controllers: [VoiceInteractionsController],
  providers: [AudioRetention, VoiceInteractions],
  exports: [VoiceInteractions],
})
export class VoiceInteractionsModule {}
