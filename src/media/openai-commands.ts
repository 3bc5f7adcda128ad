import type { CallPlan } from './call-plan';

/**
 * Client events of the OpenAI Realtime API (GA): https://platform.openai.com/docs/api-reference/realtime-client-events
 * An unknown field makes the server drop a whole `session.update`, so only fields of the GA protocol stand here.
 */

/** Loudness that counts as speech, 0 to 1; the protocol's default, and what telephone audio has been tuned for. */
const VAD_THRESHOLD = 0.5;
/** Audio before the detected start that belongs to a customer's turn. `audio_start_ms` of speech_started includes it. */
export const PREFIX_PADDING_MS = 300;
/** Silence that ends a customer's turn. `audio_end_ms` of speech_stopped includes it. */
export const SILENCE_DURATION_MS = 500;

/** Put before a base64 payload; {@link APPEND_TAIL} goes behind it. */
export const APPEND_HEAD = '{"type":"input_audio_buffer.append","audio":"';
export const APPEND_TAIL = '"}';

/** What the server does by itself when the customer has spoken (create) and when the customer starts to (interrupt). */
export interface TurnDetection {
  createResponse: boolean;
  interruptResponse: boolean;
}

/** How one response differs from what the session would say by itself. */
export interface ResponseShape {
  /** Replaces the session's instructions for this response. */
  instructions?: string;
  /** True when the agent must speak now and not call a tool instead. */
  speaksOnly?: boolean;
}

/** The one update that configures a session. */
export function sessionUpdate(eventId: string, plan: CallPlan, turnDetection: TurnDetection): string {
  const { language } = plan;
  return JSON.stringify({
    type: 'session.update',
    event_id: eventId,
    session: {
      type: 'realtime',
      instructions: plan.instructions,
      output_modalities: ['audio'],
      audio: {
        input: {
          format: { type: 'audio/pcmu' },
          transcription: language ? { model: plan.transcriptionModel, language } : { model: plan.transcriptionModel },
          turn_detection: serverVad(turnDetection),
        },
        output: { format: { type: 'audio/pcmu' }, voice: plan.voice },
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

/** Something the customer did that was not speech, told in words. The item's id is ours (at most 32 characters). */
export function customerText(eventId: string, itemId: string, text: string): string {
  return JSON.stringify({
    type: 'conversation.item.create',
    event_id: eventId,
    item: { id: itemId, type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
  });
}

export function toolOutput(eventId: string, toolCallId: string, outputJson: string): string {
  return JSON.stringify({
    type: 'conversation.item.create',
    event_id: eventId,
    item: { type: 'function_call_output', call_id: toolCallId, output: outputJson },
  });
}

/** Turns what has been appended into an item now, without waiting for silence. */
export function inputCommit(eventId: string): string {
  return JSON.stringify({ type: 'input_audio_buffer.commit', event_id: eventId });
}
