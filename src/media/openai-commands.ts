import type { CallPlan } from './call-plan';
import { PREFIX_PADDING_MS, SILENCE_DURATION_MS, VAD_THRESHOLD, type TurnDetection } from './turn-detection';

/**
 * Client events of the OpenAI Realtime API (GA): https://platform.openai.com/docs/api-reference/realtime-client-events
 * An unknown field makes the server drop a whole `session.update`, so only fields of the GA protocol stand here.
 */

/** Put before a base64 payload; {@link APPEND_TAIL} goes behind it. */
export const APPEND_HEAD = '{"type":"input_audio_buffer.append","audio":"';
export const APPEND_TAIL = '"}';

/** How one response differs from what the session would say by itself. */
export interface ResponseShape {
  /** Replaces the session's instructions for this response. */
  instructions?: string;
  /** True when the agent must speak now and not call a tool instead. */
  speaksOnly?: boolean;
}

/** The one update that configures a session. */
export function sessionUpdate(eventId: string, plan: CallPlan, turnDetection: TurnDetection): string {
  return JSON.stringify({
    type: 'session.update',
    event_id: eventId,
    session: {
      type: 'realtime',
      instructions: plan.instructions,
      output_modalities: ['audio'],
      audio: {
        input: {
          format: plan.audio.session,
          transcription: transcriptionOf(plan),
          turn_detection: serverVad(turnDetection),
        },
        output: { format: plan.audio.session, voice: plan.voice },
      },
      tools: plan.tools.map(({ name, description, parameters }) => ({
        type: 'function',
        name,
        description,
        parameters,
      })),
      tool_choice: 'auto',
    },
  });
}

/** A partial update: who the agent is, and which language is listened for. The voice stays, which cannot be changed. */
export function languageUpdate(eventId: string, plan: CallPlan): string {
  return JSON.stringify({
    type: 'session.update',
    event_id: eventId,
    session: {
      type: 'realtime',
      instructions: plan.instructions,
      audio: { input: { transcription: transcriptionOf(plan) } },
    },
  });
}

function transcriptionOf({ language, transcriptionModel: model }: CallPlan): Record<string, unknown> {
  return language ? { model, language } : { model };
}

/** A partial update: absent fields stay as they are, but the turn detection is sent whole. */
export function turnDetectionUpdate(eventId: string, turnDetection: TurnDetection): string {
  return JSON.stringify({
    type: 'session.update',
    event_id: eventId,
    session: { type: 'realtime', audio: { input: { turn_detection: serverVad(turnDetection) } } },
  });
}

function serverVad({ createResponse, interruptResponse }: TurnDetection): Record<string, unknown> {
  return {
    type: 'server_vad',
    threshold: VAD_THRESHOLD,
    prefix_padding_ms: PREFIX_PADDING_MS,
    silence_duration_ms: SILENCE_DURATION_MS,
    create_response: createResponse,
    interrupt_response: interruptResponse,
  };
}

/** The request id rides as event id (to match an `error`) and in the metadata (to match `response.created`). */
export function responseCreate(requestId: string, shape: ResponseShape): string {
  return JSON.stringify({
    type: 'response.create',
    event_id: requestId,
    response: {
      ...(shape.instructions === undefined ? {} : { instructions: shape.instructions }),
      ...(shape.speaksOnly ? { tool_choice: 'none' } : {}),
      metadata: { request_id: requestId },
    },
  });
}

export function responseCancel(eventId: string, responseId: string): string {
  return JSON.stringify({ type: 'response.cancel', event_id: eventId, response_id: responseId });
}

/** Forgets what the customer did not hear. `audioEndMs` beyond the item's audio is an error. */
export function itemTruncate(eventId: string, itemId: string, contentIndex: number, audioEndMs: number): string {
  return JSON.stringify({
    type: 'conversation.item.truncate',
    event_id: eventId,
    item_id: itemId,
    content_index: contentIndex,
    audio_end_ms: audioEndMs,
  });
}

export function itemDelete(eventId: string, itemId: string): string {
  return JSON.stringify({ type: 'conversation.item.delete', event_id: eventId, item_id: itemId });
}

/** Something that was said before this session, told in words: restored sessions take no audio of the past. */
export function messageItem(eventId: string, itemId: string, role: 'user' | 'assistant', text: string): string {
  const content = [{ type: role === 'user' ? 'input_text' : 'output_text', text }];
  return itemCreate(eventId, { id: itemId, type: 'message', role, content });
}

/** A tool call of an earlier session, which its output refers to. */
export function toolCallItem(
  eventId: string,
  call: { toolCallId: string; name: string; argumentsJson: string },
): string {
  const { toolCallId, name, argumentsJson } = call;
  return itemCreate(eventId, { type: 'function_call', call_id: toolCallId, name, arguments: argumentsJson });
}

export function toolOutput(eventId: string, toolCallId: string, outputJson: string): string {
  return itemCreate(eventId, { type: 'function_call_output', call_id: toolCallId, output: outputJson });
}

/** Turns what has been appended into an item now, without waiting for silence. */
export function inputCommit(eventId: string): string {
  return JSON.stringify({ type: 'input_audio_buffer.commit', event_id: eventId });
}

/** Ids of items that we make are ours, and have at most 32 characters. */
function itemCreate(eventId: string, item: Record<string, unknown>): string {
  return JSON.stringify({ type: 'conversation.item.create', event_id: eventId, item });
}
