import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module';
import { ScenariosModule } from '../scenarios/scenarios.module';
import { UsersModule } from '../users/users.module';
import { DialPace } from './dial-pace.service';
import { ScheduledCallHandover } from './scheduled-call-handover.service';
import { ScheduledCallOutcomes } from './scheduled-call-outcomes.service';
import { ScheduledCallRecovery } from './scheduled-call-recovery.service';
import { ScheduledCalls } from './scheduled-calls.service';
import { ScheduledDialling } from './scheduled-dialling.service';
import { SchedulingController } from './scheduling.controller';

@Module({
  imports: [UsersModule, ScenariosModule, CallsModule],
  controllers: [SchedulingController],
  providers: [
    DialPace,
    ScheduledCallHandover,
    ScheduledCallOutcomes,
    ScheduledCallRecovery,
    ScheduledCalls,
    ScheduledDialling,
  ],
  exports: [ScheduledCalls],
})
export class SchedulingModule {}
