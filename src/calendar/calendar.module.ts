import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module';
import { CalendarProviderModule } from '../integrations/calendar/calendar-provider.module';
import { ScenariosModule } from '../scenarios/scenarios.module';
import { SchedulingModule } from '../scheduling/scheduling.module';
import { UsersModule } from '../users/users.module';
import { CalendarCallbackController } from './calendar-callback.controller';
import { CalendarConnecting } from './calendar-connecting.service';
import { CalendarEvents } from './calendar-events.service';
import { CalendarGrantRows } from './calendar-grants.repository';
import { CalendarGrants } from './calendar-grants.service';
import { CalendarController } from './calendar.controller';

@Module({
  imports: [UsersModule, ScenariosModule, CallsModule, SchedulingModule, CalendarProviderModule],
  controllers: [CalendarController, CalendarCallbackController],
  providers: [CalendarConnecting, CalendarEvents, CalendarGrantRows, CalendarGrants],
  exports: [CalendarGrants],
})
export class CalendarModule {}
