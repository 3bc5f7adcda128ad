import type { Turn } from './call-events';
import { heardText } from './heard-text';
import type { PlayedItem } from './playback';

/** Stands in for customer speech that no transcriber could read. */
const INAUDIBLE = '[inaudible]';

interface CustomerTurn {
  startMs: number;
  endMs: number | null;
  partialText: string;
  isCommitted: boolean;
  isOver: boolean;
}

interface AgentTurn {
  /** By content index; nearly always one. */
  parts: string[];
  isTextFinal: boolean;
  /** True when its text ends where its audio does, whatever else the model says of it. */
  isAbandoned: boolean;
  /** True once some of it went to the carrier, until it turns out that none of that was played. */
  isStarted: boolean;
  isOver: boolean;
  latencyMs: number | null;
  /** Set when its audio has been heard to the end but its text was not final yet. */
  heardToTheEnd: PlayedItem | null;
}

export interface RecorderOptions {
  /** Milliseconds since the answer, of now and of a moment on the call's clock. */
  sinceAnswer(momentMs?: number): number;
  onTurn(turn: Turn): void;
}

/**
 * Turns items into turns. An item's number is its place in the conversation as the model's server keeps it
 * (`previous_item_id`), because transcriptions arrive whenever they like. Each item gives one turn at most.
 */
export class TurnRecorder {
  private readonly numbers = new Map<string, number>();
  private nextNumber = 1;
  private readonly customerTurns = new Map<string, CustomerTurn>();
  private readonly agentTurns = new Map<string, AgentTurn>();

  constructor(private readonly options: RecorderOptions) {}

  /** Customer turns whose words are still to come. */
  get transcriptionsPending(): number {
    let pending = 0;
    for (const turn of this.customerTurns.values()) if (turn.isCommitted && !turn.isOver) pending++;
    return pending;
  }

  /** Gives an item its place. An unknown predecessor must exist somewhere, so it gets the place before. */
  place(itemId: string, previousItemId: string | null = null): number {
    const known = this.numbers.get(itemId);
    if (known !== undefined) return known;
    if (previousItemId !== null && !this.numbers.has(previousItemId)) {
      this.numbers.set(previousItemId, this.nextNumber++);
    }
    const number = this.nextNumber++;
    this.numbers.set(itemId, number);
    return number;
  }

  /** False when that was known before. */
  customerStarted(itemId: string, startMs: number): boolean {
    if (this.customerTurns.has(itemId)) return false;
    this.customerTurns.set(itemId, newCustomerTurn(startMs));
    return true;
  }

  /** False when that was known before. */
  customerStopped(itemId: string, endMs: number): boolean {
    const turn = this.customerTurn(itemId);
    if (turn.endMs !== null) return false;
    turn.endMs = Math.max(endMs, turn.startMs);
    return true;
  }

  /** The turn is an item now, and will be transcribed. False when that was known before. */
  customerCommitted(itemId: string, previousItemId: string | null): boolean {
    this.place(itemId, previousItemId);
    const turn = this.customerTurn(itemId);
    if (turn.isCommitted) return false;
    turn.isCommitted = true;
    return true;
  }

  transcriptDelta(itemId: string, delta: string): void {
    const turn = this.customerTurn(itemId);
    if (!turn.isOver) turn.partialText += delta;
  }

  /**
   * The words of a customer turn; null when the transcriber failed. A turn without words is dropped. False when the turn
   * was over before.
   */
  transcribed(itemId: string, transcript: string | null): boolean {
    const turn = this.customerTurn(itemId);
    if (turn.isOver) return false;
    this.endCustomerTurn(itemId, turn, transcript);
    return true;
  }

  /** No more words of a customer turn will come: it keeps those that are known. */
  wordsLost(itemId: string): void {
    const turn = this.customerTurn(itemId);
    this.endCustomerTurn(itemId, turn, knownText(turn));
  }

  /** Something the customer did that needs no transcriber, such as pressing keys. */
  customerDid(itemId: string, text: string, startMs: number, endMs: number): void {
    const turn = newCustomerTurn(startMs);
    turn.endMs = endMs;
    this.customerTurns.set(itemId, turn);
    this.endCustomerTurn(itemId, turn, text);
  }

