import type { Product, Providers } from '../product';

/** How a call of the soak went. */
export interface CallReport {
  /** As the product knows it; null when it was never placed. */
  id: string | null;
  /** How the people were meant to end it. */
  ending: Ending;
  /** The longest that the agent was not heard, as far as the phones can tell; null where they cannot. */
  silentMs: number | null;
  /** Frames that were lost, came twice or out of order; null where there is no saying, as when the network cut a socket. */
  damage: { lost: number; duplicated: number; reordered: number } | null;
  frames: number;
  /** What the model was told and did not understand. */
  errors: string[];
}

export const ENDINGS = ['customer', 'owner', 'dropped', 'unanswered'] as const;

/** The customer or the owner hangs up, the carrier's socket drops without a word, or nobody answers. */
export type Ending = (typeof ENDINGS)[number];

/** The people who are called, with everything behind them: phones, the carrier and the model. */
export interface Callers {
  readonly providers: Providers;
  /** Further settings of the product. */
  readonly env: Readonly<Record<string, string>>;
  /** Places one call and plays it to its end. */
  live(product: Product, holdMs: number, ending: Ending, isOver: () => boolean): Promise<CallReport>;
  /** The network cuts model sockets at random; says how many. */
  cutSome(count: number): Promise<number>;
  close(): Promise<void>;
}
