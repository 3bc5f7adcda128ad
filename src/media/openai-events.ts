import { asList, asNumber, asObject, asText, copyOf, parseObject, type JsonObject } from './wire-json';

/**
 * Server events of the OpenAI Realtime API (GA): https://platform.openai.com/docs/api-reference/realtime-server-events
 * Our own events are in `openai-commands.ts`. This file only translates.
 */

/** A piece of the agent's voice. */
export interface AudioDelta {
  responseId: string;
  itemId: string;
  contentIndex: number;
  /** In the format that the session asks for; base64 as it came. */
  payloadBase64: string;
}

/** One entry of a response's output. */
export interface OutputItem {
  itemId: string;
  type: string;
  /** The transcript of an agent message's audio; null when there is none. */
  transcript: string | null;
  /** Set on a finished function call. */
  toolCall: { toolCallId: string; name: string; argumentsJson: string } | null;
}

export type ResponseStatus = 'completed' | 'cancelled' | 'failed' | 'incomplete' | 'in_progress';

export type ModelEvent =
  /** `expiresAtMs`: when the server will end the session, in milliseconds since 1970; null when it did not say. */
  | { type: 'session.created'; expiresAtMs: number | null }
  /** `createsResponses`: whether the server now answers by itself; null when it did not say. */
  | { type: 'session.updated'; createsResponses: boolean | null; expiresAtMs: number | null }
  | { type: 'speech_started'; itemId: string; audioStartMs: number }
  | { type: 'speech_stopped'; itemId: string; audioEndMs: number }
  | { type: 'committed'; itemId: string; previousItemId: string | null }
  | { type: 'item.added'; itemId: string; previousItemId: string | null }
  | { type: 'transcription.delta'; itemId: string; delta: string }
  | { type: 'transcription.completed'; itemId: string; transcript: string; usage: JsonObject | null }
  | { type: 'transcription.failed'; itemId: string }
  | { type: 'response.created'; responseId: string; requestId: string | null }
  | { type: 'output_item.done'; responseId: string; item: OutputItem }
  | { type: 'output_audio.done'; responseId: string; itemId: string }
  | { type: 'output_transcript.delta'; responseId: string; itemId: string; contentIndex: number; delta: string }
  | { type: 'output_transcript.done'; responseId: string; itemId: string; contentIndex: number; transcript: string }
  | {
      type: 'response.done';
      responseId: string;
      status: ResponseStatus;
      errorCode: string | null;
      output: OutputItem[];
      usage: JsonObject | null;
    }
  | { type: 'error'; code: string; eventId: string | null }
  /** An event we do not use, or one that does not exist yet. */
  | { type: 'other' };

