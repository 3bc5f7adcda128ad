import { payloadMs } from './g711';
import type { AudioDelta } from './openai-events';
import { Playback, type PlayedItem } from './playback';
import type { BridgeSocket } from './sockets';
import { CarrierFrameWriter } from './twilio-frames';

/** A mark goes out with the first audio that brings this much since the last one: a finer account costs a write each. */
export const MARK_SPACING_MS = 200;
/** Audio kept while the phone still rings; no greeting is longer, and it bounds the memory of an unanswered call. */
export const BEFORE_ANSWER_LIMIT_MS = 60_000;

interface WaitingAudio {
  readonly delta: AudioDelta;
  readonly audioMs: number;
}

export interface AgentAudioEvents {
  /** An item's first audio has just been handed to the carrier. */
  onFirstAudio(item: PlayedItem): void;
  /** An item moved on: more of it is proved to be heard. */
  onHeard(item: PlayedItem): void;
  /** An item has been heard to its end. */
  onItemOver(item: PlayedItem): void;
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

  private readonly playback = new Playback();
  private carrier: BridgeSocket | null = null;
  private writer: CarrierFrameWriter | null = null;
  private waiting: WaitingAudio[] = [];
  private waitingMs = 0;
  private readonly completedEarly = new Set<string>();

  constructor(
    private readonly nowMs: () => number,
    private readonly events: AgentAudioEvents,
  ) {}

  /** True when nothing is playing, unproved, or waiting for the answer. */
  get isQuiet(): boolean {
    return this.playback.isIdle && this.waiting.length === 0;
  }

  /** The phone was picked up: what was made while it rang begins to play now. */
  attach(carrier: BridgeSocket, streamSid: string): void {
    this.carrier = carrier;
    this.writer = new CarrierFrameWriter(streamSid);
    const waiting = this.waiting;
    this.waiting = [];
    for (const { delta, audioMs } of waiting) this.send(carrier, this.writer, delta, audioMs);
    for (const itemId of this.completedEarly) this.complete(itemId);
    this.completedEarly.clear();
  }

  /** Plays a piece of the agent's voice. False when it is more than is kept while the phone rings. */
  play(delta: AudioDelta): boolean {
    const audioMs = payloadMs(delta.payloadBase64);
    if (audioMs === 0) return true;
    if (this.carrier !== null && this.writer !== null) {
      this.send(this.carrier, this.writer, delta, audioMs);
      return true;
    }
    if (this.waitingMs + audioMs > BEFORE_ANSWER_LIMIT_MS) return false;
    this.waiting.push({ delta: { ...delta }, audioMs });
    this.waitingMs += audioMs;
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

  /** No more audio will come at all. */
  completeAll(): void {
    for (const item of this.playback.all()) this.complete(item.itemId);
  }

  /** A mark came back from the carrier. */
  returned(markName: string): void {
    const moved = this.playback.returned(markName, this.nowMs());
    if (moved.length > 0) this.marksReturned++;
    for (const item of moved) {
      this.events.onHeard(item);
      this.takeIfHeard(item);
    }
  }

  /** Stops the voice at once: the carrier drops what it has not played. Answers the items that were cut. */
  clear(): PlayedItem[] {
    this.waiting = [];
    this.waitingMs = 0;
    const isPlaying = this.playback.unplayedMs > 0;
    // Forgotten first: the marks that the clear sends home must find nothing to prove.
    const cut = this.playback.clear(this.nowMs());
    if (isPlaying && this.carrier !== null && this.writer !== null) {
      this.clears++;
      this.carrier.send(this.writer.clear);
    }
    return cut;
  }

  /** The carrier is gone: nothing is sent any more. Answers the items that were cut. */
  detach(): PlayedItem[] {
    this.carrier = null;
    this.waiting = [];
    this.waitingMs = 0;
    return this.playback.clear(this.nowMs());
  }

  private send(carrier: BridgeSocket, writer: CarrierFrameWriter, delta: AudioDelta, audioMs: number): void {
    carrier.send(writer.media(delta.payloadBase64));
    this.framesOut++;
    const item = this.playback.sent(delta.itemId, delta.responseId, delta.contentIndex, audioMs, this.nowMs());
    if (item.sentMs === audioMs) this.events.onFirstAudio(item);
    if (item.sentMs - item.markedMs >= MARK_SPACING_MS) this.sendMark(carrier, item);
  }

  private sendMark(carrier: BridgeSocket, item: PlayedItem): void {
    if (this.writer === null) return;
    this.marksOut++;
    carrier.send(this.writer.mark(this.playback.mark(item)));
  }

  private takeIfHeard(item: PlayedItem): void {
    if (this.playback.takeIfHeard(item)) this.events.onItemOver(item);
  }
}
