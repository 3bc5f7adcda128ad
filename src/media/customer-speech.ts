import type { CallerAudio } from './caller-audio';
import type { CancelTimer, Clock } from './clock';
import { PREFIX_PADDING_MS, SILENCE_DURATION_MS } from './turn-detection';
import { SpeechWatch } from './speech-watch';
import type { TurnRecorder } from './turn-recorder';

/** Speech that stopped becomes an item at once; if that is not said by then, the agent may speak again all the same. */
const COMMIT_LIMIT_MS = 1500;

export interface CustomerSpeechOptions {
  clock: Clock;
  callerAudio: CallerAudio;
  recorder: TurnRecorder;
  sinceAnswer(): number;
  /** The customer has finished, or seems to have: what was held back for them may go on. */
  onSettled(): void;
  /** The model has forgotten to say that the customer finished; they are taken to have. */
  onStuck(itemId: string): void;
}

/** What the model's turn detection says about the customer, in the call's time. */
export class CustomerSpeech {
  private itemId: string | null = null;
  private stoppedAtMs: number | null = null;
  private commitGuard: CancelTimer | null = null;
  /** True when the open turn has been open for too long to be believed. */
  private isStuck = false;
  private readonly watch: SpeechWatch;

  constructor(private readonly options: CustomerSpeechOptions) {
    this.watch = new SpeechWatch(options.clock, options.callerAudio, () => this.stuck());
  }

  get isSpeaking(): boolean {
    return this.itemId !== null && !this.isStuck;
  }

  /** False when that was known before. */
  started(itemId: string, audioStartMs: number): boolean {
    const { callerAudio, recorder, sinceAnswer } = this.options;
    // The padding before the detected speech is not speech; at the very beginning there may be less of it.
    const startMs = callerAudio.toCallMs(audioStartMs > 0 ? audioStartMs + PREFIX_PADDING_MS : 0);
    if (!recorder.customerStarted(itemId, Math.min(startMs, sinceAnswer()))) return false;
    this.itemId = itemId;
    this.isStuck = false;
    this.watch.begin();
    return true;
  }

  stopped(itemId: string, audioEndMs: number): void {
    const { callerAudio, recorder, clock } = this.options;
    const endMs = callerAudio.toCallMs(Math.max(0, audioEndMs - SILENCE_DURATION_MS));
    if (!recorder.customerStopped(itemId, endMs)) return;
    this.over();
    this.stoppedAtMs = clock.nowMs() - SILENCE_DURATION_MS;
    this.commitGuard?.();
    this.commitGuard = clock.after(COMMIT_LIMIT_MS, () => this.settle());
  }

  /** False when that was known before. Calls `onSettled` by {@link settle}, when its owner has drawn its conclusions. */
  committed(itemId: string, previousItemId: string | null): boolean {
    if (!this.options.recorder.customerCommitted(itemId, previousItemId)) return false;
    if (this.itemId === itemId) this.over();
    return true;
  }

  settle(): void {
    this.commitGuard?.();
    this.commitGuard = null;
    if (!this.isSpeaking) this.options.onSettled();
  }

  /** Time since the customer finished speaking; the first to ask gets it, because one turn answers. */
  takeLatencyMs(): number | null {
    if (this.stoppedAtMs === null) return null;
    const latencyMs = this.options.clock.nowMs() - this.stoppedAtMs;
    this.stoppedAtMs = null;
    return latencyMs;
  }

  /** What the agent says now is no answer: the wait for one is not measured any more. */
  forgetLatency(): void {
    this.stoppedAtMs = null;
  }

  /** No more audio will come: nothing is to be made up for it. */
  lineClosed(): void {
    this.watch.end();
  }

  /** Whoever listened is gone; another session will notice by itself that the customer speaks. */
  sessionLost(): void {
    this.over();
    this.commitGuard?.();
    this.commitGuard = null;
  }

  /** Declares speech that is still going on to be finished now. False when nobody speaks. */
  cutShort(): boolean {
    const { recorder, sinceAnswer } = this.options;
    if (this.itemId === null) return false;
    recorder.customerStopped(this.itemId, sinceAnswer());
    recorder.customerCommitted(this.itemId, null);
    this.over();
    return true;
  }

  private over(): void {
    this.itemId = null;
    this.isStuck = false;
    this.watch.end();
  }

  private stuck(): void {
    const { itemId } = this;
    this.isStuck = true;
    this.settle();
    if (itemId !== null) this.options.onStuck(itemId);
  }
}
