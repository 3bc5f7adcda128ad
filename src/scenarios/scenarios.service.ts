import { Inject, Injectable } from '@nestjs/common';
import { EntityManager } from 'typeorm';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { Agent, AUTO_LANGUAGE, DEFAULT_LANGUAGE } from './agent';
import { BUILT_IN_SCENARIOS } from './built-in-scenarios';
import { CustomScenario } from './custom-scenario.entity';
import type { CreateScenarioDto, UpdateScenarioDto } from './dto/custom-scenario.dto';
import { toInterruptionSettings } from './dto/interruption.dto';
import { CustomScenarioNotFound, InvalidScenario, InvalidVoiceType, TooManyScenarios } from './scenarios.errors';
import { voiceOf } from './voices';

export const MAX_CUSTOM_SCENARIOS = 20;

/** Whatever begins like this is a custom scenario's id, right or wrong. */
const CUSTOM_PREFIX = 'custom_';

@Injectable()
export class ScenariosService {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
  ) {}

  /** @throws InvalidVoiceType, TooManyScenarios */
  async create(owner: Owner, fields: CreateScenarioDto): Promise<CustomScenario> {
    requireVoice(fields.voice_type);
    return this.db.asOwner(owner, async (tx) => {
      // One creation of a user at a time: the limit and the id both depend on what is there already.
      await tx.query(`SELECT pg_advisory_xact_lock(hashtext('custom_scenarios'), $1)`, [owner.userId]);
      if ((await tx.countBy(CustomScenario, { userId: owner.userId })) >= MAX_CUSTOM_SCENARIOS) {
        throw new TooManyScenarios(MAX_CUSTOM_SCENARIOS);
      }
      const scenario = tx.create(CustomScenario, {
        userId: owner.userId,
        scenarioId: await freeScenarioId(tx, owner),
        name: null,
        greeting: null,
        whoSpeaksFirst: 'agent',
        language: DEFAULT_LANGUAGE,
        maxDurationSeconds: null,
        voicemailMessage: null,
        extractionSchema: null,
        interruption: null,
        sendsTexts: false,
        followUpText: null,
        ...columnsOf(fields),
      });
      return tx.save(scenario);
    });
  }

  /** Newest first. */
  async list(owner: Owner): Promise<CustomScenario[]> {
    return this.db.asOwner(owner, (tx) =>
      tx.find(CustomScenario, { where: { userId: owner.userId }, order: { createdAt: 'DESC', id: 'DESC' } }),
    );
  }

  /** @throws CustomScenarioNotFound */
  async get(owner: Owner, scenarioId: string): Promise<CustomScenario> {
    return this.db.asOwner(owner, (tx) => find(tx, owner, scenarioId));
  }

  /** Changes the fields that are given. @throws CustomScenarioNotFound, InvalidVoiceType */
  async update(owner: Owner, scenarioId: string, fields: UpdateScenarioDto): Promise<CustomScenario> {
    if (fields.voice_type !== undefined) requireVoice(fields.voice_type);
    return this.db.asOwner(owner, async (tx) => {
      const scenario = await find(tx, owner, scenarioId);
      return tx.save(Object.assign(scenario, columnsOf(fields)));
    });
  }

  /** Calls under way keep their copy. @throws CustomScenarioNotFound */
  async delete(owner: Owner, scenarioId: string): Promise<void> {
    await this.db.asOwner(owner, async (tx) => {
      const { affected } = await tx.delete(CustomScenario, { userId: owner.userId, scenarioId });
      if (affected === 0) throw new CustomScenarioNotFound();
    });
  }

  /**
   * The agent that a call names: a built-in scenario or one of the owner's.
   * @throws InvalidScenario for an unknown name, CustomScenarioNotFound for an unknown or foreign `custom_…` id
   */
  async resolveAgent(owner: Owner, nameOrId: string): Promise<Agent> {
    if (nameOrId.startsWith(CUSTOM_PREFIX)) {
      return toAgent(await this.get(owner, nameOrId), this.config.calls.defaultLanguage);
    }
    const builtIn = BUILT_IN_SCENARIOS.get(nameOrId);
    if (builtIn === undefined) throw new InvalidScenario();
    return builtIn.agent;
  }
}

function requireVoice(voiceType: string): void {
  if (voiceOf(voiceType) === undefined) throw new InvalidVoiceType();
}

async function find(tx: EntityManager, owner: Owner, scenarioId: string): Promise<CustomScenario> {
  const scenario = await tx.findOneBy(CustomScenario, { userId: owner.userId, scenarioId });
  if (scenario === null) throw new CustomScenarioNotFound();
  return scenario;
}

/** The id by this second, or by the next one that is free where several are made in one second. */
async function freeScenarioId(tx: EntityManager, owner: Owner): Promise<string> {
  const taken = new Set(
    (await tx.find(CustomScenario, { where: { userId: owner.userId }, select: { scenarioId: true } })).map(
      ({ scenarioId }) => scenarioId,
    ),
  );
  for (let seconds = Math.floor(Date.now() / 1000); ; seconds += 1) {
    const id = `${CUSTOM_PREFIX}${owner.userId}_${seconds}`;
    if (!taken.has(id)) return id;
  }
}

/** The columns of the fields that were given; TypeORM leaves undefined ones alone. */
function columnsOf(fields: UpdateScenarioDto): Partial<CustomScenario> {
  const columns: Partial<CustomScenario> = {
    name: fields.name,
    persona: fields.persona,
    prompt: fields.prompt,
    voiceType: fields.voice_type,
    temperature: fields.temperature,
    greeting: fields.greeting,
    whoSpeaksFirst: fields.who_speaks_first,
    language: fields.language,
    maxDurationSeconds: fields.max_duration_seconds,
    voicemailMessage: fields.voicemail_message,
    extractionSchema: fields.extraction_schema,
    sendsTexts: fields.sends_texts,
    followUpText: fields.follow_up_text,
    interruption: fields.interruption ? toInterruptionSettings(fields.interruption) : fields.interruption,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

/** @param defaultLanguage in which a conversation begins whose language is to be found out */
function toAgent(scenario: CustomScenario, defaultLanguage: string): Agent {
  return {
    scenarioName: scenario.scenarioId,
    displayName: scenario.name ?? 'Custom scenario',
    persona: scenario.persona,
    prompt: scenario.prompt,
    voice: voiceOf(scenario.voiceType) ?? 'alloy',
    voiceType: scenario.voiceType,
    temperature: scenario.temperature,
    greeting: scenario.greeting,
    whoSpeaksFirst: scenario.whoSpeaksFirst,
    ...(scenario.language === AUTO_LANGUAGE
      ? { language: defaultLanguage, detectsLanguage: true }
      : { language: scenario.language }),
    maxDurationSeconds: scenario.maxDurationSeconds,
    voicemailMessage: scenario.voicemailMessage,
    tools: scenario.sendsTexts ? ['end_call', 'send_text'] : ['end_call'],
    extractionSchema: scenario.extractionSchema,
    ...(scenario.followUpText === null ? {} : { followUpText: scenario.followUpText }),
    ...(scenario.interruption === null ? {} : { interruption: scenario.interruption }),
  };
}
