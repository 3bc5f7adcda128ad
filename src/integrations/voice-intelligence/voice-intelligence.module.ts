import { Module } from '@nestjs/common';
import { TwilioVoiceIntelligence } from './twilio/twilio-voice-intelligence';
import { VoiceIntelligence } from './voice-intelligence';

@Module({
  providers: [{ provide: VoiceIntelligence, useClass: TwilioVoiceIntelligence }],
  exports: [VoiceIntelligence],
})
export class VoiceIntelligenceModule {}