  /** Customer turns that are not over, in no particular order. */
  openCustomerTurns(): string[] {
    return [...this.customerTurns].filter(([, turn]) => !turn.isOver).map(([itemId]) => itemId);
  }

  /** Customer turns that are items of the conversation and whose words are still to come. */
  committedCustomerTurns(): string[] {
    return [...this.customerTurns].filter(([, turn]) => turn.isCommitted && !turn.isOver).map(([itemId]) => itemId);
  }

  /** How long the customer has been speaking, or spoke, in a turn. */
  customerSpeechMs(itemId: string): number {
    const turn = this.customerTurn(itemId);
    return Math.max(0, (turn.endMs ?? this.options.sinceAnswer()) - turn.startMs);
  }

  /** The customer's words of this turn will be heard again, by another session: this one never was. */
  customerForgotten(itemId: string): void {
    this.customerTurn(itemId).isOver = true;
  }

  agentDelta(itemId: string, contentIndex: number, delta: string): void {
    const turn = this.agentTurn(itemId);
    if (turn.isOver || turn.isTextFinal) return;
    turn.parts[contentIndex] = (turn.parts[contentIndex] ?? '') + delta;
  }

  /** The whole text of a part; `contentIndex` null when the item's whole text is given. */
  agentText(itemId: string, contentIndex: number | null, text: string): void {
    const turn = this.agentTurn(itemId);
    if (turn.isOver || turn.isAbandoned) return;
    if (contentIndex === null) turn.parts = [text];
    else turn.parts[contentIndex] = text;
    turn.isTextFinal = true;
    this.endIfHeard(turn);
  }

  /** No more text of this item will come, said or unsaid. */
  agentTextEnded(itemId: string): void {
    const turn = this.agentTurns.get(itemId);
    if (turn === undefined) return;
    turn.isTextFinal = true;
    this.endIfHeard(turn);
  }

  /**
   * Neither text nor audio of this item will come any more, wherever it was. What was sent of its audio is what there is of
   * it, and the text ends there.
   */
  agentAbandoned(item: PlayedItem): void {
    const turn = this.agentTurns.get(item.itemId);
    if (turn === undefined || turn.isOver) return;
    if (!turn.isTextFinal) turn.parts = [heardText(textOf(turn), item, item.sentMs)];
    turn.isTextFinal = true;
    turn.isAbandoned = true;
    this.endIfHeard(turn);
  }

  /** The text of an agent item so far. */
  textOf(itemId: string): string {
    const turn = this.agentTurns.get(itemId);
    return turn === undefined ? '' : textOf(turn);
  }

  /** Agent items of which something is still to be heard, with their text so far, in the order of the conversation. */
  openAgentTexts(): { itemId: string; text: string }[] {
    return [...this.agentTurns]
      .filter(([, turn]) => !turn.isOver)
      .map(([itemId, turn]) => ({ itemId, text: textOf(turn), number: this.place(itemId) }))
      .sort((a, b) => a.number - b.number);
  }

  /** The item's first audio has been handed to the carrier. */
  agentStarted(itemId: string, latencyMs: number | null): void {
    const turn = this.agentTurn(itemId);
    turn.isStarted = true;
    turn.latencyMs ??= latencyMs;
  }

  /** True when nothing of an item reached the customer's ear. */
  isUnheard(itemId: string): boolean {
    const turn = this.agentTurns.get(itemId);
    return turn === undefined || !turn.isStarted;
  }

  /** What of an item was heard, when `heardMs` of its audio was. */
  heardTextOf(item: PlayedItem, heardMs: number): string {
    const turn = this.agentTurns.get(item.itemId);
    return turn === undefined ? '' : heardText(textOf(turn), item, heardMs);
  }

  /** The item's audio has been heard to its end. */
  agentHeard(item: PlayedItem): void {
    const turn = this.agentTurn(item.itemId);
    turn.heardToTheEnd = item;
    this.endIfHeard(turn);
  }

