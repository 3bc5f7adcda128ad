import { Module } from '@nestjs/common';
import { GeneralController } from './general.controller';
import { HealthService } from './health.service';

@Module({ controllers: [GeneralController], providers: [HealthService] })
export class GeneralModule {}
