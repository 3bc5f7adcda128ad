import type { ItemRecord, WireItem } from './conversation';

/** One audio token is 100 ms of a person's speech, and 50 ms of the model's; a text token about four letters. */
const INPUT_AUDIO_MS_PER_TOKEN = 100;
const OUTPUT_AUDIO_MS_PER_TOKEN = 50;
const LETTERS_PER_TOKEN = 4;
/** Prompts are cached in blocks. */
const CACHE_BLOCK_TOKENS = 64;

export const textTokens = (text: string): number => Math.ceil(text.length / LETTERS_PER_TOKEN);
export const inputAudioTokens = (ms: number): number => Math.ceil(ms / INPUT_AUDIO_MS_PER_TOKEN);
export const speechTokens = (ms: number): number => Math.ceil(ms / OUTPUT_AUDIO_MS_PER_TOKEN);
/** The longest speech that a limit of output tokens admits. */
export const audioMsOfTokens = (tokens: number): number => tokens * OUTPUT_AUDIO_MS_PER_TOKEN;

export interface ResponseUsage {
  total_tokens: number;
  input_tokens: number;
  output_tokens: number;
  input_token_details: {
    text_tokens: number;
    audio_tokens: number;
    image_tokens: number;
    cached_tokens: number;
    cached_tokens_details: { text_tokens: number; audio_tokens: number; image_tokens: number };
  };
  output_token_details: { text_tokens: number; audio_tokens: number };
}

/** The whole context is billed again with each response; what the one before it had of text is cached. */
export function responseUsage(
  context: { instructions: string; records: readonly ItemRecord[] },
  output: { text: string; audioMs: number },
  earlierTextTokens: number,
): ResponseUsage {
  let text = textTokens(context.instructions);
  let audio = 0;
  for (const record of context.records) {
    const { item } = record;
    const isUserAudio = item.content?.[0]?.type === 'input_audio';
    if (isUserAudio) audio += inputAudioTokens(record.audioMs);
    else if (record.audioMs > 0) audio += speechTokens(record.truncatedAtMs ?? record.audioMs);
    if (!isUserAudio) text += textTokens(wordsOf(item, record.knownText));
  }
  const cached = Math.min(text, Math.floor(earlierTextTokens / CACHE_BLOCK_TOKENS) * CACHE_BLOCK_TOKENS);
  const outputText = textTokens(output.text);
  const outputAudio = speechTokens(output.audioMs);
  return {
    total_tokens: text + audio + outputText + outputAudio,
    input_tokens: text + audio,
    output_tokens: outputText + outputAudio,
    input_token_details: {
      text_tokens: text,
      audio_tokens: audio,
      image_tokens: 0,
      cached_tokens: cached,
      cached_tokens_details: { text_tokens: cached, audio_tokens: 0, image_tokens: 0 },
    },
    output_token_details: { text_tokens: outputText, audio_tokens: outputAudio },
  };
}

function wordsOf(item: WireItem, knownText: string): string {
  return knownText + (item.arguments ?? '') + (item.output ?? '');
}

/** Input transcription is billed apart. */
export function transcriptionUsage(audioMs: number, transcript: string) {
  const input = inputAudioTokens(audioMs);
  const output = textTokens(transcript);
  return {
    type: 'tokens',
    total_tokens: input + output,
    input_tokens: input,
    input_token_details: { text_tokens: 0, audio_tokens: input },
    output_tokens: output,
  };
}
