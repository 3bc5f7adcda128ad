import type { CallPlan } from './call-plan';
import type { ModelLink } from './model-link';
import * as command from './openai-commands';
import type { ResponseShape } from './openai-commands';
import type { TurnDetection } from './turn-detection';
import type { BridgeSocket } from './sockets';

/** Errors that only say that what we wanted undone was undone already (reference/openai-realtime.md section 6). */
const HARMLESS_CODES = new Set([
  'response_cancel_not_active',
  'item_truncate_invalid_item_id',
  'item_delete_invalid_item_id',
  'input_audio_buffer_commit_empty',
  'unsupported_content_type',
]);
/** Ids of events whose refusal changes nothing: the interrupted item is shorter, or gone, already. */
const HARMLESS_EVENT = /^(?:cancel|truncate|delete|commit)_/;

/** A tool call of this conversation, and its result if that is there. */
export interface ToolRecord {
  toolCallId: string;
  name: string;
  argumentsJson: string;
  outputJson: string | null;
}

/**
 * Our side of the model's present session: writes its events, and knows what the server has agreed to. Sessions come and
 * go ({@link adopt}, {@link lost}); ids of events go on counting, so that a late error of the one is never one of the other.
 */
export class ModelSession {
  private socket: BridgeSocket | null = null;
  private eventCount = 1;
  private detection: TurnDetection | null = null;
  private readonly unconfirmed: { eventId: string; detection: TurnDetection }[] = [];
  private serverCreatesResponses = false;
  /** Items of earlier sessions by the ids that stand for them in this one. */
  private readonly restored = new Map<string, string>();

  /** True while there is a session that has taken our configuration over. */
  get isUp(): boolean {
    return this.socket !== null;
  }

  /**
   * True when the server answers a committed customer turn by itself. Changes when the server confirms it, so that for
   * every `committed` it tells under which rule the server made it.
   */
  get createsResponses(): boolean {
    return this.serverCreatesResponses;
  }

  /** True when the server cancels its response by itself when the customer starts to speak. */
  get interruptsResponses(): boolean {
    return this.detection?.interruptResponse ?? false;
  }

  get bufferedBytes(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  /** A configured session is the one to talk to from now on. */
  adopt(link: ModelLink): void {
    this.socket = link.socket;
    this.detection = link.detection;
    this.serverCreatesResponses = link.detection.createResponse;
    this.unconfirmed.length = 0;
    this.restored.clear();
  }

  /** There is no session: what is written goes nowhere. */
  lost(): void {
    this.socket = null;
  }

  /** The server confirmed a change of ours. */
  updated(createsResponses: boolean | null): void {
    const update = this.unconfirmed.shift();
    if (update !== undefined) this.serverCreatesResponses = createsResponses ?? update.detection.createResponse;
  }

  /** Changes what the server does by itself; nothing is sent when that is so already. */
  detectTurns(detection: TurnDetection): void {
    const now = this.detection;
    if (this.socket === null || now === null) return;
    if (now.createResponse === detection.createResponse && now.interruptResponse === detection.interruptResponse)
      return;
    this.detection = detection;
    const eventId = this.eventId('session');
    this.unconfirmed.push({ eventId, detection });
    this.send(command.turnDetectionUpdate(eventId, detection));
  }

  /** Tells the session in which language it goes on. One that is not up yet is configured with it. */
  speakAs(plan: CallPlan): void {
    const { detection } = this;
    if (this.socket === null || detection === null) return;
    const eventId = this.eventId('session');
    this.unconfirmed.push({ eventId, detection });
    this.send(command.languageUpdate(eventId, plan));
  }

  /** An error answered one of our events. True when it needs no word in the log. */
  isHarmless(code: string, eventId: string | null): boolean {
    const at = this.unconfirmed.findIndex((update) => update.eventId === eventId);
    if (at >= 0) this.unconfirmed.splice(at, 1);
    return HARMLESS_CODES.has(code) || (eventId !== null && HARMLESS_EVENT.test(eventId));
  }

  send(text: string): void {
    this.socket?.send(text);
  }

  /** Reads nothing more of the server until `resume`. */
  pause(): void {
    this.socket?.pause();
  }

  resume(): void {
    this.socket?.resume();
  }

  createResponse(requestId: string, shape: ResponseShape): void {
    this.send(command.responseCreate(requestId, shape));
  }

  cancelResponse(responseId: string): void {
    this.send(command.responseCancel(this.eventId('cancel'), responseId));
  }

  /** Leaves of an agent item what was heard of it; `heardText` are those words. */
  truncate(itemId: string, contentIndex: number, audioEndMs: number, heardText: string): void {
    const restoredId = this.restored.get(itemId);
    if (restoredId === undefined) {
      this.send(command.itemTruncate(this.eventId('truncate'), itemId, contentIndex, audioEndMs));
      return;
    }
    // A restored item is text, which cannot be truncated: it is said anew, shorter.
    this.forget(itemId);
    this.restoreMessage(itemId, 'assistant', heardText);
  }

  forget(itemId: string): void {
    this.send(command.itemDelete(this.eventId('delete'), this.restored.get(itemId) ?? itemId));
  }

  /** Tells something the customer did that was not speech. */
  tell(itemId: string, text: string): void {
    this.send(command.messageItem(this.eventId('item'), itemId, 'user', text));
  }

  answerTool(toolCallId: string, outputJson: string): void {
    this.send(command.toolOutput(this.eventId('item'), toolCallId, outputJson));
  }

  /** Tells what was said before this session. The item gets another id here, which stands for the old one. */
  restoreMessage(itemId: string, role: 'user' | 'assistant', text: string): void {
    if (text.trim() === '') return;
    const restoredId = `restored_${++this.eventCount}`;
    this.restored.set(itemId, restoredId);
    this.send(command.messageItem(this.eventId('item'), restoredId, role, text));
  }

  restoreToolCall(call: ToolRecord): void {
    this.send(command.toolCallItem(this.eventId('item'), call));
    if (call.outputJson !== null) this.answerTool(call.toolCallId, call.outputJson);
  }

  /** Makes an item of the speech so far, so that its words are still written down. */
  commitSpeech(): void {
    this.send(command.inputCommit(this.eventId('commit')));
  }

  private eventId(kind: string): string {
    return `${kind}_${++this.eventCount}`;
  }
}
