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
  /** The most streams that saturate neither side nor the driver; null until somebody has found out. */
  calmStreams: number | null;
  /** Started when first asked for, and warmed up. */
  floor(): Promise<Floor>;
  relay(): Promise<Relay>;
  /** A relay of its own for a part, with other settings; whoever asks stops it. */
  anotherRelay(env: Record<string, string>): Promise<Relay>;
  /** For the person who waits. */
  readonly say: (line: string) => void;
}

export type Part = (bench: Bench) => Promise<PartReport[]>;

const RESPONSE_FRAMES = 150;
const PAUSE_FRAMES = 30;
const SPEECH_FRAMES = 20;
/** After the customer's speech the model answers with the next frame that it hears. */
const CYCLE_FRAMES = RESPONSE_FRAMES + PAUSE_FRAMES + SPEECH_FRAMES + 1;

/** The model echoes what it hears in turns of three seconds, as long as usual answers on the phone. */
export const ECHO: ConversationScript = {
  kind: 'echo',
  responseFrames: RESPONSE_FRAMES,
  pauseFrames: PAUSE_FRAMES,
  speechFrames: SPEECH_FRAMES,
  spreadFrames: CYCLE_FRAMES,
  configureMs: () => 0,
};

/** Share of the caller's frames that come back. */
export const ECHOED_SHARE = RESPONSE_FRAMES / CYCLE_FRAMES;

/** The same with as many turns as can be. */
export const SHORT_TURNS: ConversationScript = { ...ECHO, responseFrames: 25, pauseFrames: 15, speechFrames: 10 };

/** The model says what the bench tells it to. */
export const SILENT: ConversationScript = { ...ECHO, kind: 'silent' };
