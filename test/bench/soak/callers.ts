import type { Product, Providers } from '../product';

/** How a call of the soak went. */
export interface CallReport {
  /** As the product knows it. */
  id: string;
  /** How the people were meant to end it. */
  ending: Ending;
  /** What the product may say of why it ended. */
  expectedReasons: readonly string[];
  /** The network took a model session away from it. */
  wasCut: boolean;
  /** The longest that the agent was not heard, as far as the phones can tell; null where they cannot. */
  silentMs: number | null;
  damage: Damage | null;
  frames: number;
  /** What the model was told and did not understand. */
  errors: string[];
}

/** Frames that did not come once and in order. Each is null where there is no saying, as when the network cut a socket. */
export interface Damage {
  lost: number | null;
  duplicated: number | null;
  reordered: number | null;
  /** Came and were never sent. */
  unknown: number;
}

/** The customer or the owner hangs up, the carrier's socket drops without a word, or nobody answers. */
export type Ending = 'customer' | 'owner' | 'dropped' | 'unanswered';

/** The people who are called, with everything behind them: phones, the carrier and the model. */
export interface Callers {
  readonly providers: Providers;
  /** Further settings of the product. */
  readonly env: Readonly<Record<string, string>>;
  /** Places one call and plays it to its end. Throws when the product does not play its part. */
  live(product: Product, holdMs: number, ending: Ending, isOver: () => boolean): Promise<CallReport>;
  /** The network cuts model sockets at random, so many if there are; says how many. */
  cutSome(count: number): Promise<number>;
  close(): Promise<void>;
}
