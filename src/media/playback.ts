/** One agent item on its way to the ear. */
export interface PlayedItem {
  readonly itemId: string;
  readonly responseId: string;
  readonly contentIndex: number;
  /** Audio handed to the carrier. */
  sentMs: number;
  /** Audio that marks have proved to be played. Never more than `sentMs`. */
  heardMs: number;
  /** Audio that the latest mark covers. */
  markedMs: number;
  /** True once no more audio of this item will be sent. */
  isComplete: boolean;
  /** When its audio began to play; null while it waits behind another item. */
  startedAtMs: number | null;
  /** When its latest mark came back, or when it was cut. */
  heardAtMs: number;
}

interface PendingMark {
  readonly number: number;
  readonly item: PlayedItem;
  readonly atMs: number;
}

const NOTHING: readonly PlayedItem[] = [];
const MARK_NAME = /^m(\d{1,15})$/;

/**
 * Keeps the account of what the customer has heard. The carrier plays what it is sent in order and sends a mark back
 * when everything before it has been played, so only returned marks count; elapsed time never does. After a `clear`
 * the carrier returns all pending marks at once: those are forgotten here and count for nothing.
 */
export class Playback {
  /** Items not yet heard to their end, in the order of playing. */
  private readonly items: PlayedItem[] = [];
  private readonly pending: PendingMark[] = [];
  private lastMarkNumber = 0;
  private unplayed = 0;
  private expectedEnd = 0;

  /** Audio at the carrier that no mark has proved to be played. */
  get unplayedMs(): number {
    return this.unplayed;
  }

  /** When all audio should have been played, by the clock. Good for limits; never for what was heard. */
  get expectedEndMs(): number {
    return this.expectedEnd;
  }

  /** True when every item that was begun has been heard to its end. */
  get isIdle(): boolean {
    return this.items.length === 0;
  }

  /** Books audio that was just handed to the carrier; an item is known by its first audio. */
  sent(itemId: string, responseId: string, contentIndex: number, audioMs: number, nowMs: number): PlayedItem {
    let item = this.items[this.items.length - 1];
    if (item === undefined || item.itemId !== itemId) {
      item = this.find(itemId) ?? this.begin(itemId, responseId, contentIndex, nowMs);
    }
    item.sentMs += audioMs;
    this.unplayed += audioMs;
    this.expectedEnd = Math.max(this.expectedEnd, nowMs) + audioMs;
    return item;
  }

  /** The name of a mark that, when it comes back, proves everything sent of this item so far to be heard. */
  mark(item: PlayedItem): string {
    const number = ++this.lastMarkNumber;
    item.markedMs = item.sentMs;
    this.pending.push({ number, item, atMs: item.sentMs });
    return `m${number}`;
  }

  /**
   * Says that no more audio of an item will come. Null when the item is unknown or already complete. When every bit of
   * it has been heard before, the item is over and leaves the account here (see {@link takeIfHeard}).
   */
  complete(itemId: string): PlayedItem | null {
    const item = this.find(itemId);
    if (item === undefined || item.isComplete) return null;
    item.isComplete = true;
    return item;
  }

  /** Takes an item off the account when it has been heard to its end. */
  takeIfHeard(item: PlayedItem): boolean {
    if (!item.isComplete || item.heardMs < item.sentMs) return false;
    const at = this.items.indexOf(item);
    if (at < 0) return false;
    this.items.splice(at, 1);
    return true;
  }

  /**
   * A mark came back: everything up to it has been played, marks that got lost on the way included. Answers the items it
   * moved on, in order; none for a mark that is unknown, was cleared, or has been here before.
   */
  returned(name: string, nowMs: number): readonly PlayedItem[] {
    const match = MARK_NAME.exec(name);
    if (match === null) return NOTHING;
    const number = Number(match[1]);
    const first = this.pending[0];
    if (first === undefined || number < first.number || number > this.lastMarkNumber) return NOTHING;
    const moved: PlayedItem[] = [];
    let count = 0;
    for (const mark of this.pending) {
      if (mark.number > number) break;
      count++;
      const { item } = mark;
      if (mark.atMs <= item.heardMs) continue;
      this.unplayed -= mark.atMs - item.heardMs;
      item.heardMs = mark.atMs;
      item.heardAtMs = nowMs;
      item.startedAtMs ??= nowMs - mark.atMs;
      if (moved[moved.length - 1] !== item) moved.push(item);
    }
    this.pending.splice(0, count);
    // A mark knows better than the clock how far the carrier has come.
    this.expectedEnd = nowMs + this.unplayed;
    return moved;
  }

  /**
   * Forgets all that is not proved to be heard, because the carrier was told to drop it or is gone. Answers the items
   * that were cut, in the order of playing; marks that come back for them later are nobody's.
   */
  clear(nowMs: number): PlayedItem[] {
    const cut = this.items.splice(0);
    this.pending.length = 0;
    this.unplayed = 0;
    this.expectedEnd = nowMs;
    for (const item of cut) item.heardAtMs = nowMs;
    return cut;
  }

  /**
   * The carrier has lost its marks: whole items are taken off the account as played by the clock. Answers them; those that
   * are still being made stay. `heardMs` stays what marks have proved.
   */
  takeUnproved(): PlayedItem[] {
    const taken: PlayedItem[] = [];
    for (const item of this.all()) {
      if (!item.isComplete) continue;
      this.items.splice(this.items.indexOf(item), 1);
      this.unplayed -= item.sentMs - item.heardMs;
      item.heardAtMs = this.expectedEnd;
      item.startedAtMs ??= this.expectedEnd - item.sentMs;
      taken.push(item);
    }
    const kept = this.pending.filter(({ item }) => !item.isComplete);
    this.pending.splice(0, this.pending.length, ...kept);
    return taken;
  }

  /** Items that are still on the account, in the order of playing. */
  all(): PlayedItem[] {
    return [...this.items];
  }

  /** Items of one response that are still on the account. */
  ofResponse(responseId: string): PlayedItem[] {
    return this.items.filter((item) => item.responseId === responseId);
  }

  private begin(itemId: string, responseId: string, contentIndex: number, nowMs: number): PlayedItem {
    const item: PlayedItem = {
      itemId,
      responseId,
      contentIndex,
      sentMs: 0,
      heardMs: 0,
      markedMs: 0,
      isComplete: false,
      startedAtMs: this.unplayed > 0 ? null : nowMs,
      heardAtMs: nowMs,
    };
    this.items.push(item);
    return item;
  }

  private find(itemId: string): PlayedItem | undefined {
    return this.items.find((item) => item.itemId === itemId);
  }
}
