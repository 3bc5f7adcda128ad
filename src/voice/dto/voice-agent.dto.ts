import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { uploadedAudio } from '../../common/uploaded-audio';
import { CONVERSATION_STATES } from '../../conversations/conversation-states';
import { sessionKey } from '../../conversations/dto/conversations.dto';
import { customerKey } from '../../customers/dto/customers.dto';
import { SPEECH_FORMATS, SpeechFormat } from '../../integrations/speech/speech-encoding';
import type { AgentWish, HeardAnswer, Timings } from '../voice-agent.service';
import { languageTag } from './voice.dto';

const said = {
  audio_file: uploadedAudio,
  session_id: sessionKey.optional(),
  customer_id: customerKey.optional(),
  scenario: z.string().max(100).optional(),
  language: languageTag.optional(),
};

export class ProcessVoiceDto extends createZodDto(
  z.strictObject({ ...said, audio_format: z.enum(SPEECH_FORMATS).default('mp3') }),
) {}

export class ProcessInteractionDto extends createZodDto(z.strictObject(said)) {}

const ms = z.int().nullable();
const timings = z
  .object({
    transcribed_ms: ms.describe('It was known what was said'),
    first_text_ms: ms.describe('The first word of the answer was there'),
    first_audio_ms: ms.describe('The first audio of it was there, while the rest was still being thought of'),
    answered_ms: ms.describe('The whole answer was there, as text'),
    spoken_ms: ms.describe('All of its audio was there'),
  })
  .describe('Milliseconds since the file was there');

export class VoiceAnswerDto extends createZodDto(
  z
    .object({
      success: z.literal(true),
      user_input: z.string().describe('What was said'),
      agent_response: z.string().describe('What the agent answered'),
      audio_response: z
        .string()
        .nullable()
        .meta({ format: 'byte' })
        .describe('The answer, spoken; null where it could not be, or came as events'),
      audio_format: z.enum(SPEECH_FORMATS),
      speech_error: z.string().nullable().describe('Why it could not be spoken, in a sentence'),
      session_id: z.string(),
      state: z.enum(CONVERSATION_STATES).describe('Where the conversation stands now'),
      interaction_id: z.uuid().describe('Under which both are kept: GET /voice-interactions/{id}'),
      timings,
    })
    .meta({
      example: {
        success: true,
        user_input: 'When do you open?',
        agent_response: 'We open at eleven.',
        audio_response: '//PkxAAAAAAAAAAAAAAAAAAAAAAA',
        audio_format: 'mp3',
        speech_error: null,
        session_id: '0b0f6a3e-7a34-4b44-9a0e-9f3f2c0f3a31',
        state: 'listening' as const,
        interaction_id: '3f0b6a3e-7a34-4b44-9a0e-9f3f2c0f3a21',
        timings: { transcribed_ms: 420, first_text_ms: 790, first_audio_ms: 1120, answered_ms: 1310, spoken_ms: 1840 },
      },
    }),
) {}

export function toAgentWish(
  { session_id: sessionId, customer_id: customerId, scenario, language }: ProcessInteractionDto,
  format: SpeechFormat | null,
  signal: AbortSignal,
): AgentWish {
  return { sessionId, customerId, scenario, language, format, signal };
}

export function toVoiceAnswerDto(
  { said: userInput, turn, audio, speechError, interaction, timings: took }: HeardAnswer,
  format: SpeechFormat,
): VoiceAnswerDto {
  return {
    success: true,
    user_input: userInput,
    agent_response: turn.text,
    audio_response: audio?.toString('base64') ?? null,
    audio_format: format,
    speech_error: speechError,
    session_id: turn.sessionId,
    state: turn.nextState,
    interaction_id: interaction.id,
    timings: toTimingsDto(took),
  };
}

function toTimingsDto({ transcribed, firstText, firstAudio, answered, spoken }: Timings) {
  return {
    transcribed_ms: transcribed,
    first_text_ms: firstText,
    first_audio_ms: firstAudio,
    answered_ms: answered,
    spoken_ms: spoken,
  };
}