const AUDIO_DELTA = 'response.output_audio.delta';
// One pattern up to the payload, in the order in which the server writes the members; the payload is found by its quotes.
const DELTA_HEAD =
  /\{(?:"event_id":"[^"\\]*",)?"type":"response\.output_audio\.delta",(?:"event_id":"[^"\\]*",)?"response_id":"([^"\\]*)","item_id":"([^"\\]*)","output_index":\d+,"content_index":(\d{1,4}),"delta":"/y;
const DELTA_TAIL = '"}';
const EVENT_ID = '"event_id":"';
const BACKSLASH = 0x5c;

/**
 * Reads audio deltas without parsing them, in the form that the server writes (no white space, no escapes, the payload
 * last); for any valid JSON it finds exactly what `JSON.parse` would have. The payload's alphabet is not checked here: it is
 * long, and the model's server, unlike the public media socket, is one we chose and dialled.
 */
export class AudioDeltaReader {
  /** What was found; filled in place. */
  readonly delta: AudioDelta = { responseId: '', itemId: '', contentIndex: 0, payloadBase64: '' };
  // The deltas of an item differ in their event's id and their payload: what is before and between them.
  private beforeId: string | null = null;
  private afterId = '';

  /** Answers true when the text is an audio delta; any other text belongs to {@link parseModelEvent}. */
  read(text: string): boolean {
    const payloadAt = this.knownPayloadAt(text) ?? this.payloadAt(text);
    if (payloadAt === null) return false;
    const payloadEnd = text.indexOf('"', payloadAt);
    if (payloadEnd < 0 || payloadEnd + DELTA_TAIL.length !== text.length || !text.endsWith(DELTA_TAIL)) return false;
    const payload = text.slice(payloadAt, payloadEnd);
    if (payload.length % 4 !== 0 || payload.includes('\\')) return false;
    this.delta.payloadBase64 = payload;
    return true;
  }

  private knownPayloadAt(text: string): number | null {
    const { beforeId } = this;
    if (beforeId === null || !text.startsWith(beforeId)) return null;
    const idEnd = text.indexOf('"', beforeId.length);
    if (idEnd < 0 || text.charCodeAt(idEnd - 1) === BACKSLASH || !text.startsWith(this.afterId, idEnd)) return null;
    return idEnd + this.afterId.length;
  }

  private payloadAt(text: string): number | null {
    DELTA_HEAD.lastIndex = 0;
    const head = DELTA_HEAD.exec(text);
    if (head === null) return null;
    const payloadAt = DELTA_HEAD.lastIndex;
    const { delta } = this;
    // Copied, because slices would keep the whole text alive, and audio with it.
    delta.responseId = copyOf(head[1] as string);
    delta.itemId = copyOf(head[2] as string);
    delta.contentIndex = Number(head[3]);
    const idAt = text.indexOf(EVENT_ID);
    this.beforeId = null;
    if (idAt >= 0 && idAt < payloadAt) {
      const idStart = idAt + EVENT_ID.length;
      this.beforeId = copyOf(text.slice(0, idStart));
      this.afterId = copyOf(text.slice(text.indexOf('"', idStart), payloadAt));
    }
    return payloadAt;
  }
}

/** The audio delta in an already parsed event; null when it is another event or lacks a member. */
export function asAudioDelta(event: JsonObject): AudioDelta | null {
  const responseId = asText(event['response_id']);
  const itemId = asText(event['item_id']);
  const payloadBase64 = asText(event['delta']);
  if (event['type'] !== AUDIO_DELTA || responseId === null || itemId === null || payloadBase64 === null) return null;
  if (payloadBase64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(payloadBase64)) return null;
  return { responseId, itemId, payloadBase64, contentIndex: asNumber(event['content_index']) ?? 0 };
}

/**
 * Reads any event of the model's server. An {@link AudioDelta} is handed back as it is when its form was too unusual
 * for {@link AudioDeltaReader}. Null when the text is not an event, or lacks a member that the event needs.
 */
export function parseModelEvent(text: string): ModelEvent | { type: 'output_audio.delta'; delta: AudioDelta } | null {
  const event = parseObject(text);
  const type = asText(event?.['type']);
  if (event === null || type === null) return null;
  if (type === AUDIO_DELTA) {
    const delta = asAudioDelta(event);
    return delta === null ? null : { type: 'output_audio.delta', delta };
  }
  return translate(type, event);
}

function translate(type: string, event: JsonObject): ModelEvent | null {
  const itemId = asText(event['item_id']) ?? '';
  const responseId = asText(event['response_id']) ?? '';
  const previousItemId = asText(event['previous_item_id']);
  const contentIndex = asNumber(event['content_index']) ?? 0;
  switch (type) {
    case 'session.created':
      return { type, expiresAtMs: expiresAtMs(event) };
    case 'session.updated':
      return { type, createsResponses: createsResponses(event), expiresAtMs: expiresAtMs(event) };
    case 'input_audio_buffer.speech_started': {
      const audioStartMs = asNumber(event['audio_start_ms']);
      return itemId === '' || audioStartMs === null ? null : { type: 'speech_started', itemId, audioStartMs };
    }
    case 'input_audio_buffer.speech_stopped': {
      const audioEndMs = asNumber(event['audio_end_ms']);
      return itemId === '' || audioEndMs === null ? null : { type: 'speech_stopped', itemId, audioEndMs };
    }
    case 'input_audio_buffer.committed':
      return itemId === '' ? null : { type: 'committed', itemId, previousItemId };
    case 'conversation.item.added':
    case 'conversation.item.created': {
      const addedId = asText(asObject(event['item'])?.['id']);
      return addedId === null ? null : { type: 'item.added', itemId: addedId, previousItemId };
    }
    case 'conversation.item.input_audio_transcription.delta':
      return itemId === '' ? null : { type: 'transcription.delta', itemId, delta: asText(event['delta']) ?? '' };
    case 'conversation.item.input_audio_transcription.completed': {
      const transcript = asText(event['transcript']);
      if (itemId === '' || transcript === null) return null;
      return { type: 'transcription.completed', itemId, transcript, usage: asObject(event['usage']) };
    }
    case 'conversation.item.input_audio_transcription.failed':
      return itemId === '' ? null : { type: 'transcription.failed', itemId };
    case 'response.created': {
      const response = asObject(event['response']);
      const id = asText(response?.['id']);
      if (id === null) return null;
      return { type, responseId: id, requestId: asText(asObject(response?.['metadata'])?.['request_id']) };
    }
    case 'response.output_item.done': {
      const item = outputItem(event['item']);
      return item === null ? null : { type: 'output_item.done', responseId, item };
    }
    case 'response.output_audio.done':
      return itemId === '' ? null : { type: 'output_audio.done', responseId, itemId };
    case 'response.output_audio_transcript.delta': {
      const delta = asText(event['delta']);
      if (itemId === '' || delta === null) return null;
      return { type: 'output_transcript.delta', responseId, itemId, contentIndex, delta };
    }
    case 'response.output_audio_transcript.done': {
      const transcript = asText(event['transcript']);
      if (itemId === '' || transcript === null) return null;
      return { type: 'output_transcript.done', responseId, itemId, contentIndex, transcript };
    }
    case 'response.done':
      return responseDone(asObject(event['response']));
    case 'error': {
      const error = asObject(event['error']);
      const code = asText(error?.['code']) ?? asText(error?.['type']) ?? 'unknown';
      return { type, code, eventId: asText(error?.['event_id']) };
    }
    default:
      return { type: 'other' };
  }
}

function expiresAtMs(event: JsonObject): number | null {
  const expiresAt = asNumber(asObject(event['session'])?.['expires_at']);
  return expiresAt === null ? null : expiresAt * 1000;
}

function createsResponses(event: JsonObject): boolean | null {
  const input = asObject(asObject(asObject(event['session'])?.['audio'])?.['input']);
  const value = asObject(input?.['turn_detection'])?.['create_response'];
  return typeof value === 'boolean' ? value : null;
}

function responseDone(response: JsonObject | null): ModelEvent | null {
  const responseId = asText(response?.['id']);
  if (response === null || responseId === null) return null;
  const details = asObject(response['status_details']);
  const error = asObject(details?.['error']);
  const output: OutputItem[] = [];
  for (const entry of asList(response['output'])) {
    const item = outputItem(entry);
    if (item !== null) output.push(item);
  }
  return {
    type: 'response.done',
    responseId,
    status: responseStatus(response['status']),
    errorCode: asText(error?.['code']) ?? asText(error?.['type']) ?? asText(details?.['reason']),
    output,
    usage: asObject(response['usage']),
  };
}

function responseStatus(value: unknown): ResponseStatus {
  switch (value) {
    case 'cancelled':
    case 'failed':
    case 'incomplete':
    case 'in_progress':
      return value;
    default:
      return 'completed';
  }
}

/** The content type of a part is `audio` in some places and `output_audio` in others: only the transcript is asked for. */
function outputItem(value: unknown): OutputItem | null {
  const item = asObject(value);
  const itemId = asText(item?.['id']);
  const type = asText(item?.['type']);
  if (item === null || itemId === null || type === null) return null;
  let transcript: string | null = null;
  for (const part of asList(item['content'])) {
    const text = asText(asObject(part)?.['transcript']);
    if (text !== null) transcript = (transcript ?? '') + text;
  }
  return { itemId, type, transcript, toolCall: type === 'function_call' ? toolCall(item) : null };
}

function toolCall(item: JsonObject): OutputItem['toolCall'] {
  const toolCallId = asText(item['call_id']);
  const name = asText(item['name']);
  if (toolCallId === null || name === null || item['status'] === 'incomplete') return null;
  return { toolCallId, name, argumentsJson: asText(item['arguments']) ?? '{}' };
}