  /** The item's audio was cut when `heardMs` of it had been heard. */
  agentCut(item: PlayedItem, heardMs: number): void {
    const turn = this.agentTurn(item.itemId);
    this.endAgentTurn(item, turn, heardText(textOf(turn), item, heardMs), true);
  }

  /** The item was never heard: it is no turn. */
  agentUnheard(itemId: string): void {
    const turn = this.agentTurn(itemId);
    turn.isStarted = false;
    turn.isOver = true;
  }

  /** Ends every turn that is still open, in the order of the conversation: nothing more will come. */
  flush(): void {
    const open: { number: number; end: () => void }[] = [];
    for (const [itemId, turn] of this.customerTurns) {
      if (turn.isOver) continue;
      open.push({ number: this.place(itemId), end: () => this.endCustomerTurn(itemId, turn, knownText(turn)) });
    }
    for (const [itemId, turn] of this.agentTurns) {
      const item = turn.heardToTheEnd;
      if (turn.isOver || item === null) continue;
      open.push({ number: this.place(itemId), end: () => this.endAgentTurn(item, turn, textOf(turn), false) });
    }
    open.sort((a, b) => a.number - b.number);
    for (const { end } of open) end();
  }

  private endIfHeard(turn: AgentTurn): void {
    if (turn.heardToTheEnd === null || !turn.isTextFinal) return;
    this.endAgentTurn(turn.heardToTheEnd, turn, textOf(turn), false);
  }

  private endAgentTurn(item: PlayedItem, turn: AgentTurn, text: string, wasInterrupted: boolean): void {
    if (turn.isOver) return;
    turn.isOver = true;
    const generatedText = textOf(turn).trim();
    turn.parts = [];
    // Not one word was heard: that is no turn.
    if (text.trim() === '') return;
    const startMs = this.options.sinceAnswer(item.startedAtMs ?? item.heardAtMs);
    this.emit(item.itemId, {
      role: 'agent',
      text: text.trim(),
      generatedText,
      startMs,
      endMs: Math.max(startMs, this.options.sinceAnswer(item.heardAtMs)),
      wasInterrupted,
      latencyMs: turn.latencyMs === null ? null : Math.max(0, Math.round(turn.latencyMs)),
    });
  }

  private endCustomerTurn(itemId: string, turn: CustomerTurn, transcript: string | null): void {
    if (turn.isOver) return;
    turn.isOver = true;
    turn.partialText = '';
    const text = (transcript ?? INAUDIBLE).trim();
    if (text === '') return;
    const endMs = turn.endMs ?? this.options.sinceAnswer();
    this.emit(itemId, {
      role: 'customer',
      text,
      generatedText: null,
      startMs: Math.min(turn.startMs, endMs),
      endMs,
      wasInterrupted: false,
      latencyMs: null,
    });
  }

  private emit(itemId: string, turn: Omit<Turn, 'sequence' | 'itemId'>): void {
    const startMs = Math.max(0, Math.round(turn.startMs));
    const endMs = Math.max(startMs, Math.round(turn.endMs));
    this.options.onTurn({ ...turn, sequence: this.place(itemId), itemId, startMs, endMs });
  }

  private customerTurn(itemId: string): CustomerTurn {
    let turn = this.customerTurns.get(itemId);
    if (turn === undefined) {
      turn = newCustomerTurn(this.options.sinceAnswer());
      this.customerTurns.set(itemId, turn);
    }
    return turn;
  }

  private agentTurn(itemId: string): AgentTurn {
    let turn = this.agentTurns.get(itemId);
    if (turn === undefined) {
      turn = {
        parts: [],
        isTextFinal: false,
        isAbandoned: false,
        isStarted: false,
        isOver: false,
        latencyMs: null,
        heardToTheEnd: null,
      };
      this.agentTurns.set(itemId, turn);
    }
    return turn;
  }
}

function newCustomerTurn(startMs: number): CustomerTurn {
  return { startMs, endMs: null, partialText: '', isCommitted: false, isOver: false };
}

/** Null when none of its words is known. */
function knownText(turn: CustomerTurn): string | null {
  return turn.partialText.trim() === '' ? null : turn.partialText;
}

function textOf(turn: AgentTurn): string {
  return turn.parts.join('');
}
