import { Module } from '@nestjs/common';
import { FilesModule } from '../files/files.module';
import { MailModule } from '../integrations/mail/mail.module';
import { TelephonyModule } from '../integrations/telephony/telephony.module';
import { ScenariosModule } from '../scenarios/scenarios.module';
import { BrowserCalls } from './browser-calls.service';
import { CallActions } from './call-actions.service';
import { CallAnalyses } from './call-analyses.service';
import { CallChecking } from './call-checking.service';
import { CallLookups } from './call-lookups';
import { CallPermissionService } from './call-permission.service';
import { CallPlacing } from './call-placing.service';
import { CallsController } from './calls.controller';
import { CallsService } from './calls.service';
import { CarrierReports } from './carrier-reports.service';
import { CarrierWebhooksController } from './carrier-webhooks.controller';
import { CarrierWebhooks } from './carrier-webhooks.service';
import { DemoController } from './demo.controller';
import { DemoSessions } from './demo-sessions.service';
import { DialAttempts } from './dial-attempts.service';
import { DialledCalls } from './dialled-calls.service';
import { DialSettlement } from './dial-settlement.service';
import { DoNotCallController } from './do-not-call.controller';
import { DoNotCallService } from './do-not-call.service';
import { FeedbackMail } from './feedback-mail.service';
import { FinishedCalls } from './finished-calls.service';
import { InboundCalls } from './inbound-calls.service';
import { LiveCalls } from './live-calls.service';
import { PhoneNumbers } from './phone-numbers.service';
import { PhoneNumbersController } from './phone-numbers.controller';

@Module({
  imports: [FilesModule, ScenariosModule, TelephonyModule, MailModule],
  controllers: [
    CallsController,
    DoNotCallController,
    PhoneNumbersController,
    DemoController,
    CarrierWebhooksController,
  ],
  providers: [
    BrowserCalls,
    CallActions,
    CallAnalyses,
    CallChecking,
    CallLookups,
    CallPermissionService,
    CallPlacing,
    CallsService,
    CarrierReports,
    CarrierWebhooks,
    DemoSessions,
    DialAttempts,
    DialledCalls,
    DialSettlement,
    DoNotCallService,
    FeedbackMail,
    FinishedCalls,
    InboundCalls,
    LiveCalls,
    PhoneNumbers,
  ],
  exports: [
    BrowserCalls,
    CallActions,
    CallAnalyses,
    CallLookups,
    CallPermissionService,
    CallPlacing,
    CallsService,
    DialAttempts,
    DoNotCallService,
    FinishedCalls,
    LiveCalls,
    PhoneNumbers,
  ],
})
export class CallsModule {}
