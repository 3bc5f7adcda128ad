import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module';
import { CalendarProviderModule } from '../integrations/calendar/calendar-provider.module';
import { ScenariosModule } from '../scenarios/scenarios.module';
import { SchedulingModule } from '../scheduling/scheduling.module';
import { UsersModule } from '../users/users.module';
import { CalendarAgenda } from './agenda.service';
import { CalendarCallbackController } from './calendar-callback.controller';
import { CalendarCallsController } from './calendar-calls.controller';
import { CalendarConnecting } from './calendar-connecting.service';
import { CalendarDeeds } from './calendar-deeds.service';
import { CalendarEvents } from './calendar-events.service';
import { CalendarGrantRows } from './calendar-grants.repository';
import { CalendarGrants } from './calendar-grants.service';
import { CalendarNotificationsController } from './calendar-notifications.controller';
import { CalendarRivals } from './calendar-rivals.service';
import { CalendarSettlement } from './calendar-settlement.service';
import { CalendarSyncRounds } from './calendar-sync-rounds.service';
import { CalendarSyncRows } from './calendar-syncs.repository';
import { CalendarSyncs } from './calendar-syncs.service';
import { CalendarController } from './calendar.controller';
import { EventCallPreferencesService } from './event-call-preferences.service';
import { EventCallsController } from './event-calls.controller';
import { EventCalls } from './event-calls.service';

@Module({
  imports: [UsersModule, ScenariosModule, CallsModule, SchedulingModule, CalendarProviderModule],
  controllers: [
    CalendarController,
    CalendarCallbackController,
    CalendarCallsController,
    EventCallsController,
    CalendarNotificationsController,
  ],
  providers: [
    CalendarAgenda,
    CalendarConnecting,
    CalendarDeeds,
    CalendarEvents,
    CalendarGrantRows,
    CalendarGrants,
    CalendarRivals,
    CalendarSettlement,
    CalendarSyncRounds,
    CalendarSyncRows,
    CalendarSyncs,
    EventCallPreferencesService,
    EventCalls,
  ],
  exports: [CalendarAgenda, CalendarDeeds, CalendarGrants],
})
export class CalendarModule {}
