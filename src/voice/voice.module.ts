import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module';
import { FilesModule } from '../files/files.module';
import { SpeechModule } from '../integrations/speech/speech.module';
import { VoiceInteractionsModule } from '../voice-interactions/voice-interactions.module';
import { VoiceAgentController } from './voice-agent.controller';
import { VoiceAgent } from './voice-agent.service';
import { VoiceController } from './voice.controller';
import { Voice } from './voice.service';

@Module({
  imports: [ConversationsModule, FilesModule, SpeechModule, VoiceInteractionsModule],
  controllers: [VoiceController, VoiceAgentController],
  providers: [Voice, VoiceAgent],
  exports: [Voice, VoiceAgent],
})
export class VoiceModule {}
