import { Module } from '@nestjs/common';
import { GeneralController } from './general.controller';
import { HealthService } from './health.service';
import { SandboxStatus } from './sandbox-status';

@Module({ controllers: [GeneralController], providers: [HealthService, SandboxStatus] })
export class GeneralModule {}
