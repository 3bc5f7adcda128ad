import type { ConversationScript } from './driver/model-session';
import type { Driver } from './driver/driver';
import type { PartReport } from './figures';
import type { Floor, Relay } from './sides';

/** What the parts of the bench work with. */
export interface Bench {
  driver: Driver;
  /** Numbers of streams at which load is measured. */
  streams: readonly number[];
  seconds: number;
  runs: number;
  /** Started when first asked for, and warmed up. */
  floor(): Promise<Floor>;
  relay(): Promise<Relay>;
  /** A relay of its own for a part, with other settings; whoever asks stops it. */
  anotherRelay(env: Record<string, string>): Promise<Relay>;
  /** For the person who waits. */
  readonly say: (line: string) => void;
}

export type Part = (bench: Bench) => Promise<PartReport[]>;

/** The model echoes what it hears in turns of nine seconds, as long as answers on the phone may become. */
export const ECHO: ConversationScript = {
  kind: 'echo',
  responseFrames: 450,
  pauseFrames: 30,
  speechFrames: 20,
  configureMs: () => 0,
};

/** The model says what the bench tells it to. */
export const SILENT: ConversationScript = { ...ECHO, kind: 'silent' };
