import type { TurnDetection } from './session-config';

/** Speech is looked for in stretches of this length. */
export const DETECTOR_FRAME_MS = 20;

export type TurnEvent =
  { kind: 'started'; audioStartMs: number } | { kind: 'stopped'; audioStartMs: number; audioEndMs: number };

/** So many loud frames out of the last five are speech; fewer are a click. */
const LOUD_FRAMES_TO_START = 3;
const START_WINDOW_FRAMES = 5;
/**
 * The threshold of server_vad is a probability; here it is a loudness. 0 is -60 dBFS (line noise), 0.5 is -40 dBFS,
 * 1 is -20 dBFS (a normal voice on the telephone).
 */
const QUIETEST_DBFS = -60;
const THRESHOLD_RANGE_DB = 40;
/** semantic_vad asks only after a breath whether the sentence is complete… */
const SEMANTIC_BREATH_MS = 300;
const SEMANTIC_PREFIX_MS = 300;
/** …and waits no longer than this when it is not (reference/openai-realtime.md section 2). */
const SEMANTIC_MAX_WAIT_MS = { low: 8000, medium: 4000, auto: 4000, high: 2000 } as const;

/**
 * Finds turns in audio by its loudness. All times are audio times, counted from the first byte of the session, so
 * that audio sent faster than real time gives the same turns.
 */
export class TurnDetector {
  /** The end of the audio heard so far. */
  clockMs = 0;
  private readonly window: boolean[] = [];
  private turn: { audioStartMs: number; lastLoudMs: number; askedAtMs: number } | undefined;
  private earliestStartMs = 0;

  constructor(
    public settings: TurnDetection,
    /** Whether what was said since that time is a complete sentence (semantic_vad only). */
    private readonly isComplete: (audioStartMs: number) => boolean,
  ) {}

  get isSpeaking(): boolean {
    return this.turn !== undefined;
  }

  /** Takes the root mean square of the 20 ms that begin at `startMs`. */
  push(rms: number, startMs: number): TurnEvent | undefined {
    this.clockMs = startMs + DETECTOR_FRAME_MS;
    const isLoud = this.isLoud(rms);
    if (!this.turn) return this.seekStart(isLoud, startMs);
    if (isLoud) {
      this.turn.lastLoudMs = this.clockMs;
      this.turn.askedAtMs = 0;
      return undefined;
    }
    return this.seekEnd(this.turn);
  }

  /** Forgets a turn that has begun; audio before this moment belongs to no later turn. */
  reset(): void {
    this.turn = undefined;
    this.window.length = 0;
    this.earliestStartMs = this.clockMs;
  }

  private isLoud(rms: number): boolean {
    const threshold = this.settings.type === 'server_vad' ? this.settings.threshold : 0.5;
    const limitDbfs = QUIETEST_DBFS + threshold * THRESHOLD_RANGE_DB;
    return rms > 0 && 20 * Math.log10(rms / 32_768) >= limitDbfs;
  }

  private seekStart(isLoud: boolean, startMs: number): TurnEvent | undefined {
    this.window.push(isLoud);
    if (this.window.length > START_WINDOW_FRAMES) this.window.shift();
    if (this.window.filter(Boolean).length < LOUD_FRAMES_TO_START) return undefined;
    const firstLoud = startMs - (this.window.length - 1 - this.window.indexOf(true)) * DETECTOR_FRAME_MS;
    const prefixMs = this.settings.type === 'server_vad' ? this.settings.prefix_padding_ms : SEMANTIC_PREFIX_MS;
    const audioStartMs = Math.max(this.earliestStartMs, firstLoud - prefixMs);
    this.turn = { audioStartMs, lastLoudMs: this.clockMs, askedAtMs: 0 };
    return { kind: 'started', audioStartMs };
  }

  private seekEnd(turn: { audioStartMs: number; lastLoudMs: number; askedAtMs: number }): TurnEvent | undefined {
    const silenceMs = this.clockMs - turn.lastLoudMs;
    if (!this.isEnd(silenceMs, turn)) return undefined;
    const { audioStartMs } = turn;
    this.reset();
    return { kind: 'stopped', audioStartMs, audioEndMs: this.clockMs };
  }

  private isEnd(silenceMs: number, turn: { audioStartMs: number; askedAtMs: number }): boolean {
    if (this.settings.type === 'server_vad') return silenceMs >= this.settings.silence_duration_ms;
    if (silenceMs >= SEMANTIC_MAX_WAIT_MS[this.settings.eagerness]) return true;
    if (silenceMs < SEMANTIC_BREATH_MS || turn.askedAtMs > 0) return false;
    turn.askedAtMs = this.clockMs;
    return this.isComplete(turn.audioStartMs);
  }
}
