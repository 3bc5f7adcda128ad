import { MULAW_8K, scaledTo, type AudioFormat } from './audio-format';
import type { AudioTap } from './audio-tap';
import type { CancelTimer, Clock } from './clock';
import type { CustomerLine } from './customer-line';
import { payloadBytes } from './g711';
import type { AudioDelta } from './openai-events';
import { Playback, type PlayedItem } from './playback';

/** A mark goes out with the first audio that brings this much since the last one: a finer account costs a write each. */
const MARK_SPACING_MS = 200;
/** Audio kept while the phone still rings; with more than this the model is not read from until the phone is picked up. */
const BEFORE_ANSWER_HIGH_WATER_MS = 12_000;
/** What was on its way by then is kept as well; a model that sends more than this all the same is cut short. */
export const BEFORE_ANSWER_LIMIT_MS = 20_000;

/** More than this of a telephone's audio unread by the carrier (7 s), and the model is not read from until it reads again. */
export const CARRIER_HIGH_WATER_BYTES = 48 * 1024;
const CARRIER_LOW_WATER_BYTES = 12 * 1024;
const UNBLOCK_LOOK_MS = 20;
/** A carrier that has not read for this long is not going to: nobody hears anything. */
export const CARRIER_STUCK_MS = 5000;

/** Marks are missing when all audio should have been played for this long and the last of them are not back. */
export const MARKS_GRACE_MS = 5000;
/** The same from then on until one comes back. */
const MARKS_GRACE_AGAIN_MS = 500;

interface WaitingAudio {
  readonly delta: AudioDelta;
  readonly audioMs: number;
}

export interface AgentAudioEvents {
  /** An item's first audio has just been handed to the carrier. */
  onFirstAudio(item: PlayedItem): void;
  /** An item moved on: more of it is proved to be heard. */
  onHeard(item: PlayedItem): void;
  /** An item has been heard to its end, or should have been and the carrier has lost its marks. */
  onItemOver(item: PlayedItem): void;
  /** The marks have not come back: what was played since is taken for heard. Told each time. */
  onMarksMissing(): void;
  /** Audio piles up: the model is to be read no further, and again when it is over. */
  onBackPressure(isHigh: boolean): void;
  /** The carrier has stopped reading. */
  onCarrierStuck(): void;
}

/**
 * The way from the model to the caller: hands audio to the carrier with marks, keeps it while the phone rings, and keeps
 * the account of what was heard.
 */
export class AgentAudio {
  framesOut = 0;
  marksOut = 0;
  marksReturned = 0;
  clears = 0;
  tap: AudioTap | null = null;

  private readonly playback = new Playback();
  private carrier: CustomerLine | null = null;
  private waiting: WaitingAudio[] = [];
  private waitingMs = 0;
  private readonly completedEarly = new Set<string>();
  private isWatched = false;
  private areMarksMissing = false;
  private attachedAtMs = 0;
  private isBlocked = false;
  private blockedSinceMs = 0;
  private unblockLook: CancelTimer | null = null;
  private readonly bytesPerMs: number;
  private readonly highWaterBytes: number;
  private readonly lowWaterBytes: number;

  constructor(
    private readonly clock: Clock,
    private readonly events: AgentAudioEvents,
    format: AudioFormat = MULAW_8K,
  ) {
    this.bytesPerMs = format.bytesPerMs;
    this.highWaterBytes = scaledTo(format, CARRIER_HIGH_WATER_BYTES);
    this.lowWaterBytes = scaledTo(format, CARRIER_LOW_WATER_BYTES);
  }

  /** When all audio at the carrier should have been played, by the clock. */
  get expectedEndMs(): number {
    return this.playback.expectedEndMs;
  }

  /** True while some audio of a response is at the carrier and not proved to be heard. */
  isPlaying(responseId: string): boolean {
    return this.playback.ofResponse(responseId).length > 0;
  }

  /** True when nothing is playing, unproved, or waiting for the answer. */
  get isQuiet(): boolean {
    return this.playback.isIdle && this.waiting.length === 0;
  }

