import { Inject, Injectable, Logger } from '@nestjs/common';
import { EntityManager } from 'typeorm';
import { AppError } from '../common/app-error';
import { isUniqueViolation } from '../common/database-errors';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { NumberProblem, numberProblems, reachProblem, webhooksAt } from '../integrations/telephony/number-problems';
import { CarrierError, CarrierNumber, NumberWebhooks, Telephony } from '../integrations/telephony/telephony';
import { ScenariosService } from '../scenarios/scenarios.service';
import {
  CarrierTrouble,
  NotOurNumber,
  NumberNotClaimable,
  PhoneNumberNotFound,
  PhoneNumberTaken,
} from './calls.errors';
import { parseSubscriber } from './phone-number';
import { NumberMode, OwnedPhoneNumber } from './phone-number.entity';

/** Whom a number that was rung or texted belongs to. */
export interface NumberOwner {
  owner: Owner;
  id: number;
  /** False: they are switched off, and nobody answers for them. */
  isActive: boolean;
}

export interface NewNumber {
  phoneNumber: string;
  scenario: string;
  mode: NumberMode;
  label: string | null;
  record: boolean;
}

/** Stands in the row until the carrier was told, or has refused. */
const UNTOLD = 'Twilio has not been told yet to ask this server.';

/** Which of the platform's numbers belongs to whom, and what answers them. The carrier is never asked within a transaction. */
@Injectable()
export class PhoneNumbers {
  private readonly log = new Logger(PhoneNumbers.name);

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly telephony: Telephony,
    private readonly scenarios: ScenariosService,
  ) {}

  /** Where the carrier is to ask about every number. */
  get webhooks(): NumberWebhooks {
    return webhooksAt(this.config.publicUrl);
  }

  /** Has the carrier ask us about the number that we place calls from. @throws CarrierError */
  async setUpPlatformNumber(): Promise<void> {
    const number = await this.telephony.findNumber(this.config.twilio.phoneNumber);
    if (number !== null) await this.telephony.setNumberWebhooks(number.sid, this.webhooks);
  }

  /** Whose number this is; null where nobody has claimed it. */
  async ownerOf(e164: string): Promise<NumberOwner | null> {
    const [row] = await this.db.lookup<{ user_id: number; id: number; is_active: boolean }>(
      'SELECT user_id, id, is_active FROM lookup_phone_number($1)',
      [e164],
    );
    return row === undefined ? null : { owner: { userId: row.user_id }, id: row.id, isActive: row.is_active };
  }

  async list(owner: Owner, { limit, offset }: { limit: number; offset: number }): Promise<Page<OwnedPhoneNumber>> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows, total] = await tx.findAndCount(OwnedPhoneNumber, {
        where: { userId: owner.userId },
        order: { id: 'ASC' },
        take: limit,
        skip: offset,
      });
      return { rows, total };
    });
  }

  /** @throws PhoneNumberNotFound */
  async get(owner: Owner, id: number): Promise<OwnedPhoneNumber> {
    return this.db.asOwner(owner, (tx) => found(tx, owner, id));
  }

  /**
   * Claims a number of the platform and has the carrier ask us about it. Where only the latter fails the number is claimed all
   * the same, and says what is wrong with it.
   * @throws InvalidPhoneNumber, NumberNotClaimable, NotOurNumber, PhoneNumberTaken, InvalidScenario, CustomScenarioNotFound, CarrierTrouble
   */
  async claim(owner: Owner, wanted: NewNumber): Promise<OwnedPhoneNumber> {
    const phoneNumber = parseSubscriber(wanted.phoneNumber, this.config.calls.defaultRegion);
    if (!this.isClaimable(phoneNumber)) throw new NumberNotClaimable();
    await this.scenarios.resolveAgent(owner, wanted.scenario);
    const number = await this.atCarrier(phoneNumber);
    if (number === null) throw new NotOurNumber();
    const { scenario, mode, label, record } = wanted;
    const row = {
      userId: owner.userId,
      phoneNumber,
      scenario,
      mode,
      label,
      record,
      ...ofCarrier(number),
      problem: UNTOLD,
    };
    const id = await this.db
      .asOwner(owner, async (tx) => (await tx.insert(OwnedPhoneNumber, row)).identifiers[0]?.['id'] as number)
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new PhoneNumberTaken() : error;
      });
    await this.setUp(owner, id, number);
    return this.get(owner, id);
  }

  /** @throws PhoneNumberNotFound, InvalidScenario, CustomScenarioNotFound */
  async update(owner: Owner, id: number, changes: Partial<Omit<NewNumber, 'phoneNumber'>>): Promise<OwnedPhoneNumber> {
    if (changes.scenario !== undefined) await this.scenarios.resolveAgent(owner, changes.scenario);
    return this.db.asOwner(owner, async (tx) => {
      await found(tx, owner, id);
      if (Object.keys(changes).length > 0) await tx.update(OwnedPhoneNumber, { userId: owner.userId, id }, changes);
      return found(tx, owner, id);
    });
  }

  /** Nobody has it then: it runs the demo. @throws PhoneNumberNotFound */
  async release(owner: Owner, id: number): Promise<void> {
    await this.db.asOwner(owner, async (tx) => {
      await found(tx, owner, id);
      await tx.delete(OwnedPhoneNumber, { userId: owner.userId, id });
    });
  }

  /**
   * What keeps the number from being answered, in words. @param isRepaired the carrier's addresses are set first
   * @throws PhoneNumberNotFound, CarrierTrouble
   */
  async verify(owner: Owner, id: number, isRepaired: boolean): Promise<NumberProblem[]> {
    const { phoneNumber, scenario } = await this.get(owner, id);
    let number = await this.atCarrier(phoneNumber);
    if (number === null) {
      return [{ code: 'not_in_account', detail: 'This number is not one of the Twilio account any more.' }];
    }
    if (isRepaired) number = (await this.setUp(owner, id, number)) ?? number;
    const unreachable = await reachProblem(this.config.publicUrl, this.telephony);
    const problems = [
      ...numberProblems(number, this.webhooks),
      ...(unreachable === null ? [] : [{ code: 'public_url_unreachable', detail: unreachable }]),
      ...(await this.scenarioProblems(owner, scenario)),
    ];
    const [first = null] = problems;
    const facts = { ...ofCarrier(number), problem: first?.detail ?? null };
    await this.db.asOwner(owner, (tx) => tx.update(OwnedPhoneNumber, { userId: owner.userId, id }, facts));
    return problems;
  }

  /** Whoever rings back after a call of anybody's rings the number that calls: in production it is nobody's by default. */
  private isClaimable(e164: string): boolean {
    const { isProduction, calls, twilio } = this.config;
    if (calls.claimableNumbers !== null) return calls.claimableNumbers.includes(e164);
    return !isProduction || e164 !== twilio.phoneNumber;
  }

  private async setUp(owner: Owner, id: number, number: CarrierNumber): Promise<CarrierNumber | null> {
    const [after, problem] = await this.telephony.setNumberWebhooks(number.sid, this.webhooks).then(
      (set) => [set, numberProblems(set, this.webhooks)[0]?.detail ?? null] as const,
      (error: unknown) => {
        if (!(error instanceof CarrierError)) throw error;
        this.log.warn({ msg: 'A number could not be set up at the carrier', user_id: owner.userId, err: error });
        return [null, `Twilio could not be told whom to ask: ${error.message}`] as const;
      },
    );
    await this.db.asOwner(owner, (tx) => tx.update(OwnedPhoneNumber, { userId: owner.userId, id }, { problem }));
    return after;
  }

  private async scenarioProblems(owner: Owner, scenario: string): Promise<NumberProblem[]> {
    try {
      await this.scenarios.resolveAgent(owner, scenario);
      return [];
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return [{ code: 'no_scenario', detail: 'The scenario that is to answer is not there any more.' }];
    }
  }

  /** @throws CarrierTrouble */
  private async atCarrier(phoneNumber: string): Promise<CarrierNumber | null> {
    try {
      return await this.telephony.findNumber(phoneNumber);
    } catch (error) {
      if (!(error instanceof CarrierError)) throw error;
      throw new CarrierTrouble('Twilio could not be asked about this number. Please try again.', error);
    }
  }
}

function ofCarrier({
  sid,
  canTalk,
  canText,
}: CarrierNumber): Pick<OwnedPhoneNumber, 'carrierSid' | 'canTalk' | 'canText'> {
  return { carrierSid: sid, canTalk, canText };
}

async function found(tx: EntityManager, owner: Owner, id: number): Promise<OwnedPhoneNumber> {
  const row = await tx.findOneBy(OwnedPhoneNumber, { userId: owner.userId, id });
  if (row === null) throw new PhoneNumberNotFound();
  return row;
}
