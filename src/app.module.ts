import { DynamicModule, Module, Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ZodValidationPipe } from 'nestjs-zod';
import type { DestinationStream } from 'pino';
import { AccessTokenGuard } from './auth/access-token.guard';
import { AuthModule } from './auth/auth.module';
import { CalendarModule } from './calendar/calendar.module';
import { CallsModule } from './calls/calls.module';
import { CommonModule } from './common/common.module';
import { IdempotencyGuard } from './common/idempotency.guard';
import { ProblemFilter } from './common/problem.filter';
import { RateLimitGuard } from './common/rate-limit.guard';
import { UploadedAudioGuard } from './common/uploaded-audio';
import type { AppConfig } from './config/app-config';
import { ConfigModule } from './config/config.module';
import { ConversationsModule } from './conversations/conversations.module';
import { CustomersModule } from './customers/customers.module';
import { DatabaseModule } from './database/database.module';
import { GeneralModule } from './general/general.module';
import { LoggingModule } from './logging/logging.module';
import { RealtimeModule } from './realtime/realtime.module';
import { RecordingsModule } from './recordings/recordings.module';
import { ScenariosModule } from './scenarios/scenarios.module';
import { SchedulingModule } from './scheduling/scheduling.module';
import { SimulationsModule } from './simulations/simulations.module';
import { SmsModule } from './sms/sms.module';
import { TranscriptsModule } from './transcripts/transcripts.module';
import { UsersModule } from './users/users.module';
import { VoiceModule } from './voice/voice.module';
import { VoiceInteractionsModule } from './voice-interactions/voice-interactions.module';
import { WebhooksModule } from './webhooks/webhooks.module';

/** The list of rooms, and what stands before each of their routes. */
@Module({
  imports: [
    CommonModule,
    DatabaseModule,
    AuthModule,
    UsersModule,
    ScenariosModule,
    CallsModule,
    SmsModule,
    SchedulingModule,
    CalendarModule,
    RecordingsModule,
    TranscriptsModule,
    CustomersModule,
    ConversationsModule,
    VoiceModule,
    VoiceInteractionsModule,
    RealtimeModule,
    SimulationsModule,
    WebhooksModule,
    GeneralModule,
  ],
  providers: [
    // In this order: who is asking, what is in the file, was it answered before, is it too often.
    { provide: APP_GUARD, useClass: AccessTokenGuard },
    { provide: APP_GUARD, useClass: UploadedAudioGuard },
    { provide: APP_GUARD, useClass: IdempotencyGuard },
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_PIPE, useClass: ZodValidationPipe },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
export class AppModule {
  /** @param moreRooms what a test adds */
  static forRoot(config: AppConfig, logDestination?: DestinationStream, moreRooms: Type[] = []): DynamicModule {
    return {
      module: AppModule,
      imports: [ConfigModule.forRoot(config), LoggingModule.forRoot(config, logDestination), ...moreRooms],
    };
  }
}
