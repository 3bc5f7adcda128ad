import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { CalendarModule } from '../calendar/calendar.module';
import { CallsModule } from '../calls/calls.module';
import { ConversationsModule } from '../conversations/conversations.module';
import { RealtimeModelModule } from '../integrations/realtime-model/realtime-model.module';
import { TelephonyModule } from '../integrations/telephony/telephony.module';
import { SmsModule } from '../sms/sms.module';
import { VoiceModule } from '../voice/voice.module';
import { LiveConversations } from './live-conversations';
import { MediaStreamGateway } from './media-stream.gateway';
import { MessagesMode } from './messages-mode.service';
import { RealtimeMode } from './realtime-mode.service';
import { VoiceAgentSockets } from './voice-agent-sockets.service';
import { VoiceAgentController } from './voice-agent.controller';
import { VoiceAgentGateway } from './voice-agent.gateway';

@Module({
  imports: [
    AuthModule,
    CalendarModule,
    CallsModule,
    ConversationsModule,
    SmsModule,
    TelephonyModule,
    RealtimeModelModule,
    VoiceModule,
  ],
  controllers: [VoiceAgentController],
  providers: [LiveConversations, MediaStreamGateway, MessagesMode, RealtimeMode, VoiceAgentGateway, VoiceAgentSockets],
})
export class RealtimeModule {}
