import { Module } from '@nestjs/common';
import { TelephonyModule } from '../integrations/telephony/telephony.module';
import { ScenariosModule } from '../scenarios/scenarios.module';
import { CallActions } from './call-actions.service';
import { CallChecking } from './call-checking.service';
import { CallLookups } from './call-lookups';
import { CallPermissionService } from './call-permission.service';
import { CallPlacing } from './call-placing.service';
import { CallsController } from './calls.controller';
import { CallsService } from './calls.service';
import { CarrierReports } from './carrier-reports.service';
import { CarrierWebhooksController } from './carrier-webhooks.controller';
import { CarrierWebhooks } from './carrier-webhooks.service';
import { DialAttempts } from './dial-attempts.service';
import { DialledCalls } from './dialled-calls.service';
import { DialSettlement } from './dial-settlement.service';
import { DoNotCallController } from './do-not-call.controller';
import { DoNotCallService } from './do-not-call.service';
import { FinishedCalls } from './finished-calls.service';
import { LiveCalls } from './live-calls.service';

@Module({
  imports: [ScenariosModule, TelephonyModule],
  controllers: [CallsController, DoNotCallController, CarrierWebhooksController],
  providers: [
    CallActions,
    CallChecking,
    CallLookups,
    CallPermissionService,
    CallPlacing,
    CallsService,
    CarrierReports,
    CarrierWebhooks,
    DialAttempts,
    DialledCalls,
    DialSettlement,
    DoNotCallService,
    FinishedCalls,
    LiveCalls,
  ],
  exports: [
    CallActions,
    CallLookups,
    CallPermissionService,
    CallPlacing,
    CallsService,
    DialAttempts,
    FinishedCalls,
    LiveCalls,
  ],
})
export class CallsModule {}
