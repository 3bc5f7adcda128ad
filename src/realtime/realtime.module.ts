import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { CalendarModule } from '../calendar/calendar.module';
import { CallsModule } from '../calls/calls.module';
import { RealtimeModelModule } from '../integrations/realtime-model/realtime-model.module';
import { TelephonyModule } from '../integrations/telephony/telephony.module';
import { SmsModule } from '../sms/sms.module';
import { LiveConversations } from './live-conversations';
import { MediaStreamGateway } from './media-stream.gateway';
import { RealtimeMode } from './realtime-mode.service';
import { VoiceAgentSockets } from './voice-agent-sockets.service';
import { VoiceAgentController } from './voice-agent.controller';
import { VoiceAgentGateway } from './voice-agent.gateway';

@Module({
  imports: [AuthModule, CalendarModule, CallsModule, SmsModule, TelephonyModule, RealtimeModelModule],
  controllers: [VoiceAgentController],
  providers: [LiveConversations, MediaStreamGateway, RealtimeMode, VoiceAgentGateway, VoiceAgentSockets],
})
export class RealtimeModule {}
