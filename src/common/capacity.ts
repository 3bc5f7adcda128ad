import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { LoopGate } from './capacity-gate';
import { LoopMeter, LoopWindow, windowBetween } from './capacity-loop';
import { CallPlaces } from './capacity-places';

/** Long enough for fifty frames of every call, short enough that a rush is noticed while its phones still ring. */
const WINDOW_MS = 1000;

/** Between our instructions for a phone that was picked up and its media stream lie a round trip and a handshake. */
const STREAM_EXPECTED_MS = 15_000;

/** Full for this long although no calls are begun, something else keeps the loop: requests had better go elsewhere. */
const OVERWHELMED_AFTER_MS = 60_000;

/** How things stand, for people. */
export interface CapacityFigures {
  isFull: boolean;
  liveCalls: number;
  maxLiveCalls: number | null;
  /** What a frame waited for its turn in the last window, on average; null where the loop is not watched. */
  loopWaitMs: number | null;
}

/**
 * How many calls this process can carry: as many as it was told, and as many as its event loop serves in time. Above that
 * new calls are refused in words, before those under way suffer. Nothing here runs per frame.
 */
@Injectable()
export class Capacity implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Capacity.name);
  private readonly places: CallPlaces;
  private readonly gate: LoopGate | null;
  private meter: LoopMeter | undefined;
  private timer: NodeJS.Timeout | undefined;
  private lastWaitMs = 0;

  constructor(@Inject(APP_CONFIG) { limits }: AppConfig) {
    const { maxLiveCalls, reservedForInbound } = limits;
    this.places = new CallPlaces(maxLiveCalls, Math.floor((maxLiveCalls ?? 0) * reservedForInbound));
    this.gate = limits.maxEventLoopDelayMs === null ? null : new LoopGate(limits.maxEventLoopDelayMs);
  }

  onApplicationBootstrap(): void {
    if (this.gate === null) return;
    const meter = new LoopMeter();
    let last = meter.read();
    this.meter = meter;
    this.timer = setInterval(() => {
      const reading = meter.read();
      this.observe(windowBetween(last, reading));
      last = reading;
    }, WINDOW_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    this.meter?.stop();
  }

  /** Whether a call that nobody has a place for would be refused now. */
  get isFull(): boolean {
    return this.gate?.isFull === true || !this.places.hasRoom(performance.now());
  }

  /** The loop does not get free although no calls are begun. Being full of calls is no such thing. */
  get isOverwhelmed(): boolean {
    return this.gate !== null && this.gate.fullForMs >= OVERWHELMED_AFTER_MS;
  }

  get figures(): CapacityFigures {
    return {
      isFull: this.isFull,
      liveCalls: this.places.carriedCount,
      maxLiveCalls: this.places.limit,
      loopWaitMs: this.gate === null ? null : this.lastWaitMs,
    };
  }

  /**
   * Keeps a place for a call that is about to be placed.
   * @returns gives it back, also when the call has one under its id by then; null when the process is full
   */
  claimPlace(): (() => void) | null {
    return this.gate?.isFull === true ? null : this.places.claim(performance.now());
  }

  /** A phone rings that was dialled from a place: it keeps one until it is carried, forgotten, or `withinMs` are over. */
  expect(callId: string, withinMs: number): void {
    this.places.expect(callId, performance.now() + withinMs);
  }

  /**
   * Whether a call that comes in can be carried here; it then has a place until it is carried, forgotten, or `withinMs` are over.
   * Calls that are placed stop before the loop is late, so that there is a little left for those that come.
   */
  admitsInbound(callId: string, withinMs: number): boolean {
    const now = performance.now();
    if (this.places.isCarried(callId)) return true;
    const isAdmitted =
      this.gate?.isLate !== true && (this.places.isExpected(callId, now) || this.places.hasRoomForInbound(now));
    if (isAdmitted) this.places.expect(callId, now + withinMs, true);
    return isAdmitted;
  }

  /** The call is over, or will not come here. */
  forget(callId: string): void {
    this.places.forget(callId);
  }

  /**
   * Whether a call whose phone rings or was just picked up can be carried here; it then has a place. One that was dialled
   * from here is refused only when frames are late already, since a person has been called.
   */
  admits(callId: string): boolean {
    const now = performance.now();
    if (this.places.isCarried(callId)) return true;
    const isAdmitted = this.places.isExpected(callId, now) ? this.gate?.isLate !== true : !this.isFull;
    if (isAdmitted) this.places.expect(callId, now + STREAM_EXPECTED_MS);
    return isAdmitted;
  }

  /**
   * A conversation begins: from its preparation while the phone rings until everything about it is written. Never refused;
   * whoever wants to know first asks `admits`.
   * @returns gives the place back
   */
  carries(callId: string): () => void {
    return this.places.carry(callId);
  }

  /** What the loop did in a stretch of time. Called by the watch. */
  observe(window: LoopWindow): void {
    if (this.gate === null) return;
    const wasFull = this.gate.isFull;
    this.gate.observe(window);
    this.lastWaitMs = window.waitMs;
    if (this.gate.isFull === wasFull) return;
    const fields = {
      wait_ms: Math.round(window.waitMs),
      utilisation: Number(window.utilisation.toFixed(2)),
      live_calls: this.places.carriedCount,
    };
    if (wasFull) this.log.log({ msg: 'The event loop has room for calls again', ...fields });
    else this.log.warn({ msg: 'The event loop is full: new calls are refused', ...fields });
  }
}
