/** Of all speech that is made: 16-bit samples, little-endian, one channel. */
export const SPEECH_RATE_HZ = 24_000;

export interface SpeechOrder {
  /** However long: what is longer than the provider takes at once is asked for in pieces, sentence by sentence. */
  text: string;
  /** One that every model of OpenAI has that is set here (scenarios/voices.ts). */
  voice: string;
  /** Gives it up: nothing more is asked for, and what is under way is cancelled. */
  signal?: AbortSignal | undefined;
}

/** Reads texts aloud. */
export abstract class SpeechOutput {
  /**
   * Samples as they are made, in parts of any size. Whoever does not go on reading holds the provider up, and whoever stops has it
   * cancelled. @throws SpeechError, also in the midst of it
   */
  abstract speak(order: SpeechOrder): AsyncIterable<Buffer>;
}
