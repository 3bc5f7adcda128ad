import { z } from 'zod';
import { maxOutputTokens, outputModalities, reasoning, responseAudio, tool, toolChoice } from './session-config';

/** What a client may send (reference/openai-realtime.md section 3). `session` of session.update is checked apart. */

const eventId = { event_id: z.string().max(512).optional() };
/** The provider's longest id of an item. */
const MAX_ITEM_ID = 32;
const itemHead = {
  id: z.string().min(1).max(MAX_ITEM_ID).optional(),
  object: z.literal('realtime.item').optional(),
  status: z.enum(['completed', 'incomplete', 'in_progress']).optional(),
};
const inputText = z.strictObject({ type: z.literal('input_text'), text: z.string() });
const outputText = z.strictObject({ type: z.literal('output_text'), text: z.string() });
const inputAudio = z.strictObject({
  type: z.literal('input_audio'),
  audio: z.string(),
  transcript: z.string().nullable().optional(),
});
const inputImage = z.strictObject({
  type: z.literal('input_image'),
  image_url: z.string(),
  detail: z.enum(['auto', 'low', 'high']).optional(),
});

const message = z.discriminatedUnion('role', [
  z.strictObject({
    ...itemHead,
    type: z.literal('message'),
    role: z.literal('user'),
    content: z.array(z.discriminatedUnion('type', [inputText, inputAudio, inputImage])).min(1),
  }),
  z.strictObject({
    ...itemHead,
    type: z.literal('message'),
    role: z.literal('system'),
    content: z.array(inputText).min(1),
  }),
  z.strictObject({
    ...itemHead,
    type: z.literal('message'),
    role: z.literal('assistant'),
    // Assistant history can only be text.
    content: z.array(z.discriminatedUnion('type', [outputText])).min(1),
  }),
]);

/** What the provider takes as the id of a tool call. */
const callId = z.string().regex(/^[a-zA-Z0-9_-]+$/, "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'");

const functionCall = z.strictObject({
  ...itemHead,
  type: z.literal('function_call'),
  call_id: callId.optional(),
  name: z.string().min(1),
  arguments: z.string(),
});

const functionCallOutput = z.strictObject({
  ...itemHead,
  type: z.literal('function_call_output'),
  call_id: callId,
  output: z.string(),
});

const item = z.discriminatedUnion('type', [message, functionCall, functionCallOutput]);
const itemReference = z.strictObject({ type: z.literal('item_reference'), id: z.string() });

const metadata = z
  .record(z.string(), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, { message: 'at most 16 pairs are allowed' })
  .refine((pairs) => Object.keys(pairs).every((key) => key.length <= 64), {
    message: 'a key may be at most 64 characters long',
  });

const responseCreate = z.strictObject({
  instructions: z.string().nullable().optional(),
  output_modalities: outputModalities.optional(),
  conversation: z.enum(['auto', 'none']).optional(),
  metadata: metadata.nullable().optional(),
  tools: z.array(tool).optional(),
  tool_choice: toolChoice.optional(),
  input: z.array(z.discriminatedUnion('type', [message, functionCall, functionCallOutput, itemReference])).optional(),
  max_output_tokens: maxOutputTokens.optional(),
  audio: responseAudio.optional(),
  prompt: z.record(z.string(), z.unknown()).nullable().optional(),
  reasoning: reasoning.nullable().optional(),
  parallel_tool_calls: z.boolean().optional(),
});

const itemId = z.string().min(1).max(MAX_ITEM_ID);

export const CLIENT_EVENTS = {
  'session.update': z.strictObject({ ...eventId, type: z.literal('session.update'), session: z.unknown() }),
  'input_audio_buffer.append': z.strictObject({
    ...eventId,
    type: z.literal('input_audio_buffer.append'),
    audio: z.string(),
  }),
  'input_audio_buffer.commit': z.strictObject({ ...eventId, type: z.literal('input_audio_buffer.commit') }),
  'input_audio_buffer.clear': z.strictObject({ ...eventId, type: z.literal('input_audio_buffer.clear') }),
  'conversation.item.create': z.strictObject({
    ...eventId,
    type: z.literal('conversation.item.create'),
    previous_item_id: z.string().nullable().optional(),
    item,
  }),
  'conversation.item.truncate': z.strictObject({
    ...eventId,
    type: z.literal('conversation.item.truncate'),
    item_id: itemId,
    content_index: z.int().min(0),
    audio_end_ms: z.int().min(0),
  }),
  'conversation.item.delete': z.strictObject({
    ...eventId,
    type: z.literal('conversation.item.delete'),
    item_id: itemId,
  }),
  'conversation.item.retrieve': z.strictObject({
    ...eventId,
    type: z.literal('conversation.item.retrieve'),
    item_id: itemId,
  }),
  'response.create': z.strictObject({
    ...eventId,
    type: z.literal('response.create'),
    response: responseCreate.nullable().optional(),
  }),
  'response.cancel': z.strictObject({
    ...eventId,
    type: z.literal('response.cancel'),
    response_id: z.string().optional(),
  }),
} as const;

export type ClientEventType = keyof typeof CLIENT_EVENTS;
export type ClientEvent<T extends ClientEventType> = z.infer<(typeof CLIENT_EVENTS)[T]>;
export type ClientItem = z.infer<typeof item>;
export type ResponseRequest = z.infer<typeof responseCreate>;
