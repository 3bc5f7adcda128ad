import { Module } from '@nestjs/common';
import { SpeechModule } from '../integrations/speech/speech.module';
import { VoiceController } from './voice.controller';
import { Voice } from './voice.service';

@Module({
  imports: [SpeechModule],
  controllers: [VoiceController],
  providers: [Voice],
  exports: [Voice],
})
export class VoiceModule {}
