import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module';
import { TelephonyModule } from '../integrations/telephony/telephony.module';
import { CallTexts } from './call-texts.service';
import { FollowUpTexts } from './follow-up-texts.service';
import { IncomingSmsService } from './incoming-sms.service';
import { MissedSms } from './missed-sms.service';
import { SendAttempts } from './send-attempts.service';
import { SmsLookups } from './sms-lookups';
import { SmsReports } from './sms-reports.service';
import { SmsRounds } from './sms-rounds.service';
import { SmsSenders } from './sms-senders.service';
import { SmsSending } from './sms-sending.service';
import { SmsSettlement } from './sms-settlement.service';
import { SmsWebhooksController } from './sms-webhooks.controller';
import { SmsController } from './sms.controller';
import { SmsService } from './sms.service';

@Module({
  imports: [CallsModule, TelephonyModule],
  controllers: [SmsController, SmsWebhooksController],
  providers: [
    CallTexts,
    FollowUpTexts,
    IncomingSmsService,
    MissedSms,
    SendAttempts,
    SmsLookups,
    SmsReports,
    SmsRounds,
    SmsSenders,
    SmsSending,
    SmsService,
    SmsSettlement,
  ],
  exports: [CallTexts, SmsService],
})
export class SmsModule {}
