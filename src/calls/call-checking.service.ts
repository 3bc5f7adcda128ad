import { Injectable } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { ScenariosService } from '../scenarios/scenarios.service';
import type { CallPermission } from './call-permission';
import { CallPermissionService } from './call-permission.service';

/** What `POST /calls/check` asks: everything that placing asks, without placing. */
@Injectable()
export class CallChecking {
  constructor(
    private readonly scenarios: ScenariosService,
    private readonly permission: CallPermissionService,
  ) {}

  /** @throws InvalidPhoneNumber, InvalidScenario, CustomScenarioNotFound */
  async check(
    owner: Owner,
    question: { phoneNumber: string; scenario: string; at: Date | undefined },
  ): Promise<CallPermission> {
    const number = this.permission.read(question.phoneNumber);
    await this.scenarios.resolveAgent(owner, question.scenario);
    return this.permission.check(owner, number, question.at ?? new Date());
  }
}
