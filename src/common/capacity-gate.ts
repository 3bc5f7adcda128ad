import type { LoopWindow } from './capacity-loop';

/** A garbage collection, a start or a big answer fills one window; two of the last three are a state. */
const WINDOWS = 3;
const BAD_WINDOWS = 2;
/** To be told from a lull, calm has to last. */
const CALM_WINDOWS = 3;

/**
 * The share of the time that the loop may be at work. What is left is for the calls that ring already and will be picked
 * up whatever is decided now, and for garbage collection; close to 1 the waiting grows without bound.
 */
const MAX_UTILISATION = 0.85;
const CALM_UTILISATION = 0.7;

/** Calm is half of what is too much: a loop that only just keeps up would be full again with the next call. */
const CALM_SHARE = 0.5;

/** Raised and lowered at different levels, so that a figure in between changes nothing. */
class Alarm {
  private readonly recent: boolean[] = [];
  private calmWindows = 0;
  private raised = false;

  constructor(
    private readonly tooMuch: number,
    private readonly calm: number,
  ) {}

  get isRaised(): boolean {
    return this.raised;
  }

  observe(figure: number): void {
    this.recent.push(figure > this.tooMuch);
    if (this.recent.length > WINDOWS) this.recent.shift();
    this.calmWindows = figure < this.calm ? this.calmWindows + 1 : 0;
    if (this.recent.filter(Boolean).length >= BAD_WINDOWS) this.raised = true;
    else if (this.calmWindows >= CALM_WINDOWS) this.raised = false;
  }
}

/** Whether the event loop has room for more calls, judged window by window. Pure: the windows are given. */
export class LoopGate {
  private readonly wait: Alarm;
  private readonly work = new Alarm(MAX_UTILISATION, CALM_UTILISATION);
  private fullMs = 0;

  /** @param maxWaitMs what a frame may wait on average */
  constructor(maxWaitMs: number) {
    this.wait = new Alarm(maxWaitMs, maxWaitMs * CALM_SHARE);
  }

  /** Frames wait too long: the calls under way are about to suffer. */
  get isLate(): boolean {
    return this.wait.isRaised;
  }

  /** No call should be begun that can be refused: frames wait, or soon would. */
  get isFull(): boolean {
    return this.isLate || this.work.isRaised;
  }

  /** For how long it has been full; 0 when it is not. */
  get fullForMs(): number {
    return this.fullMs;
  }

  observe({ spanMs, waitMs, utilisation }: LoopWindow): void {
    this.wait.observe(waitMs);
    this.work.observe(utilisation);
    this.fullMs = this.isFull ? this.fullMs + spanMs : 0;
  }
}
