import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { RecordingsModule } from '../recordings/recordings.module';
import { SchedulingModule } from '../scheduling/scheduling.module';
import { SmsModule } from '../sms/sms.module';
import { TranscriptsModule } from '../transcripts/transcripts.module';
import { DeliveryAttempts } from './delivery-attempts.service';
import { DeliveryRemoval } from './delivery-removal.service';
import { DeliveryRounds } from './delivery-rounds.service';
import { EventRecorder } from './event-recorder.service';
import { EventSweep } from './event-sweep.service';
import { ToldSources } from './told-events';
import { WebhookDeliveries } from './webhook-deliveries.service';
import { WebhookSecrets } from './webhook-secrets';
import { WebhookSender } from './webhook-sender';
import { WebhooksController } from './webhooks.controller';
import { Webhooks } from './webhooks.service';

@Module({
  imports: [CallsModule, RecordingsModule, SchedulingModule, SmsModule, TranscriptsModule],
  controllers: [WebhooksController],
  providers: [
    DeliveryAttempts,
    DeliveryRemoval,
    DeliveryRounds,
    EventRecorder,
    EventSweep,
    ToldSources,
    WebhookDeliveries,
    Webhooks,
    WebhookSecrets,
    {
      provide: WebhookSender,
      inject: [APP_CONFIG],
      useFactory: ({ webhooks }: AppConfig) => new WebhookSender(webhooks.allowsPrivateTargets),
    },
  ],
})
export class WebhooksModule {}
