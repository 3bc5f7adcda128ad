import { Module } from '@nestjs/common';
import { LanguageModel } from './language-model';
import { OpenAiLanguageModel } from './openai/openai-language-model';

@Module({
  providers: [{ provide: LanguageModel, useClass: OpenAiLanguageModel }],
  exports: [LanguageModel],
})
export class LanguageModelModule {}
