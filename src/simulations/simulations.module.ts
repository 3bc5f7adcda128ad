import { Module } from '@nestjs/common';
import { LanguageModelModule } from '../integrations/language-model/language-model.module';
import { SpeechModule } from '../integrations/speech/speech.module';
import { ScenariosModule } from '../scenarios/scenarios.module';
import { SimulationRunner } from './simulation-runner.service';
import { SimulationsController } from './simulations.controller';
import { Simulations } from './simulations.service';

@Module({
  imports: [LanguageModelModule, ScenariosModule, SpeechModule],
  controllers: [SimulationsController],
  providers: [SimulationRunner, Simulations],
})
export class SimulationsModule {}