  /** The phone was picked up: what was made while it rang begins to play now. */
  attach(carrier: CustomerLine): void {
    this.carrier = carrier;
    this.attachedAtMs = this.clock.nowMs();
    const waiting = this.waiting;
    this.waiting = [];
    this.waitingMs = 0;
    this.relieve();
    for (const { delta, audioMs } of waiting) this.send(carrier, delta, audioMs);
    for (const itemId of this.completedEarly) this.complete(itemId);
    this.completedEarly.clear();
  }

  /** Plays a piece of the agent's voice. False when it is more than is kept while the phone rings. */
  play(delta: AudioDelta): boolean {
    const audioMs = payloadBytes(delta.payloadBase64) / this.bytesPerMs;
    if (audioMs === 0) return true;
    if (this.carrier !== null) {
      this.send(this.carrier, delta, audioMs);
      return true;
    }
    if (this.waitingMs + audioMs > BEFORE_ANSWER_LIMIT_MS) return false;
    this.waiting.push({ delta: { ...delta }, audioMs });
    this.waitingMs += audioMs;
    if (this.waitingMs > BEFORE_ANSWER_HIGH_WATER_MS) this.press();
    return true;
  }

  /** No more audio of this item will come; the last of it gets its mark. */
  complete(itemId: string): void {
    if (this.carrier === null) {
      this.completedEarly.add(itemId);
      return;
    }
    const item = this.playback.complete(itemId);
    if (item === null) return;
    if (item.markedMs < item.sentMs) this.sendMark(this.carrier, item);
    else this.takeIfHeard(item);
  }

  /** No more audio of this response will come. */
  completeResponse(responseId: string): void {
    for (const item of this.playback.ofResponse(responseId)) this.complete(item.itemId);
    for (const { delta } of this.waiting) {
      if (delta.responseId === responseId) this.completedEarly.add(delta.itemId);
    }
  }

  /** Items at the carrier of which more was to come. */
  unfinished(): PlayedItem[] {
    return this.playback.all().filter((item) => !item.isComplete);
  }

  /** True when some audio of an item is still to be heard. */
  holds(itemId: string): boolean {
    return this.playback.all().some((item) => item.itemId === itemId) || this.isKept(itemId);
  }

  /** Forgets what is kept of a response while the phone rings: it will be made anew. */
  dropWaiting(responseId: string): void {
    this.waiting = this.waiting.filter(({ delta, audioMs }) => {
      if (delta.responseId !== responseId) return true;
      this.completedEarly.delete(delta.itemId);
      this.waitingMs -= audioMs;
      return false;
    });
    // After the answer it is the carrier that the model waits for.
    if (this.carrier === null && this.waitingMs <= BEFORE_ANSWER_HIGH_WATER_MS) this.relieve();
  }

  /** A mark came back from the carrier. True when some item has been heard to its end by that. */
  returned(markName: string): boolean {
    const moved = this.playback.returned(markName, this.clock.nowMs());
    if (moved.length > 0) {
      this.marksReturned++;
      this.areMarksMissing = false;
    }
    let isOver = false;
    for (const item of moved) {
      this.events.onHeard(item);
      if (this.takeIfHeard(item)) isOver = true;
    }
    return isOver;
  }

  /** Stops the voice at once: the carrier drops what it has not played. Answers the items that were cut. */
  clear(): PlayedItem[] {
    this.waiting = [];
    this.waitingMs = 0;
    const isPlaying = this.playback.unplayedMs > 0;
    // Forgotten first: the marks that the clear sends home must find nothing to prove.
    const cut = this.playback.clear(this.clock.nowMs());
    if (isPlaying && this.carrier !== null) {
      this.clears++;
      this.carrier.clear();
      this.tap?.agentCut(this.clock.nowMs() - this.attachedAtMs);
    }
    return cut;
  }

