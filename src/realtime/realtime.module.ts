import { Module } from '@nestjs/common';
import { CalendarModule } from '../calendar/calendar.module';
import { CallsModule } from '../calls/calls.module';
import { RealtimeModelModule } from '../integrations/realtime-model/realtime-model.module';
import { TelephonyModule } from '../integrations/telephony/telephony.module';
import { SmsModule } from '../sms/sms.module';
import { LiveConversations } from './live-conversations';
import { MediaStreamGateway } from './media-stream.gateway';

@Module({
  imports: [CalendarModule, CallsModule, SmsModule, TelephonyModule, RealtimeModelModule],
  providers: [LiveConversations, MediaStreamGateway],
})
export class RealtimeModule {}
