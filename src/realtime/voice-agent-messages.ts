import { z } from 'zod';
import { trimmedText } from '../common/text';
import type { VoiceMessage } from './voice-agent-mode';

/** The largest message of a session, whatever its mode: a file of 3 MiB in base64, which is a minute of WAV. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024 + 64 * 1024;

const anyMessage = z.looseObject({ type: z.string().min(1).max(100) });

/** A text message of a session; null when it is none: no JSON, no object, no `type`. */
export function parseVoiceMessage(text: string): VoiceMessage | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  return anyMessage.safeParse(json).data ?? null;
}

/** What a browser may send in a realtime session beside its audio. */
export const realtimeMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('mark'), name: z.string().min(1).max(100) }),
  z.strictObject({ type: z.literal('text_input'), text: trimmedText(1, 2000) }),
  z.strictObject({ type: z.literal('key'), digit: z.string().regex(/^[0-9*#]$/, 'must be one of 0-9, * and #') }),
]);

export const REALTIME_TYPES: readonly string[] = ['mark', 'text_input', 'key'];

/** What is said in a conversation of messages: in writing, or as a file in one message or several. */
export const conversationMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text_input'), text: trimmedText(1, 10_000) }),
  z.strictObject({
    type: z.literal('audio_chunk'),
    audio_data: z.base64().min(1),
    /** Told by what is in it. */
    format: z.string().max(50).optional(),
    /** False: more of the same file follows. */
    is_final: z.boolean().default(true),
  }),
  /** Nobody waits for the rest of the answer. */
  z.strictObject({ type: z.literal('interrupt') }),
]);

export const CONVERSATION_TYPES: readonly string[] = ['text_input', 'audio_chunk', 'interrupt'];
