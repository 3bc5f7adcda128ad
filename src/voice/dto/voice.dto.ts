import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { uploadedAudio } from '../../common/uploaded-audio';
import { SPEECH_FORMATS } from '../../integrations/speech/speech-encoding';
import type { Transcription } from '../../integrations/speech/transcriber';

/** Some half an hour of speech. */
export const MAX_SPOKEN_CHARACTERS = 20_000;

export const languageTag = z
  .string()
  .max(35)
  .refine(isLanguageTag, { message: 'must be a language tag, such as en or pt-BR' });

export class SpeechToTextDto extends createZodDto(
  z.strictObject({ audio_file: uploadedAudio, language: languageTag.optional() }),
) {}

export class TranscriptionDto extends createZodDto(
  z
    .object({
      success: z.literal(true),
      text: z.string().describe('What was said; empty where nobody spoke'),
      transcription: z.string().describe('The same'),
      language: z.string().nullable().describe('What was heard to be spoken, or what you said it is; null: not known'),
      duration: z.number().nullable().describe('Seconds; null where neither the file nor OpenAI says'),
    })
    .meta({
      example: {
        success: true,
        text: 'When do you open?',
        transcription: 'When do you open?',
        language: 'en',
        duration: 1.62,
      },
    }),
) {}

export class TextToSpeechDto extends createZodDto(
  z
    .strictObject({
      text: z
        .string()
        .max(MAX_SPOKEN_CHARACTERS)
        .refine((text) => text.trim() !== '', { message: 'must not be empty' })
        .describe('What is to be read aloud, in any language'),
      voice: z.string().max(100).default('alloy').describe('One of GET /voices'),
      audio_format: z
        .enum(SPEECH_FORMATS)
        .optional()
        .describe('`mp3`, unless `Accept` names another; `pcm` is 16 bits, 24 kHz, one channel'),
    })
    .meta({ example: { text: 'We open at eleven.', voice: 'warm_engaging', audio_format: 'mp3' } }),
) {}

export class SpeechDto extends createZodDto(
  z
    .object({
      success: z.literal(true),
      audio_base64: z.string().meta({ format: 'byte' }),
      text: z.string(),
      voice: z.string(),
      format: z.enum(SPEECH_FORMATS),
    })
    .meta({
      example: {
        success: true,
        audio_base64: '//PkxAAAAAAAAAAAAAAAAAAAAAAA',
        text: 'We open at eleven.',
        voice: 'warm_engaging',
        format: 'mp3',
      },
    }),
) {}

export function toTranscriptionDto({ text, language, durationMs }: Transcription, told?: string): TranscriptionDto {
  return {
    success: true,
    text,
    transcription: text,
    language: language ?? told ?? null,
    duration: durationMs === null ? null : durationMs / 1000,
  };
}

function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
