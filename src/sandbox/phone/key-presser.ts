import { FRAME_MS } from '../../media/g711';

/** Between two keys, as a person's finger takes. */
const BETWEEN_KEYS_MS = 300;

/** Presses a row of keys at a human pace. */
export class KeyPresser {
  private readonly waiting: string[] = [];
  private untilNextMs = 0;

  constructor(private readonly press: (digit: string) => void) {}

  get isBusy(): boolean {
    return this.waiting.length > 0 || this.untilNextMs > 0;
  }

  /** Characters that are no keys of a phone are left out. */
  enter(digits: string): void {
    if (!this.isBusy) this.untilNextMs = BETWEEN_KEYS_MS;
    this.waiting.push(...digits.replace(/[^0-9*#A-D]/g, ''));
  }

  step(): void {
    if (this.untilNextMs > 0) this.untilNextMs -= FRAME_MS;
    if (this.untilNextMs > 0) return;
    const digit = this.waiting.shift();
    if (digit === undefined) return;
    this.untilNextMs = BETWEEN_KEYS_MS;
    this.press(digit);
  }
}
