import type { BridgeEnd } from './call-events';
import type { CancelTimer, Clock } from './clock';

/** Waiting for audio that is already at the carrier to be heard. */
export const DRAIN_LIMIT_MS = 10_000;
/** The same with last words still to be said. */
export const GOODBYE_LIMIT_MS = 20_000;
/** Waiting for the last words of the customer to be written down. */
export const TRANSCRIPTION_LIMIT_MS = 1500;

export interface EndingEnvironment {
  /** True when nothing is playing, being made, or about to be. */
  isQuiet(): boolean;
  /** Nothing more will be said: speech that is still going on is cut here, so that it can be written down. */
  cutLastWords(): void;
  transcriptionsPending(): number;
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

  begin(reason: BridgeEnd, drainLimitMs: number): void {
    if (this.phase !== 'live') return;
    this.why = reason;
    this.phase = 'draining';
    this.limit = this.clock.after(drainLimitMs, () => this.write());
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
  }

  private write(): void {
    this.limit?.();
    this.phase = 'writing';
    this.environment.cutLastWords();
    this.limit = this.clock.after(TRANSCRIPTION_LIMIT_MS, () => this.finish());
    this.advance();
  }

  private finish(): void {
    if (this.phase === 'over') return;
    this.phase = 'over';
    this.limit?.();
    this.environment.finish(this.why);
  }
}
