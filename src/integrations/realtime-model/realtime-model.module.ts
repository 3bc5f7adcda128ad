import { Module } from '@nestjs/common';
import { OpenAiRealtimeModel } from './openai/openai-realtime-model';
import { RealtimeModel } from './realtime-model';

@Module({
  providers: [{ provide: RealtimeModel, useClass: OpenAiRealtimeModel }],
  exports: [RealtimeModel],
})
export class RealtimeModelModule {}
