import type { CallPlan } from './call-plan';
import * as command from './openai-commands';
import type { ResponseShape, TurnDetection } from './openai-commands';
import type { BridgeSocket } from './sockets';

const CONFIGURATION_ID = 'session_1';
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

/** Our side of the model's session: writes its events, and knows what the server has agreed to. */
export class ModelSession {
  private configured = false;
  private eventCount = 1;
  private detection: TurnDetection | null = null;
  private readonly unconfirmed: { eventId: string; detection: TurnDetection }[] = [];
  private serverCreatesResponses = false;

  constructor(
    private readonly socket: BridgeSocket,
    private readonly plan: CallPlan,
  ) {}

  /** True once the server has taken our configuration over; no audio may be appended before. */
  get isConfigured(): boolean {
    return this.configured;
  }

  /**
   * True when the server answers a committed customer turn by itself. Changes when the server confirms it, so that for
   * every `committed` it tells under which rule the server made it.
   */
  get createsResponses(): boolean {
    return this.serverCreatesResponses;
  }

  /** Sends the one session.update that configures the session. */
  configure(detection: TurnDetection): void {
    if (this.detection !== null) return;
    this.detection = detection;
    this.unconfirmed.push({ eventId: CONFIGURATION_ID, detection });
    this.socket.send(command.sessionUpdate(CONFIGURATION_ID, this.plan, detection));
  }

  /** The server confirmed an update. True when that was the configuration: audio may flow. */
  updated(createsResponses: boolean | null): boolean {
    const update = this.unconfirmed.shift();
    if (update === undefined) return false;
    this.serverCreatesResponses = createsResponses ?? update.detection.createResponse;
    const isFirst = !this.configured;
    this.configured = true;
    return isFirst;
  }

  /** Changes what the server does by itself; nothing is sent when that is so already. */
  detectTurns(detection: TurnDetection): void {
    const now = this.detection;
    if (!this.configured || now === null) return;
    if (now.createResponse === detection.createResponse && now.interruptResponse === detection.interruptResponse)
      return;
    this.detection = detection;
    const eventId = `session_${++this.eventCount}`;
    this.unconfirmed.push({ eventId, detection });
    this.socket.send(command.turnDetectionUpdate(eventId, detection));
  }

  /** True when an error means that the session is not what we asked for. Without an event id it can be nothing else. */
  isConfigurationRefused(eventId: string | null): boolean {
    return !this.configured && (eventId === null || eventId === CONFIGURATION_ID);
  }

  /** An error answered one of our events. True when it needs no word in the log. */
  isHarmless(code: string, eventId: string | null): boolean {
    const at = this.unconfirmed.findIndex((update) => update.eventId === eventId);
    if (at >= 0) this.unconfirmed.splice(at, 1);
    return HARMLESS_CODES.has(code) || (eventId !== null && HARMLESS_EVENT.test(eventId));
  }

  append(text: string): void {
    this.socket.send(text);
  }

  createResponse(requestId: string, shape: ResponseShape): void {
    this.socket.send(command.responseCreate(requestId, shape));
  }

  cancelResponse(responseId: string): void {
    this.socket.send(command.responseCancel(this.eventId('cancel'), responseId));
  }

  truncate(itemId: string, contentIndex: number, audioEndMs: number): void {
    this.socket.send(command.itemTruncate(this.eventId('truncate'), itemId, contentIndex, audioEndMs));
  }

  forget(itemId: string): void {
    this.socket.send(command.itemDelete(this.eventId('delete'), itemId));
  }

  tell(itemId: string, text: string): void {
    this.socket.send(command.customerText(this.eventId('item'), itemId, text));
  }

  answerTool(toolCallId: string, outputJson: string): void {
    this.socket.send(command.toolOutput(this.eventId('item'), toolCallId, outputJson));
  }

  /** Makes an item of the speech so far, so that its words are still written down. */
  commitSpeech(): void {
    this.socket.send(command.inputCommit(this.eventId('commit')));
  }

  private eventId(kind: string): string {
    return `${kind}_${++this.eventCount}`;
  }
}
