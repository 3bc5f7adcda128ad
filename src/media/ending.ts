import type { BridgeEnd } from './call-events';
import type { CancelTimer, Clock } from './clock';

/** Waiting for audio that is already at the carrier to be heard, when that is not longer than this. */
export const DRAIN_LIMIT_MS = 10_000;
/** The same with last words still to be said. */
export const GOODBYE_LIMIT_MS = 20_000;
/** Beyond the moment at which all audio should have been played, for the way there and back. */
const DRAIN_GRACE_MS = 3000;
/** Waiting for the last words of the customer to be written down, while they hold the line. */
export const TRANSCRIPTION_LIMIT_MS = 1500;
/** The same when the carrier is gone, and nobody waits. */
const TRANSCRIPTION_LIMIT_GONE_MS = 5000;
/** Kept free before the maximum duration for the spoken end; less in shorter calls (see {@link timeUpReserveMs}). */
export const TIME_UP_RESERVE_MS = 6000;
/** Less than this is too short to say anything in, so a short call gives up a larger share. */
const TIME_UP_RESERVE_MIN_MS = 4500;
const TIME_UP_MAX_SHARE = 0.6;

export interface EndingEnvironment {
  /** True when nothing is playing, being made, or about to be. */
  isQuiet(): boolean;
  /** Nothing more will be said: speech that is still going on is cut here, so that it can be written down. */
  cutLastWords(): void;
  transcriptionsPending(): number;
  /** When all audio at the carrier should have been played, by the clock. */
  audioEndMs(): number;
  isCarrierGone(): boolean;
  /** The call is over now. */
  finish(reason: BridgeEnd): void;
}

/**
 * The way out of a call: what is playing is heard to its end, then the last transcriptions are awaited, both within
 * bounds. The first reason is the one that counts.
 */
export class Ending {
  private phase: 'live' | 'draining' | 'writing' | 'over' = 'live';
  private why: BridgeEnd = 'server_error';
  private limit: CancelTimer | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly environment: EndingEnvironment,
  ) {}

  get hasBegun(): boolean {
    return this.phase !== 'live';
  }

  /** The reason under way; only meaningful once the end has begun. */
  get reason(): BridgeEnd {
    return this.why;
  }

  /** Waits for the audio: `drainLimitMs`, or as long as what is at the carrier by then has to play. */
  begin(reason: BridgeEnd, drainLimitMs: number): void {
    if (this.phase !== 'live') return;
    this.why = reason;
    this.phase = 'draining';
    this.drainFor(drainLimitMs);
    this.advance();
  }

  /** Goes on if what it waits for has happened; called after every event. */
  advance(): void {
    if (this.phase === 'draining' && this.environment.isQuiet()) this.write();
    else if (this.phase === 'writing' && this.environment.transcriptionsPending() === 0) this.finish();
  }

  /** Nothing more will be heard: only the transcriptions are still awaited. */
  stopDraining(): void {
    if (this.phase === 'draining') this.write();
    else if (this.phase === 'writing') this.awaitTranscriptions();
  }

  private drainFor(ms: number): void {
    this.limit = this.clock.after(ms, () => {
      // Looked at again then, because last words may have been made meanwhile.
      const leftMs = this.environment.audioEndMs() + DRAIN_GRACE_MS - this.clock.nowMs();
      if (leftMs > 0 && !this.environment.isQuiet()) this.drainFor(leftMs);
      else this.write();
    });
  }

  private write(): void {
    this.limit?.();
    this.phase = 'writing';
    this.environment.cutLastWords();
    this.awaitTranscriptions();
    this.advance();
  }

  private awaitTranscriptions(): void {
    this.limit?.();
    const limitMs = this.environment.isCarrierGone() ? TRANSCRIPTION_LIMIT_GONE_MS : TRANSCRIPTION_LIMIT_MS;
    this.limit = this.clock.after(limitMs, () => this.finish());
  }

  private finish(): void {
    if (this.phase === 'over') return;
    this.phase = 'over';
    this.limit?.();
    this.environment.finish(this.why);
  }
}

/** A third of the call, but long enough to say something, and never most of the call. */
export function timeUpReserveMs(maxDurationMs: number): number {
  const wantedMs = Math.min(TIME_UP_RESERVE_MS, Math.max(TIME_UP_RESERVE_MIN_MS, maxDurationMs / 3));
  return Math.min(wantedMs, maxDurationMs * TIME_UP_MAX_SHARE);
}
