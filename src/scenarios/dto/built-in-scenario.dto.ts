import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { DEFAULT_INTERRUPTION, interruptionOf } from '../agent';
import type { BuiltInScenario } from '../built-in-scenarios';
import { OPENAI_VOICES, VOICE_TYPES } from '../voices';
import { interruption, toInterruptionDto } from './interruption.dto';

export class BuiltInScenarioDto extends createZodDto(
  z
    .object({
      name: z.string().describe('What a call names it by'),
      display_name: z.string(),
      description: z.string(),
      voice_type: z.string(),
      voice: z.string(),
      greeting: z.string().nullable(),
      who_speaks_first: z.enum(['agent', 'customer']),
      language: z.string(),
      tools: z.array(z.string()),
      interruption,
    })
    .meta({
      example: {
        name: 'sales',
        display_name: 'Sales conversation',
        description: 'Finds out what a prospect needs and arranges a follow-up.',
        voice_type: 'energetic_upbeat',
        voice: 'verse',
        greeting: 'Do you have two minutes for me?',
        who_speaks_first: 'agent',
        language: 'en-US',
        tools: ['end_call'],
        interruption: toInterruptionDto(DEFAULT_INTERRUPTION),
      },
    }),
) {}

export class VoiceDto extends createZodDto(
  z
    .object({
      voice_type: z.string().describe('What a scenario names it by'),
      voice: z.string().describe('The OpenAI voice behind it'),
      description: z.string(),
    })
    .meta({ example: { voice_type: 'warm_engaging', voice: 'ballad', description: 'Warm and inviting' } }),
) {}

export function toBuiltInScenarioDto({ agent, description }: BuiltInScenario): BuiltInScenarioDto {
  return {
    name: agent.scenarioName,
    display_name: agent.displayName,
    description,
    voice_type: agent.voiceType,
    voice: agent.voice,
    greeting: agent.greeting,
    who_speaks_first: agent.whoSpeaksFirst,
    language: agent.language,
    tools: agent.tools,
    interruption: toInterruptionDto(interruptionOf(agent)),
  };
}

/** The product's names first, then the vendor's own. */
export function allVoices(): VoiceDto[] {
  return [
    ...Object.entries(VOICE_TYPES).map(([name, { voice, description }]) => ({ voice_type: name, voice, description })),
    ...OPENAI_VOICES.map((voice) => ({ voice_type: voice, voice, description: `The voice ${voice} of OpenAI` })),
  ];
}
