import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { trimmedText } from '../../common/text';
import { AUTO_LANGUAGE, DEFAULT_INTERRUPTION } from '../agent';
import type { CustomScenario } from '../custom-scenario.entity';
import { MAX_TEXT_CHARS } from '../fill-in';
import { extractionSchemaProblem } from '../extraction-schema';
import { voiceOf } from '../voices';
import { interruption, interruptionFields, toInterruptionDto } from './interruption.dto';

const language = trimmedText(2, 35)
  .transform((tag, context) => {
    if (tag.toLowerCase() === AUTO_LANGUAGE) return AUTO_LANGUAGE;
    try {
      const [canonical] = Intl.getCanonicalLocales(tag);
      if (canonical !== undefined) return canonical;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    context.addIssue({ code: 'custom', message: 'must be a BCP 47 language tag, such as en-US' });
    return z.NEVER;
  })
  .meta({
    type: 'string',
    description: 'BCP 47, such as en-US or pt-BR; `auto` for whichever the other person speaks',
  });

const extractionSchema = z
  .record(z.string(), z.unknown())
  .superRefine((schema, context) => {
    const problem = extractionSchemaProblem(schema);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  })
  .describe('JSON Schema (an object with properties) of what to pull out of a finished call');

const spoken = (maxLength: number) => trimmedText(1, maxLength).nullable();

const required = {
  persona: trimmedText(10, 5000).describe('Who the agent is'),
  prompt: trimmedText(10, 5000).describe('What the call is for'),
  voice_type: z.string().max(64).describe('A name of GET /voices'),
  temperature: z.number().min(0).max(1.2).describe('Kept, and used where the engine of a conversation takes one'),
};

const optional = {
  name: trimmedText(1, 100).nullable().optional(),
  greeting: spoken(500).optional().describe('The first sentence; the model finds one where it is null'),
  who_speaks_first: z.enum(['agent', 'customer']).optional(),
  language: language.optional(),
  max_duration_seconds: z.int().min(10).max(3600).nullable().optional(),
  voicemail_message: spoken(1000).optional(),
  extraction_schema: extractionSchema.nullable().optional(),
  sends_texts: z.boolean().optional().describe('Whether the agent can text the person on the line'),
  follow_up_text: trimmedText(1, MAX_TEXT_CHARS)
    .nullable()
    .optional()
    .describe('Texted to the person once after a call that was answered; {{name}} is filled in as in the prompt'),
  interruption: interruptionFields
    .nullable()
    .optional()
    .describe('What it takes to interrupt the agent; replaced as a whole, members left out and null mean the defaults'),
};

const example = {
  persona: 'You are Mia, a friendly advisor of a company that sells solar panels.',
  prompt: 'Find out whether the person owns a house with a suitable roof and offer a free visit.',
  voice_type: 'warm_engaging',
  temperature: 0.7,
};

export class CreateScenarioDto extends createZodDto(z.strictObject({ ...required, ...optional }).meta({ example })) {}

export class UpdateScenarioDto extends createZodDto(
  z
    .strictObject({
      persona: required.persona.optional(),
      prompt: required.prompt.optional(),
      voice_type: required.voice_type.optional(),
      temperature: required.temperature.optional(),
      ...optional,
    })
    .meta({ example: { voice_type: 'concerned_female', greeting: 'Do you have a minute?' } }),
) {}

const notApplied = z
  .array(z.string())
  .describe('Settings that are kept but that phone calls do not use today, each with the reason');

export class ScenarioCreatedDto extends createZodDto(
  z.object({ scenario_id: z.string(), message: z.string(), not_applied: notApplied }).meta({
    example: {
      scenario_id: 'custom_1_1763700000',
      message: 'Custom scenario created successfully',
      not_applied: [
        'temperature: the realtime voice model takes none, so phone calls do not use it; engines that do take it will.',
      ],
    },
  }),
) {}

export class MessageDto extends createZodDto(
  z.object({ message: z.string() }).meta({ example: { message: 'Custom scenario deleted successfully' } }),
) {}

export class CustomScenarioDto extends createZodDto(
  z
    .object({
      id: z.int(),
      scenario_id: z.string(),
      name: z.string().nullable(),
      persona: z.string(),
      prompt: z.string(),
      voice_type: z.string(),
      voice: z.string().describe('The OpenAI voice behind voice_type'),
      temperature: z.number(),
      greeting: z.string().nullable(),
      who_speaks_first: z.enum(['agent', 'customer']),
      language: z.string(),
      max_duration_seconds: z.int().nullable(),
      voicemail_message: z.string().nullable(),
      extraction_schema: z.record(z.string(), z.unknown()).nullable(),
      sends_texts: z.boolean(),
      follow_up_text: z.string().nullable(),
      interruption,
      not_applied: notApplied,
      created_at: z.string().meta({ format: 'date-time' }),
      updated_at: z.string().meta({ format: 'date-time' }),
    })
    .meta({
      example: {
        id: 1,
        scenario_id: 'custom_1_1763700000',
        name: null,
        ...example,
        voice: 'ballad',
        greeting: null,
        who_speaks_first: 'agent',
        language: 'en-US',
        max_duration_seconds: null,
        voicemail_message: null,
        extraction_schema: null,
        sends_texts: false,
        follow_up_text: null,
        interruption: toInterruptionDto(DEFAULT_INTERRUPTION),
        not_applied: [],
        created_at: '2026-11-21T09:30:00.000Z',
        updated_at: '2026-11-21T09:30:00.000Z',
      },
    }),
) {}

const TEMPERATURE_NOT_APPLIED =
  'temperature: the realtime voice model takes none, so phone calls do not use it; engines that do take it will.';

/** What a scenario asks for that the engine of phone calls cannot do. */
function settingsNotApplied(): string[] {
  return [TEMPERATURE_NOT_APPLIED];
}

export function toScenarioCreatedDto(scenario: CustomScenario): ScenarioCreatedDto {
  return {
    scenario_id: scenario.scenarioId,
    message: 'Custom scenario created successfully',
    not_applied: settingsNotApplied(),
  };
}

export function toCustomScenarioDto(scenario: CustomScenario): CustomScenarioDto {
  return {
    id: scenario.id,
    scenario_id: scenario.scenarioId,
    name: scenario.name,
    persona: scenario.persona,
    prompt: scenario.prompt,
    voice_type: scenario.voiceType,
    voice: voiceOf(scenario.voiceType) ?? scenario.voiceType,
    temperature: scenario.temperature,
    greeting: scenario.greeting,
    who_speaks_first: scenario.whoSpeaksFirst,
    language: scenario.language,
    max_duration_seconds: scenario.maxDurationSeconds,
    voicemail_message: scenario.voicemailMessage,
    extraction_schema: scenario.extractionSchema,
    sends_texts: scenario.sendsTexts,
    follow_up_text: scenario.followUpText,
    interruption: toInterruptionDto(scenario.interruption ?? DEFAULT_INTERRUPTION),
    not_applied: settingsNotApplied(),
    created_at: scenario.createdAt.toISOString(),
    updated_at: scenario.updatedAt.toISOString(),
  };
}
