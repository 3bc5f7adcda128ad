import type { SpokenWord } from '../speech/voice-box';
import type { ClientItem } from './client-events';
import { WireError } from './wire-error';
import { wireId } from './wire-id';

export type ItemStatus = 'completed' | 'incomplete' | 'in_progress';

export type ItemContent =
  | { type: 'input_text' | 'output_text'; text: string }
  | { type: 'input_audio'; transcript: string | null }
  | { type: 'output_audio'; transcript?: string }
  | { type: 'input_image'; image_url: string };

/** An item as it goes over the wire. */
export interface WireItem {
  id: string;
  object: 'realtime.item';
  type: 'message' | 'function_call' | 'function_call_output';
  status: ItemStatus;
  role?: 'user' | 'assistant' | 'system';
  content?: ItemContent[];
  name?: string;
  call_id?: string;
  arguments?: string;
  output?: string;
}

/** An item and what the server knows beside it. */
export interface ItemRecord {
  item: WireItem;
  /** What the model may assume to be known: of its own speech, what was heard as far as the client has said. */
  knownText: string;
  /** The audio that was generated (assistant) or spoken (user). */
  audioMs: number;
  /** The words of generated audio, with their times. */
  words: SpokenWord[];
  truncatedAtMs: number | null;
}

/** The items of a session in their order, with the bookkeeping of truncation. */
export class Conversation {
  readonly id = wireId('conv');
  private readonly records: ItemRecord[] = [];

  all(): readonly ItemRecord[] {
    return this.records;
  }

  find(itemId: string): ItemRecord | undefined {
    return this.records.find((record) => record.item.id === itemId);
  }

  /** The id of the item before this one, or of the last item when it is not in the conversation yet. */
  idBefore(itemId?: string): string | null {
    const index = itemId === undefined ? this.records.length : this.records.findIndex((r) => r.item.id === itemId);
    return this.records[index - 1]?.item.id ?? null;
  }

  append(item: WireItem, known: Partial<ItemRecord> = {}): ItemRecord {
    const record: ItemRecord = { item, knownText: '', audioMs: 0, words: [], truncatedAtMs: null, ...known };
    this.records.push(record);
    return record;
  }

  /** Puts in what a client made. `previousItemId`: null or absent for the end, 'root' for the beginning. @throws WireError */
  insert(item: ClientItem, previousItemId: string | null | undefined): ItemRecord {
    if (item.id !== undefined && this.find(item.id)) {
      const message = `Error adding item: an item with id '${item.id}' already exists.`;
      throw new WireError('item_create_duplicate_id', message, 'item.id');
    }
    if (item.type === 'function_call_output') this.requireCall(item.call_id);
    const at = this.positionAfter(previousItemId);
    const record = recordOf(item);
    this.records.splice(at, 0, record);
    return record;
  }

  /** @throws WireError */
  require(itemId: string, action: 'retrieve' | 'delete'): ItemRecord {
    const record = this.find(itemId);
    if (record) return record;
    const message = `Error ${action === 'retrieve' ? 'retrieving' : 'deleting'} item: the item with id '${itemId}' does not exist.`;
    throw new WireError(`item_${action}_invalid_item_id`, message, 'item_id');
  }

  delete(itemId: string): void {
    this.records.splice(this.records.indexOf(this.require(itemId, 'delete')), 1);
  }

  /**
   * Cuts a spoken item to what the person heard. The server's transcript of it goes, because it does not know where in
   * the text the audio ends; the sandbox's model goes on from the words that were heard. @throws WireError
   */
  truncate(itemId: string, contentIndex: number, audioEndMs: number): void {
    const record = this.find(itemId);
    if (!record) {
      const message = `Error truncating item: the item with id '${itemId}' does not exist.`;
      throw new WireError('item_truncate_invalid_item_id', message, 'item_id');
    }
    const { item } = record;
    if (item.type !== 'message' || item.role !== 'assistant' || item.content?.[0]?.type === 'output_text') {
      throw new WireError('unsupported_content_type', 'Only model output audio messages can be truncated', 'item_id');
    }
    if (contentIndex !== 0) {
      throw new WireError('invalid_value', `There is no content part ${contentIndex}.`, 'content_index');
    }
    const audioMs = record.truncatedAtMs ?? Math.round(record.audioMs);
    if (audioMs === 0 || audioEndMs > audioMs) {
      const message = `Audio content of ${audioMs}ms is already shorter than ${audioEndMs}ms`;
      throw new WireError('invalid_value', message, 'audio_end_ms');
    }
    record.truncatedAtMs = audioEndMs;
    item.content = [{ type: 'output_audio' }];
    record.knownText = record.words
      .filter((word) => (word.startMs + word.endMs) / 2 <= audioEndMs)
      .map((word) => word.text)
      .join(' ');
  }

  private requireCall(callId: string): void {
    const isKnown = this.records.some(({ item }) => item.type === 'function_call' && item.call_id === callId);
    if (isKnown) return;
    const message = `Tool call ID '${callId}' not found in conversation.`;
    throw new WireError('invalid_tool_call_id', message);
  }

  private positionAfter(previousItemId: string | null | undefined): number {
    if (previousItemId == null) return this.records.length;
    if (previousItemId === 'root') return 0;
    const index = this.records.findIndex((record) => record.item.id === previousItemId);
    if (index >= 0) return index + 1;
    const message = `Error adding item: the previous item with id '${previousItemId}' does not exist.`;
    throw new WireError('item_create_invalid_previous_item_id', message, 'previous_item_id');
  }
}

/** What a client made, as an item of the conversation. */
export function recordOf(made: ClientItem): ItemRecord {
  const head = { id: made.id ?? wireId('item'), object: 'realtime.item' as const, status: 'completed' as const };
  const rest = { audioMs: 0, words: [], truncatedAtMs: null };
  switch (made.type) {
    case 'function_call': {
      const { name, arguments: args } = made;
      const item = { ...head, type: made.type, name, call_id: made.call_id ?? wireId('call'), arguments: args };
      return { item, knownText: '', ...rest };
    }
    case 'function_call_output':
      return { item: { ...head, type: made.type, call_id: made.call_id, output: made.output }, knownText: '', ...rest };
    case 'message': {
      const content: ItemContent[] = made.content.map((part) => {
        switch (part.type) {
          case 'input_audio':
            return { type: part.type, transcript: part.transcript ?? null };
          case 'input_image':
            return { type: part.type, image_url: part.image_url };
          case 'input_text':
          case 'output_text':
            return { type: part.type, text: part.text };
        }
      });
      const item = { ...head, type: made.type, role: made.role, content };
      return { item, knownText: textOf(content), ...rest };
    }
  }
}

/** The words of a message. */
function textOf(content: ItemContent[]): string {
  return content
    .map((part) => ('text' in part ? part.text : 'transcript' in part ? (part.transcript ?? '') : ''))
    .filter(Boolean)
    .join(' ');
}
