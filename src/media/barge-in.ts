import type { CancelTimer, Clock } from './clock';
import {
  cutsAfterMs,
  onceStopped,
  onceWordsKnown,
  whileSpeaking,
  WORDS_LIMIT_MS,
  type InterruptionPolicy,
  type Stance,
} from './interruption-policy';

export interface BargeInOptions {
  policy: InterruptionPolicy;
  clock: Clock;
  /** Audio of the agent is unplayed, or a response is asked for or being made. */
  agentTalks(): boolean;
  /** What plays now may not be cut. */
  isProtected(): boolean;
  /** Stops the agent now. */
  cut(): void;
  /** The customer's turn is to be answered. */
  answer(): void;
  /** There is nothing to answer, and the agent talks on. */
  goOn(): void;
  /** There is nothing to answer, and the agent takes up what was cut. */
  resume(): void;
}

interface CustomerTurn {
  readonly itemId: string;
  /** On the clock; when the speech itself began. */
  readonly startedAtMs: number;
  stance: Stance;
  isOver: boolean;
  wordsLimit: CancelTimer | null;
}

/**
 * Who has the floor: applies the table of `interruption-policy.ts` to what the customer does, one turn at a time. Knows
 * nothing of how the agent is cut or answers.
 */
export class BargeIn {
  private turn: CustomerTurn | null = null;
  /** The turn before, whose words are still awaited. */
  private awaited: CustomerTurn | null = null;
  private recheck: CancelTimer | null = null;

  constructor(private readonly options: BargeInOptions) {}

  /** True while it is open whether the customer is answered. */
  get isAwaitingWords(): boolean {
    return this.awaited !== null;
  }

  /** `sinceStartMs`: how long they have been speaking by now. */
  started(itemId: string, sinceStartMs: number): void {
    const { clock } = this.options;
    this.turn = {
      itemId,
      startedAtMs: clock.nowMs() - sinceStartMs,
      stance: 'listen',
      isOver: false,
      wordsLimit: null,
    };
    this.review();
  }

  /** What the stance depends on may have changed: time has passed, protected words have ended. */
  review(): void {
    const { turn } = this;
    if (turn === null || turn.isOver || turn.stance === 'cut') return;
    const { policy, clock } = this.options;
    const sinceStartMs = clock.nowMs() - turn.startedAtMs;
    const stance = whileSpeaking(policy, {
      agentTalks: this.options.agentTalks(),
      isProtected: this.options.isProtected(),
      sinceStartMs,
      isCutInDoubt: this.awaited?.stance === 'cut',
    });
    this.stopRecheck();
    // An agent that has finished while they spoke leaves the floor to them: what they said is taken as it was begun. There
    // is no moment to wait for any more; should it talk again, that is a new event.
    if (stance === 'listen') return;
    turn.stance = stance;
    if (stance === 'cut') {
      if (this.awaited?.stance !== 'cut') this.options.cut();
    } else if (stance === 'wait') {
      this.recheck = clock.after(Math.max(1, Math.ceil(cutsAfterMs(policy) - sinceStartMs)), () => this.review());
    }
  }

  /** Their speech has become an item. `speechMs`: how long it was. */
  finished(itemId: string, speechMs: number): void {
    const turn = this.turn?.itemId === itemId ? this.turn : null;
    this.stopRecheck();
    this.turn = null;
    if (turn === null) {
      this.options.answer();
      return;
    }
    turn.isOver = true;
    const { policy } = this.options;
    switch (onceStopped(policy, turn.stance, { agentTalks: this.options.agentTalks(), speechMs })) {
      case 'answer':
        this.stopAwaiting();
        this.options.answer();
        return;
      case 'cut-and-answer':
        this.stopAwaiting();
        this.options.cut();
        this.options.answer();
        return;
      case 'await-words':
        this.await(turn);
        return;
    }
  }

  /** The words of a turn are known; null when they will not be. */
  words(itemId: string, text: string | null): void {
    const turn = this.awaited;
    if (turn === null || turn.itemId !== itemId) return;
    const { policy } = this.options;
    const agentTalks = this.options.agentTalks();
    this.stopAwaiting();
    switch (onceWordsKnown(policy, turn.stance, { agentTalks, text })) {
      case 'answer':
        this.takeForMeant();
        this.options.answer();
        return;
      case 'cut-and-answer':
        this.options.cut();
        this.takeForMeant();
        this.options.answer();
        return;
      case 'continue':
        this.options.goOn();
        return;
      case 'resume':
        // Somebody who speaks again by now is heard first.
        if (this.turn === null) this.options.resume();
        return;
    }
  }

  /** Nothing more will come of a turn. */
  drop(itemId: string): void {
    if (this.turn?.itemId !== itemId) return;
    this.stopRecheck();
    this.turn = null;
  }

  /** Nobody listens any more. */
  forget(): void {
    this.stopRecheck();
    this.stopAwaiting();
    this.turn = null;
  }

  private await(turn: CustomerTurn): void {
    this.stopAwaiting();
    this.awaited = turn;
    turn.wordsLimit = this.options.clock.after(WORDS_LIMIT_MS, () => this.words(turn.itemId, null));
  }

  /** What cut the agent was meant, so what follows it is no false alarm. */
  private takeForMeant(): void {
    if (this.turn !== null && this.turn.stance === 'cut') this.turn.stance = 'listen';
  }

  private stopAwaiting(): void {
    this.awaited?.wordsLimit?.();
    this.awaited = null;
  }

  private stopRecheck(): void {
    this.recheck?.();
    this.recheck = null;
  }
}