  /** The carrier is gone: nothing is sent any more. Answers the items that were cut. */
  detach(): PlayedItem[] {
    if (this.playback.unplayedMs > 0) this.tap?.agentCut(this.clock.nowMs() - this.attachedAtMs);
    this.carrier = null;
    this.tap = null;
    this.waiting = [];
    this.waitingMs = 0;
    this.relieve();
    return this.playback.clear(this.clock.nowMs());
  }

  private send(carrier: CustomerLine, delta: AudioDelta, audioMs: number): void {
    carrier.play(delta.payloadBase64);
    this.framesOut++;
    if (this.tap !== null) this.tapAgent(this.tap, delta.payloadBase64);
    const item = this.playback.sent(delta.itemId, delta.responseId, delta.contentIndex, audioMs, this.clock.nowMs());
    if (item.sentMs === audioMs) this.events.onFirstAudio(item);
    if (!this.isWatched) this.watchMarks();
    if (item.sentMs - item.markedMs >= MARK_SPACING_MS) this.sendMark(carrier, item);
    if (carrier.bufferedAmount > this.highWaterBytes) this.press();
  }

  private tapAgent(tap: AudioTap, payloadBase64: string): void {
    const startsAtMs = Math.max(this.clock.nowMs(), this.playback.expectedEndMs);
    tap.agentAudio(payloadBase64, startsAtMs - this.attachedAtMs);
  }

  private press(): void {
    if (this.isBlocked) return;
    this.isBlocked = true;
    this.events.onBackPressure(true);
    if (this.carrier === null) return;
    this.blockedSinceMs = this.clock.nowMs();
    this.lookLater(this.carrier);
  }

  private lookLater(carrier: CustomerLine): void {
    const before = carrier.bufferedAmount;
    this.unblockLook = this.clock.after(UNBLOCK_LOOK_MS, () => {
      // One that reads as slowly as it plays is slow enough for the pause, and not stuck.
      if (carrier.bufferedAmount < before) this.blockedSinceMs = this.clock.nowMs();
      if (carrier.bufferedAmount <= this.lowWaterBytes) this.relieve();
      else if (this.clock.nowMs() - this.blockedSinceMs >= CARRIER_STUCK_MS) this.events.onCarrierStuck();
      else this.lookLater(carrier);
    });
  }

  private isKept(itemId: string): boolean {
    return this.waiting.some(({ delta }) => delta.itemId === itemId);
  }

  private relieve(): void {
    this.unblockLook?.();
    this.unblockLook = null;
    if (!this.isBlocked) return;
    this.isBlocked = false;
    this.events.onBackPressure(false);
  }

  private sendMark(carrier: CustomerLine, item: PlayedItem): void {
    this.marksOut++;
    carrier.mark(this.playback.mark(item));
  }

  /** One timer at a time, which looks again when more was sent meanwhile. */
  private watchMarks(): void {
    this.isWatched = true;
    const graceMs = this.areMarksMissing ? MARKS_GRACE_AGAIN_MS : MARKS_GRACE_MS;
    this.clock.after(this.playback.expectedEndMs + graceMs - this.clock.nowMs(), () => this.checkMarks(graceMs));
  }

  private checkMarks(graceMs: number): void {
    this.isWatched = false;
    if (this.playback.unplayedMs === 0) return;
    if (this.clock.nowMs() < this.playback.expectedEndMs + graceMs) {
      this.watchMarks();
      return;
    }
    const items = this.playback.takeUnproved();
    if (items.length === 0) {
      // Still being made: its end, or more of it, comes and is looked at then.
      this.clock.after(MARKS_GRACE_MS, () => this.checkMarks(graceMs));
      this.isWatched = true;
      return;
    }
    this.areMarksMissing = true;
    for (const item of items) this.events.onItemOver(item);
    if (this.playback.unplayedMs > 0) this.watchMarks();
    this.events.onMarksMissing();
  }

  private takeIfHeard(item: PlayedItem): boolean {
    if (!this.playback.takeIfHeard(item)) return false;
    this.events.onItemOver(item);
    return true;
  }
}
