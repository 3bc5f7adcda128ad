import type { CancelTimer, Clock } from './clock';

/** A pause that ends what the caller was typing. */
export const KEY_PAUSE_MS = 1200;
/** The key that ends it at once, as on every telephone menu. */
const END_KEY = '#';
/** Longer than any card or account number; what comes after begins anew. */
const MAX_KEYS = 32;
const KEY = /^[0-9*#A-D]$/;

export interface KeysPressed {
  keys: string[];
  startMs: number;
  endMs: number;
}

/** Gathers the keys a caller presses into one entry. */
export class Keypad {
  private keys: string[] = [];
  private startMs = 0;
  private endMs = 0;
  private pause: CancelTimer | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly onEntry: (entry: KeysPressed) => void,
  ) {}

  get isTyping(): boolean {
    return this.keys.length > 0;
  }

  press(key: string): void {
    if (!KEY.test(key)) return;
    this.endMs = this.clock.nowMs();
    if (this.keys.length === 0) this.startMs = this.endMs;
    this.keys.push(key);
    this.pause?.();
    this.pause = null;
    if (key === END_KEY || this.keys.length >= MAX_KEYS) this.flush();
    else this.pause = this.clock.after(KEY_PAUSE_MS, () => this.flush());
  }

  /** Hands out what has been pressed so far. */
  flush(): void {
    this.pause?.();
    this.pause = null;
    if (this.keys.length === 0) return;
    const { keys, startMs, endMs } = this;
    this.keys = [];
    this.onEntry({ keys, startMs, endMs });
  }
}
