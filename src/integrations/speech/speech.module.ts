import { Module } from '@nestjs/common';
import type { AppConfig } from '../../config/app-config';
import { APP_CONFIG } from '../../config/config.module';
import { OpenAiRealtimeSpeech } from './openai/openai-realtime-speech';
import { OpenAiRestSpeech } from './openai/openai-rest-speech';
import { OpenAiTranscriber } from './openai/openai-transcriber';
import { SpeechOutput } from './speech-output';
import { Transcriber } from './transcriber';

/** Models that are not accepted by /v1/audio/speech; all others are not accepted by /v1/realtime. */
const OVER_REALTIME = /^gpt-realtime/;

@Module({
  providers: [
    { provide: Transcriber, useClass: OpenAiTranscriber },
    {
      provide: SpeechOutput,
      inject: [APP_CONFIG],
      useFactory: (config: AppConfig): SpeechOutput =>
        OVER_REALTIME.test(config.openai.speechModel) ? new OpenAiRealtimeSpeech(config) : new OpenAiRestSpeech(config),
    },
  ],
  exports: [Transcriber, SpeechOutput],
})
export class SpeechModule {}
